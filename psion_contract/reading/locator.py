"""The offset of the value at a JSON pointer in a text.

A lookup reads only the containers on the way to the value and remembers them, so a thousand findings in one
array cost one pass over it.
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
        text: JSON, which must be valid up to the value.
        pointer: RFC 6901.
        tables: the children of each container seen, by its offset; kept between calls.
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
    """The end of the value that starts at `start`; the end of the text where it does not end."""
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
    """The offset of each child's value of the container at `start`, by key or index."""
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
