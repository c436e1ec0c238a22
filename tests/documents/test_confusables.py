"""Identifiers that look like others; the conformance pack proves which are reported and where."""

from __future__ import annotations

import re
from time import process_time
from unicodedata import normalize

import pytest
from support.canonical_sets import PILOT, documents

from psion_contract import Checker
from psion_contract.documents.confusables import BLANK, INVISIBLE, LOOK_ALIKES, NORMALISED, plainly
from tools.repository import ROOT

RULE = "confusable-identifier"
PAGE = (ROOT / "docs/reference/rules/beside.md").read_text(encoding="utf-8")


def row(name: str) -> str:
    """The code points in a row of the table of the page."""
    return re.search(rf"^\| {name}[^|]*\| (.*) \|$", PAGE, re.MULTILINE)[1]  # type: ignore[index]


def ranges(text: str) -> set[int]:
    """The code points that a list such as ``U+00AD, U+FE00 to FE0F`` means."""
    found: set[int] = set()
    for first, last in re.findall(r"U\+([0-9A-F]{4,6})(?:\u2013([0-9A-F]{4,6}))?", text):
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def matched(characters: str) -> set[int]:
    """The code points that a class of a regular expression matches."""
    every_character = "".join(map(chr, range(0x110000)))
    return set(map(ord, re.findall(f"[{characters}]", every_character)))


def test_the_page_lists_the_characters_that_are_looked_at() -> None:
    assert ranges(row("invisible")) == matched(INVISIBLE)
    assert ranges(row("blank")) == matched(BLANK)
    normalised = re.search(r"characters in the ranges (.*?) by its", PAGE, re.DOTALL)
    assert normalised and ranges(normalised[1]) == matched(NORMALISED)
    letters = {
        chr(int(code, 16)): letter
        for name in ("look-alikes, Cyrillic", "look-alikes, Greek")
        for code, letter in re.findall(r"U\+([0-9A-F]{4}) (\w)", row(name))
    }
    letters |= {chr(code): chr(code - 0xFEE0) for code in ranges(row("look-alikes, full width"))}
    assert letters == LOOK_ALIKES


def test_no_look_alike_is_normalised_away() -> None:
    assert all(normalize("NFC", character) == character for character in LOOK_ALIKES)


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("pi\u200blot", 'the identifier "pi\\u200blot" is shown as "pilot": it has U+200B'),
        ("caf\u0065\u0301", "it is not in Unicode Normalization Form C, with U+0301"),
        ("\u00a0\u200b\u200c\u200d\u2060x", "it has U+00A0, U+200B, U+200C, U+200D and others"),
        ("tidewater-pilot-\uff101", 'looks like "tidewater-pilot-01", but has U+FF10'),
    ],
)
def test_the_message_spells_code_points(identifier: str, message: str) -> None:
    pilot = documents(*PILOT)
    pilot["corpus"]["preprocessing_version"] = identifier
    for shard in pilot["corpus"]["shards"]:
        shard["preprocessing_version"] = identifier
    (finding,) = Checker().check(pilot).findings
    assert (finding.rule, finding.document, finding.actual) == (RULE, "corpus", identifier)
    assert message in finding.message


def test_a_reused_checker_reports_its_inputs_each_time_and_compares_with_them() -> None:
    pilot = documents(*PILOT)
    receipt = pilot.pop("receipt")
    pilot["corpus"]["tokenizer_bundle_schema_version"] = "bundle\u200b"
    checker = Checker(pilot)
    for _ in range(3):
        assert [each.document for each in checker.check({"receipt": receipt}).findings] == ["corpus"]
    receipt["checkpoint_lineage"]["promoted_checkpoint"]["writer_node_id"] = "bundl\u0435"
    found = checker.check({"receipt": receipt}).findings
    assert [(each.document, each.related[0].document) for each in found] == [
        ("receipt", "corpus"),
        ("corpus", "receipt"),
    ]


def test_many_identifiers_that_look_alike_take_time_in_proportion_to_their_number() -> None:
    policy = documents("policy")["policy"]

    def seconds(count: int) -> float:
        region = policy["repetitive_region_controls"][0]
        names = [f"{number:b}".replace("0", "\u200b").replace("1", "\u200c") + "x" for number in range(count)]
        policy["repetitive_region_controls"] = [{**region, "section_id": name} for name in names]
        start = process_time()
        found = Checker().check({"policy": policy}).findings
        assert sum(each.rule == RULE for each in found) == count
        return process_time() - start

    few = min(seconds(200) for _ in range(3))
    assert seconds(1600) < 40 * few


def test_plain_forms_are_stable() -> None:
    for character in map(chr, [*matched(INVISIBLE), *matched(BLANK), *range(0x250), 0x301, 0x212B]):
        plain = plainly(f"e{character}x")
        assert plainly(plain) == plain
