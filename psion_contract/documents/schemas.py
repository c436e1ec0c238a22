"""The JSON Schemas and the validators that give the verdict.

jsonschema-rs decides whether a document is valid; `psion_contract.documents.explanation` says what is wrong
with one that is not. Nothing is retrieved over a network: a reference to a schema outside the package is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from psion_contract.reading.json_reader import MAX_SAFE_INTEGER, read
from psion_contract.reading.pointers import value_at
from psion_contract.resources import data_bytes, data_path

if TYPE_CHECKING:
    import referencing

BASE = "https://psion-contract.example/schemas/"
"""The base of every ``$id``: an identifier, not an address."""

REPORT = "psion.check_report.v1"
"""The schema of the JSON report of ``psion-contract check``."""

RULES = "psion.rules.v1"
"""The schema of the catalogue of rules."""

CORPUS_SIDECAR = "psion.corpus_sidecar.v1"
"""The schema of what ``psion-contract new corpus`` needs beside the shards."""

POLICY_SIDECAR = "psion.policy_sidecar.v1"
"""The schema of what ``psion-contract new policy`` needs beside the corpus."""

_SUFFIX = ".schema.json"

_NOT_IN_IDENTIFIERS = "[|\x00-\x1f\x7f-\x9f]"
"""The pattern of the schemas for the characters that no identifier contains."""

_ASCII_IDENTIFIER = "^ *[!-{}~][ -{}~]*$"
"""An identifier in ASCII: in this one pattern, neither blank nor with any of those characters."""


def names() -> list[str]:
    """The names of all schemas of the package, sorted."""
    found = os.listdir(data_path("schemas"))
    return sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))


def file_name(name: str) -> str:
    """The file of the schema called `name`, such as ``psion.sampling_policy.v1``."""
    return name + _SUFFIX


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema called `name`, parsed once; callers must not change it."""
    value = read(data_bytes("schemas", file_name(name))).value
    assert isinstance(value, dict), name
    return value


def definition(name: str, node: dict[str, Any]) -> dict[str, Any]:
    """The definition that a part of a schema refers to, whether or not null is allowed in its place.

    A reference is a pointer into the same schema, and ``anyOf`` is a choice between a definition and null.

    Args:
        name: name of the schema that contains `node`.
        node: any part of that schema.
    """
    while True:
        if "$ref" in node:
            node = value_at(schema(name), node["$ref"][1:])
        elif "anyOf" in node:
            node = node["anyOf"][0]
        else:
            return node


def registry() -> referencing.Registry[Any]:
    """All schemas of the package, for validators that take a `referencing.Registry`.

    It contains every schema that ``psion-contract schema list`` lists, each by its ``$id``, and never retrieves
    anything. Each call returns new copies of the schemas::

        validator = jsonschema.Draft202012Validator(
            {"$ref": psion_contract.schema("receipt")["$id"]}, registry=psion_contract.registry()
        )
    """
    from copy import deepcopy

    import referencing
    from referencing.jsonschema import DRAFT202012

    resources = [DRAFT202012.create_resource(deepcopy(schema(name))) for name in names()]
    result: referencing.Registry[Any] = resources @ referencing.Registry()
    return result


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of the schema called `name`, built once."""
    return jsonschema_rs.Draft202012Validator(schema(name), retriever=_refuse_to_retrieve)


def is_valid(name: str, value: Any) -> bool:
    """Whether `value` is valid against the schema called `name`."""
    return bool(validator(name).is_valid(value))


def subschema_validator(subschema: dict[str, Any]) -> Callable[[Any], bool]:
    """A function that validates values against a part of a schema that has no references."""
    result: Callable[[Any], bool] = jsonschema_rs.Draft202012Validator(subschema).is_valid
    return result


def is_plain(name: str, value: Any) -> bool:
    """Whether `value` is valid against the schema called `name` and needs no further checks.

    It needs some if it contains a zero (which may have been written as -0), an integer above 2^53 - 1, a number that
    the reader keeps as text because it has a fraction or an exponent, a non-empty open object, or an identifier with
    characters outside ASCII. A narrower schema detects that in the same pass as validity. False does not mean that
    the value is invalid.
    """
    try:
        return bool(_plain_validator(name).is_valid(value))
    except ValueError:  # the engine does not accept numbers kept as text
        return False


@cache
def _plain_validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_narrowed(schema(name)), retriever=_refuse_to_retrieve)


def _narrowed(node: Any) -> Any:
    """A schema whose integers are from 1 to 2^53 - 1, whose open objects are empty, and whose identifiers are ASCII."""
    if isinstance(node, list):
        return [_narrowed(item) for item in node]
    if not isinstance(node, dict):
        return node
    narrowed = {key: _narrowed(item) for key, item in node.items()}
    if narrowed.get("type") == "integer":
        narrowed["minimum"] = max(1, narrowed.get("minimum", 1))
        narrowed["maximum"] = min(MAX_SAFE_INTEGER, narrowed.get("maximum", MAX_SAFE_INTEGER))
    if narrowed.get("not") == {"type": "string", "pattern": _NOT_IN_IDENTIFIERS}:
        del narrowed["not"]
        narrowed["pattern"] = _ASCII_IDENTIFIER
    if "pattern" in narrowed and "minLength" in narrowed:  # a digest, whose pattern here needs no lengths
        del narrowed["minLength"], narrowed["maxLength"]
    if narrowed.get("additionalProperties") is True:
        narrowed["additionalProperties"] = False
    return narrowed


def _refuse_to_retrieve(uri: str) -> Any:
    raise LookupError(f"{uri} is not a schema of this package, and nothing is retrieved")
