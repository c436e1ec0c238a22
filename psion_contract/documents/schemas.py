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

COMMON = "psion.common.v1"
"""The definitions that the other schemas share."""

REFERRED_TO = (COMMON, "psion.pretrain_stage_receipt.v1")
"""The schemas that others refer to with ``$ref``."""

REPORT = "psion.check_report.v1"
"""The schema of the JSON report of ``psion-contract check``."""

RULES = "psion.rules.v1"
"""The schema of the catalogue of rules."""

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


def follow_refs(name: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Follow ``$ref`` as long as there is one.

    Schemas of the package refer to definitions by file name and JSON pointer only. Every check computes the digest
    of a descriptor, which needs this; importing `referencing` for it would add about 40 ms to a start of less than
    90 ms. Everywhere else, `referencing` resolves references.

    Args:
        name: name of the schema that contains `node`.
        node: any part of that schema.

    Returns:
        The name of the schema that contains the definition, and the definition.
    """
    while "$ref" in node:
        file, _, pointer = node["$ref"].partition("#")
        name = file.removesuffix(_SUFFIX) or name
        node = value_at(schema(name), pointer)
    return name, node


def registry() -> referencing.Registry[Any]:
    """All schemas of the package, for validators that take a `referencing.Registry`.

    It contains the schemas of the documents, of the report and of the catalogue of rules, and the shared definitions,
    each by its ``$id``. It never retrieves anything. Each call returns new copies of the schemas::

        validator = jsonschema.Draft202012Validator(
            psion_contract.schema("receipt"), registry=psion_contract.registry()
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
    return jsonschema_rs.Draft202012Validator(schema(name), registry=_engine_registry(REFERRED_TO))


@cache
def _engine_registry(referred_to: tuple[str, ...]) -> jsonschema_rs.Registry:
    """A registry of the schemas with these names; a reference to any other is an error."""
    resources = [(BASE + file_name(name), schema(name)) for name in referred_to]
    return jsonschema_rs.Registry(resources, draft=jsonschema_rs.Draft202012, retriever=_refuse_to_retrieve)


def is_valid(name: str, value: Any) -> bool:
    """Whether `value` is valid against the schema called `name`."""
    return bool(validator(name).is_valid(value))


def subschema_validator(subschema: dict[str, Any]) -> Callable[[Any], bool]:
    """A function that validates values against a subschema whose references are absolute."""
    registry = _engine_registry(tuple(names()))
    result: Callable[[Any], bool] = jsonschema_rs.Draft202012Validator(subschema, registry=registry).is_valid
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
    return jsonschema_rs.Draft202012Validator(_narrowed(schema(name)), registry=_plain_registry())


@cache
def _plain_registry() -> jsonschema_rs.Registry:
    resources = [(BASE + file_name(name), _narrowed(schema(name))) for name in REFERRED_TO]
    return jsonschema_rs.Registry(resources, draft=jsonschema_rs.Draft202012, retriever=_refuse_to_retrieve)


def _narrowed(node: Any) -> Any:
    """A schema whose integers are from 1 to 2^53 - 1, whose open objects are empty, and whose identifiers are ASCII."""
    if isinstance(node, list):
        return [_narrowed(item) for item in node]
    if not isinstance(node, dict):
        return node
    narrowed = {key: _narrowed(item) for key, item in node.items()}
    if "integer" in (kinds := narrowed.get("type", ())) or kinds == "integer":
        narrowed["minimum"] = max(1, narrowed.get("minimum", 1))
        narrowed["maximum"] = min(MAX_SAFE_INTEGER, narrowed.get("maximum", MAX_SAFE_INTEGER))
    if narrowed.get("not") == {"type": "string", "pattern": _NOT_IN_IDENTIFIERS}:
        del narrowed["not"]
        narrowed["pattern"] = _ASCII_IDENTIFIER
    if (
        "pattern" in narrowed and "minLength" in narrowed
    ):  # the pattern of digests, which here needs no lengths
        del narrowed["minLength"], narrowed["maxLength"]
    if narrowed.get("additionalProperties") is True:
        narrowed["additionalProperties"] = False
    return narrowed


def _refuse_to_retrieve(uri: str) -> Any:
    raise LookupError(f"{uri} is not a schema of this package, and nothing is retrieved")
