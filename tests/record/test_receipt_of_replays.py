"""Receipts take what they say of replays from logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.command_line import RunCommand
from support.measured_runs import inputs, measured, receipt_arguments

from psion_contract import ArgumentError, document_text, new_receipt
from psion_contract.record import OrderDigest, observed_replays


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the canonical pilot run, an order and replays, one of which swaps two sequences; one of another corpus."""
    monkeypatch.chdir(tmp_path)
    for name, document in inputs("config").items():
        Path(f"{name}.json").write_text(document_text(document), "utf-8")
    receipt = documents("receipt")["receipt"]
    Path("rows.json").write_text(json.dumps(measured(receipt)), "utf-8")
    checkpoint = receipt["checkpoint_lineage"]["promoted_checkpoint"]
    Path("checkpoint.json").write_text(json.dumps(checkpoint), "utf-8")
    for name, read in {
        "order": (1, 2, 3),
        "same": (1, 2, 3),
        "again": (1, 2, 3),
        "swapped": (1, 3, 2),
    }.items():
        order = OrderDigest("tidewater-corpus@2026.02", log=f"{name}.log")
        for sequence in read:
            order.add("train-0", sequence)
        order.end_step(1)
    for name in ("other", "other-again"):
        order = OrderDigest("another@1", log=f"{name}.log")
        order.add("train-0", 1)
        order.end_step(1)
    return tmp_path


def of_the_run(**changes: Any) -> Any:
    arguments = receipt_arguments(documents("receipt")["receipt"], **changes)
    return new_receipt(**inputs("config"), **arguments)


CLAIMED = ("successful_replays", "exact_replay_observed", "replay_summary")


def test_a_receipt_says_what_was_observed(folder: Path) -> None:
    observed = observed_replays("order.log", ["same.log"])
    replay = of_the_run(**dict.fromkeys(CLAIMED), replays=observed)["replay_receipt"]
    assert (replay["successful_replays"], replay["exact_replay_observed"]) == (1, True)
    assert replay["summary"] == observed.summary
    observed = observed_replays("order.log", ["same.log", "swapped.log"])
    with pytest.warns(UserWarning, match="replay-not-exact"):
        replay = of_the_run(**dict.fromkeys(CLAIMED), replays=observed)["replay_receipt"]
    assert (replay["successful_replays"], replay["exact_replay_observed"]) == (2, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"replays": None, "successful_replays": None}, "successful_replays: missing; give replays, or both"),
        ({"replays": None, "exact_replay_observed": None}, "exact_replay_observed: missing; give replays"),
        ({"replays": "observed"}, "successful_replays: already in replays; give only one of the two"),
        (
            {"replays": (1, True, "x"), **dict.fromkeys(CLAIMED)},
            "expected what record.observed_replays returns",
        ),
    ],
)
def test_replays_are_observed_or_claimed(folder: Path, changes: dict[str, Any], message: str) -> None:
    if changes["replays"] == "observed":
        changes = {**changes, "replays": observed_replays("order.log", ["same.log"])}
    with pytest.raises(ArgumentError) as error:
        of_the_run(**changes)
    assert message in str(error.value)


OPTIONS = ("--config", "--descriptor", "--corpus", "--policy")
RECEIPT = (
    *("new", "receipt", *(word for option in OPTIONS for word in (option, f"{option[2:]}.json"))),
    *("--reports", "rows.json", "--promoted-checkpoint", "checkpoint.json", "--label", "final"),
    *("--summary", "A pilot."),
)


