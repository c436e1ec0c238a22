"""Edits of documents: the one language in which cases, digest vectors and tests say what they change.

Edits apply to a *tree*: documents by short name. A *place* is a JSON pointer into the tree, so its first token is
the name of a document: ``/receipt/summary`` is ``/summary`` in the document ``receipt``, and ``/receipt`` is the
whole document, which is added, copied and removed like any property. An edit is a function that changes a tree in
place; the values it is given are copied, so an edit can be applied many times::

    changed = edited({"policy": policy}, put("/policy/policy_id", "x"), drop("/policy/policy_version"))

Every edit raises EditError if a place that it needs does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from psion_contract.reading.pointers import parts

Tree = dict[str, Any]
"""Documents by short name; JSON values throughout."""

Edit = Callable[[Tree], None]
"""Changes a tree in place."""


class EditError(LookupError):
    """An edit does not fit the tree; the message names the place."""


def edited(tree: Tree, *edits: Edit) -> Tree:
    """A deep copy of a tree, changed by the edits in their order."""
    changed = deepcopy(tree)
    for edit in edits:
        edit(changed)
    return changed


def put(place: str, value: Any) -> Edit:
    """Set a property, which may be new, or replace an item of an array."""

    def edit(tree: Tree) -> None:
        container, key = _slot(tree, place, new=True)
        container[key] = deepcopy(value)

    return edit


def drop(place: str) -> Edit:
    """Remove a property or an item."""

    def edit(tree: Tree) -> None:
        container, key = _slot(tree, place)
        del container[key]

    return edit


def append(place: str, *values: Any) -> Edit:
    """Append items to the array at `place`."""
    return lambda tree: _array(tree, place).extend(deepcopy(values))


def insert(place: str, value: Any) -> Edit:
    """Insert an item before the item at `place`."""

    def edit(tree: Tree) -> None:
        container, index = _slot(tree, place)
        container.insert(index, deepcopy(value))

    return edit


def repeat(place: str, **changes: Any) -> Edit:
    """Append a copy of the object at `place` to the array that holds it, with some properties changed."""

    def edit(tree: Tree) -> None:
        container, index = _slot(tree, place)
        container.append(deepcopy({**container[index], **changes}))

    return edit


def copy(source: str, place: str) -> Edit:
    """Put a copy of the value at `source` at `place`."""
    return lambda tree: put(place, value_of(tree, source))(tree)


def move(source: str, place: str) -> Edit:
    """Put the value at `source` at `place` and remove it from `source`."""

    def edit(tree: Tree) -> None:
        value = value_of(tree, source)
        drop(source)(tree)
        put(place, value)(tree)

    return edit


def swap(place: str, first: int, second: int) -> Edit:
    """Exchange two items of the array at `place`."""

    def edit(tree: Tree) -> None:
        items = _array(tree, place)
        items[first], items[second] = items[second], items[first]

    return edit


def each(place: str, name: str, value: Any) -> Edit:
    """Set a property of every object in the array at `place`."""

    def edit(tree: Tree) -> None:
        for item in _array(tree, place):
            item[name] = deepcopy(value)

    return edit


def change(place: str, make: Callable[[Any], Any]) -> Edit:
    """Replace the value at `place` by what `make` returns for it."""
    return lambda tree: put(place, make(value_of(tree, place)))(tree)


def reverse(place: str) -> Edit:
    """Reverse the order of the items of an array, or of the properties of an object."""
    return change(
        place, lambda value: dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]
    )


def value_of(tree: Tree, place: str) -> Any:
    """The value at `place`.

    Raises:
        EditError: there is none.
    """
    value: Any = tree
    for part in parts(place):
        key = _key(value, part, place)
        try:
            value = value[key]
        except LookupError:
            raise EditError(f"{place} does not exist: there is no {part!r}") from None
    return value


def _slot(tree: Tree, place: str, *, new: bool = False) -> tuple[Any, Any]:
    """The object or array that holds `place`, and the name or index in it; a `new` property need not exist."""
    container, last = value_of(tree, place.rpartition("/")[0]), parts(place)[-1]
    key = _key(container, last, place)
    known = container if isinstance(container, dict) else range(len(container))
    if key not in known and not (new and isinstance(container, dict)):
        raise EditError(f"{place} does not exist: there is no {last!r}")
    return container, key


def _key(container: Any, part: str, place: str) -> str | int:
    """The token of a pointer as a name for an object, as an index for an array."""
    if isinstance(container, dict):
        return part
    if isinstance(container, list) and part.isdecimal():
        return int(part)
    raise EditError(f"{place} does not exist: {part!r} is below neither an object nor an array")


def _array(tree: Tree, place: str) -> list[Any]:
    value = value_of(tree, place)
    if not isinstance(value, list):
        raise EditError(f"{place} is not an array")
    return value
