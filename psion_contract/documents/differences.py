"""Where two documents differ, in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from psion_contract.reading.escaping import counted, excerpt, quoted
from psion_contract.reading.pointers import child

_LISTED = 3
"""How many differing members are named."""

_WIDTH = 60
"""How many characters of a pointer or a value are shown."""

Path = tuple[Any, ...]
"""Names and indexes from the member up to the root, each in a pair with the rest: ``(name, (parent, ()))``."""


def difference(first: Any, second: Any) -> str:
    """The first members in which two JSON values differ, with their values in both: ``/a (1, 2), /b (absent, "x")``.

    Absent and null members are the same. Takes no longer than the smaller of the values.
    """
    found = list(islice(_differences(first, second, ()), _LISTED + 1))
    words = [
        f"{_shown_pointer(path)} ({_shown(one)}, {_shown(other)})" for path, one, other in found[:_LISTED]
    ]
    return ", ".join(words) + (" and more" if len(found) > _LISTED else "")


def _differences(first: Any, second: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(first, dict) and isinstance(second, dict):
        for name, value in first.items():
            yield from _differences(value, second.get(name), (name, path))
        for name, value in second.items():
            if name not in first:
                yield from _differences(None, value, (name, path))
    elif isinstance(first, list) and isinstance(second, list):
        for index, (one, other) in enumerate(zip(first, second, strict=False)):
            yield from _differences(one, other, (index, path))
        if len(first) != len(second):
            yield path, first, second
    elif first != second or isinstance(first, bool) != isinstance(second, bool):
        yield path, first, second


def _shown_pointer(path: Path) -> str:
    pointer = ""
    while path:
        name, path = path
        pointer = child("", str(name)[:_WIDTH]) + pointer
    return quoted(pointer, _WIDTH)[1:-1] or "the whole document"


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    if isinstance(value, list):
        return counted(len(value), "item")
    return "an object" if isinstance(value, dict) else excerpt(value, _WIDTH)
