"""Values and messages that the conformance pack cannot say."""

from __future__ import annotations

from typing import Any

from support.canonical_sets import INPUTS, PILOT, PLAN, checked, documents
from support.stage_programs import KINDS, program

from psion_contract import Checker, Finding
from tools.edits import edited, put


def findings_on(state: dict[str, Any]) -> list[Finding]:
    return list(Checker(documents(*INPUTS, "config")).check({"program": state}).findings)


def test_each_side_of_a_contradiction_is_quoted() -> None:
    tree = edited(documents(*PLAN), put("/config/objective_config/max_context_tokens", 1))
    (finding,) = checked(tree).findings
    assert (finding.expected, finding.actual) == (2048, 1)
    assert [other.value for other in finding.related] == [2048]
    assert "1 tokens" in finding.message and "2048" in finding.message


def test_a_wrong_digest_is_reported_with_the_right_one() -> None:
    tree = documents(*PILOT)
    right = tree["receipt"]["receipt_digest"]
    (finding,) = checked(edited(tree, put("/receipt/receipt_digest", "0" * 64))).findings
    assert (finding.expected, finding.actual) == (right, "0" * 64)
    assert right in finding.message


def test_one_number_that_contradicts_many_tensors_is_a_finding_in_each_of_them() -> None:
    place = "/descriptor/config/block/attention/kv_head_count"
    findings = checked(edited(documents("descriptor"), put(place, 3))).findings
    assert len(findings) == 32
    for finding in findings:
        assert (finding.expected, finding.actual) == (192, 384)
        assert [other.value for other in finding.related] == [3, 64]


def test_findings_of_one_document_come_in_the_order_of_the_checks() -> None:
    state = program(*KINDS)
    state["stages"][0:2] = reversed(state["stages"][0:2])
    rules = [finding.rule for finding in findings_on(state)]
    assert rules[:4] == ["stage-order-mismatch"] * 2 + ["stage-id-mismatch"] * 2


def test_a_record_that_names_the_wrong_stage_is_not_missing_as_well() -> None:
    state = program("pretrain", "general_sft", "agentic_sft")
    state["completions"][1]["stage_id"] = state["stages"][0]["stage_id"]
    rules = {finding.rule for finding in findings_on(state)}
    assert rules == {"completion-stage-mismatch", "completion-digest-mismatch"}


def test_findings_about_alike_rows_say_the_same() -> None:
    state = program("general_sft")
    one = {**state["stages"][0]["ingested_traces"][0], "run_id": "another"}
    state["stages"][0]["ingested_traces"] = [{**one, "trace_id": str(number)} for number in range(100)]
    found = [finding for finding in findings_on(state) if finding.rule == "program-run-mismatch"]
    assert len(found) == 100
    assert len({(finding.message, finding.related) for finding in found}) == 1


def test_checkpoints_are_compared_by_the_members_that_differ() -> None:
    state = program("pretrain", "general_sft")
    state["stages"][1]["base_checkpoint"] |= {"step": 1, "membership_epoch": 1, "checkpoint_ref": None}
    (finding,) = (each for each in findings_on(state) if each.rule == "base-checkpoint-mismatch")
    assert "membership_epoch" in finding.message and "checkpoint_ref" in finding.message
    assert (finding.expected["step"], finding.actual["step"]) == (12_000, 1)


def test_the_canonical_runs_are_consistent_together() -> None:
    report = checked(documents(), strict=True)
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    assert len(report.documents) == 9
