"""Summaries of documents: the numbers of the canonical run, and what stays known of broken documents."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from support.canonical_sets import ACCELERATED, PILOT, RESUMED, as_text, documents
from support.pack_cases import limits_of, pack_cases, sources_of
from support.random_documents import SUBJECTS, mutated, seeds
from support.stage_programs import program

from psion_contract import Checker
from psion_contract.documents.document import Document
from psion_contract.documents.loading import LoadedDocuments
from psion_contract.evidence.run_summary import Place, Summaries
from psion_contract.evidence.summarising import summaries
from tools.edits import Tree, drop, edited, put


def loaded(tree: Tree) -> list[Document]:
    return Checker().read({name: as_text(value) for name, value in tree.items()})[0]


def summarised(tree: Tree) -> Summaries:
    return summaries(loaded(tree))


def measures(tree: Tree, split: str) -> list[tuple[Any, ...]]:
    """Of the rows of one split: family, state, token share, sequence share, weight, cap, loss and gap."""
    (receipt,) = summarised(tree).receipts
    (found,) = [each for each in receipt.splits if each.name == split]
    return [
        (
            row.family,
            row.state,
            row.token_share_bps,
            row.sequence_share_bps,
            row.weight_bps,
            row.cap_bps,
            row.loss_milli,
            row.gap_milli,
        )
        for row in found.rows
    ]


def test_rows_of_the_canonical_run() -> None:
    tree = documents(*PILOT)
    prose, specifications, code = "engineering_prose", "protocol_specifications", "systems_code"
    assert measures(tree, "train") == [
        (prose, "reported", 5187, 5064, 5100, 5600, 3412, None),
        (specifications, "reported", 3622, 3698, 3700, 4200, 2874, None),
        (code, "reported", 1191, 1238, 1200, 1500, 2105, None),
    ]
    assert measures(tree, "validation") == [
        (prose, "reported", 4902, 4850, None, None, 3498, 86),
        (specifications, "reported", 3806, 3850, None, None, 2951, 77),
        (code, "reported", 1292, 1300, None, None, 2188, 83),
    ]
    assert measures(tree, "test") == [
        (prose, "reported", 6350, 6400, None, None, 3551, 139),
        ("comprehension_probes", "reported", 3650, 3600, None, None, 3719, None),
    ]
    assert measures(tree, "held_out") == [
        ("held_out_examinations", "reported", 10000, 10000, None, None, 3688, None)
    ]


def test_splits_and_families_of_the_canonical_run() -> None:
    (receipt,) = summarised(documents(*PILOT)).receipts
    assert [
        (each.name, each.kind, each.in_corpus, each.token_count, each.sequence_count, each.token_total_bps)
        for each in receipt.splits
    ] == [
        ("train", "train", True, 947912704, 478720, 10000),
        ("validation", "validation", True, 14221312, 7168, 10000),
        ("test", "test", True, 3670016, 2048, 10000),
        ("held_out", "held_out", True, 1507328, 1024, 10000),
    ]
    assert receipt.families == (
        "engineering_prose",
        "protocol_specifications",
        "systems_code",
        "comprehension_probes",
        "held_out_examinations",
    )


def test_what_a_receipt_says_of_itself() -> None:
    (receipt,) = summarised(documents(*PILOT)).receipts
    assert (receipt.place, receipt.judged, receipt.broken) == (Place("receipt", ""), True, False)
    assert (receipt.run_id, receipt.stage_id) == ("tidewater-pilot-01", "tidewater-pilot-01-stage-1-pretrain")
    assert receipt.receipt_digest == "393dda69cbc644ed874e17a215af1b1b94a030fae1511fce9ea384a4d5ecce92"
    assert (receipt.model_id, receipt.dataset_identity) == (
        "psion-tidewater-pilot",
        "tidewater-corpus@2026.02",
    )
    assert (receipt.sampling_policy_id, receipt.sampling_policy_version) == ("tidewater-mixture", "4")
    assert receipt.objective == ("next_token_prediction", "by_target_token", 40, 2048)
    assert receipt.replay == ("repeat", "deterministic_shuffle", 6180339887498, 3, True)
    assert receipt.references == tuple(
        (name, Place(name, "")) for name in ("config", "descriptor", "corpus", "policy")
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("40.0", 40),
        ("4e1", 40),
        ("-0.0", 0),
        ("40.5", None),
        ("1e15", 10**15),
        ("1e16", None),
        ("1e999", None),
    ],
)
def test_a_number_with_a_fraction_or_an_exponent_is_shown_as_the_integer_that_it_equals(
    written: str, value: int | None
) -> None:
    text = as_text(documents("receipt")["receipt"]).replace(
        '"label_smoothing_bps": 40', f'"label_smoothing_bps": {written}'
    )
    (receipt,) = summaries(Checker().read({"receipt": text})[0]).receipts
    assert receipt.objective.label_smoothing_bps == value


def test_lineage_names_the_receipt_that_promotes_the_base() -> None:
    pilot, resumed = summarised(documents(*PILOT, "resumed_config", "resumed")).receipts
    assert pilot.lineage.base_checkpoint is None
    assert pilot.lineage.promoted_checkpoint == resumed.lineage.base_checkpoint
    assert resumed.lineage.base_promoted_by == Place("receipt", "")
    assert resumed.lineage.promoted_checkpoint is not None
    assert resumed.lineage.promoted_checkpoint.step == 18000
    (alone,) = summarised(documents(*RESUMED)).receipts
    assert alone.lineage.base_promoted_by is None


def test_digests_are_those_of_the_digest_command() -> None:
    tree = edited(documents(*PILOT), put("/receipt/summary", "another"))
    (receipt,) = summarised(tree).receipts
    assert [(each.id, each.pointer, each.state) for each in receipt.digests] == [
        ("D1", "/tokenizer_binding_digest", "agrees"),
        ("D1", "/objective_config/tokenizer_binding_digest", "agrees"),
        ("D2", "/model_descriptor_digest", "agrees"),
        ("D2", "/checkpoint_lineage/model_descriptor_digest", "agrees"),
        ("D3", "/replay_receipt/replay_digest", "agrees"),
        ("D4", "/checkpoint_lineage/checkpoint_lineage_digest", "agrees"),
        ("D5", "/receipt_digest", "differs"),
        ("content", None, "not-stored"),
    ]


def test_coverage_names_what_is_missing_and_what_is_unknown() -> None:
    tree = edited(
        documents(*PILOT),
        put("/receipt/source_family_reports/2/source_family_id", "poems"),
        put("/receipt/source_family_reports/8/split_name", "final"),
    )
    assert [row[:2] + row[4:6] for row in measures(tree, "train")] == [
        ("engineering_prose", "reported", 5100, 5600),
        ("protocol_specifications", "reported", 3700, 4200),
        ("poems", "unknown", None, None),
        ("systems_code", "missing", 1200, 1500),
    ]
    (receipt,) = summarised(tree).receipts
    assert [(each.name, each.in_corpus, [row.state for row in each.rows]) for each in receipt.splits[3:]] == [
        ("final", False, ["unknown"]),
        ("held_out", True, ["missing"]),
    ]
    assert receipt.splits[4].kind == "held_out"


def test_a_share_above_its_cap_is_marked() -> None:
    member = "token_share_bps_within_split"
    tree = edited(
        documents(*PILOT),
        put(f"/receipt/source_family_reports/1/{member}", 4200),
        put(f"/receipt/source_family_reports/2/{member}", 1501),
    )
    (receipt,) = summarised(tree).receipts
    assert [row.above_cap for row in receipt.splits[0].rows] == [False, False, True]
    assert receipt.splits[0].token_total_bps == 10888


def test_without_references_everything_reported_is_reported() -> None:
    (receipt,) = summarised(documents("receipt")).receipts
    assert [each.place for each in receipt.references] == [None] * 4
    assert {each.in_corpus for each in receipt.splits} == {None}
    assert {row.state for split in receipt.splits for row in split.rows} == {"reported"}
    assert {row.cap_bps for split in receipt.splits for row in split.rows} == {None}
    assert receipt.digests[0].state == "not-computed"


def test_a_broken_receipt_keeps_what_is_sound() -> None:
    tree = edited(
        documents(*PILOT),
        put("/receipt/source_family_reports/0/mean_next_token_loss_milli", "3412"),
        put("/receipt/source_family_reports/1", 7),
        drop("/receipt/checkpoint_lineage/promoted_checkpoint"),
    )
    (receipt,) = summarised(tree).receipts
    assert receipt.broken
    train = receipt.splits[0]
    assert [(row.family, row.state, row.loss_milli) for row in train.rows] == [
        ("engineering_prose", "reported", None),
        ("systems_code", "reported", 2105),
        ("protocol_specifications", "missing", None),
    ]
    assert train.rows[1].pointer == "/source_family_reports/2"
    assert receipt.splits[1].rows[0].gap_milli is None
    assert receipt.lineage.promoted_checkpoint is None
    assert [(each.id, each.state) for each in receipt.digests] == [
        ("D3", "not-computed"),
        ("D4", "not-computed"),
        ("D5", "not-computed"),
    ]


def test_a_corpus_with_broken_splits_is_no_measure_of_coverage() -> None:
    tree = edited(documents(*PILOT), put("/corpus/splits/3/source_family_ids", "none"))
    (receipt,) = summarised(tree).receipts
    assert {each.in_corpus for each in receipt.splits} == {None}


def test_a_program_in_the_middle() -> None:
    state = program("pretrain", "general_sft")
    (found,) = summaries(loaded({"program": state})).programs
    assert (found.run_id, found.checkpoint_family) == ("tidewater-pilot-01", "psion.tidewater.decoder")
    first, second = found.stages
    assert (first.kind, first.status, first.entered_at_ms, first.completed_at_ms) == (
        "pretrain",
        "completed",
        10,
        19,
    )
    assert (second.kind, second.status, second.entered_at_ms, second.completed_at_ms) == (
        "general_sft",
        "active",
        20,
        None,
    )
    assert first.base_checkpoint is None
    assert first.promoted_checkpoint == second.base_checkpoint
    assert first.receipt_digests == (state["stages"][0]["pretrain_runs"][0]["receipt_digest"],)
    assert second.traces == (("plain_completion", 1), ("long_context", 1))
    assert found.next_step == ("complete", "general_sft", ())
    assert [each.id for each in found.digests] == ["D7", "D8", "D9", "D9", "content"]


def test_what_a_program_still_needs() -> None:
    state = program("pretrain")
    state["stages"][0]["pretrain_runs"] = []
    (found,) = summaries(loaded({"program": state})).programs
    assert found.next_step == ("complete", "pretrain", ("at least one receipt",))
    assert found.stages[0].receipt_digests == ()


def test_a_broken_program_keeps_its_stages() -> None:
    state = program("pretrain", "general_sft")
    state["transitions"] = "none"
    (found,) = summaries(loaded({"program": state})).programs
    assert found.broken
    assert [(each.kind, each.entered_at_ms) for each in found.stages] == [
        ("pretrain", None),
        ("general_sft", None),
    ]
    assert (found.next_step, found.digests) == (None, ())


def test_the_json_form_has_every_member_and_only_json() -> None:
    tree = {**documents(*PILOT, "resumed_config", "resumed"), "program": program("pretrain", "general_sft")}
    found = summarised(tree)
    value = found.to_dict()
    assert json.loads(json.dumps(value)) == value
    receipt = value["receipts"][0]
    assert list(receipt) == list(found.receipts[0]._fields)
    assert receipt["place"] == {"name": "receipt", "pointer": ""}
    assert receipt["splits"][0]["rows"][0] == found.receipts[0].splits[0].rows[0]._asdict() | {
        "source_ids": ["harbour_handbook", "lecture_notes"]
    }
    assert value["programs"][0]["next_step"] == {"step": "complete", "kind": "general_sft", "missing": []}


@pytest.mark.parametrize("seed", seeds(8, 32))
def test_random_errors_never_raise(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(10):
        tree = {name: mutated(value, dice) for name, (_, value) in SUBJECTS.items()}
        value = summaries(loaded(tree)).to_dict()
        json.dumps(value, allow_nan=False)


@pytest.mark.slow
def test_every_case_of_the_pack_can_be_summarised() -> None:
    number = 0
    for case in pack_cases().values():
        found = [
            each
            for texts in sources_of(case)
            for each in LoadedDocuments(texts, limits_of(case), True).documents
        ]
        result = summaries(found)
        number += len(result.receipts) + len(result.programs)
    assert number > 1000


def test_other_kinds_are_passed_over() -> None:
    assert summarised(documents("descriptor", "corpus", "policy", "config")) == Summaries()
    assert len(summarised(documents(*ACCELERATED)).receipts) == 1
