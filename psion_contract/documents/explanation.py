"""Explains why a document is invalid: the errors of jsonschema as violations.

Imported only for an invalid document. jsonschema evaluates keyword by keyword in Python, a hundred times slower than
jsonschema-rs. So the keywords that descend into a document first ask jsonschema-rs, and skip valid parts. Messages
contain only excerpts of values, and the number of violations is limited. Together that bounds the cost of an
explanation: about 2 s for any 2 MB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from math import isfinite
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from psion_contract.documents import schemas
from psion_contract.reading.escaping import did_you_mean, digest_flaw, excerpt, quoted
from psion_contract.reading.pointers import child, value_at

_MAX_HINTS = 100
"""For how many unknown properties of a document a known one is suggested."""

_DIGEST = "^[0-9a-f]{64}$"
_EXPECTED = {
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "a date such as 2027-03-31",
    "^(/.*)?$": "a JSON pointer, which begins with /",
}
"""What the patterns of settings mean."""

_SCHEMA_HINT = ": schema_version names the kind; an editor's settings say which schema a file has"
_COMMENT_HINT = ": documents cannot hold comments"
_REFUSED = {
    "$schema": _SCHEMA_HINT,
    **dict.fromkeys(("$comment", "_comment", "__comment__", "comment", "//", "#"), _COMMENT_HINT),
}
"""Properties that other formats allow, and what to do instead."""

_TYPE_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

_FORM = {"minLength", "maxLength", "pattern"}
"""The keywords that describe the form of a string together; a wrong form is one violation."""

_WITH_EXPECTED_VALUE = {"const", "enum", "minimum", "maximum"}

_Errors = Iterator[ValidationError]


class Violation(NamedTuple):
    """One JSON Schema error.

    Attributes:
        pointer: pointer of the invalid value; for a missing property, of the object; for an unknown one, of
            the property.
        keyword: the JSON Schema keyword that fails; None if the two validators disagree.
        message: what is wrong and what is expected.
        touches: pointer of the broken value, even if it is missing; rules that read it are skipped.
        expected: the value of the keyword, if it is an expected value.
        actual: the invalid value; None for a missing property.
    """

    pointer: str
    keyword: str | None
    message: str
    touches: str
    expected: Any = None
    actual: Any = None


def violations(name: str, value: Any, limit: int) -> list[Violation]:
    """The violations of the schema called `name` in `value`; empty if the value is valid.

    A string of the wrong form is one violation, although both its length and its pattern may be wrong.


    Args:
        name: name of the schema.
        value: a JSON value.
        limit: maximum number of violations; if there are more, `limit` + 1 are returned.
    """
    if schemas.is_valid(name, value):
        return []
    found: dict[tuple[str, str], Violation] = {}
    hint = _Hints()
    for error in _explainer(name).iter_errors(value):
        violation = _violation(error, hint)
        cause = "form" if violation.keyword in _FORM else str(violation.keyword)
        found.setdefault((violation.touches, cause), violation)
        if len(found) > limit:
            break
    if not found:  # should not happen: tests check that the two validators agree
        message = f"invalid against the schema {name}, for a reason that could not be determined"
        return [Violation("", None, message, "")]
    return list(found.values())


class _Hints:
    """Suggests known names for unknown ones. Suggestions are cached and limited in number, because each is slow."""

    def __init__(self) -> None:
        self._cached: dict[tuple[str, int], str] = {}

    def __call__(self, name: str, known: dict[str, Any]) -> str:
        if name in _REFUSED:
            return _REFUSED[name]
        key = (name, id(known))
        if key not in self._cached and len(self._cached) < _MAX_HINTS:
            self._cached[key] = _suggestion(name, tuple(known))
        return self._cached.get(key, "")


_suggestion = lru_cache(maxsize=1000)(did_you_mean)


def _violation(error: ValidationError, hint: _Hints) -> Violation:
    pointer = ""
    for part in error.absolute_path:
        pointer = child(pointer, part)
    keyword, message = str(error.validator), error.message
    if keyword == "required":
        return Violation(pointer, keyword, message, child(pointer, _missing(error)))
    if keyword == "additionalProperties" and isinstance(error.schema, dict):
        message += hint(str(error.absolute_path[-1]), error.schema.get("properties", {}))
    expected = error.validator_value if keyword in _WITH_EXPECTED_VALUE else None
    return Violation(pointer, keyword, message, pointer, expected, error.instance)


def _missing(error: ValidationError) -> str:
    """The missing property of a ``required`` error, whose schema path ends with its index in the keyword."""
    required: Any = error.validator_value
    name: str = required[error.schema_path[-1]]
    return name


# The validator: Draft 2020-12 with faster keywords and better messages.


@cache
def _explainer(name: str) -> Any:
    return _Explainer(_explainable(name))


@cache
def _explainable(name: str) -> dict[str, Any]:
    """A schema without references in which every alternative depends on a condition.

    So what is said about a value is about the alternative that it means: a choice becomes conditions on its tag, and
    what may be null becomes a type beside null. It accepts the same values. Without ``$schema``, which would make
    jsonschema continue with its own validator class. Every part of it can be used as a schema.
    """
    definitions: dict[str, dict[str, Any]] = {}

    def schema_of(node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in node:
            reference = node["$ref"]
            if reference not in definitions:
                definitions[reference] = schema_of(value_at(schemas.schema(name), reference[1:]))
            return definitions[reference]
        if "anyOf" in node:
            return _or_null(schema_of(node["anyOf"][0]))
        if "oneOf" in node:
            return _tagged([schema_of(each) for each in node["oneOf"]])
        result = {key: value for key, value in node.items() if key not in ("$defs", "$schema", "$id")}
        if "properties" in node:
            result["properties"] = {key: schema_of(each) for key, each in node["properties"].items()}
        if "items" in node:
            result["items"] = schema_of(node["items"])
        if isinstance(node.get("additionalProperties"), dict):
            result["additionalProperties"] = schema_of(node["additionalProperties"])
        if "const" in node or "enum" in node:
            result["type"] = "string"
        for member, dependent in result.pop("dependentSchemas", {}).items():
            result |= {"if": dependent["if"] | {"required": [member]}, "then": dependent["then"]}
        return result

    return schema_of(schemas.schema(name))


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, for values that may be null as well."""
    result = schema | {"type": [schema["type"], "null"]}
    if "const" in result:
        result["enum"] = [result.pop("const"), None]
    return result


