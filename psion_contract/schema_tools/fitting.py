"""Values made to fit a schema: out of nothing, or out of a value that nearly does.

It is a good guess, not a proof: whoever needs a value that fits asks the validator.
"""

from __future__ import annotations

from typing import Any

from psion_contract.schema_tools.engine import Engine
from psion_contract.schema_tools.views import View, type_of

MISSING: Any = object()
"""Stands for no value at all."""

_STRINGS = ("a", "a" * 64, "0" * 64, "x-1", "A", "1", "https://a.example/", "2026-01-01", " ", "")
_TYPES = ("object", "array", "string", "integer", "boolean", "fraction", "null")
_CIRCLES = 4
"""Of a schema that contains itself, so many levels are made; none but the first has more than it must."""

LONGEST = 10_000
"""No longer string or list is made: a schema that asks for more is compared without one, but soon."""

_ROUNDS = 3
"""A condition can depend on what another one asked for; more than so many in a row are not followed."""


class Fitter:
    """Fits values to parts of one schema.

    Args:
        engine: judges by the schema.
        variant: the 0th value made of nothing has all its optional members, the 1st none of them; further
            ones have other words of each enumeration.
    """

    def __init__(self, engine: Engine, variant: int = 0) -> None:
        self._engine = engine
        self._variant = variant
        self._inside: list[View] = []

    def fit(self, value: Any, schemas: list[Any]) -> Any:
        """A value that fits the schemas, as near to `value` as it can easily be.

        Args:
            value: a JSON value, or `MISSING`.
            schemas: parts of the engine's schema, all of which are to hold.
        """
        for _ in range(_ROUNDS):
            view = self._engine.view(schemas)
            self._inside.append(view)
            value = self._fit(value, view)
            self._inside.pop()
            further = [
                body
                for test, then, otherwise in view.conditions
                for body in (then if self._engine.part(test).is_valid(value) else otherwise)
                if body not in schemas
            ]
            if not further:
                break
            schemas = [*schemas, *further]
        return value

    def _fit(self, value: Any, view: View) -> Any:
        if value is MISSING and self._inside.count(view) > _CIRCLES:
            return None
        if view.allowed is not None:
            if any(value == each for each in view.allowed):
                return value
            return view.allowed[self._variant % len(view.allowed)] if view.allowed else None
        wanted = [name for name in _TYPES if name in view.types] or ["null"]
        kind = wanted[0] if value is MISSING or type_of(value) not in wanted else type_of(value)
        known = value if value is not MISSING and type_of(value) == kind else MISSING
        match kind:
            case "object":
                return self._object(known, view)
            case "array":
                return self._array(known, view)
            case "string":
                return self._string(known, view)
            case "integer" | "fraction":
                return _number(known, view, kind)
            case "boolean":
                return known if known is not MISSING else self._variant % 2 == 0
        return None

    def _object(self, value: Any, view: View) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, item in {} if value is MISSING else value.items():
            if False not in (schemas := view.member(name)):
                made[name] = self.fit(item, schemas)
        sparse = value is not MISSING or self._variant == 1 or self._inside.count(view) > 1
        wanted = view.required if sparse else {**view.required, **view.known}
        for name in wanted:
            if name not in made:
                made[name] = self.fit(MISSING, [each for each in view.member(name) if each is not False])
        return made

    def _array(self, value: Any, view: View) -> list[Any]:
        fewest, most = min(view.keywords.get("minItems", 0), LONGEST), view.keywords.get("maxItems")
        new = [] if self._inside.count(view) > 1 else [MISSING]
        made = [self.fit(item, view.items) for item in (new if value is MISSING else value)]
        if view.keywords.get("uniqueItems"):
            made = [item for index, item in enumerate(made) if item not in made[:index]]
        if len(made) < fewest:
            made = resized(made or [self.fit(MISSING, view.items)], fewest)
        return made[:most]

    def _string(self, value: Any, view: View) -> str:
        engine = self._engine.part(view.schemas)
        shortest, longest = min(view.keywords.get("minLength", 0), LONGEST), view.keywords.get("maxLength")
        known = [] if value is MISSING else [value, (value + "a" * shortest)[:longest]]
        candidates = [*known, *_STRINGS, "a" * shortest, "0" * shortest]
        return next((each for each in candidates if engine.is_valid(each)), str(candidates[0]))


def resized(items: list[Any], length: int) -> list[Any]:
    """A list of another length; what is added is like its last item, but told apart where that is easy."""
    return (items + [_another(items[-1], index) for index in range(length - len(items))])[:length]


def _another(value: Any, index: int) -> Any:
    if isinstance(value, str):
        return f"{value[:-3]}{index:03}" if len(value) == 64 else f"{value}-{index}"
    if type_of(value) == "integer":
        return value + index + 1
    if isinstance(value, dict) and value:
        name = next((name for name, item in value.items() if isinstance(item, str)), next(iter(value)))
        return {**value, name: _another(value[name], index)}
    return value


def _number(value: Any, view: View, kind: str) -> Any:
    limits, step = view.keywords, 1 if kind == "integer" else 0.5
    made = step if value is MISSING else value
    lowest = [
        limits[each] + more for each, more in (("minimum", 0), ("exclusiveMinimum", step)) if each in limits
    ]
    highest = [
        limits[each] - less for each, less in (("maximum", 0), ("exclusiveMaximum", step)) if each in limits
    ]
    return min([max([made, *lowest]), *highest])
