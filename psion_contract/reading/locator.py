"""Finds the offset of the value at a JSON pointer in a text.

The ends of long containers are found in one pass over the text; those on the way to a value are read once and remembered,
so a thousand findings in one array cost one pass over it. A short container, at any depth, costs a pass over itself.
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

_SPACES = frozenset(" \t\n\r")
_SHORT_TEXT = 1 << 16
"""A text of so many characters has no short containers: all of them are remembered."""

_SHORT = 512
"""So many characters has a short container at most; to remember all of a long text would take too much memory."""


class _Children(Protocol):
    """The offsets of the values of a container's children."""

    def get(self, part: str, /) -> int | None:
        """The offset of the child with that key or index; None where there is none."""


class Locator:
    """Finds values in one text.

    Args:
        text: JSON, which must be valid up to the values that are looked for.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = _ends(text, 0, _SHORT if len(text) > _SHORT_TEXT else 0)
        self._children: dict[int, _Children] = {}

    def offset(self, pointer: str) -> int | None:
        """The offset of the value at a pointer (RFC 6901), in characters; None where there is none."""
        text, ends, is_long = self._text, self._ends, True
        offset: int | None = _after_space(text, 0)
        for part in parts(pointer):
            if offset is None:
                return None
            opening = text[offset : offset + 1]
            if opening not in ("[", "{"):
                return None
            if is_long and offset not in ends:
                ends, is_long = _ends(text, offset), False
            if opening == "[" and part == "0":  # most items of deep nesting; nothing to remember
                offset = _after_space(text, offset + 1)
                if text[offset : offset + 1] in ("]", ""):
                    return None
                continue
            if is_long:
                if offset not in self._children:
                    self._children[offset] = _children(text, offset, ends)
                offset = self._children[offset].get(part)
            else:
                offset = _children(text, offset, ends).get(part)
        return offset


def _ends(text: str, first: int, shortest: int = 0) -> dict[int, int]:
    """By start, the ends of containers; the end of the text for those that are unterminated.

    Args:
        text: the text.
        first: where to begin. If a container starts there, the search ends with it.
        shortest: containers of no more characters are left out.
    """
    ends: dict[int, int] = {}
    starts: list[int] = []
    for token in _STRING_OR_BRACKET.finditer(text, first):
        kind = text[token.start()]
        if kind in "[{":
            starts.append(token.start())
        elif kind in "]}" and starts:
            start = starts.pop()
            if token.end() - start > shortest:
                ends[start] = token.end()
            if start == first:
                break
    ends |= dict.fromkeys(starts, len(text))
    return ends


def end_of(text: str, start: int) -> int:
    """The end of the value that starts at `start`; the end of the text if it is unterminated."""
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


def _children(text: str, start: int, ends: dict[int, int]) -> _Children:
    """The children of the container at `start`."""
    return _members(text, start, ends) if text[start] == "{" else _Items(text, start, ends)


class _Items:
    """The items of an array, read only as far as needed."""

    def __init__(self, text: str, start: int, ends: dict[int, int]) -> None:
        self._text = text
        self._ends = ends
        self._offsets: list[int] = []
        self._next = _after_space(text, start + 1)

    def get(self, part: str, /) -> int | None:
        if not _INDEX.fullmatch(part):
            return None
        index = int(part)
        text, offsets, ends = self._text, self._offsets, self._ends
        start = self._next
        while len(offsets) <= index and start < len(text) and text[start] not in "]}":
            offsets.append(start)
            end = ends.get(start) or end_of(text, start)
            if text[end : end + 1] != ",":
                end = _after_space(text, end)
            start = end + 1 if text[end : end + 1] == "," else len(text)
            if text[start : start + 1] in _SPACES:
                start = _after_space(text, start)
        self._next = start
        return offsets[index] if index < len(offsets) else None


def _members(text: str, start: int, ends: dict[int, int]) -> dict[str, int]:
    """The members of the object at `start`; where a key is repeated, the last one counts."""
    table: dict[str, int] = {}
    offset = _after_space(text, start + 1)
    while found := STRING.match(text, offset):
        value = value_after_key(text, offset)
        table[loads(found.group())] = value
        offset = _after_space(text, ends.get(value) or end_of(text, value))
        if text[offset : offset + 1] == ",":
            offset = _after_space(text, offset + 1)
    return table
