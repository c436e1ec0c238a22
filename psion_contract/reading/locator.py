"""Where the value of a JSON pointer stands in a text.

A lookup reads just the containers on the way to the value and remembers what it saw of them, so that a
thousand findings in one array cost one pass over it.
"""

from __future__ import annotations

import re
from json import loads

from psion_contract.reading.pointers import parts

SPACE = re.compile(r"[ \t\n\r]*+")
STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_SCALAR = re.compile(r"[^\s,\]}]++")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


def locate(text: str, pointer: str, tables: dict[int, dict[str, int]]) -> int | None:
    """The offset of the value at `pointer`, in characters; None where there is none.

    Args:
        text: JSON, of which the part up to the value must be sound.
        pointer: RFC 6901.
        tables: what is remembered of this text between calls; by the offset of a container, its children.
    """
    offset: int | None = _after_space(text, 0)
    for part in parts(pointer):
        if offset is None:
            return None
        if offset not in tables:
            tables[offset] = _children(text, offset)
        offset = tables[offset].get(part)
    return offset


def end_of(text: str, start: int) -> int:
    """Where the value that starts at `start` ends; the end of the text where it does not."""
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


def _children(text: str, start: int) -> dict[str, int]:
    """Key or index of each child of the container at `start`, with the offset of its value."""
    table = dict[str, int]()
    opening = text[start : start + 1]
    if opening not in ("{", "["):
        return table
    offset, index = _after_space(text, start + 1), 0
    while offset < len(text) and text[offset] not in "]}":
        key = str(index)
        if opening == "{":
            found = STRING.match(text, offset)
            if found is None:
                break
            key = loads(found.group())
            offset = _after_space(text, _after_space(text, found.end()) + 1)
        table[key] = offset
        offset = _after_space(text, end_of(text, offset))
        if text[offset : offset + 1] == ",":
            offset = _after_space(text, offset + 1)
        index += 1
    return table
