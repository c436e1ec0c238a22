"""Finds the offset of the value at a JSON pointer in a text.

A lookup reads only the containers on the way to the value and remembers them, so a thousand findings in one
array cost one pass over it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import loads
from typing import Protocol

from psion_contract.reading.pointers import parts

SPACE = re.compile(r"[ \t\n\r]*+")
STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_SCALAR = re.compile(r"[^\s,\]}]++")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)

_SPACES = frozenset(" \t\n\r")
_SHORT = 512
_SHORT_TEXT = 1 << 16
NO_ENDS: Mapping[int, int] = {}


class Children(Protocol):
    """The offsets of the values of a container's children."""

    def get(self, part: str, /) -> int | None:
        """The offset of the child with that key or index; None where there is none."""


def locate(text: str, pointer: str, tables: dict[int, Children], ends: Mapping[int, int]) -> int | None:
    """The offset of the value at `pointer`, in characters; None where there is none.

    Args:
        text: JSON, which must be valid up to the value.
        pointer: RFC 6901.
        tables: the children of each container read so far, by its offset; filled by this call and reused by the next.
        ends: of `ends_of`, for the same text.
    """
    offset: int | None = _after_space(text, 0)
    for part in parts(pointer):
        if offset is None:
            return None
        if offset not in tables:
            opening = text[offset : offset + 1]
            tables[offset] = (
                _members(text, offset, ends) if opening == "{" else _Items(text, offset, opening == "[", ends)
            )
        offset = tables[offset].get(part)
    return offset


def ends_of(text: str) -> dict[int, int]:
    """By start, the end of every container that is not short, so that none is scanned once for each level above it."""
    ends: dict[int, int] = {}
    if len(text) <= _SHORT_TEXT:
        return ends
    starts: list[int] = []
    for token in _STRING_OR_BRACKET.finditer(text):
        kind = text[token.start()]
        if kind in "[{":
            starts.append(token.start())
        elif kind in "]}" and starts:
            start = starts.pop()
            if token.end() - start > _SHORT:
                ends[start] = token.end()
    return ends


def end_of(text: str, start: int, ends: Mapping[int, int] = NO_ENDS) -> int:
    """The end of the value that starts at `start`; the end of the text if it is unterminated."""
    if start in ends:
        return ends[start]
    match text[start : start + 1]:
        case '"':
            found = STRING.match(text, start)
            return found.end() if found else len(text)
        case "{" | "[":
            if text[start + 1 : start + 2] in ("]", "}"):
                return start + 2
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


def value_after_key(text: str, start: int) -> int:
    """The offset of the value of the member whose key starts at `start`."""
    return _after_space(text, _after_space(text, end_of(text, start)) + 1)


def _after_space(text: str, offset: int) -> int:
    found = SPACE.match(text, offset)
    return found.end() if found else offset


class _Items:
    """The items of a list, read only as far as needed. A scalar has none."""

    def __init__(self, text: str, start: int, is_list: bool, ends: Mapping[int, int]) -> None:
        self._text = text
        self._ends = ends
        self._offsets: list[int] = []
        self._next = _after_space(text, start + 1) if is_list else len(text)

    def get(self, part: str, /) -> int | None:
        if not _INDEX.fullmatch(part):
            return None
        index = int(part)
        text, offsets, ends = self._text, self._offsets, self._ends
        start = self._next
        while len(offsets) <= index and start < len(text) and text[start] not in "]}":
            offsets.append(start)
            end = end_of(text, start, ends)
            if text[end : end + 1] != ",":
                end = _after_space(text, end)
            start = end + 1 if text[end : end + 1] == "," else len(text)
            if text[start : start + 1] in _SPACES:
                start = _after_space(text, start)
        self._next = start
        return offsets[index] if index < len(offsets) else None


def _members(text: str, start: int, ends: Mapping[int, int]) -> dict[str, int]:
    """The members of the object at `start`; where a key is repeated, the last one counts."""
    table: dict[str, int] = {}
    offset = _after_space(text, start + 1)
    while found := STRING.match(text, offset):
        value = value_after_key(text, offset)
        table[loads(found.group())] = value
        offset = _after_space(text, end_of(text, value, ends))
        if text[offset : offset + 1] == ",":
            offset = _after_space(text, offset + 1)
    return table
