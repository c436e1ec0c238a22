"""Changes of documents, as functions that can be listed.

A *place* is a JSON pointer whose first part is the short name of a document: ``/receipt/summary`` is what
stands at ``/summary`` in the receipt. The document itself is ``/receipt``, so that whole documents are
added, copied and left out like members.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from psion_contract.reading.pointers import parts, value_at

Tree = dict[str, Any]
Edit = Callable[[Tree], None]


def put(place: str, value: Any) -> Edit:
    """Set a member or an item, whether or not one is there."""

    def edit(tree: Tree) -> None:
        holder, key = _holder(tree, place)
        holder[key] = deepcopy(value)

    return edit


def drop(place: str) -> Edit:
    """Remove a member or an item."""

    def edit(tree: Tree) -> None:
        holder, key = _holder(tree, place)
        del holder[key]

    return edit


def append(place: str, *values: Any) -> Edit:
    """Append items to a list."""
    return lambda tree: value_at(tree, place).extend(deepcopy(values))


def insert(place: str, value: Any) -> Edit:
    """Insert an item before the one at `place`."""

    def edit(tree: Tree) -> None:
        holder, index = _holder(tree, place)
        holder.insert(index, deepcopy(value))

    return edit


def repeat(place: str, **changes: Any) -> Edit:
    """Append a changed copy of an item to its list."""

    def edit(tree: Tree) -> None:
        holder, index = _holder(tree, place)
        holder.append({**deepcopy(holder[index]), **changes})

    return edit


def copy(source: str, place: str) -> Edit:
    """Put a copy of what stands at `source` at `place`."""
    return lambda tree: put(place, value_at(tree, source))(tree)


def swap(place: str, first: int, second: int) -> Edit:
    """Exchange two items of a list."""

    def edit(tree: Tree) -> None:
        items = value_at(tree, place)
        items[first], items[second] = items[second], items[first]

    return edit


def each(place: str, member: str, value: Any) -> Edit:
    """Set a member of each item of a list."""

    def edit(tree: Tree) -> None:
        for item in value_at(tree, place):
            item[member] = deepcopy(value)

    return edit


def upended(place: str) -> Edit:
    """Turn the order of the members of an object round."""
    return lambda tree: put(place, dict(reversed(value_at(tree, place).items())))(tree)


def _holder(tree: Tree, place: str) -> tuple[Any, Any]:
    """The object or list that holds what stands at `place`, and the name or index by which it does."""
    holder, key = value_at(tree, place.rpartition("/")[0]), parts(place)[-1]
    return holder, int(key) if isinstance(holder, list) else key
