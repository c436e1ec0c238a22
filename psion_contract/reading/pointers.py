"""RFC 6901 JSON pointers as plain strings."""

from __future__ import annotations

from typing import Any


def child(pointer: str, key: str | int) -> str:
    """The pointer of a member or item of the value at `pointer`."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def parts(pointer: str) -> list[str]:
    """The unescaped reference tokens of a pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def value_at(value: Any, pointer: str) -> Any:
    """The value at `pointer`, or None where there is none."""
    for part in parts(pointer):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def overlaps(first: str, second: str) -> bool:
    """Whether one pointer equals the other, or is an ancestor or a descendant of it."""
    return first == second or first.startswith(second + "/") or second.startswith(first + "/")
