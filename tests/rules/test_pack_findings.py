"""What holds of every finding of the conformance pack, besides its rule, its place and the other sides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.pack_cases import limits_of, rejected_cases, report_on, sources_of

from psion_contract import Checker, Finding, Source
from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case
from psion_contract.reading.pointers import child, value_at
from tools.edits import edited, put

TEXTUAL = {"invalid-json", "duplicate-member", "limit-exceeded", "non-integer-number"}
"""Rules about the text: no value is at the pointer, or another one than is written there."""

CASES = {rule: cases[:8] for rule, cases in rejected_cases().items() if cases}
"""Some cases of each rule that the pack is about."""


@pytest.mark.parametrize("rule", CASES)
def test_a_finding_has_a_severity_a_position_and_quotes_what_is_there(rule: str) -> None:
    for case in CASES[rule][:4]:
        documents = values_of(case)
        for finding in report_on(case).findings:
            assert finding.severity == RULES[finding.rule].severity
            assert finding.message.isprintable()
            assert len(finding.message) < 1000
            quoted = [] if finding.rule in TEXTUAL or is_of_a_sum(finding) else [(finding, finding.actual)]
            for side, value in [*quoted, *((each, each.value) for each in finding.related)]:
                assert side.line is not None and side.column is not None
                if value is not None and side.document in documents:
                    assert value == value_at(documents[side.document], side.pointer), finding


@pytest.mark.slow
@pytest.mark.parametrize("rule", [rule for rule in CASES if rule != "schema-violation"])
def test_the_expected_value_mends_what_is_wrong(rule: str) -> None:
    for case in CASES[rule]:
        documents = values_of(case)
        for finding in report_on(case).findings[:6]:
            if finding.expected is None or finding.document not in documents or is_of_a_sum(finding):
                continue
            mended = edited(documents, put(child("", finding.document) + finding.pointer, finding.expected))
            texts = {name: json.dumps(value).encode() for name, value in mended.items()}
            judged, inputs = (
                [Source(each.name, texts.get(each.name, each.data)) for each in sources]
                for sources in sources_of(case)
            )
            left = Checker(inputs, limits=limits_of(case)).check(judged).findings
            assert identity(finding) not in map(identity, left), case.id


def values_of(case: Case) -> dict[str, Any]:
    """The values of the texts of a case; those that are no JSON are left out."""
    values = {}
    for each in (*case.documents, *case.inputs):
        try:
            values[each.name] = json.loads(each.data)
        except (ValueError, RecursionError):
            continue
    return values


def is_of_a_sum(finding: Finding) -> bool:
    """Whether a finding is about the sum of a list, which is nowhere in the document."""
    return finding.rule.endswith("-total-mismatch") or finding.rule == "code-ratio-exceeded"


def identity(finding: Finding) -> tuple[Any, ...]:
    others = {(other.document, other.pointer) for other in finding.related}
    return finding.rule, finding.document, finding.pointer, frozenset(others)
