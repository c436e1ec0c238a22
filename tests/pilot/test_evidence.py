"""The documents that the pilot wrote are consistent, are what the makers make of its sidecars, and are what its page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand

from psion_contract import new_config, new_descriptor, new_policy
from psion_contract.record import compare_orders

PILOT = Path(__file__).parent.parent.parent / "examples" / "pilot"
EVIDENCE = PILOT / "evidence"


def document(name: str) -> Any:
    return json.loads((EVIDENCE / f"{name}.json").read_bytes())


def test_it_passes_the_strict_check(psion: RunCommand) -> None:
    run = psion("check", "--strict", EVIDENCE)
    assert run.code == 0, run.out
    assert sorted(path.stem for path in EVIDENCE.glob("*.json")) == [
        "config",
        "corpus",
        "descriptor",
        "policy",
        "program",
        "receipt",
    ]


def test_it_is_of_a_run_that_was_completed_and_advanced() -> None:
    program, receipt = document("program"), document("receipt")
    first, second = program["stages"]
    assert (first["kind"], first["status"]) == ("pretrain", "completed")
    assert first["pretrain_runs"] == [receipt]
    assert (second["kind"], second["status"]) == ("general_sft", "active")
    assert second["base_checkpoint"] == receipt["checkpoint_lineage"]["promoted_checkpoint"]


def test_the_corpus_is_as_large_and_as_mixed_as_it_should_be() -> None:
    splits = {split["kind"]: split for split in document("corpus")["splits"]}
    assert list(splits) == ["train", "validation", "held_out"]
    assert len(splits["train"]["source_family_ids"]) == 4
    assert splits["held_out"]["source_family_ids"] == ["graph_code"]
    assert sum(split["token_count"] for split in splits.values()) > 5_000_000  # of 20 MB of text


def test_policy_config_and_descriptor_are_what_the_makers_make_today() -> None:
    descriptor, corpus, policy = document("descriptor"), document("corpus"), document("policy")
    binding = descriptor["tokenizer_binding"]
    assert new_policy(corpus, PILOT / "policy.toml") == policy
    assert new_config(descriptor, corpus, policy, run_id="pilot-1") == document("config")
    made = new_descriptor(
        size_anchor="pilot32m", max_context=128, model_id="pilot-decoder", revision="1", **binding
    )
    assert made == descriptor


def test_the_replay_that_the_receipt_tells_of_is_that_of_the_logs() -> None:
    replay = document("receipt")["replay_receipt"]
    compared = compare_orders(EVIDENCE / "order", EVIDENCE / "replay-1")
    assert (replay["successful_replays"], replay["exact_replay_observed"]) == (1, True)
    assert (compared.complete, compared.divergence) == (True, None)
    assert replay["summary"].endswith(f"exact; digest of the order {compared.digest}.")


def test_the_order_has_the_sequences_that_the_receipt_counts() -> None:
    rows = document("receipt")["source_family_reports"]
    counts = [re.search(r"in (\d+) sequences", row["detail"]) for row in rows if row["split_kind"] == "train"]
    order = compare_orders(EVIDENCE / "order", EVIDENCE / "replay-1")
    assert sum(int(count[1]) for count in counts if count) == order.sequences
    assert order.steps == document("receipt")["accelerator_execution"]["optimizer_steps_completed"]


def test_the_page_has_the_figures_of_the_receipt() -> None:
    rows = [
        f"| {row['split_name']} | {row['source_family_id']} | {row['detail'].split()[0]} "
        f"| {row['token_share_bps_within_split'] / 100:.2f} % | {row['mean_next_token_loss_milli'] / 1000:.3f} |"
        for row in document("receipt")["source_family_reports"]
    ]
    page = (PILOT / "README.md").read_text("utf-8")
    assert [
        line for line in page.splitlines() if re.match(r"\| (train|validation|held_out) \|", line)
    ] == rows


@pytest.mark.parametrize("path", sorted(EVIDENCE.rglob("*")), ids=lambda path: path.name)
def test_nothing_large_and_no_lock_is_committed(path: Path) -> None:
    assert path.is_dir() or path.stat().st_size < 100_000
    assert not path.name.startswith(".")
