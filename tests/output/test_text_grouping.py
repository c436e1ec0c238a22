"""Findings that say the same of several places: one block in the text, each of them in the JSON."""

from __future__ import annotations

from typing import Any

from support.canonical_sets import as_text, documents

from psion_contract import Report, Source, check_documents
from psion_contract.catalog import RULES
from psion_contract.output import text
from tools.edits import Edit, edited, put

HEADS = "/config/block/attention/kv_head_count"
KEY_WIDTHS = tuple(
    f"/checkpoint_contract/tensor_layout/{2 + 18 * layer + tensor}/shape/dims/{dimension}"
    for layer in range(8)
    for tensor, dimension in ((4, 1), (5, 0), (6, 1), (7, 0))
)
"""The widths of keys and values: weight and bias of both in each layer, of 18 tensors, after 2 embeddings."""

VERSIONS = tuple(f"/shards/{position}/preprocessing_version" for position in range(8))


def checked(role: str, *edits: Edit) -> Report:
    """The report on one edited document, given without its text."""
    return check_documents(edited(documents(role), *edits))


def blocks(report: Report) -> list[list[str]]:
    """The lines of each block of the rendered report, its closing among them, without excerpts and hints."""
    found = [block.splitlines() for block in text.render(report).rstrip("\n").split("\n\n")]
    return [[line for line in block if not line.startswith(OTHER_LINES)] for block in found]


OTHER_LINES = ("    hint ", " " * 5)

FEWER_KEY_HEADS = put(f"/descriptor{HEADS}", 3)


def test_a_number_that_contradicts_many_tensors_is_one_block_that_counts_the_further_places() -> None:
    report = checked("descriptor", FEWER_KEY_HEADS)
    assert [each.pointer for each in report.findings] == list(KEY_WIDTHS)
    block, closing = blocks(report)
    assert block[0] == f"descriptor#{KEY_WIDTHS[0]}: error: tensor-layout-mismatch"
    assert block[2:] == [
        f"    also at  {', '.join(KEY_WIDTHS[1:4])} and 28 more places",
        "    found    384",
        "    expected 192",
        f"    against  descriptor#{HEADS} = 3",
        "    against  descriptor#/config/block/attention/head_dim = 64",
    ]
    assert closing[-1] == "inconsistent (32 errors)"
    assert [each["pointer"] for each in report.to_dict()["findings"]] == list(KEY_WIDTHS)


def test_a_version_that_contradicts_all_shards_is_one_block_with_the_lines_of_its_places() -> None:
    tree = edited(documents("corpus"), put("/corpus/preprocessing_version", "next"))
    source = as_text(tree["corpus"])
    own, *lines = [
        number for number, line in enumerate(source.splitlines(), 1) if '"preprocessing_version"' in line
    ]
    block, _ = blocks(check_documents({"corpus.json": source}))
    assert block[0] == f"corpus.json:{lines[0]}:32: error: shard-version-mismatch"
    assert block[2:] == [
        f"    at       {VERSIONS[0]}",
        f"    also at  {', '.join(f'{VERSIONS[n]} (line {lines[n]})' for n in (1, 2, 3))} and 4 more places",
        '    found    "tidewater-normalize-2026.02"',
        '    expected "next"',
        f'    against  corpus.json:{own}:28 /preprocessing_version = "next"',
    ]


def test_up_to_three_further_places_are_all_named_and_none_is_counted() -> None:
    block, _ = blocks(checked("corpus", put("/corpus/splits/0/kind", "custom")))
    assert "    also at  /shards/1/split_kind, /shards/2/split_kind, /shards/3/split_kind" in block


def test_a_finding_like_no_other_has_no_row_of_further_places() -> None:
    block, _ = blocks(checked("corpus", put(f"/corpus{VERSIONS[5]}", "x")))
    assert not any(line.startswith("    also at") for line in block)


def test_different_wrong_values_are_blocks_of_their_own_and_one_that_comes_again_joins_the_first() -> None:
    edits = [put(f"/corpus{VERSIONS[position]}", value) for position, value in enumerate("aba")]
    first, second, _ = blocks(checked("corpus", *edits))
    assert first[0] == f"corpus#{VERSIONS[0]}: error: shard-version-mismatch"
    assert first[2:4] == [f"    also at  {VERSIONS[2]}", '    found    "a"']
    assert second[0] == f"corpus#{VERSIONS[1]}: error: shard-version-mismatch"
    assert second[2] == '    found    "b"'


def test_the_same_contradiction_in_two_documents_is_a_block_for_each_under_its_own_heading() -> None:
    tree: dict[str, Any] = {}
    for name in ("one", "other"):
        tree |= {name: edited(documents("corpus"), put("/corpus/preprocessing_version", "next"))["corpus"]}
    assert [block[0] for block in blocks(check_documents(tree))[:-1]] == [
        "one: 8 errors",
        f"one#{VERSIONS[0]}: error: shard-version-mismatch",
        "other: 8 errors",
        f"other#{VERSIONS[0]}: error: shard-version-mismatch",
    ]


def test_a_rule_has_at_most_five_blocks_for_a_file_and_the_rest_is_counted() -> None:
    edits = [put(f"/corpus{each}", f"other-{number}") for number, each in enumerate(VERSIONS)]
    shown = blocks(checked("corpus", *edits))
    assert [block[0] for block in shown[:5]] == [
        f"corpus#{each}: error: shard-version-mismatch" for each in VERSIONS[:5]
    ]
    assert shown[5] == ["corpus: and 3 more findings of shard-version-mismatch; --format json lists all"]
    assert len(shown) == 7


def test_lines_of_one_file_that_say_the_same_share_a_block() -> None:
    policy = as_text(edited(documents("policy"), put("/policy/policy_id", 1))["policy"]).replace("\n", "")
    lines = [Source(f"log.jsonl:{number}", policy.encode(), first_line=number) for number in range(1, 8)]
    block, _ = blocks(check_documents(lines))
    column = policy.index('"policy_id": ') + len('"policy_id": ') + 1
    assert block[0] == f"log.jsonl:1:{column}: error: schema-violation"
    assert block[3] == (
        f"    also at  log.jsonl:2:{column}, log.jsonl:3:{column}, log.jsonl:4:{column} and 3 more places"
    )


def test_the_remedy_of_a_rule_is_told_once() -> None:
    edits = [put(f"/corpus{each}", f"other-{number}") for number, each in enumerate(VERSIONS[:3])]
    shown = text.render(checked("corpus", *edits))
    assert shown.count(RULES["shard-version-mismatch"].remedy) == 1
    assert shown.count("psion-contract explain shard-version-mismatch") == 1