def _tagged(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """A choice between closed objects that differ in the constant of one member."""
    first = alternatives[0]["properties"]
    tag = next(name for name, schema in first.items() if "const" in schema)
    by_value = {each["properties"][tag]["const"]: each for each in alternatives}
    return {
        "type": "object",
        "properties": {tag: {"type": "string", "enum": list(by_value)}},
        "required": [tag],
        "allOf": [
            {
                "if": {"type": "object", "properties": {tag: {"const": value}}, "required": [tag]},
                "then": each,
            }
            for value, each in by_value.items()
        ],
    }


_validators: dict[int, tuple[Any, Callable[[Any], bool]]] = {}


def _is_valid_for(subschema: Any) -> Callable[[Any], bool]:
    """A function that validates values against a part of a schema from `_explainable`."""
    known = _validators.get(id(subschema))
    if known is None:
        known = _validators[id(subschema)] = (
            subschema,
            schemas.subschema_validator(subschema),
        )  # keeps the subschema alive, and with it its id
    return known[1]


# Keywords. Each takes the validator, the value of the keyword, the instance, and the schema with the keyword.


def _properties(validator: Any, properties: dict[str, Any], instance: Any, _: Any) -> _Errors:
    if not isinstance(instance, dict):
        return
    for name, subschema in properties.items():
        if name in instance and not _is_valid_for(subschema)(instance[name]):
            yield from validator.descend(instance[name], subschema, path=name, schema_path=name)


def _items(validator: Any, items: dict[str, Any], instance: Any, _: Any) -> _Errors:
    if not isinstance(instance, list):
        return
    is_valid = _is_valid_for(items)
    for index, item in enumerate(instance):
        if not is_valid(item):
            yield from validator.descend(item, items, path=index)


def _all_of(validator: Any, parts: list[Any], instance: Any, _: Any) -> _Errors:
    for index, subschema in enumerate(parts):
        if not _is_valid_for(subschema)(instance):
            yield from validator.descend(instance, subschema, schema_path=index)


def _if(validator: Any, condition: Any, instance: Any, schema: dict[str, Any]) -> _Errors:
    branch = "then" if _is_valid_for(condition)(instance) else "else"
    if branch in schema and not _is_valid_for(schema[branch])(instance):
        yield from validator.descend(instance, schema[branch], schema_path=branch)


def _not(_: Any, excluded: dict[str, Any], instance: Any, __: Any) -> _Errors:
    if _is_valid_for(excluded)(instance):
        yield ValidationError(_forbidden(excluded.get("pattern", ""), instance))


def _required(_: Any, required: list[str], instance: Any, __: Any) -> _Errors:
    if isinstance(instance, dict):
        for index, name in enumerate(required):
            if name not in instance:
                yield ValidationError(f"missing property {quoted(name)}", schema_path=[index])


def _additional_properties(_: Any, allowed: bool, instance: Any, schema: dict[str, Any]) -> _Errors:
    if allowed or not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    for name, value in instance.items():
        if name not in known:
            yield ValidationError(f"unknown property {quoted(name)}", path=[name], instance=value)


def _type(validator: Any, types: str | list[str], instance: Any, _: Any) -> _Errors:
    types = [types] if isinstance(types, str) else types
    if not any(validator.is_type(instance, each) for each in types):
        expected = " or ".join(_TYPE_NAMES[each] for each in types)
        yield ValidationError(f"expected {expected}, found {_found(instance)}")


def _const(_: Any, expected: str, instance: Any, __: Any) -> _Errors:
    if instance != expected:
        yield ValidationError(f"{_excerpt_or_type(instance)} is not allowed; expected {quoted(expected)}")


def _enum(_: Any, options: list[str | None], instance: Any, __: Any) -> _Errors:
    if instance not in options:
        yield ValidationError(
            f"{_excerpt_or_type(instance)} is not one of {', '.join(map(excerpt, options))}"
        )


def _minimum(_: Any, limit: int, instance: Any, __: Any) -> _Errors:
    if _is_number(instance) and instance < limit:
        yield ValidationError(f"{excerpt(instance)} is out of range: at least {limit}")


def _maximum(_: Any, limit: int, instance: Any, __: Any) -> _Errors:
    if _is_number(instance) and instance > limit:
        yield ValidationError(f"{excerpt(instance)} is out of range: at most {limit}")


def _min_items(_: Any, limit: int, instance: Any, __: Any) -> _Errors:
    if isinstance(instance, list) and len(instance) < limit:
        required = "is required" if limit == 1 else "are required"
        yield ValidationError(f"the list has {len(instance)} items; at least {limit} {required}")


def _unique_items(_: Any, unique: bool, instance: Any, __: Any) -> _Errors:
    if not unique or not isinstance(instance, list):
        return
    seen = set()
    for item in instance:
        key = _hashable(item)
        if key in seen:
            yield ValidationError(f"{_excerpt_or_type(item)} is repeated; items must be distinct")
            return
        seen.add(key)


def _min_length(_: Any, limit: int, instance: Any, schema: dict[str, Any]) -> _Errors:
    if isinstance(instance, str) and len(instance) < limit:
        yield ValidationError(_malformed(instance, schema))


def _max_length(_: Any, limit: int, instance: Any, schema: dict[str, Any]) -> _Errors:
    if isinstance(instance, str) and len(instance) > limit:
        yield ValidationError(_malformed(instance, schema))


def _pattern(_: Any, pattern: str, instance: Any, schema: dict[str, Any]) -> _Errors:
    # In Python, $ also matches before a line feed at the end; \Z is the $ of JSON Schema.
    if not isinstance(instance, str):
        return
    if not schema.get("minLength", 0) <= len(instance) <= schema.get("maxLength", len(instance)):
        return  # its length is what is wrong
    if not re.search(re.sub(r"\$\Z", r"\\Z", pattern), instance):
        yield ValidationError(_malformed(instance, schema))


_Explainer: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "properties": _properties,
        "items": _items,
        "allOf": _all_of,
        "if": _if,
        "not": _not,
        "required": _required,
        "additionalProperties": _additional_properties,
        "type": _type,
        "const": _const,
        "enum": _enum,
        "minimum": _minimum,
        "maximum": _maximum,
        "minItems": _min_items,
        "uniqueItems": _unique_items,
        "minLength": _min_length,
        "maxLength": _max_length,
        "pattern": _pattern,
    },
)


