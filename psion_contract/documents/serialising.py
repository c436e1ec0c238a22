"""Serialises contract documents in the canonical order of members (section 1 of the contract)."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from typing import Any

from psion_contract.documents import kinds, schemas
from psion_contract.exceptions import ArgumentError
from psion_contract.reading.pointers import parts
from psion_contract.reading.python_values import plain


def document_text(document: Mapping[str, Any]) -> str:
    """A contract document as JSON text.

    Indented by two spaces, members in contract order, without null members, non-ASCII characters unescaped, with a
    final newline.

    Args:
        document: a document that matches its schema, as a Python value.

    Raises:
        ArgumentError: the value has no JSON form, or is not a contract document.
    """
    value = plain(document, "document")
    kind = kinds.recognise(value) if isinstance(value, dict) else None
    if kind is None:
        versions = ", ".join(kinds.KINDS)
        raise ArgumentError(f"document: not a contract document; expected a schema_version of {versions}")
    try:
        return dumps(in_contract_order(kind.version, value), ensure_ascii=False, indent=2) + "\n"
    except RecursionError as error:
        raise ArgumentError("document: nested too deeply") from error


def in_contract_order(name: str, value: Any, pointer: str = "") -> Any:
    """The value with the members of its objects in the order of the schema, without null members.

    That order is the canonical one of section 1 of the contract. Members that the schema does not name, in the
    open object, follow in their own order.

    Args:
        name: of the schema.
        value: the value at `pointer` of a document that is valid against the schema.
        pointer: to a member of the document, through objects only.
    """
    node = schemas.schema(name)
    for part in parts(pointer):
        node = schemas.definition(name, node)["properties"][part]
    return _in_order(value, node, name)


def _in_order(value: Any, node: dict[str, Any], name: str) -> Any:
    node = schemas.definition(name, node)
    if isinstance(value, dict) and (known := _properties(name, node)):
        ordered = {key: value[key] for key in known if value.get(key) is not None}
        ordered |= {key: item for key, item in value.items() if key not in known}
        for key, item in ordered.items():
            if isinstance(item, (dict, list)) and key in known:
                ordered[key] = _in_order(item, known[key], name)
        return ordered
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_in_order(item, node["items"], name) for item in value]
    return value


def _properties(name: str, node: dict[str, Any]) -> dict[str, Any]:
    """The members of an object; if they depend on a tag, those of all tags."""
    known: dict[str, Any] = {}
    for each in node.get("oneOf", (node,)):
        known |= schemas.definition(name, each).get("properties", {})
    return known
