"""Schemas with their descriptions where editors look for them."""

from __future__ import annotations

from json import dumps
from typing import Any

from psion_contract.documents import schemas

Schema = dict[str, Any]

_CHOICES = ("anyOf", "oneOf")
"""Keywords of a choice. The description beside one of them says more than those of the definitions to choose from."""


def text(name: str) -> str:
    """The text of the schema called `name`, for editors.

    Several editors show the description of a definition instead of the more specific one beside the reference. So
    descriptions of definitions are moved to the references that have none. Nothing else changes.
    """
    schema = _moved(name, schemas.schema(name))
    for definition in schema.get("$defs", {}).values():
        definition.pop("description", None)
    return dumps(schema, indent=2) + "\n"


def _moved(name: str, node: Any) -> Any:
    if isinstance(node, list):
        return [_moved(name, each) for each in node]
    if not isinstance(node, dict):
        return node
    moved = {key: each if key in _CHOICES else _moved(name, each) for key, each in node.items()}
    if "$ref" in moved:
        return {"description": schemas.definition(name, node)["description"]} | moved
    return moved
