"""Reports and findings are plain values."""

from __future__ import annotations

import json
import pickle
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.canonical_sets import ACCELERATED, PILOT, as_text, checked, documents
from support.pack_cases import pack_cases, report_on

from psion_contract import Checker, Finding, Related, Report, catalog, check_documents
from psion_contract.documents import schemas
from psion_contract.findings import (
    MAX_SNIPPET,
    DocumentEntry,
    Identity,
    LeftAlone,
    Skipped,
    Snippet,
    Suppression,
    Unlisted,
    place_in,
)
from psion_contract.version import VERSION
from tools.edits import edited, put
from tools.pack.restoring import sealed

SMOOTHING = put("/receipt/objective_config/label_smoothing_bps", 41)
PLAIN = (Report, Finding, Related, Snippet, Skipped, DocumentEntry, LeftAlone, Identity, Unlisted)
REPORT_SCHEMA = Draft202012Validator(schemas.schema(schemas.REPORT))


def broken() -> Report:
    """A report with something of every sort."""
    tree = edited(documents(*PILOT), SMOOTHING, put("/policy/policy_id", 1))
    return check_documents({name: as_text(each) for name, each in tree.items()})


def test_a_report_with_one_finding_is_small_when_pickled() -> None:
    report = checked(sealed(edited(documents(*PILOT), SMOOTHING)))
    assert len(report.findings) == 1
    data = pickle.dumps(report)
    assert len(data) <= 4096
    assert pickle.loads(data) == report


def test_a_report_holds_nothing_but_plain_values() -> None:
    report = broken()
    assert report.findings and report.skipped and report.documents

    def look(value: object) -> None:
        if isinstance(value, (dict, list, tuple)):
            assert type(value) in (dict, list, tuple, *PLAIN)
            for each in value.values() if isinstance(value, dict) else value:
                look(each)
        else:
            assert value is None or type(value) in (str, int, bool)

    look(report)


def test_reports_and_their_parts_can_be_hashed_whatever_values_they_have() -> None:
    report = broken()
    finding = Finding("r", "error", "d", "", "m", expected=[1], actual={}, related=(Related("d", "", {}),))
    for value in (report, finding, *report.findings, *report.documents, *report.skipped):
        assert hash(value) == hash(deepcopy(value))


def test_nothing_in_a_report_changes_a_later_one() -> None:
    rows: Any = [1, {"a": [2]}]
    tree = edited(documents(*PILOT), put("/receipt/source_family_reports", rows))
    checker = Checker({name: tree[name] for name in tree if name != "receipt"})
    first = checker.check({"receipt": tree["receipt"]})
    before = json.dumps(first.to_dict())
    for entry in first.documents:
        for change in (
            lambda each: each.clear(),
            lambda each: each.update(a="b"),
            lambda each: each.pop("run_id", 0),
        ):
            with pytest.raises(TypeError, match="cannot be changed"):
                change(entry.identity)
    rows.clear()
    assert json.dumps(first.to_dict()) == before
    assert all(deepcopy(each) == each and isinstance(each.identity, Identity) for each in first.documents)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ([1, "a"], [1, "a"]),
        ({"a": 1}, {"a": 1}),
        ([[1]], None),
        ({"a": {}}, None),
        ([0] * 50, [0] * 50),
        ([0] * 51, None),
        ("x" * 1000, "x" * 1000),
        ("x" * 1001, "x" * 999 + "…"),
        (2**70, 2**70),
    ],
)
def test_a_finding_keeps_no_large_value(value: Any, kept: Any) -> None:
    made = catalog.finding("unknown-kind", "d", "", "m", expected=value, actual=value)
    assert (made.expected, made.actual) == (kept, kept)
    assert made.actual is not value or not isinstance(value, (list, dict))


@pytest.mark.parametrize(
    ("text", "offset", "position", "snippet"),
    [
        ('{\n  "a": 1\n}', 9, (2, 8), Snippet('  "a": 1')),
        ('{\r\n  "a": 1\r\n}', 10, (2, 8), Snippet('  "a": 1')),
        ("", 0, (1, 1), None),
        ("a\n", 1, (1, 2), Snippet("a")),
        ("a\n", 2, (2, 1), Snippet("")),
        ("x" * 160, 150, (1, 151), Snippet("x" * 160)),
        ("x" * 161, 10, (1, 11), Snippet("x" * 160)),
        ("x" * 161, 100, (1, 101), Snippet("x" * 121, 41)),
        ("ab" * 500, 500, (1, 501), Snippet("ab" * 80, 441)),
        ("y\n" + "x" * 200 + "\n", 2 + 199, (2, 200), Snippet("x" * 61, 140)),
    ],
)
def test_a_snippet_is_the_line_or_a_window_of_a_long_one(
    text: str, offset: int, position: tuple[int, int], snippet: Snippet | None
) -> None:
    assert place_in(text, offset, position) == (*position, snippet)
    assert snippet is None or len(snippet.text) <= MAX_SNIPPET


