"""Finds the offset of the value at a JSON pointer in a text.

A lookup reads only the containers on the way to the value and remembers them, so a thousand findings in one
array cost one pass over it.
"""

from __future__ import annotations

import re
from json import loads
from typing import Protocol

from psion_contract.reading.pointers import parts

SPACE = re.compile(r"[ \t\n\r]*+")
STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_SCALAR = re.compile(r"[^\s,\]}]++")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class Children(Protocol):
    """The offsets of the values of a container's children."""

    def get(self, part: str, /) -> int | None:
        """The offset of the child with that key or index; None where there is none."""


def locate(text: str, pointer: str, tables: dict[int, Children]) -> int | None:
    """The offset of the value at `pointer`, in characters; None where there is none.

    Args:
        text: JSON, which must be valid up to the value.
        pointer: RFC 6901.
        tables: the children of each container read so far, by its offset; filled by this call and reused by the next.
    """
    offset: int | None = _after_space(text, 0)
    for part in parts(pointer):
        if offset is None:
            return None
        if offset not in tables:
            opening = text[offset : offset + 1]
            tables[offset] = (
                _members(text, offset) if opening == "{" else _Items(text, offset, opening == "[")
            )
        offset = tables[offset].get(part)
    return offset


def end_of(text: str, start: int) -> int:
    """The end of the value that starts at `start`; the end of the text if it is unterminated."""
    match text[start : start + 1]:
        case '"':
            found = STRING.match(text, start)
            return found.end() if found else len(text)
        case "{" | "[":
            depth = 0
            for token in _STRING_OR_BRACKET.finditer(text, start):
                kind = text[token.start()]
                depth += (kind in "[{") - (kind in "]}")
                if depth == 0:
                    return token.end()
            return len(text)
        case _:
            found = _SCALAR.match(text, start)
            return found.end() if found else len(text)


def _after_space(text: str, offset: int) -> int:
    found = SPACE.match(text, offset)
    return found.end() if found else offset


class _Items:
    """The items of a list, read only as far as needed. A scalar has none."""

    def __init__(self, text: str, start: int, is_list: bool) -> None:
        self._text = text
        self._offsets: list[int] = []
        self._next = _after_space(text, start + 1) if is_list else len(text)

    def get(self, part: str, /) -> int | None:
        if not _INDEX.fullmatch(part):
            return None
        index = int(part)
        text, offsets = self._text, self._offsets
        while len(offsets) <= index and self._next < len(text) and text[self._next] not in "]}":
            offsets.append(self._next)
            end = _after_space(text, end_of(text, self._next))
            self._next = _after_space(text, end + 1) if text[end : end + 1] == "," else len(text)
        return offsets[index] if index < len(offsets) else None


def _members(text: str, start: int) -> dict[str, int]:
    """The members of the object at `start`; where a key is repeated, the last one counts."""
    table: dict[str, int] = {}
    offset = _after_space(text, start + 1)
    while found := STRING.match(text, offset):
        value = _after_space(text, _after_space(text, found.end()) + 1)
        table[loads(found.group())] = value
        offset = _after_space(text, end_of(text, value))
        if text[offset : offset + 1] == ",":
            offset = _after_space(text, offset + 1)
    return table
