"""Rules that a broken member would trip are skipped, and all others applied."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, checked, documents, found
from support.stage_programs import KINDS, program

from psion_contract import Checker, Report, check_documents
from psion_contract.catalog import CHECK_ENTRIES
from psion_contract.reading.pointers import child, parts
from psion_contract.rules import CHECKS
from tools.edits import drop, edited, put
from tools.pack.restoring import sealed

REPLAY = "/receipt/replay_receipt"
COVERAGE = {
    "unknown-split",
    "split-kind-mismatch",
    "unknown-source-family",
    "unknown-source",
    "incomplete-coverage",
}


def skipped(report: Report, name: str) -> set[str]:
    return {each.rule for each in report.skipped if each.document == name}


def reading(member: str) -> set[str]:
    """The rules of receipts that read a member, something in it or something around it, by the catalogue."""
    return {
        rule
        for entry in CHECK_ENTRIES.values()
        if entry.judges == "receipt"
        for pointer in entry.reads.get("receipt", ())
        if f"{pointer}/".startswith(f"{member}/") or f"{member}/".startswith(f"{pointer}/")
        for rule in entry.rules
    }


@pytest.mark.parametrize(
    ("member", "rules"),
    [
        ("/summary", {"receipt-digest-mismatch"}),
        ("/model_id", {"config-mismatch", "lineage-model-mismatch", "receipt-digest-mismatch"}),
        ("/objective_config/dataset_identity", {"objective-config-mismatch"}),
        (
            "/replay_receipt",
            {
                "replay-contract-mismatch",
                "replay-digest-mismatch",
                "replay-not-exact",
                "receipt-digest-mismatch",
            },
        ),
        ("/replay_receipt/summary", {"replay-digest-mismatch"}),
        ("/replay_receipt/exact_replay_observed", {"replay-digest-mismatch", "replay-not-exact"}),
        ("/replay_receipt/replay_digest", {"replay-digest-mismatch", "receipt-digest-mismatch"}),
        (
            "/replay_receipt/deterministic_shuffle_seed",
            {"replay-contract-mismatch", "replay-digest-mismatch"},
        ),
        (
            "/checkpoint_lineage/promoted_checkpoint",
            {"checkpoint-family-mismatch", "lineage-digest-mismatch", "checkpoint-order"},
        ),
        ("/checkpoint_lineage/model_id", {"lineage-model-mismatch", "lineage-digest-mismatch"}),
        (
            "/source_family_reports/3/split_name",
            COVERAGE
            | {
                "duplicate-report-row",
                "share-total-mismatch",
                "family-cap-exceeded",
                "receipt-digest-mismatch",
            },
        ),
    ],
)
def test_rules_that_a_broken_member_would_trip_are_listed_as_skipped(member: str, rules: set[str]) -> None:
    report = checked(edited(documents(*PILOT), put(f"/receipt{member}", [])))
    assert found(report) == [("schema-violation", f"/receipt{member}")]
    assert {each.document for each in report.skipped} == {"receipt"}
    assert rules <= skipped(report, "receipt") == reading(member)
    assert all(member in each.reason for each in report.skipped)


def test_without_its_config_a_receipt_has_the_rules_skipped_that_need_one() -> None:
    report = checked(edited(documents(*PILOT), put("/receipt/run_id", [])))
    assert found(report) == [("schema-violation", "/receipt/run_id")]
    rules = skipped(report, "receipt")
    assert {"config-mismatch", "objective-config-mismatch", "incomplete-coverage"} <= rules
    assert {"replay-digest-mismatch", "replay-not-exact", "share-total-mismatch"}.isdisjoint(rules)


def test_a_missing_member_skips_what_reads_it_and_nothing_else() -> None:
    edits = drop(f"{REPLAY}/replay_digest"), put("/receipt/objective_config/max_context_tokens", 1)
    report = checked(edited(documents(*PILOT), *edits))
    assert [each[:2] for each in found(report)] == [
        ("objective-config-mismatch", "/receipt/objective_config/max_context_tokens"),
        ("schema-violation", REPLAY),
    ]
    assert skipped(report, "receipt") == {"replay-digest-mismatch", "receipt-digest-mismatch"}


def test_a_member_that_only_starts_like_another_skips_nothing() -> None:
    edits = put("/receipt/summary2", 1), put("/receipt/run_ids", [])
    report = checked(edited(documents(*PILOT), *edits))
    assert found(report) == [
        ("schema-violation", "/receipt/run_ids"),
        ("schema-violation", "/receipt/summary2"),
    ]
    assert report.skipped == ()


def test_a_broken_input_has_the_rules_of_the_receipt_skipped_that_read_it() -> None:
    edits = (
        put("/corpus/splits/0/kind", "training"),
        put("/receipt/source_family_reports/0/token_share_bps_within_split", 5188),
        put("/receipt/objective_config/label_smoothing_bps", 0),
    )
    report = checked(sealed(edited(documents(*PILOT), *edits)))
    assert [each[:2] for each in found(report)] == [
        ("objective-config-mismatch", "/receipt/objective_config/label_smoothing_bps"),
        ("schema-violation", "/corpus/splits/0/kind"),
        ("share-total-mismatch", "/receipt/source_family_reports/0/token_share_bps_within_split"),
    ]
    assert skipped(report, "receipt") == COVERAGE
    (reason,) = {each.reason for each in report.skipped if each.document == "receipt"}
    assert "corpus" in reason and "/splits/0/kind" in reason


def test_a_broken_list_of_a_program_leaves_the_rules_on_the_others_applied() -> None:
    state = program(*KINDS)
    state["completions"][0]["kind"] = "else"
    state["promotions"][0]["promotion_digest"] = "0" * 64
    report = Checker(documents(*INPUTS, "config")).check({"program": state})
    assert {finding.rule for finding in report.findings} == {"schema-violation", "promotion-digest-mismatch"}
    assert skipped(report, "program") == {
        "completion-count-mismatch",
        "completion-digest-mismatch",
        "completion-stage-mismatch",
        "missing-completion",
        "program-run-mismatch",
        "time-order",
        "unexpected-completion",
    }


def test_a_broken_stage_has_all_rules_on_programs_skipped_but_those_on_digests() -> None:
    state = program(*KINDS)
    state["stages"][1]["kind"] = "else"
    report = Checker(documents(*INPUTS, "config")).check({"program": state})
    own = {rule for check in CHECKS["program"] for rule in check.rules if rule != "unsafe-integer"}
    digests = {f"{name}-digest-mismatch" for name in ("completion", "promotion", "transition")}
    assert skipped(report, "program") == own - digests


WRONG: tuple[Any, ...] = (None, [], {}, "", -1, 2**70, [[]], [{}], True)


def places(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place below a value; of a layout only the first tensor, of a receipt in a program its members."""
    own = pointer.startswith("/checkpoint_contract/tensor_layout/") and parts(pointer)[2] != "0"
    if own or pointer == "/stages/0/pretrain_runs/0":
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield child(pointer, key)
        if isinstance(item, (dict, list)):
            yield from places(item, child(pointer, key))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PILOT, "program"])
def test_no_wrong_value_anywhere_trips_a_rule(name: str) -> None:
    """Each call ends with a report; an exception would be an error of the checker."""
    right = program(*KINDS) if name == "program" else documents(name)[name]
    checker = Checker(documents(*PILOT))
    for number, place in enumerate(places(right)):
        document = edited({"document": right}, put(f"/document{place}", WRONG[number % len(WRONG)]))
        report = checker.check(document) if name in ("receipt", "program") else check_documents(document)
        assert report.documents or report.findings, place


def test_the_canonical_documents_are_unchanged_by_a_check() -> None:
    tree = documents(*PILOT)
    before = deepcopy(tree)
    check_documents(tree)
    assert tree == before
