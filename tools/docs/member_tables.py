"""Generates the tables of members in docs/reference/documents.md from the schemas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.documents import schemas
from psion_contract.documents.kinds import KINDS, RECEIPT

Schema = dict[str, Any]
Row = tuple[str, str, str]

_CHECKPOINT = "CheckpointReference"
_OBJECTIVE = "ObjectiveConfig"
_RECEIPT = "PretrainStageReceipt"

_TYPES = {
    "Identifier": "identifier",
    "Sentence": "sentence",
    "Digest": "digest",
    "U32": "u32",
    "U64": "u64",
    "PositiveU16": "u16, at least 1",
    "PositiveU32": "u32, at least 1",
    "PositiveU64": "u64, at least 1",
    "BasisPoints": "basis points, 0 to 10000",
    "PositiveBasisPoints": "basis points, 1 to 10000",
    "DistinctIdentifiers": "array of at least 1 identifier, none twice",
    _CHECKPOINT: "[checkpoint reference](#checkpoint-reference)",
    _OBJECTIVE: "[objective config](#objective-config)",
    _RECEIPT: "receipt",
}
"""Names of the shared definitions in tables; docs/reference/documents.md describes them."""


def tables() -> dict[str, str]:
    """A table for each kind of document, and for each object that several of them share."""
    result = {name: _table(schemas.schema(name), name) for name in KINDS}
    for name in (_CHECKPOINT, _OBJECTIVE):
        result[name] = _table(schemas.schema(RECEIPT.version)["$defs"][name], RECEIPT.version)
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
        definition = schemas.definition(name, member)
        optional = "" if key in required else "; optional"
        yield f"`{pointer}/{key}`", _type(member, definition) + optional, f"{member['description']}."
        if _definition(member) in _TYPES:
            continue
        yield from _rows(definition, name, f"{pointer}/{key}")
        items = definition.get("items", {})
        if _definition(items) not in _TYPES:
            yield from _rows(schemas.definition(name, items), name, f"{pointer}/{key}/*")
    if "oneOf" in node:
        yield from _rows_of_choices([schemas.definition(name, each) for each in node["oneOf"]], name, pointer)


def _rows_of_choices(choices: list[Schema], name: str, pointer: str) -> Iterator[Row]:
    """A row for the tag, which comes first in each choice, and for each member that depends on it."""
    tag = next(iter(choices[0]["properties"]))
    words = [choice["properties"][tag]["const"] for choice in choices]
    yield f"`{pointer}/{tag}`", _one_of(words), "Which sort it is. It decides which other members there are."
    for word, choice in zip(words, choices, strict=True):
        for cell, kind, meaning in _rows(choice, name, pointer):
            if cell != f"`{pointer}/{tag}`":
                yield cell, kind, f"Where `{tag}` is `{word}`, and only there. {meaning}"


def _definition(node: Schema) -> str:
    """The name of the definition that a member refers to; empty for none."""
    return str(node.get("anyOf", [node])[0].get("$ref", "")).rpartition("/")[2]


def _one_of(words: list[str]) -> str:
    return "one of " + ", ".join(f"`{word}`" for word in words)


def _type(member: Schema, definition: Schema) -> str:
    """The values that are allowed, in words."""
    if _definition(member) in _TYPES:
        return _TYPES[_definition(member)]
    if "const" in definition:
        return f"always `{definition['const']}`"
    if "enum" in definition:
        return _one_of(definition["enum"])
    if "items" in definition:
        return _array(definition)
    if "minimum" in definition:
        return f"{definition['minimum']} to {definition['maximum']}"
    if definition.get("additionalProperties") is True:
        return "object with these members and any others"
    return str(definition.get("type", "object"))


def _array(node: Schema) -> str:
    items = node["items"]
    noun = _TYPES.get(_definition(items), "object")
    return f"array of at least {node['minItems']} {noun}" if "minItems" in node else f"array of {noun}s"
