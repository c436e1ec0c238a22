"""Edits of documents, for cases, digest vectors and tests.

Edits apply to a *tree*: documents by short name. Pointers are JSON pointers into the tree, so the first token is the
name of a document: ``/receipt/summary`` is ``/summary`` in the document ``receipt``, and ``/receipt`` is the whole
document, which is added, copied and removed like any property. An edit is a function that changes a tree in place;
it copies its values, so it can be applied many times::

    changed = edited({"policy": policy}, put("/policy/policy_id", "x"), drop("/policy/policy_version"))

Every edit raises `EditError` if a value that it needs does not exist.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from psion_contract.reading.pointers import parts

Tree = dict[str, Any]
"""Documents by short name; JSON values throughout."""

Edit = Callable[[Tree], None]
"""Changes a tree in place."""


class EditError(LookupError):
    """An edit does not fit the tree; the message has the pointer."""


def edited(tree: Tree, *edits: Edit) -> Tree:
    """A deep copy of a tree, changed by the edits in their order."""
    changed: Tree = pickle.loads(pickle.dumps(tree))  # several times as fast as a deep copy
    for edit in edits:
        edit(changed)
    return changed


def put(pointer: str, value: Any) -> Edit:
    """Set a property, which may be new, or replace an item of an array."""

    def edit(tree: Tree) -> None:
        container, key = _slot(tree, pointer, new=True)
        container[key] = deepcopy(value)

    return edit


def drop(pointer: str) -> Edit:
    """Remove a property or an item."""

    def edit(tree: Tree) -> None:
        container, key = _slot(tree, pointer)
        del container[key]

    return edit


def append(pointer: str, *values: Any) -> Edit:
    """Append items to the array at `pointer`."""
    return lambda tree: _array(tree, pointer).extend(deepcopy(values))


def insert(pointer: str, value: Any) -> Edit:
    """Insert an item before the item at `pointer`."""

    def edit(tree: Tree) -> None:
        container, index = _slot(tree, pointer)
        container.insert(index, deepcopy(value))

    return edit


def repeat(pointer: str, **changes: Any) -> Edit:
    """Append a copy of the object at `pointer` to its array, with some properties changed."""

    def edit(tree: Tree) -> None:
        container, index = _slot(tree, pointer)
        container.append(deepcopy({**container[index], **changes}))

    return edit


def copy(source: str, pointer: str) -> Edit:
    """Copy the value at `source` to `pointer`."""
    return lambda tree: put(pointer, value_of(tree, source))(tree)


def move(source: str, pointer: str) -> Edit:
    """Move the value at `source` to `pointer`."""

    def edit(tree: Tree) -> None:
        value = value_of(tree, source)
        drop(source)(tree)
        put(pointer, value)(tree)

    return edit


def swap(pointer: str, first: int, second: int) -> Edit:
    """Exchange two items of the array at `pointer`."""

    def edit(tree: Tree) -> None:
        items = _array(tree, pointer)
        items[first], items[second] = items[second], items[first]

    return edit


def each(pointer: str, name: str, value: Any) -> Edit:
    """Set a property of every object in the array at `pointer`."""

    def edit(tree: Tree) -> None:
        for item in _array(tree, pointer):
            item[name] = deepcopy(value)

    return edit


def change(pointer: str, make: Callable[[Any], Any]) -> Edit:
    """Replace the value at `pointer` with the result of `make`."""
    return lambda tree: put(pointer, make(value_of(tree, pointer)))(tree)


def reverse(pointer: str) -> Edit:
    """Reverse the order of the items of an array, or of the properties of an object."""
    return change(
        pointer, lambda value: dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]
    )


def value_of(tree: Tree, pointer: str) -> Any:
    """The value at `pointer`.

    Raises:
        EditError: there is no such value.
    """
    value: Any = tree
    for part in parts(pointer):
        key = _key(value, part, pointer)
        try:
            value = value[key]
        except LookupError:
            raise EditError(f"{pointer} does not exist: there is no {part!r}") from None
    return value


def _slot(tree: Tree, pointer: str, *, new: bool = False) -> tuple[Any, Any]:
    """The object or array that contains the value at `pointer`, and its name or index; a `new` property need not exist."""
    container, last = value_of(tree, pointer.rpartition("/")[0]), parts(pointer)[-1]
    key = _key(container, last, pointer)
    known = container if isinstance(container, dict) else range(len(container))
    if key not in known and not (new and isinstance(container, dict)):
        raise EditError(f"{pointer} does not exist: there is no {last!r}")
    return container, key


def _key(container: Any, part: str, pointer: str) -> str | int:
    """The token of a pointer as a name in an object or an index in an array."""
    if isinstance(container, dict):
        return part
    if isinstance(container, list) and part.isdecimal():
        return int(part)
    raise EditError(f"{pointer} does not exist: {part!r} is below neither an object nor an array")


def _array(tree: Tree, pointer: str) -> list[Any]:
    value = value_of(tree, pointer)
    if not isinstance(value, list):
        raise EditError(f"{pointer} is not an array")
    return value
