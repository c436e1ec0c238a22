"""Tables of the members of documents, made from the schemas, for docs/reference/documents.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.documents import schemas
from psion_contract.documents.kinds import KINDS, RECEIPT

Schema = dict[str, Any]
Row = tuple[str, str, str]

_CHECKPOINT = "checkpoint_reference"
_OBJECTIVE = "objective_config"

_TYPES = {
    "identifier": "identifier",
    "optional_identifier": "identifier",
    "sentence": "sentence",
    "digest": "digest",
    "u16": "u16",
    "u32": "u32",
    "u64": "u64",
    "optional_u64": "u64",
    "positive_u16": "u16, at least 1",
    "positive_u32": "u32, at least 1",
    "positive_u64": "u64, at least 1",
    "bps": "basis points, 0 to 10000",
    "positive_bps": "basis points, 1 to 10000",
    "distinct_identifiers": "array of at least 1 identifier, none twice",
    _CHECKPOINT: "[checkpoint reference](#checkpoint-reference)",
    "optional_checkpoint_reference": "[checkpoint reference](#checkpoint-reference)",
    _OBJECTIVE: "[objective config](#objective-config)",
}
"""What tables call the definitions that the schemas share; docs/reference/documents.md describes these."""


def tables() -> dict[str, str]:
    """A table for each kind of document, and for each object that several of them share."""
    made = {name: _table(schemas.schema(name), name) for name in KINDS}
    shared = schemas.schema(schemas.COMMON)["$defs"]
    made[_CHECKPOINT] = _table(shared["checkpoint_reference_members"], schemas.COMMON)
    made[_OBJECTIVE] = _table(shared[_OBJECTIVE], schemas.COMMON)
    return made


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, one line a row."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _table(where: Schema, name: str) -> str:
    return table(("Member", "Type", "Meaning"), _rows(where, name, ""))


def _rows(where: Schema, name: str, pointer: str) -> Iterator[Row]:
    """A row for each member of the object at `pointer`, and for each below it."""
    required = where.get("required", ())
    for key, member in where.get("properties", {}).items():
        file, below = schemas.follow_refs(name, member)
        optional = "" if key in required else "; optional"
        yield f"`{pointer}/{key}`", _type(member, below) + optional, member["description"]
        if _definition(member) in _TYPES:
            continue
        yield from _rows(below, file, f"{pointer}/{key}")
        items = below.get("items", {})
        if not _holds_receipts(items):
            file, below = schemas.follow_refs(file, items)
            yield from _rows(below, file, f"{pointer}/{key}/*")
    for branch in where.get("allOf", ()):
        value = branch["if"]["properties"]["kind"]["const"]
        file, below = schemas.follow_refs(name, branch["then"])
        for place, words, meaning in _rows(below, file, pointer):
            if place != f"`{pointer}/kind`":
                yield place, words, f"Where `kind` is `{value}`, and only there. {meaning}"


def _definition(where: Schema) -> str:
    """The name of the definition that a member refers to; empty for none."""
    return str(where.get("$ref", "")).rpartition("/")[2]


def _holds_receipts(items: Schema) -> bool:
    return str(items.get("$ref", "")).startswith(RECEIPT.version)


def _type(member: Schema, below: Schema) -> str:
    """The values that are allowed, in words."""
    if _definition(member) in _TYPES:
        return _TYPES[_definition(member)]
    if "const" in below:
        return f"always `{below['const']}`"
    if "enum" in below:
        return "one of " + ", ".join(f"`{word}`" for word in below["enum"])
    if "items" in below:
        return _array(below)
    if "minimum" in below:
        return f"{below['minimum']} to {below['maximum']}"
    if below.get("additionalProperties") is True:
        return "object with any members"
    kinds = below["type"]
    return str(kinds if isinstance(kinds, str) else kinds[0])


def _array(where: Schema) -> str:
    items = where["items"]
    noun = "receipt" if _holds_receipts(items) else _TYPES.get(_definition(items), "object")
    return f"array of at least {where['minItems']} {noun}" if "minItems" in where else f"array of {noun}s"
