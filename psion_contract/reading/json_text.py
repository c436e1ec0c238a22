"""JSON text with the positions of its values, and the problems that a text can have.

The locator is imported only when a position is needed.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from psion_contract.findings import Place, Position, place_in

if TYPE_CHECKING:
    from psion_contract.reading.locator import Locator

MAX_PROBLEMS = 10_000
"""Maximum number of problems of one text; the reader stops there."""

MAX_NAMES = 1024
"""How many characters the names on the way to a value may have together, so that no pointer is long."""

MAX_DIGITS = 4300
"""Maximum number of digits of an integer: Python's default limit for conversion from text."""


class Problem(NamedTuple):
    """One reason why a text is not strict JSON of this contract (docs/reference/rules, "Reading").

    Attributes:
        rule: ``invalid-json``, ``duplicate-member``, ``non-integer-number`` or ``limit-exceeded``.
        message: what is wrong and what would be right.
        pointer: of the value; empty for ``invalid-json`` and ``limit-exceeded``.
        offset: of the problem, in characters.
        actual: the offending text, where it is short enough to quote.
        other: offset of the other side (the first of two equal keys), where there is one.
        discarded: offset of the key whose value this repeated key replaces.
    """

    rule: str
    message: str
    pointer: str = ""
    offset: int = 0
    actual: Any = None
    other: int | None = None
    discarded: int | None = None

    @property
    def fatal(self) -> bool:
        """Whether the text has no value at all."""
        return self.rule in ("invalid-json", "limit-exceeded")


class Text:
    """The text of one JSON document, possibly a line of a larger file.

    Args:
        data: the bytes of the document.
        first_line: the line of the file that the document starts on, from 1.
    """

    def __init__(self, data: bytes, first_line: int = 1) -> None:
        self.data = data
        self.first_line = first_line

    @cached_property
    def text(self) -> str:
        """The document as text, up to where its bytes are no UTF-8."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            return self.data[: error.start].decode()

    def position_of_offset(self, offset: int) -> Position:
        """Line and column, from 1, of the character at `offset`; lines end with a line feed."""
        line = bisect_right(self._line_starts, offset) - 1
        return self.first_line + line, offset - self._line_starts[line] + 1

    def position(self, pointer: str) -> Position | None:
        """Line and column, from 1, of the value at `pointer`; None where the text has no such value.

        Where a member is repeated, the last one counts.
        """
        offset = self.offset(pointer)
        return None if offset is None else self.position_of_offset(offset)

    def place_of_offset(self, offset: int) -> Place:
        """The position of the character at `offset`, with its line."""
        return place_in(self.text, offset, self.position_of_offset(offset))

    def place(self, pointer: str) -> Place | None:
        """The position of the value at `pointer`, with its line; None where the text has no such value."""
        offset = self.offset(pointer)
        return None if offset is None else self.place_of_offset(offset)

    def offset(self, pointer: str) -> int | None:
        """Offset of the value at `pointer`, in characters; None where the text has no such value."""
        if not pointer:
            return len(self.text) - len(self.text.lstrip(" \t\n\r"))
        return self._locator.offset(pointer)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, text = [0], self.text
        while found := text.find("\n", starts[-1]) + 1:
            starts.append(found)
        return starts

    @cached_property
    def _locator(self) -> Locator:
        """Finds values; remembers the containers that it has read."""
        from psion_contract.reading.locator import Locator

        return Locator(self.text)


def most_values(data: bytes) -> int:
    """How many values a JSON text may have at most, from its separators alone: quick, and without memory for the values."""
    return 1 + sum(map(data.count, (b",", b"[", b"{")))
