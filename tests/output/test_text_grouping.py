"""Findings that say the same of several places: to a reader one block, to a program each of them."""

from __future__ import annotations

from json import dumps
from typing import Any

from corpus_cases import of_shards
from descriptor_cases import ATTENTION, KEY_WIDTHS
from edits import Edit, canonical_documents, put

from psion_contract import Report, check_documents
from psion_contract.output import json_report as jsonreport
from psion_contract.output import text


def checked(role: str, *edits: Edit) -> Report:
    """The report on one changed document that was given without its text."""
    documents = canonical_documents(role)
    for edit in edits:
        edit(documents[role])
    return check_documents(documents)


def blocks(report: Report) -> list[list[str]]:
    """The lines of each block of the rendered report, its closing among them."""
    return [block.splitlines() for block in text.render(report).rstrip("\n").split("\n\n")]


FEWER_KEY_HEADS = put(f"{ATTENTION}/kv_head_count", 3)


def test_a_number_that_contradicts_many_tensors_is_one_block_that_counts_the_further_places() -> None:
    report = checked("descriptor", FEWER_KEY_HEADS)
    assert len(report.findings) == 32
    first, *others = KEY_WIDTHS
    assert blocks(report) == [
        [
            f"descriptor#{first}: error: tensor-layout-mismatch",
            "  the dimension is 384 long, but kv_head_count times head_dim is 192",
            f"    also at  {others[0]}, {others[1]}, {others[2]} and 28 more places",
            "    found    384",
            "    expected 192",
            f"    against  descriptor#{ATTENTION}/kv_head_count = 3",
            f"    against  descriptor#{ATTENTION}/head_dim = 64",
        ],
        ["checked 1 model descriptor", "inconsistent (32 errors)"],
    ]


def test_a_version_that_contradicts_all_shards_is_one_block_with_the_lines_of_its_places() -> None:
    corpus = canonical_documents("corpus")["corpus"]
    put("/preprocessing_version", "next")(corpus)
    source = dumps(corpus, indent=2)
    own, *lines = [
        number for number, line in enumerate(source.splitlines(), 1) if '"preprocessing_version"' in line
    ]
    places = of_shards("preprocessing_version")
    block, _ = blocks(check_documents({"corpus.json": source}))
    assert block == [
        f"corpus.json:{lines[0]}:32: error: shard-version-mismatch",
        '  the shard\'s preprocessing_version is "tidewater-normalize-2026.02", but the corpus says "next"',
        f"    at       {places[0]}",
        f"    also at  {places[1]} (line {lines[1]}), {places[2]} (line {lines[2]}), "
        f"{places[3]} (line {lines[3]}) and 4 more places",
        '    found    "tidewater-normalize-2026.02"',
        '    expected "next"',
        f'    against  corpus.json:{own}:28 /preprocessing_version = "next"',
    ]


def test_up_to_three_further_places_are_all_named_and_none_is_counted() -> None:
    block, _ = blocks(checked("corpus", put("/splits/0/kind", "custom")))
    assert "    also at  /shards/1/split_kind, /shards/2/split_kind, /shards/3/split_kind" in block


def test_a_finding_like_no_other_has_no_row_of_further_places() -> None:
    block, _ = blocks(checked("corpus", put("/shards/5/preprocessing_version", "x")))
    assert not any(line.startswith("    also at") for line in block)


def test_different_wrong_values_are_blocks_of_their_own_and_one_that_comes_again_joins_the_first() -> None:
    versions = [
        put(f"/shards/{position}/preprocessing_version", value) for position, value in enumerate("aba")
    ]
    first, second, _ = blocks(checked("corpus", *versions))
    assert first[0] == "corpus#/shards/0/preprocessing_version: error: shard-version-mismatch"
    assert first[2:4] == ["    also at  /shards/2/preprocessing_version", '    found    "a"']
    assert second[0] == "corpus#/shards/1/preprocessing_version: error: shard-version-mismatch"
    assert second[2] == '    found    "b"'


def test_the_same_contradiction_in_two_documents_is_a_block_for_each() -> None:
    documents: dict[str, Any] = {}
    for name in ("one", "other"):
        documents[name] = canonical_documents("corpus")["corpus"]
        put("/preprocessing_version", "next")(documents[name])
    place = "/shards/0/preprocessing_version"
    report = check_documents(documents)
    assert [block[0] for block in blocks(report)[:-1]] == [
        f"one#{place}: error: shard-version-mismatch",
        f"other#{place}: error: shard-version-mismatch",
    ]


def test_the_report_for_programs_lists_each_place() -> None:
    report = jsonreport.as_json(checked("descriptor", FEWER_KEY_HEADS))
    assert [finding["pointer"] for finding in report["findings"]] == list(KEY_WIDTHS)
    assert report["errors"] == len(KEY_WIDTHS)
