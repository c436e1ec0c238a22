"""RFC 6901 JSON pointers as plain strings, and paths, from which pointers are made only where they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[Any, str | int] | None
"""The way to a value: the path of its parent and its key or index; None for the root.

Paths of the children of one value share that of the value, so a text with a million values needs little memory for
their paths."""


def child(pointer: str, key: str | int) -> str:
    """The pointer of a member or item of the value at `pointer`."""
    if isinstance(key, int):
        return f"{pointer}/{key}"
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def pointer_to(path: Path) -> str:
    """The pointer of the value at `path`."""
    keys = []
    while path is not None:
        path, key = path
        keys.append(child("", key))
    return "".join(reversed(keys))


def containers(value: Any) -> Iterator[tuple[Path, dict[str, Any] | list[Any]]]:
    """The objects and arrays of a JSON value that are not empty, with their paths, parents first, in the order of the text.

    Without recursion: the time for each is the same at any depth.
    """
    stack: list[tuple[Path, Any]] = [(None, value)] if isinstance(value, (dict, list)) else []
    while stack:
        path, node = stack.pop()
        yield path, node
        stack += inner_containers(path, node)


def inner_containers(path: Path, node: dict[str, Any] | list[Any]) -> list[tuple[Path, Any]]:
    """The objects and arrays in a value that are not empty, with their paths, the last one first."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    inner: list[tuple[Path, Any]] = [
        ((path, key), item) for key, item in items if isinstance(item, (dict, list)) and item
    ]
    inner.reverse()
    return inner


def parts(pointer: str) -> list[str]:
    """The unescaped reference tokens of a pointer."""
    if "~" not in pointer:
        return pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def ancestors(pointer: str) -> Iterator[str]:
    """The pointer itself, then those of its ancestors, up to the root."""
    while True:
        yield pointer
        if not pointer:
            return
        pointer = pointer[: pointer.rindex("/")]


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
