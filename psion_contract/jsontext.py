"""Where a value stands in JSON text: pointer to line and column, looked up only when asked for.

A lookup reads just the containers on the way to the value and remembers what it saw of them, so that a
thousand findings in one array cost one pass over it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from json import loads

from psion_contract.pointers import parts

SPACE = re.compile(r"[ \t\n\r]*+")
STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
SCALAR = re.compile(r"[^\s,\]}]++")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


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
        """The document as text; a byte that is not UTF-8 shows as U+FFFD."""
        return self.data.decode("utf-8", "replace")

    @cached_property
    def _tables(self) -> dict[int, dict[str, int]]:
        """By the offset of a container seen before, its children."""
        return {}

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def position_of_offset(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of the character at `offset`; lines end with a line feed."""
        line = bisect_right(self._line_starts, offset) - 1
        return self.first_line + line, offset - self._line_starts[line] + 1

    def position(self, pointer: str) -> tuple[int, int] | None:
        """Line and column, from 1, of the value at `pointer`; None where the text has no such value.

        Where a member is repeated, the last one counts.
        """
        offset = self.offset(pointer)
        return None if offset is None else self.position_of_offset(offset)

    def offset(self, pointer: str) -> int | None:
        """Where the value at `pointer` starts, in characters; None where the text has no such value."""
        offset: int | None = self._skip_space(0)
        for part in parts(pointer):
            if offset is None:
                return None
            table = self._tables.get(offset)
            if table is None:
                table = self._tables[offset] = self._children(offset)
            offset = table.get(part)
        return offset

    def end(self, start: int) -> int:
        """Where the value that starts at `start` ends; the end of the text where it does not."""
        text = self.text
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
                found = SCALAR.match(text, start)
                return found.end() if found else len(text)

    def _skip_space(self, offset: int) -> int:
        found = SPACE.match(self.text, offset)
        return found.end() if found else offset

    def _children(self, start: int) -> dict[str, int]:
        """Key or index of each child of the container at `start`, with the offset of its value."""
        text, table = self.text, dict[str, int]()
        opening = text[start : start + 1]
        if opening not in ("{", "["):
            return table
        offset, index = self._skip_space(start + 1), 0
        while offset < len(text) and text[offset] not in "]}":
            key = str(index)
            if opening == "{":
                found = STRING.match(text, offset)
                if found is None:
                    break
                key = loads(found.group())
                offset = self._skip_space(self._skip_space(found.end()) + 1)
            table[key] = offset
            offset = self._skip_space(self.end(offset))
            if text[offset : offset + 1] == ",":
                offset = self._skip_space(offset + 1)
            index += 1
        return table