# Texts of messages.


def _found(value: Any) -> str:
    """The type of a value, for a message; the value itself if that is as short."""
    if isinstance(value, (bool, float)) or value is None:
        return excerpt(value)
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a number"


def _excerpt_or_type(value: Any) -> str:
    """A value in a message; only the type of a list or an object, which may be of any size."""
    return _found(value) if isinstance(value, (dict, list)) else excerpt(value)


def _malformed(text: str, schema: dict[str, Any]) -> str:
    pattern = schema.get("pattern")
    if pattern == _DIGEST:
        return digest_flaw(text)
    if pattern in _EXPECTED:
        return f"{quoted(text)} is not {_EXPECTED[pattern]}"
    if pattern is None:
        return f"{quoted(text)} is empty; at least one character is required"
    return f"{quoted(text)} is blank; at least one character that is not white space is required"


def _forbidden(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        return f"{quoted(text)} contains a character that is not allowed here"
    position = f"(U+{ord(found.group()):04X}) at character {found.start() + 1}"
    if found.group() == "|":
        return (
            f"{quoted(text)} contains | {position}, which separates the fields that digests are computed over"
        )
    return f"{quoted(text)} contains a control character {position}"


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number. The parser reads 1e999 as infinity, which neither validator accepts."""
    return type(value) is int or (type(value) is float and isfinite(value))


def _hashable(value: Any) -> Any:
    """A key that is equal for equal JSON values only; 1 equals 1.0, but neither equals true."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return (list, tuple(map(_hashable, value)))
    if isinstance(value, dict):
        return (dict, frozenset((name, _hashable(item)) for name, item in value.items()))
    return value
