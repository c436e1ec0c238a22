"""Documents that claim one identity; the conformance pack proves which are reported and where."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, documents

from psion_contract import Checker
from psion_contract.documents.differences import difference
from tools import canonical
from tools.edits import edited, put

CONFLICT = "identity-conflict"


def with_detail(receipt: dict[str, Any], detail: str) -> dict[str, Any]:
    """A receipt with a change that its digest does not bind."""
    return edited({"receipt": receipt}, put("/receipt/source_family_reports/0/detail", detail))["receipt"]  # type: ignore[no-any-return]


def test_the_message_names_what_differs_and_not_more() -> None:
    pilot = documents(*PILOT)
    other = with_detail(pilot["receipt"], "x" * 10_000)
    (finding,) = Checker().check({"a": pilot["receipt"], "b": other} | documents(*INPUTS, "config")).findings
    assert (finding.rule, finding.document, finding.pointer) == (CONFLICT, "b", "/receipt_digest")
    assert "differ in /source_family_reports/0/detail (" in finding.message
    assert len(finding.message) < 500


def test_an_ambiguous_reference_says_what_differs() -> None:
    pilot = documents(*PILOT)
    pilot["other"] = {**pilot["config"], "sampling_policy_version": "99"}
    found = {finding.rule: finding.message for finding in Checker().check(pilot).findings}
    assert '/sampling_policy_version ("4", "99")' in found["ambiguous-reference"]
    assert '/sampling_policy_version ("99", "4")' in found[CONFLICT]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": None}, ""),
        ({"a": 1}, {"b": 2}, "/a (1, absent), /b (absent, 2)"),
        ({"a": [1, 2]}, {"a": [1]}, "/a (2 items, 1 item)"),
        ({"a": True}, {"a": 1}, "/a (true, 1)"),
        ({"a": {"b": 1}}, {"a": "x"}, '/a (an object, "x")'),
        ([1], {"a": 1}, "the whole document (1 item, an object)"),
        (list("abcde"), list("vwxyz"), '/0 ("a", "v"), /1 ("b", "w"), /2 ("c", "x") and more'),
        ({"a/b~": 1}, {"a/b~": 2}, "/a~1b~0 (1, 2)"),
        ({"a\u202e": 1}, {}, "/a\\u202e (1, absent)"),
        ({"x" * 100: 1}, {}, f"/{'x' * 38}…{'x' * 20} (1, absent)"),
    ],
)
def test_differences_in_words(first: Any, second: Any, expected: str) -> None:
    assert difference(first, second) == expected


def test_a_reused_checker_reports_the_conflicts_of_its_inputs_each_time_and_forgets_what_it_judged() -> None:
    pilot = documents(*PILOT)
    receipt = pilot.pop("receipt")
    checker = Checker({**pilot, "recorded": receipt})
    assert checker.check({"copy": receipt}).ok
    changed = with_detail(receipt, "x")
    assert [each.rule for each in checker.check({"changed": changed}).findings] == [CONFLICT]
    again = with_detail(receipt, "y")
    assert [each.related[0].document for each in checker.check({"again": again}).findings] == ["recorded"]
    assert checker.check({"copy": receipt}).ok
    lying = Checker({**pilot, "a": receipt, "b": changed})
    for _ in range(2):
        report = lying.check({"copy": receipt})
        assert [(each.rule, each.document) for each in report.findings] == [(CONFLICT, "b")]


def test_a_program_and_the_files_that_it_was_made_from_agree() -> None:
    everything = canonical.documents()
    copies = {f"copy of {name}": each for name, each in everything.items()}
    assert Checker(strict=True).check(everything | copies).ok
    assert Checker(everything, strict=True).check(copies).ok


def test_many_documents_of_one_identity_take_time_in_proportion_to_their_number() -> None:
    policy = documents("policy")["policy"]

    def seconds(count: int) -> float:
        texts = {
            str(number): json.dumps({**policy, "raw_source_schema_version": str(number)}).encode()
            for number in range(count)
        }
        start = process_time()
        found = Checker().check(texts).findings
        assert sum(each.rule == CONFLICT for each in found) == count - 1
        return process_time() - start

    few = min(seconds(50) for _ in range(3))
    assert seconds(400) < 40 * few