SUPPRESSED = Suppression("known", "data team", "2027-01-31", "configuration")


@pytest.mark.parametrize(
    ("suppressed", "strict", "outcome"),
    [
        ((False, False), False, "inconsistent"),
        ((True, False), False, "consistent except as suppressed"),
        ((False, True), False, "inconsistent"),
        ((True, False), True, "inconsistent"),
        ((True, True), True, "consistent except as suppressed"),
    ],
)
def test_suppressed_findings_change_the_outcome_and_not_the_verdict(
    suppressed: tuple[bool, bool], strict: bool, outcome: str
) -> None:
    entry = DocumentEntry("d", "", "psion.sampling_policy.v1", None, True)
    findings = tuple(
        catalog.finding(rule, "d", "", "m")._replace(suppression=SUPPRESSED if is_suppressed else None)
        for rule, is_suppressed in zip(("invalid-json", "split-overlap"), suppressed, strict=True)
    )
    report = Report(findings, (), (entry,), (), strict)
    assert (report.verdict, report.ok, report.outcome) == ("inconsistent", False, outcome)
    assert (report.errors, report.warnings, report.suppressed) == (1, 1, sum(suppressed))
    value = report.to_dict()
    REPORT_SCHEMA.validate(value)
    assert (value["verdict"], value["outcome"], value["suppressed"]) == (
        "inconsistent",
        outcome,
        sum(suppressed),
    )


def test_nothing_judged_is_not_consistent_even_if_all_is_suppressed() -> None:
    finding = catalog.finding("invalid-json", "d", "", "m")._replace(suppression=SUPPRESSED)
    assert Report((finding,)).outcome == "inconsistent"


def test_a_report_is_neither_true_nor_false() -> None:
    for report in (Report(), broken()):
        with pytest.raises(TypeError, match=r"report\.ok"):
            bool(report)


def test_findings_are_equal_and_hashed_by_what_they_say() -> None:
    report = checked(edited(documents(*PILOT), SMOOTHING))
    again = checked(edited(documents(*PILOT), SMOOTHING))
    assert report == again
    assert set(report.findings) == set(again.findings)
    (first, *_) = report.findings
    assert first._replace(line=1) != first
    assert len({first, deepcopy(first), first._replace(message="x")}) == 2


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("report", "plain", "when_strict"),
    [
        (checked(documents(*PILOT)), True, True),
        (checked(edited(documents(*PILOT), SMOOTHING)), False, False),
        (
            checked(
                sealed(
                    edited(
                        documents(*ACCELERATED),
                        put("/accelerated/replay_receipt/exact_replay_observed", False),
                    )
                )
            ),
            True,
            False,
        ),
        (check_documents({}), False, False),
    ],
    ids=["consistent", "an error", "a warning", "nothing"],
)
def test_a_report_is_ok_where_its_verdict_is_consistent(
    report: Report, plain: bool, when_strict: bool, strict: bool
) -> None:
    report = report._replace(strict=strict)
    assert report.ok is (when_strict if strict else plain)
    assert report.verdict == ("consistent" if report.ok else "inconsistent")
    assert report.errors + report.warnings == len(report.findings)


def test_the_json_report_fits_its_schema_and_says_the_same() -> None:
    for report in (broken(), checked(documents(*PILOT)), check_documents({"a": "{", "b": "{}"})):
        value = report.to_dict()
        REPORT_SCHEMA.validate(value)
        assert json.loads(json.dumps(value, allow_nan=False)) == value
        assert value["checker"] == {"name": "psion-contract", "version": VERSION}
        counts = (value["ok"], value["verdict"], value["errors"], value["warnings"], value["strict"])
        assert counts == (report.ok, report.verdict, report.errors, report.warnings, report.strict)
        for name in ("findings", "skipped", "documents", "left_alone"):
            assert len(value[name]) == len(getattr(report, name))
        for finding, found in zip(report.findings, value["findings"], strict=True):
            assert found == finding.to_dict()
            assert (found["rule"], found["pointer"], found["line"]) == (
                finding.rule,
                finding.pointer,
                finding.line,
            )


@pytest.mark.slow
def test_the_json_report_of_every_case_of_the_pack_fits_its_schema() -> None:
    for case in list(pack_cases().values())[::5]:
        assert schemas.is_valid(schemas.REPORT, report_on(case).to_dict()), case.id


def test_numbers_beyond_a_double_are_text_in_the_json_report() -> None:
    finding = Finding("unsafe-integer", "warning", "d", "/x", "m", actual={"a": [float("inf"), 1]})
    assert finding.to_dict()["actual"] == {"a": ["inf", 1]}
