"""What holds of every set of documents, however wrong."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.canonical_sets import ACCELERATED, PILOT, RESUMED, as_text, documents, found, rule_and_places
from support.json_texts import SNIPPETS, VALUES
from support.random_documents import places

from psion_contract import Checker, Finding, Limits, Related, Report, check_documents
from psion_contract.catalog import RULES
from psion_contract.documents import schemas
from psion_contract.documents.digests import content_digest
from psion_contract.evidence.stored_digests import listing
from psion_contract.output import digest_table, json_report, text
from psion_contract.reading.pointers import parts, value_at
from tools.edits import Tree
from tools.pack.restoring import sealed

SETS = {"pilot": documents(*PILOT), "resumed": documents(*RESUMED), "accelerated": documents(*ACCELERATED)}
for _tree in SETS.values():
    del _tree["descriptor"]["checkpoint_contract"]["tensor_layout"][
        4:
    ]  # many tensors are no better than a few

TOTALS = {
    "share-total-mismatch",
    "weight-total-mismatch",
    "content-class-total-mismatch",
}
"""Rules whose actual value is a sum, which is not in a document."""


# Edits.


def holder_of(tree: Any, place: str) -> tuple[Any, Any]:
    """The object or array that holds a place, and the key or index there."""
    holder, last = value_at(tree, place.rpartition("/")[0]), parts(place)[-1]
    return holder, int(last) if isinstance(holder, list) else last


ODD = st.one_of(
    VALUES,
    st.sampled_from(
        [
            0,
            1,
            10000,
            2**53,
            2**64 - 1,
            2**64,
            "train",
            "held_out",
            "0" * 64,
            "a|b",
            "x",
            [],
            {},
            [[]],
            [{}],
            ["a", "a"],
        ]
    ),
)


@st.composite
def wrong(draw: st.DrawFn) -> Tree:
    """A canonical set of documents with a few things changed anywhere, often sealed again."""
    tree = deepcopy(SETS[draw(st.sampled_from(sorted(SETS)))])
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(tree)))
        held = list(places(tree[name], f"/{name}"))
        if not held:
            continue
        place = draw(st.sampled_from(held))
        holder, key = holder_of(tree, place)
        match draw(st.sampled_from(["value", "value", "other", "other", "drop", "extra", "again", "whole"])):
            case "value":
                holder[key] = deepcopy(draw(ODD))
            case "other":  # a value from elsewhere in the documents
                other = value_at(tree, draw(st.sampled_from(held)))
                holder[key] = deepcopy(other)
            case "drop":
                del holder[key]
            case "extra":
                holder.insert(key, deepcopy(draw(ODD))) if isinstance(holder, list) else holder.update(
                    {"extra": deepcopy(draw(ODD))}
                )
            case "again":
                holder.append(deepcopy(holder[key])) if isinstance(holder, list) else None
            case "whole":
                tree[draw(st.sampled_from(["copy", "receipt2"]))] = deepcopy(tree[name])
    if draw(st.booleans()):
        with suppress(KeyError, TypeError, AttributeError):  # if it is not too broken
            sealed(tree)
    return tree


def exists(tree: Tree, place: str) -> bool:
    """Whether there is a value, possibly null."""
    if place.count("/") == 1:
        return place[1:] in tree
    holder, key = holder_of(tree, place)
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and key < len(holder)


def is_sound(finding: Finding, tree: Tree) -> None:
    """Whether all that a finding says of itself is so."""
    rule = RULES[finding.rule]
    assert finding.severity == rule.severity
    assert finding.message.isprintable()
    assert len(finding.message) < 1000
    sides: list[Finding | Related] = [finding, *finding.related]
    for side in sides:
        assert exists(tree, f"/{side.document}{side.pointer}")
        assert side.line is not None
        assert side.column is not None
        line = as_text(tree[side.document]).split("\n")[side.line - 1]
        assert 1 <= side.column <= len(line)
    for other in finding.related:
        value = value_at(tree[other.document], other.pointer)
        assert other.value == value or (other.value is None and isinstance(value, (dict, list)))
    if finding.actual is not None and finding.rule not in {*TOTALS, *READING}:
        place = finding.pointer
        assert value_at(tree[finding.document], place) == finding.actual


READING = {"non-integer-number", "duplicate-member", "invalid-json", "limit-exceeded"}


def check(tree: Tree, **options: Any) -> Report:
    return check_documents({name: as_text(each) for name, each in tree.items()}, **options)


@given(wrong())
def test_whatever_is_wrong_there_is_a_report_and_all_it_says_is_so(tree: Tree) -> None:
    report = check(tree)
    for finding in report.findings:
        is_sound(finding, tree)
    assert len({(*rule_and_places(each), each.keyword, each.message) for each in report.findings}) == len(
        report.findings
    )
    for skipped in report.skipped:
        assert skipped.rule in RULES
        assert exists(tree, f"/{skipped.document}{skipped.pointer}")
        assert skipped.reason.startswith(("no ", "the "))
    assert report.ok is not any(finding.severity == "error" for finding in report.findings)
    assert not report.skipped or any(finding.severity == "error" for finding in report.findings)
    assert check(tree, strict=True).ok is not bool(report.findings)


@given(wrong())
def test_whatever_is_wrong_it_can_be_shown(tree: Tree) -> None:
    report = check(tree)
    shown = text.render(report)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown.splitlines()[-1].startswith(report.verdict)
    value = json.loads(json_report.render(report), parse_constant=pytest.fail)
    assert schemas.is_valid(schemas.REPORT, value)
    held, findings = Checker().read({name: as_text(each) for name, each in tree.items()})
    for preimage in (False, True):
        digests = digest_table.as_text(listing(held), findings, (), preimage)
        assert all(line.isprintable() for line in digests.split("\n"))
        json.loads(digest_table.as_json(listing(held), findings, (), preimage))


@given(wrong())
def test_objects_and_their_texts_are_found_wrong_alike(tree: Tree) -> None:
    assert found(check_documents(tree)) == found(check(tree))


@given(wrong())
def test_documents_in_another_order_are_found_wrong_alike(tree: Tree) -> None:
    first, second = check(tree), check(dict(reversed(tree.items())))
    assert rules_and_places(first, tree) == rules_and_places(second, tree)
    assert sorted(each.rule for each in first.skipped) == sorted(each.rule for each in second.skipped)


def rules_and_places(report: Report, tree: Tree) -> set[tuple[str, str, str]]:
    """Each finding as rule and place.

    Copies of a document go by one name, as the first of them counts. A conflict is at the later document, whichever that is.
    """
    contents = {name: content_digest(document) for name, document in tree.items()}
    names = {content: name for name, content in sorted(contents.items())}
    return {
        (each.rule, "" if each.rule == "identity-conflict" else names[contents[each.document]], each.pointer)
        for each in report.findings
    }


@given(wrong())
def test_documents_in_one_file_are_found_wrong_as_in_files_of_their_own(tree: Tree) -> None:
    together = check_documents({"all": as_text({"documents": tree})})
    apart = check(tree)
    names = {(each.name, each.pointer) for each in apart.documents}
    own = [each for each in apart.findings if (each.document, "") in names]
    # What is no document is only a finding in a larger text if it claims to be one.
    assert sorted(
        (each.rule, each.pointer) for each in together.findings if each.rule != "unknown-kind"
    ) == sorted(
        (each.rule, f"/documents/{each.document}{each.pointer}")
        for each in own
        if each.rule != "unknown-kind"
    )


# Readings: documents that need no second look get the verdict that they would get with one.


@given(wrong(), st.randoms(use_true_random=False))
def test_a_document_that_is_known_to_be_plain_gets_the_verdict_of_a_full_reading(
    tree: Tree, dice: random.Random
) -> None:
    given = {name: respelled(as_text(each), dice) for name, each in tree.items()}
    quick, full = check_documents(given), check_documents(given, limits=Limits(max_depth=31))
    if not any(finding.rule == "limit-exceeded" for finding in full.findings):
        first, second = (
            [(*rule_and_places(each), each.line, each.column, each.message) for each in report.findings]
            for report in (quick, full)
        )
        assert first == second
        assert quick.skipped == full.skipped


def respelled(source: str, dice: random.Random) -> str:
    """The text with some number spelled in another way, now and then."""
    if dice.random() < 0.5:
        return source
    lines = source.split("\n")
    numbered = [place for place, line in enumerate(lines) if line.rstrip(",").endswith(tuple("0123456789"))]
    if numbered:
        place = dice.choice(numbered)
        comma = "," if lines[place].endswith(",") else ""
        lines[place] = (
            lines[place].rstrip(",") + dice.choice((".0", "e0", ".5", "E+1", "0" * 20, "e999")) + comma
        )
    return "\n".join(lines).replace(": 0", ": -0" if dice.random() < 0.5 else ": 0")


@given(st.data())
def test_damaged_texts_are_findings(data: st.DataObject) -> None:
    tree = SETS["pilot"]
    given: dict[str, Any] = {name: as_text(each) for name, each in tree.items()}
    name = data.draw(st.sampled_from(["config", "receipt", "policy"]))
    source = given[name].encode()
    start = data.draw(st.integers(0, len(source)))
    end = start + data.draw(st.integers(0, 3))
    given[name] = source[:start] + data.draw(st.sampled_from(SNIPPETS)) + source[end:]
    report = check_documents(given)
    for finding in report.findings:
        assert finding.line is not None
        assert finding.column is not None
        assert finding.rule in RULES
    json.loads(json_report.render(report))
