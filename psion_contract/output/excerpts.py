"""Lines of documents with a caret under the place that a finding is about."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from psion_contract.findings import Finding, Related, Snippet

_VALUE = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s,\]}\[{:"]++')
_BRACKETS = frozenset("{}[], ")
_MARGIN = 12
"""What a line needs beside the excerpt: indentation, line number, bar."""

_ELLIPSIS = "..."
"""Stands for what is cut, in any encoding."""

NARROWEST = 40
"""No excerpt is cut to fewer columns."""


class Excerpt(NamedTuple):
    """A line of a document, ready to be printed: nothing in it is invisible.

    Attributes:
        line: its number, from 1.
        before: what is before the value.
        marked: the value that the finding is about.
        after: what follows it.
    """

    line: int
    before: str
    marked: str
    after: str

    @property
    def carets(self) -> str:
        """The line below, which has carets under the value."""
        return " " * _cells(self.before) + "^" * max(1, _cells(self.marked))


def excerpt_of(item: Finding | Related, width: int) -> Excerpt | None:
    """The line of the place; None if the line says nothing.

    Args:
        item: what has the place.
        width: how many columns of a terminal the line may take, with its number.
    """
    return _excerpt(item.snippet, item.line, item.column, width)


def _excerpt(snippet: Snippet | None, line: int | None, column: int | None, width: int) -> Excerpt | None:
    if snippet is None or line is None or column is None:
        return None
    text, start = snippet
    if _BRACKETS.issuperset(text):
        return None
    before, marked, after = _parts(text, column - start)
    room = max(width - _MARGIN, NARROWEST)
    if start > 1:
        before = _ELLIPSIS + before
    if _cells(before) + _cells(marked) + _cells(after) > room:
        before, marked, after = _cut(before, marked, after, room)
    return Excerpt(line, before, marked, after)


def excerpt_lines(item: Finding | Related, width: int) -> tuple[str, ...]:
    """The line of the place, and a line with carets under the value there; arguments as for `excerpt_of`."""
    return _lines(item.snippet, item.line, item.column, width)


@lru_cache(maxsize=1 << 14)  # lines of documents of one kind are alike
def _lines(snippet: Snippet | None, line: int | None, column: int | None, width: int) -> tuple[str, ...]:
    excerpt = _excerpt(snippet, line, column, width)
    if excerpt is None:
        return ()
    return (
        f"  {excerpt.line:>6} | {excerpt.before}{excerpt.marked}{excerpt.after}",
        f"  {'':>6} | {excerpt.carets}",
    )


def _parts(text: str, offset: int) -> tuple[str, str, str]:
    """The text before the value at `offset`, the value, and the rest, each ready to be printed."""
    found = _VALUE.match(text, offset)
    end = found.end() if found else min(offset + 1, len(text))
    indent = len(text[:offset]) - len(text[:offset].lstrip(" \t"))
    before = " " * min(indent, 8) + text[indent:offset]
    return _shown(before), _shown(text[offset:end]), _shown(text[end:])


def _cut(before: str, marked: str, after: str, room: int) -> tuple[str, str, str]:
    """The three parts, shortened so that they fit: the value last."""
    before = _end_of(before, room // 3)
    marked = _start_of(marked, room - _cells(before))
    after = _start_of(after, room - _cells(before) - _cells(marked))
    return before, marked, after


def _start_of(text: str, room: int) -> str:
    if _cells(text) <= room:
        return text
    while text and _cells(text) + len(_ELLIPSIS) > room:
        text = text[:-1]
    return text + _ELLIPSIS if room >= len(_ELLIPSIS) else ""


def _end_of(text: str, room: int) -> str:
    if _cells(text) <= room:
        return text
    while text and _cells(text) + len(_ELLIPSIS) > room:
        text = text[1:]
    return _ELLIPSIS + text


def _shown(text: str) -> str:
    """Text that takes one line: what is invisible is a replacement character or, for tabs, a blank."""
    if text.isprintable():
        return text.replace("##[", "## [")
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    ).replace("##[", "## [")


def _cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 1 + (east_asian_width(char) in "WF") for char in text)
