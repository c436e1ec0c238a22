"""The JSON Schemas and their validators. Nothing is ever retrieved: what is not ours is refused.

One engine gives both the verdict and its explanation, so the two cannot disagree. The tests hold it
against the reference implementation (jsonschema) on every fixture.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from json import dumps
from typing import Any, NamedTuple

import jsonschema_rs

from psion_contract.reading.escaping import quoted, shown
from psion_contract.reading.json_reader import MAX_SAFE_INTEGER, read
from psion_contract.reading.pointers import child, parts, value_at
from psion_contract.resources import data_bytes

BASE = "https://psion-contract.example/schemas/"
"""What every ``$id`` starts with: an identifier that nothing can ever be fetched from."""

COMMON = "psion.common.v1"
"""The definitions that the other schemas share."""

REFERRED_TO = (COMMON, "psion.pretrain_stage_receipt.v1")
"""The schemas that others refer to with ``$ref``."""

REPORT = "psion.check_report.v1"
"""The schema of the JSON report of ``psion-contract check``."""


class Violation(NamedTuple):
    """One JSON Schema error.

    Attributes:
        pointer: of the value that fails; of the object for a missing member, of the member itself for
            an unknown one.
        keyword: the JSON Schema keyword that fails.
        message: what is wrong and what would be right.
        touches: of the value concerned, also for a missing member: what a rule may not read.
        expected: what the keyword asks for, where it is a value.
        actual: the value that fails; None for a missing member.
    """

    pointer: str
    keyword: str
    message: str
    touches: str
    expected: Any = None
    actual: Any = None


def file_name(name: str) -> str:
    """The file of the schema called `name`, such as ``psion.sampling_policy.v1``."""
    return f"{name}.schema.json"


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema called `name`, parsed."""
    value = read(data_bytes("schemas", file_name(name))).value
    assert isinstance(value, dict), name
    return value


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of the schema called `name`, built once."""
    return jsonschema_rs.Draft202012Validator(schema(name), registry=_registry())


@cache
def _registry() -> jsonschema_rs.Registry:
    """The schemas that others refer to; a reference to any other is refused."""
    resources = [(BASE + file_name(name), schema(name)) for name in REFERRED_TO]
    return jsonschema_rs.Registry(resources, draft=jsonschema_rs.Draft202012, retriever=_refuse_to_retrieve)


def is_valid(name: str, value: Any) -> bool:
    """Whether `value` fits the schema called `name`."""
    return bool(validator(name).is_valid(value))


def is_plain(name: str, value: Any) -> bool:
    """Whether `value` fits the schema called `name` and holds nothing that needs a second look.

    That is: no zero (which may have been written -0), no integer above 2^53 - 1, no number that the
    reader keeps as text because it has a fraction or an exponent, no open object. The schema with its
    ranges narrowed says so in the pass that the verdict needs anyway; where it says no, nothing is
    decided yet.
    """
    try:
        return bool(_plain_validator(name).is_valid(value))
    except ValueError:  # a number kept as text is no JSON value to the engine
        return False


@cache
def _plain_validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_narrowed(schema(name)), registry=_plain_registry())


@cache
def _plain_registry() -> jsonschema_rs.Registry:
    resources = [(BASE + file_name(name), _narrowed(schema(name))) for name in REFERRED_TO]
    return jsonschema_rs.Registry(resources, draft=jsonschema_rs.Draft202012, retriever=_refuse_to_retrieve)


def _narrowed(where: Any) -> Any:
    """A schema with its integers held to 1 … 2^53 - 1 and its open objects to nothing."""
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


def violations(name: str, value: Any, most: int) -> list[Violation]:
    """The errors of `value` against the schema called `name`, in the order of the schema, each once.

    Args:
        name: of the schema.
        value: a JSON value.
        most: where there are more errors than that, one more is returned.
    """
    found: dict[tuple[str, str], Violation] = {}
    errors = validator(name).iter_errors(value)
    for violation in chain.from_iterable(_explained(error, value) for error in errors):
        found.setdefault((violation.touches, violation.keyword), violation)
        if len(found) > most:
            break
    return list(found.values())


def _refuse_to_retrieve(uri: str) -> Any:
    raise LookupError(f"{uri} is no schema of this package, and nothing is retrieved")


def _explained(error: Any, value: Any) -> Iterator[Violation]:
    """What an error of the engine says, in this project's terms: one violation per member concerned."""
    pointer = ""
    for part in error.instance_path:
        pointer = child(pointer, part)
    keyword, details = error.kind.name, error.kind.as_dict()
    actual = value_at(value, pointer)
    if keyword == "required":
        name = details["property"]
        message = f"the member {quoted(name)} is missing"
        yield Violation(pointer, keyword, message, child(pointer, name))
    elif keyword == "additionalProperties":
        known = list(_members(error))
        for name in details["unexpected"]:
            place = child(pointer, name)
            message = f"the contract knows no member {quoted(name)} here{_nearest(name, known)}"
            yield Violation(place, keyword, message, place, actual=actual[name])
    else:
        message, expected = _describe(keyword, details, error.schema_path, actual)
        yield Violation(pointer, keyword, message, pointer, expected, actual)