def test_the_command_reads_the_logs(folder: Path, psion: RunCommand) -> None:
    run = psion(*RECEIPT, "--order", "order.log", "--replays", "same.log", "--replays", "again.log")
    assert (run.code, run.err) == (0, "")
    replay = json.loads(run.out)["replay_receipt"]
    assert (replay["successful_replays"], replay["exact_replay_observed"]) == (2, True)
    assert replay["summary"].startswith("2 replays of 3 sequences in 1 step, exact; digest of the order ")
    run = psion(*RECEIPT, "--order", "order.log", "--replays", "swapped.log")
    assert run.code == 0
    assert "replay-not-exact" in run.err
    assert json.loads(run.out)["replay_receipt"]["exact_replay_observed"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "give either --order with --replays, or --successful-replays"),
        (("--order", "order.log"), "--order and --replays need each other"),
        (("--replays", "same.log"), "--order and --replays need each other"),
        (
            ("--order", "order.log", "--replays", "same.log", "--successful-replays", 1),
            "give either --order with --replays, or --successful-replays",
        ),
        (("--order", "order.log", "--replays", "same.log", "--not-exact"), "logs tell by themselves"),
        (("--order", "order.log", "--replays", "none.log"), "none.log: cannot be read: No such file"),
        (
            ("--order", "order.log", "--replays", "./order.log"),
            "replays: ./order.log is given twice, or as the order of the run; each replay has a log of its own",
        ),
        (
            ("--order", "order.log", "--replays", "same.log", "--replays", "same.log"),
            "replays: same.log is given twice",
        ),
        (
            ("--order", "other.log", "--replays", "other-again.log"),
            'replays: the order is of "another@1"; expected the corpus "tidewater-corpus@2026.02"',
        ),
        (("--order", "rows.json", "--replays", "same.log"), "rows.json:1: not the log of an order"),
    ],
)
def test_other_combinations_could_not_run(
    folder: Path, psion: RunCommand, options: tuple[object, ...], message: str
) -> None:
    run = psion(*RECEIPT, *options)
    assert (run.code, run.out) == (2, "")
    assert message in run.err


# A receipt that is there, and its logs.


@pytest.fixture
def run(folder: Path, psion: RunCommand) -> Path:
    """The folder of a run, with a receipt made of its logs."""
    made = psion(*RECEIPT, "--order", "order.log", "--replays", "same.log")
    (folder / "run" / "order").mkdir(parents=True)
    (folder / "run" / "replay-1").mkdir()
    (folder / "run" / "receipt.json").write_text(made.out)
    (folder / "order.log").rename(folder / "run" / "order" / "rank-0.log")
    (folder / "same.log").rename(folder / "run" / "replay-1" / "rank-0.log")
    return folder / "run"


def claimed(run: Path, **changes: Any) -> str:
    path = run / "receipt.json"
    receipt = json.loads(path.read_text())
    receipt["replay_receipt"] |= changes
    path.write_text(json.dumps(receipt))
    return str(path)


def test_the_logs_say_what_the_receipt_says(run: Path, psion: RunCommand) -> None:
    result = psion("replay", "check", "run/receipt.json")
    assert (result.code, result.out, result.err) == (0, "run/receipt.json: says what the logs say\n", "")
    named = ("--order", "run/order/rank-0.log", "--replays", "run/replay-1")
    assert psion("replay", "check", "run/receipt.json", *named).code == 0


@pytest.mark.parametrize(
    ("changes", "replays", "said"),
    [
        ({"successful_replays": 2}, (), ["/replay_receipt/successful_replays says 2; the logs say 1"]),
        ({}, ("swapped.log",), ["/replay_receipt/exact_replay_observed says true; the logs say false"]),
        (
            {"stable_dataset_identity": "x@1", "summary": "Said otherwise."},
            (),
            ['/replay_receipt/stable_dataset_identity says "x@1"; the logs say "tidewater-corpus@2026.02"'],
        ),
        ({"summary": f"digest of the order {'0' * 64}"}, (), ["/replay_receipt/summary says "]),
    ],
)
def test_what_the_logs_do_not_say_is_found(
    run: Path, psion: RunCommand, changes: dict[str, Any], replays: tuple[str, ...], said: list[str]
) -> None:
    result = psion(
        "replay",
        "check",
        claimed(run, **changes),
        *(each for path in replays for each in ("--replays", path)),
    )
    assert (result.code, result.err) == (1, "")
    lines = [line.removeprefix(f"{run / 'receipt.json'}: ") for line in result.out.splitlines()]
    assert len(lines) == len(said)
    assert all(line.startswith(each) for line, each in zip(lines, said, strict=True))


def test_a_copied_log_and_a_missing_one_could_not_run(run: Path, psion: RunCommand) -> None:
    (run / "replay-1" / "rank-0.log").write_bytes((run / "order" / "rank-0.log").read_bytes())
    result = psion("replay", "check", "run/receipt.json")
    assert (result.code, result.out) == (2, "")
    assert "rank-0.log is the same recording as run/order/rank-0.log: a copy is no replay" in result.err
    (run / "replay-1" / "rank-0.log").unlink()
    (run / "replay-1").rmdir()
    result = psion("replay", "check", "run/receipt.json")
    assert (result.code, result.err) == (
        2,
        "Error: replays: there is no replay; a receipt needs one that is complete: it "
        "reads as many sequences as the run\n",
    )
    for path in ("none.json", "corpus.json"):
        assert psion("replay", "check", path).code == 2
