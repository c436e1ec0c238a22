"""Generates the tables of members in docs/reference/documents.md from the schemas."""

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
"""Names of the shared definitions in tables; docs/reference/documents.md describes them."""


def tables() -> dict[str, str]:
    """A table for each kind of document, and for each object that several of them share."""
    result = {name: _table(schemas.schema(name), name) for name in KINDS}
    shared = schemas.schema(schemas.COMMON)["$defs"]
    result[_CHECKPOINT] = _table(shared["checkpoint_reference_members"], schemas.COMMON)
    result[_OBJECTIVE] = _table(shared[_OBJECTIVE], schemas.COMMON)
    return result


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table, one line per row."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _table(node: Schema, name: str) -> str:
    return table(("Member", "Type", "Meaning"), _rows(node, name, ""))


def _rows(node: Schema, name: str, pointer: str) -> Iterator[Row]:
    """A row for each member of the object at `pointer`, and for each below it."""
    required = node.get("required", ())
    for key, member in node.get("properties", {}).items():
        file, definition = schemas.follow_refs(name, member)
        optional = "" if key in required else "; optional"
        yield f"`{pointer}/{key}`", _type(member, definition) + optional, member["description"]
        if _definition(member) in _TYPES:
            continue
        yield from _rows(definition, file, f"{pointer}/{key}")
        items = definition.get("items", {})
        if not _holds_receipts(items):
            file, definition = schemas.follow_refs(file, items)
            yield from _rows(definition, file, f"{pointer}/{key}/*")
    for branch in node.get("allOf", ()):
        value = branch["if"]["properties"]["kind"]["const"]
        file, definition = schemas.follow_refs(name, branch["then"])
        for cell, words, meaning in _rows(definition, file, pointer):
            if cell != f"`{pointer}/kind`":
                yield cell, words, f"Where `kind` is `{value}`, and only there. {meaning}"


def _definition(node: Schema) -> str:
    """The name of the definition that a member refers to; empty for none."""
    return str(node.get("$ref", "")).rpartition("/")[2]


def _holds_receipts(items: Schema) -> bool:
    return str(items.get("$ref", "")).startswith(RECEIPT.version)


def _type(member: Schema, definition: Schema) -> str:
    """The values that are allowed, in words."""
    if _definition(member) in _TYPES:
        return _TYPES[_definition(member)]
    if "const" in definition:
        return f"always `{definition['const']}`"
    if "enum" in definition:
        words = [f"`{word}`" for word in definition["enum"] if word is not None]
        return f"one of {', '.join(words)}" if len(words) > 1 else f"always {words[0]}"
    if "items" in definition:
        return _array(definition)
    if "minimum" in definition:
        return f"{definition['minimum']} to {definition['maximum']}"
    if definition.get("additionalProperties") is True:
        return "object with these members and any others"
    kinds = definition["type"]
    return str(kinds if isinstance(kinds, str) else kinds[0])


def _array(node: Schema) -> str:
    items = node["items"]
    noun = "receipt" if _holds_receipts(items) else _TYPES.get(_definition(items), "object")
    return f"array of at least {node['minItems']} {noun}" if "minItems" in node else f"array of {noun}s"
