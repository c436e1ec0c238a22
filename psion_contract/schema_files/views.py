"""What schemas say of one place of a document: references followed, what holds together put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from json import dumps, loads
from typing import Any, NamedTuple

from psion_contract.reading.pointers import value_at
from psion_contract.schema_files.lookup import Schema

ANNOTATIONS = {
    "title", "description", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "contentEncoding", "contentMediaType", "contentSchema",
}  # fmt: skip
"""Keywords by which no validator judges. ``format`` is none: some judge by it, some refuse one they do not know."""

_ELSEWHERE = ANNOTATIONS | {"$schema", "$id", "$defs", "$ref", "allOf", "properties", "additionalProperties"}
_CONDITION = {"if", "then", "else"}

_TYPES: dict[str, frozenset[str]] = {
    name: frozenset({name}) for name in ("null", "boolean", "object", "array", "string", "integer")
} | {"number": frozenset({"integer", "fraction"})}
ALL_TYPES = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})

_STRICTEST: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "uniqueItems": lambda one, other: one or other,
}
"""Of keywords that occur more than once for a place, the value that counts."""


class Condition(NamedTuple):
    """An ``if`` with what it decides; each part is a list of schemas: the one there is, or none."""

    test: list[Any]
    then: list[Any]
    otherwise: list[Any]


class View:
    """What several schemas, all of which hold, say of one value.

    Args:
        root: the self-contained schema that they are out of.
        schemas: the schemas.

    Attributes:
        root: as given.
        schemas: as given.
        flat: the schemas with references and ``allOf`` dissolved.
        never: whether one of them is ``false``.
    """

    def __init__(self, root: Schema, schemas: list[Any]) -> None:
        self.root = root
        self.schemas = schemas
        flat = list(_dissolved(root, schemas))
        self.never = False in flat
        self.flat: list[Schema] = [each for each in flat if isinstance(each, dict)]

    @cached_property
    def allowed(self) -> list[Any] | None:
        """The values that ``const`` and ``enum`` leave; None where there is neither."""
        found: list[Any] | None = None
        for each in self.flat:
            for values in ([each["const"]] if "const" in each else None, each.get("enum")):
                if values is not None:
                    found = values if found is None else [value for value in found if _among(value, values)]
        return None if found is None else [value for value in found if type_of(value) in self._typed]

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that may stand there; ``fraction`` for numbers that are no integers."""
        return self._typed if self.allowed is None else frozenset(map(type_of, self.allowed))

    @cached_property
    def _typed(self) -> frozenset[str]:
        """The types that ``type`` leaves."""
        found = ALL_TYPES
        for each in self.flat:
            if "type" in each:
                words = [each["type"]] if isinstance(each["type"], str) else each["type"]
                found &= frozenset().union(*(_TYPES[word] for word in words))
        return found

    @cached_property
    def keywords(self) -> dict[str, Any]:
        """The keywords that are not looked at elsewhere, each with the value that counts.

        Of other keywords than limits, several different values are a list.
        """
        found: dict[str, Any] = {}
        for each in self.flat:
            for keyword, value in each.items():
                if keyword in _ELSEWHERE | _CONDITION | {"type", "const", "enum", "required", "items"}:
                    continue
                if keyword in _STRICTEST:
                    limit = int(value) if type_of(value) == "integer" else value  # a length may be 3.0
                    found[keyword] = _STRICTEST[keyword](found.get(keyword, limit), limit)
                else:
                    found.setdefault(keyword, set()).add(plain(self.root, value))
        for keyword, value in found.items():
            if isinstance(value, set):
                values = [loads(text) for text in sorted(value)]
                found[keyword] = values if len(values) > 1 else values[0]
        return found

    @cached_property
    def required(self) -> dict[str, None]:
        """The members that must be there, in order."""
        return {name: None for each in self.flat for name in each.get("required", ())}

    @cached_property
    def named(self) -> dict[str, None]:
        """The members that are named, in order; a schema can name one to say that it may not be there."""
        return {name: None for each in self.flat for name in each.get("properties", ())}

    @cached_property
    def known(self) -> dict[str, None]:
        """The members that are named and may be there, in order."""
        return {name: None for name in self.named if False not in self.member(name)}

    @cached_property
    def items(self) -> list[Any]:
        """The schemas of each item."""
        return [each["items"] for each in self.flat if "items" in each]

    @cached_property
    def conditions(self) -> list[Condition]:
        """What holds only under a condition."""
        return [
            Condition([each["if"]], _listed(each, "then"), _listed(each, "else"))
            for each in self.flat
            if "if" in each
        ]

    @cached_property
    def always(self) -> list[Any]:
        """The schemas without what holds only under a condition."""
        left_out = _CONDITION | {"$ref", "allOf"}  # what these lead to is in the list, too
        flat = [{key: item for key, item in each.items() if key not in left_out} for each in self.flat]
        return [False] if self.never else flat

    def member(self, name: str | None) -> list[Any]:
        """The schemas of a member; holds False where it may not be there.

        Args:
            name: None for a member that no schema names.
        """
        found = []
        for each in self.flat:
            if name in each.get("properties", ()):
                found.append(each["properties"][name])
            elif "additionalProperties" in each:
                found.append(each["additionalProperties"])
        return found


def plain(root: Schema, where: Any) -> str:
    """A schema, or a list of them, as text that is the same where the same is only spelled differently.

    References are followed and annotations left out, so that neither the name of a definition nor its place
    counts. The order of properties does: it is the contract order, in which digests are made.
    """
    return dumps(_plain(root, where, ()), sort_keys=True)


def type_of(value: Any) -> str:
    """The JSON type of a value; ``fraction`` for a number that is no integer."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}
    return names.get(type(value), "null")


def _plain(root: Schema, where: Any, inside: tuple[str, ...]) -> Any:
    if isinstance(where, list):
        return [_plain(root, each, inside) for each in where]
    if not isinstance(where, dict):
        return where
    made = {}
    for key, item in where.items():
        if key in ("const", "enum"):
            made[key] = item
        elif key == "properties":  # in pairs, because their order counts
            made[key] = [[name, _plain(root, each, inside)] for name, each in item.items()]
        elif key in ("patternProperties", "dependentSchemas"):
            made[key] = {name: _plain(root, each, inside) for name, each in item.items()}
        elif key == "required":
            made[key] = sorted(item)
        elif key == "$ref":
            if item in inside:  # a circle: how many steps back says which definition is meant
                made[key] = len(inside) - inside.index(item)
            else:
                made[key] = _plain(root, value_at(root, item[1:]), (*inside, item))
        elif key not in ANNOTATIONS and key not in ("$schema", "$id", "$defs"):
            made[key] = _plain(root, item, inside)
    return made["$ref"] if list(made) == ["$ref"] and isinstance(made["$ref"], dict) else made


def _dissolved(root: Schema, schemas: list[Any]) -> Iterator[Any]:
    for each in schemas:
        yield each
        if isinstance(each, dict):
            if "$ref" in each:
                yield from _dissolved(root, [value_at(root, each["$ref"][1:])])
            yield from _dissolved(root, each.get("allOf", []))


def _listed(where: Schema, keyword: str) -> list[Any]:
    return [where[keyword]] if keyword in where else []


def _among(value: Any, values: list[Any]) -> bool:
    """Whether a value is one of those, where true is not 1."""
    return any(type_of(value) == type_of(each) and value == each for each in values)
