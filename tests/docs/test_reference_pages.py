"""What the pages on documents, limits and digests state is what the package does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import markdown_pages as pages
import pytest

from psion_contract import Limits
from psion_contract.build.rounding import basis_points
from psion_contract.conformance.pack import load_vectors
from psion_contract.documents import digests, kinds, schemas
from psion_contract.reading.json_reader import MAX_DEPTH
from psion_contract.resources import data_bytes
from psion_contract.rules.layout import implied

DOCUMENTS = pages.read("docs/reference/documents.md")
DIGESTS = pages.read("docs/reference/digests.md")

# Documents.


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.role)
def test_a_kind_is_listed_with_its_identity(kind: kinds.Kind) -> None:
    (row,) = re.findall(rf"^\| {kind.role} \|.*$", DOCUMENTS, re.MULTILINE)
    assert f"`{kind.version}`" in row
    assert re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1]) == [
        pointer[1:].replace("/", ".") for pointer in kind.identity_pointers
    ]


def test_the_limits_are_those_of_the_reader() -> None:
    table = pages.read("docs/reference/limits.md")
    for name, value in Limits()._asdict().items():
        row = next(line for line in table.splitlines() if f"`Limits.{name}`" in line)
        assert f"| {'any number' if value is None else value}" in row
        assert f"`--{name.replace('_', '-')}`" in row
    assert f"at most {MAX_DEPTH}" in table


def test_the_tensor_layout_is_the_one_that_the_rule_asks_for() -> None:
    section = pages.section(DOCUMENTS, "### Tensor layout")
    names = re.findall(r"^\| `([^`]+)` \| (.*) \|$", section, re.MULTILINE)
    words = {"hidden": "hidden_size", "inner": "intermediate_size", "keys": "kv_head_count head_dim"}
    documented = [
        (
            name.replace("layers.L", "layers.0"),
            [words.get(each, each.strip("`")) for each in dims.split(", ")],
        )
        for name, dims in names
    ]
    wanted = [
        (name, [" ".join(each.rpartition("/")[2] for each in members) for members in dims])
        for name, dims in implied("N", 1)
    ]
    assert documented == wanted


# Digests.


class Worked(NamedTuple):
    """A worked example of docs/reference/digests.md.

    Attributes:
        digest: its id.
        path: of the document below fixtures/.
        pointer: where the document stores the digest; None if it does not.
        length: of the whole preimage in bytes, if it is shown shortened.
        shown: the preimage, with a line of one ellipsis for each part left out.
        value: the digest.
    """

    digest: str
    path: str
    pointer: str | None
    length: str | None
    shown: str
    value: str

    @property
    def preimage(self) -> str:
        """The preimage, made of the document."""
        document = json.loads(data_bytes("fixtures", self.path))
        kind = kinds.recognise(document)
        assert kind is not None
        found = digests.digests_of(kind, document)
        (preimage,) = (
            each.preimage for each in found if (each.id, each.pointer) == (self.digest, self.pointer)
        )
        return preimage


def worked() -> Iterator[Worked]:
    pattern = (
        r"<!-- example: (?P<digest>\w+) (?P<path>psion/\S+)(?: (?P<pointer>/\S+))? -->\n"
        r"\n.*?(?: \((?P<length>\d+) bytes, shortened here\))?:\n\n"
        r"```text\n(?P<shown>.*?)\n```\n\nSHA-256: `(?P<value>\w+)`"
    )
    for found in re.finditer(pattern, DIGESTS, re.DOTALL):
        yield Worked(**found.groupdict())


WORKED = list(worked())


def test_every_digest_has_a_worked_example() -> None:
    assert {each.digest for each in WORKED} == {*(f"D{number}" for number in range(1, 10)), "content"}
    assert DIGESTS.count("<!-- example: ") == len(WORKED) + 1


@pytest.mark.parametrize("each", WORKED, ids=lambda each: f"{each.digest} {Path(each.path).stem}")
def test_a_worked_example_is_that_of_the_canonical_document(each: Worked) -> None:
    preimage = each.preimage
    assert each.value == digests.sha256(preimage)
    if each.length is None:
        assert each.shown == preimage
    else:
        parts = [re.escape(part.strip("\n")) for part in each.shown.split("…")]
        assert len(parts) > 1
        assert re.fullmatch(".+".join(parts), preimage, re.DOTALL)
        assert int(each.length) == len(preimage.encode())


def test_the_example_of_a_layout_is_right() -> None:
    text = DIGESTS.partition("<!-- example: D6 of this -->")[2].partition("\n### ")[0]
    layout, preimage = (block.text for block in pages.blocks(text))
    assert digests.tensor_layout_preimage(json.loads(layout)) == preimage.removesuffix("\n")
    assert f"SHA-256: `{digests.sha256(preimage.removesuffix(chr(10)))}`" in text


def test_the_names_of_enum_values_are_all_there_and_right() -> None:
    section = pages.section(DIGESTS, "### Names of enum values")
    names = dict(re.findall(r"`([^`]+)` \| `([^`]+)`", section))
    assert names == {word: digests.enum_name(word) for word in names}
    shared = schemas.schema(kinds.RECEIPT.version)["$defs"]
    used = [shared[name]["enum"] for name in ("SplitKind", "IterationMode", "ShardOrdering")]
    (layouts,) = (vector for vector in load_vectors() if vector.id == "D6.quantizations")
    tensors = json.loads(layouts.input)["checkpoint_contract"]["tensor_layout"]
    quantizations = [tensor["quantization"] for tensor in tensors]
    assert set(names) == {word for words in [*used, quantizations] for word in words}


# Rounding.


def test_the_example_of_shares_is_what_is_computed() -> None:
    table = (
        pages.read("docs/reference/rows.md").partition("<!-- example: shares -->")[2].partition("\n\nWith")[0]
    )
    rows = re.findall(r"^\| (\d+) \| (\d+) (\d)/7 \| (\d+) \| (\d) \| (\d+) \|$", table, re.MULTILINE)
    counts = [int(row[0]) for row in rows]
    assert [int(row[-1]) for row in rows] == basis_points(counts)
    for count, row in zip(counts, rows, strict=True):
        whole, rest = divmod(10_000 * count, sum(counts))
        assert [int(each) for each in row[1:5]] == [whole, rest, whole, rest]