def _describe(keyword: str, details: dict[str, Any], path: list[Any], actual: Any) -> tuple[str, Any]:
    """Message and expected value of an error about the value `actual`."""
    match keyword:
        case "type":
            wanted = " or ".join(details["types"])
            return f"{shown(actual)} is of type {_type(actual)}; it must be of type {wanted}", None
        case "const":
            wanted = details["expected_value"]
            return f"{shown(actual)} stands where only {shown(wanted)} may stand", wanted
        case "enum":
            options = details["options"]
            words = ", ".join(map(shown, options))
            return f"{shown(actual)} is none of {words}", options
        case "minimum" | "maximum":
            limit = details["limit"]
            side = "at least" if keyword == "minimum" else "at most"
            return f"{shown(actual)} is out of range; it must be {side} {limit}", limit
        case "minItems":
            return f"the list has {len(actual)} items; it must have at least {details['limit']}", None
        case "uniqueItems":
            return f"the list holds {_repeated(actual)} more than once; its items must be distinct", None
        case "minLength" | "maxLength" | "pattern" if "digest" in path:
            return f"{shown(actual)} is no digest: 64 lower-case hexadecimal characters", None
        case "pattern":
            return f"{shown(actual)} is blank; at least one character must not be white space", None
        case "not":
            return _banned(details["schema"]["pattern"], actual), None
    return f"{shown(actual)} fails the keyword {keyword}", None


def _banned(pattern: str, actual: str) -> str:
    found = re.search(pattern, actual)
    if found is None:
        return f"{shown(actual)} holds a character that is not allowed here"
    char, place = found.group(), found.start() + 1
    name = "'|', which joins the fields that digests are made of" if char == "|" else "a control character"
    return f"{shown(actual)} holds U+{ord(char):04X} at character {place}: {name}"


def _type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")


def _repeated(items: list[Any]) -> str:
    seen: set[str] = set()
    for item in items:
        text = dumps(item, sort_keys=True)
        if text in seen:
            return shown(item)
        seen.add(text)
    return "an item"


def _members(error: Any) -> Iterator[str]:
    """The members that the object of an ``additionalProperties`` error may have."""
    where: Any = None
    base = str(error.absolute_keyword_location or "").partition("#")[0]
    if base.startswith(BASE):
        where = schema(base.removeprefix(BASE).removesuffix(".schema.json"))
        for part in error.schema_path[:-1]:
            where = where[part] if isinstance(where, list) else where.get(part, {})
    if isinstance(where, dict):
        yield from where.get("properties", ())


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches  # only where something is wrong

    if len(name) > 100:
        return ""
    close = get_close_matches(name, known, 1)
    return f"; did you mean {quoted(close[0])}?" if close else ""


def in_contract_order(name: str, value: Any, pointer: str = "") -> Any:
    """The value with the members of its objects in the order of the schema, null ones left out.

    That order is the canonical one of section 1 of the contract. Members that the schema does not name
    (of an open object) follow as they stand.

    Args:
        name: of the schema.
        value: what stands at `pointer` in a document that fits the schema.
        pointer: to a member of the document; only through objects.
    """
    where = schema(name)
    for part in parts(pointer):
        name, where = _followed(name, where)
        where = where["properties"][part]
    return _in_order(value, where, name)


def _in_order(value: Any, where: dict[str, Any], name: str) -> Any:
    name, where = _followed(name, where)
    if isinstance(value, dict) and "properties" in where:
        known = _properties(name, where)
        ordered = {key: value[key] for key in known if value.get(key) is not None}
        ordered |= {key: item for key, item in value.items() if key not in known}
        for key, item in ordered.items():
            if isinstance(item, (dict, list)) and key in known:
                ordered[key] = _in_order(item, known[key], name)
        return ordered
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_in_order(item, where["items"], name) for item in value]
    return value


def _properties(name: str, where: dict[str, Any]) -> dict[str, Any]:
    """The members of an object; of one that is tagged by its kind, those of every kind."""
    known: dict[str, Any] = where["properties"]
    for branch in where.get("allOf", ()):
        known = known | _followed(name, branch["then"])[1].get("properties", {})
    return known


def _followed(name: str, where: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Follow ``$ref`` as long as there is one; the schema's name and the definition."""
    while "$ref" in where:
        file, _, pointer = where["$ref"].partition("#")
        name = file.removesuffix(".schema.json") or name
        where = value_at(schema(name), pointer)
    return name, where
