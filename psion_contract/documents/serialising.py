"""Serialises contract documents in the canonical order of members (section 1 of the contract)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from json import dumps
from typing import Any, NamedTuple

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
    order = _order(name)
    for part in parts(pointer):
        order = order.members[part]
    return _ordered(value, order)


class _Order(NamedTuple):
    """What a part of a schema says about the order of members.

    Attributes:
        members: the members of an object, in order; if they depend on a tag, those of all tags.
        items: the order within the items of a list; None of anything else.
    """

    members: dict[str, _Order]
    items: _Order | None


@cache
def _order(name: str) -> _Order:
    """The order of a whole schema, looked up once: a document has hundreds of objects of one definition."""
    return _order_of(schemas.schema(name), name)


def _order_of(node: dict[str, Any], name: str) -> _Order:
    node = schemas.definition(name, node)
    members: dict[str, _Order] = {}
    for each in node.get("oneOf", (node,)):
        properties = schemas.definition(name, each).get("properties", {})
        members |= {key: _order_of(below, name) for key, below in properties.items()}
    return _Order(members, _order_of(node["items"], name) if "items" in node else None)


def _ordered(value: Any, order: _Order) -> Any:
    if isinstance(value, dict) and order.members:
        ordered = {
            key: _ordered(item, below) if isinstance(item, (dict, list)) else item
            for key, below in order.members.items()
            if (item := value.get(key)) is not None
        }
        if len(ordered) < len(value):
            ordered |= {key: item for key, item in value.items() if key not in order.members}
        return ordered
    if isinstance(value, list) and order.items is not None and value and isinstance(value[0], dict):
        below = order.items
        return [_ordered(item, below) for item in value]
    return value
