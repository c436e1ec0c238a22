"""Documents that show a difference between two schemas: valid under the one, invalid under the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from json import dumps
from typing import Any, NamedTuple

from psion_contract.pointers import child
from psion_contract.schema_tools.compare import Difference, Path, Step
from psion_contract.schema_tools.engine import Engine
from psion_contract.schema_tools.fitting import MISSING, Fitter
from psion_contract.schema_tools.probes import UNLISTED
from psion_contract.schema_tools.views import View

Keys = tuple[str | int, ...]

_VARIANTS = 12
"""So many documents are made of nothing to begin with; as many words of an enumeration come up."""

_PLACES = 24
"""In so many places of a document, such as items of a list, a value is tried."""

_VALUES = 40
"""So many values that tell two schemas apart are tried in documents."""

_FITTED = 64
"""So many documents are made to fit around the value, which takes longer."""

_REPORTED = {
    "type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
    "pattern", "not", "required", "additionalProperties", "minItems", "maxItems", "uniqueItems",
}  # fmt: skip
"""Keywords that the validator names in an error, at the very place; of others any error below will do."""


class Base(NamedTuple):
    """A valid document to change something in.

    Attributes:
        name: of the canonical document that it is; empty for one that was made.
        document: the document.
    """

    name: str
    document: Any


class Witness(NamedTuple):
    """A document that shows a difference.

    Attributes:
        document: the whole document.
        pointer: to where it shows.
        base: the canonical document that it is but for what stands there; empty where it is another one.
        value: what stands there; `MISSING` for nothing.
    """

    document: Any
    pointer: str
    base: str
    value: Any


class Side:
    """One of two schemas, with documents that are valid under it.

    Args:
        engine: judges by the schema.
        canonical: documents by name, to begin with where they fit.
    """

    def __init__(self, engine: Engine, canonical: dict[str, Any]) -> None:
        self.engine = engine
        whole = [engine.root]
        made = [Base(name, document) for name, document in canonical.items()]
        others = [document for document in canonical.values() if not engine.is_valid(document)]
        made += [Base("", Fitter(engine).fit(document, whole)) for document in others]
        made += [Base("", Fitter(engine, number).fit(MISSING, whole)) for number in range(_VARIANTS)]
        self.bases: list[Base] = []
        self.take(made)

    def take(self, bases: list[Base]) -> None:
        """Begin with these documents, too, where they are valid under this schema."""
        for base in bases:
            known = any(base.document == each.document for each in self.bases)
            if not known and self.engine.is_valid(base.document):
                self.bases.append(base)


class Search(NamedTuple):
    """What came of looking for a document.

    Attributes:
        witness: the document; None where none was found.
        exhausted: whether there is none, because every value that can stand there was tried.
    """

    witness: Witness | None
    exhausted: bool


def search(difference: Difference, accepts: Side, rejects: Side, accepting: View, rejecting: View) -> Search:
    """Look for a document that one side accepts and the other rejects because of a difference.

    Args:
        difference: the difference.
        accepts: the side under which the document is to be valid.
        rejects: the side under which it is not.
        accepting: what that side says of the place.
        rejecting: what the other side says of the place.
    """
    values = _telling(difference, accepts, rejects, accepting, rejecting)
    tries = [
        (put(base.document, keys, value), keys)
        for value in values
        for base in accepts.bases or [Base("", None)]  # which a value of its own does not take
        for keys in islice(places(base.document, difference.path), _PLACES)
    ]
    for document, keys in tries:
        if _shows(document, keys, difference, accepts, rejects):
            return Search(_witness(document, keys, difference, accepts), False)
    for document, keys in tries[:_FITTED]:  # what stands beside the value may have to change with it
        fitted = Fitter(accepts.engine).fit(document, [accepts.engine.root])
        if _shows(fitted, keys, difference, accepts, rejects):
            return Search(_witness(fitted, keys, difference, accepts), False)
    return Search(None, not values and accepting.allowed is not None)


def places(document: Any, path: Path, keys: Keys = ()) -> Iterator[Keys]:
    """The keys that lead to each place of a path in a document; the last may lead to nothing yet."""
    if not path:
        yield keys
        return
    step, *rest = path
    found: list[str | int] = []
    if step is Step.ITEM and isinstance(document, list):
        found = list(range(len(document)))
    elif step is not Step.ITEM and isinstance(document, dict):
        found = [UNLISTED if isinstance(step, Step) else step]
    for key in found:
        if isinstance(key, int) or key in document:
            yield from places(document[key], tuple(rest), (*keys, key))
        elif not rest:
            yield (*keys, key)


def put(document: Any, keys: Keys, value: Any) -> Any:
    """The document with another value at a place; what is not changed is shared."""
    if not keys:
        return value
    first, *rest = keys
    changed: Any = document.copy()
    below = document[first] if isinstance(first, int) or first in document else None
    changed[first] = put(below, tuple(rest), value)
    return changed


def _telling(
    difference: Difference, accepts: Side, rejects: Side, accepting: View, rejecting: View
) -> list[Any]:
    """Values for the place that the one view of it accepts and the other does not."""

    def member(name: str) -> Any:
        return Fitter(accepts.engine).fit(MISSING, accepting.member(name)) if accepting.member(name) else 1

    valid, invalid = accepts.engine.part(accepting.schemas), rejects.engine.part(rejecting.schemas)
    found: dict[str, Any] = {}
    for seed in _seeds(difference, accepts, rejects, accepting, rejecting):
        for value in difference.aspect.values(seed, member):
            if valid.is_valid(value) and not invalid.is_valid(value):
                found.setdefault(dumps(value), value)
                if len(found) == _VALUES:
                    return list(found.values())
    return list(found.values())


def _seeds(
    difference: Difference, accepts: Side, rejects: Side, accepting: View, rejecting: View
) -> Iterator[Any]:
    yield from accepting.allowed or ()
    for base in accepts.bases:
        for keys in islice(places(base.document, difference.path), _PLACES):
            if (value := _value(base.document, keys)) is not MISSING:
                yield value
    for side, view in ((accepts, accepting), (rejects, rejecting)):
        for variant in range(3):
            yield Fitter(side.engine, variant).fit(MISSING, view.schemas)
    for name in sorted(accepting.types - rejecting.types):
        if name != "fraction":
            yield Fitter(accepts.engine).fit(MISSING, [*accepting.schemas, {"type": name}])


def _shows(document: Any, keys: Keys, difference: Difference, accepts: Side, rejects: Side) -> bool:
    """Whether a document is valid under one side and, because of the difference, not under the other."""
    if not accepts.engine.is_valid(document):
        return False
    keyword = difference.aspect.keyword
    alike = {"enum", "type"} if keyword in ("enum", "type") else {keyword}  # the type can rule a word out
    place, exact = _pointer(keys), _pointer(_exact(keys, difference))
    for error in rejects.engine.errors(document):
        if keyword in _REPORTED:
            if error.keyword in alike and error.pointer == exact:
                return True
        elif error.pointer == place or error.pointer.startswith(place + "/"):
            return True
    return False


def _exact(keys: Keys, difference: Difference) -> Keys:
    """The keys of the place, or of the member of it that the difference is about."""
    member = difference.aspect.member
    return keys if member is None else (*keys, member)


def _pointer(keys: Keys) -> str:
    pointer = ""
    for key in keys:
        pointer = child(pointer, key)
    return pointer


def _witness(document: Any, keys: Keys, difference: Difference, accepts: Side) -> Witness:
    exact = _exact(keys, difference)
    value = _value(document, exact)
    for base in accepts.bases:
        near = base.name and _value(base.document, exact[:-1]) is not MISSING
        if near and put(document, exact, None) == put(base.document, exact, None):
            return Witness(document, _pointer(exact), base.name, value)
    return Witness(document, _pointer(exact), "", value)


def _value(document: Any, keys: Keys) -> Any:
    """What stands at the end of the keys, or `MISSING`."""
    for key in keys:
        if isinstance(document, dict):
            document = document.get(key, MISSING)
        elif isinstance(document, list) and isinstance(key, int) and key < len(document):
            document = document[key]
        else:
            return MISSING
    return document
