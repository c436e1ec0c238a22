"""The JSON Schemas and the validators that give the verdict.

jsonschema-rs decides whether a document is valid; `psion_contract.documents.explanation` says what is wrong
with one that is not. Nothing is ever retrieved: a reference to a schema outside the package is refused.
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
"""The start of every ``$id``: an identifier that nothing can be fetched from."""

COMMON = "psion.common.v1"
"""The definitions that the other schemas share."""

REFERRED_TO = (COMMON, "psion.pretrain_stage_receipt.v1")
"""The schemas that others refer to with ``$ref``."""

REPORT = "psion.check_report.v1"
"""The schema of the JSON report of ``psion-contract check``."""

RULES = "psion.rules.v1"
"""The schema of the catalogue of rules."""

_SUFFIX = ".schema.json"


def names() -> list[str]:
    """The names of all schemas of the package, sorted."""
    found = os.listdir(data_path("schemas"))
    return sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))


def file_name(name: str) -> str:
    """The file of the schema called `name`, such as ``psion.sampling_policy.v1``."""
    return name + _SUFFIX


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema called `name`, parsed once: not to be changed."""
    value = read(data_bytes("schemas", file_name(name))).value
    assert isinstance(value, dict), name
    return value


def followed(name: str, where: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Follow ``$ref`` as long as there is one.

    Schemas of the package refer to definitions by file name and JSON pointer, nothing else. The digest of a
    descriptor, which is part of every check, needs no more than that, and importing `referencing` for it would
    add about 40 ms to a start of less than 90 ms. Everywhere else `referencing` follows references.

    Args:
        name: of the schema that `where` belongs to.
        where: any part of that schema.

    Returns:
        The definition, and before it the name of the schema that it belongs to.
    """
    while "$ref" in where:
        file, _, pointer = where["$ref"].partition("#")
        name = file.removesuffix(_SUFFIX) or name
        where = value_at(schema(name), pointer)
    return name, where


@cache
def registry() -> referencing.Registry[Any]:
    """All schemas of the package, for validators that take a `referencing.Registry`.

    It has the schemas of the documents, the definitions that they share, and the schema of the report, each
    by its ``$id``. It never retrieves anything::

        validator = jsonschema.Draft202012Validator(
            psion_contract.schema("receipt"), registry=psion_contract.registry()
        )
    """
    from copy import deepcopy

    import referencing
    from referencing.jsonschema import DRAFT202012

    resources = [DRAFT202012.create_resource(deepcopy(schema(name))) for name in names()]
    made: referencing.Registry[Any] = resources @ referencing.Registry()
    return made


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of the schema called `name`, built once."""
    return jsonschema_rs.Draft202012Validator(schema(name), registry=_engine_registry(REFERRED_TO))


@cache
def _engine_registry(referred_to: tuple[str, ...]) -> jsonschema_rs.Registry:
    """The schemas called so; a reference to any other is refused."""
    resources = [(BASE + file_name(name), schema(name)) for name in referred_to]
    return jsonschema_rs.Registry(resources, draft=jsonschema_rs.Draft202012, retriever=_refuse_to_retrieve)


def is_valid(name: str, value: Any) -> bool:
    """Whether `value` is valid against the schema called `name`."""
    return bool(validator(name).is_valid(value))


def part_validator(part: dict[str, Any]) -> Callable[[Any], bool]:
    """A function that says whether a value is valid against a part of a schema with absolute references."""
    registry = _engine_registry(tuple(names()))
    made: Callable[[Any], bool] = jsonschema_rs.Draft202012Validator(part, registry=registry).is_valid
    return made


def is_plain(name: str, value: Any) -> bool:
    """Whether `value` is valid against the schema called `name` and needs no second look.

    It needs one for a zero (which may have been written -0), an integer above 2^53 - 1, a number that the
    reader keeps as text because it has a fraction or an exponent, or an open object. A schema with narrower
    ranges finds out in the pass that the verdict needs anyway; if it fails, nothing is decided yet.
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


def _narrowed(where: Any) -> Any:
    """A schema whose integers are from 1 to 2^53 - 1 and whose open objects are empty."""
    if isinstance(where, list):
        return [_narrowed(item) for item in where]
    if not isinstance(where, dict):
        return where
    narrowed = {key: _narrowed(item) for key, item in where.items()}
    if "integer" in (kinds := narrowed.get("type", ())) or kinds == "integer":
        narrowed["minimum"] = max(1, narrowed.get("minimum", 1))
        narrowed["maximum"] = min(MAX_SAFE_INTEGER, narrowed.get("maximum", MAX_SAFE_INTEGER))
    if narrowed.get("additionalProperties") is True:
        narrowed["additionalProperties"] = False
    return narrowed


def _refuse_to_retrieve(uri: str) -> Any:
    raise LookupError(f"{uri} is not a schema of this package, and nothing is retrieved")
