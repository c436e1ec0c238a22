"""JSON texts for property tests: any values, written in unusual ways, and texts that are almost JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

from psion_contract.reading.pointers import child

SPACE = st.text(" \t\n\r", max_size=3)
CHARACTERS = st.one_of(
    st.sampled_from('"\\/\b\f\n\r\t\x00\x1f\x7f~01aé€\u2028\ufeff𐐷'),
    st.characters(exclude_categories=["Cs"]),
)
STRINGS = st.text(CHARACTERS, max_size=6)
KEYS = st.one_of(st.sampled_from(["a", "b", "", "/", "~", "~1", "0", "a/b"]), STRINGS)
INTEGERS = st.one_of(st.integers(-5, 5), st.integers(-(2**70), 2**70))
SCALARS = st.one_of(st.none(), st.booleans(), INTEGERS, STRINGS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
"""JSON values without fractions."""


class Written(NamedTuple):
    """A JSON text with its value and positions.

    Attributes:
        text: the text.
        value: its value.
        offsets: by pointer, where each value starts, in characters.
    """

    text: str
    value: Any
    offsets: dict[str, int]


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> Written:
    """A value as text with any white space where JSON allows it and any escapes in its strings."""
    value = draw(values)
    offsets: dict[str, int] = {}
    parts: list[str] = []
    length = 0

    def put(text: str) -> None:
        nonlocal length
        parts.append(text)
        length += len(text)

    def space() -> None:
        put(draw(SPACE))

    def write(item: Any, pointer: str) -> None:
        offsets[pointer] = length
        if isinstance(item, str):
            put(draw(spelled(item)))
        elif isinstance(item, (dict, list)):
            opening, closing = "{}" if isinstance(item, dict) else "[]"
            put(opening)
            space()
            for number, (key, below) in enumerate(pairs(item)):
                if number:
                    put(",")
                    space()
                if isinstance(item, dict):
                    put(draw(spelled(key)))
                    space()
                    put(":")
                    space()
                write(below, child(pointer, key))
                space()
            put(closing)
        else:
            put(json.dumps(item))

    space()
    write(value, "")
    space()
    return Written("".join(parts), value, offsets)


def pairs(container: Any) -> Iterator[tuple[Any, Any]]:
    """The children of an object or an array, by key or position."""
    return iter(container.items() if isinstance(container, dict) else enumerate(container))


@st.composite
def spelled(draw: st.DrawFn, string: str) -> str:
    """A string as JSON, each character plain or escaped at random."""
    characters = []
    for char in string:
        escapes = [json.dumps(char)[1:-1]]  # \n, or \u000b, or a pair of surrogates
        if char == "/":
            escapes.append("\\/")
        if ord(char) < 0x10000:
            escapes += [f"\\u{ord(char):04x}", f"\\u{ord(char):04X}"]
        if ord(char) >= 0x20 and char not in '"\\':
            escapes.append(char)
        characters.append(draw(st.sampled_from(escapes)))
    return '"' + "".join(characters) + '"'


SNIPPETS = (
    b"0", b"1", b"-", b"+", b".", b"e", b"E", b"-0", b"1.0", b"1e5", b"1e999", b"-0.0", b"01", b"9" * 25,
    b'"', b"'", b"\\", b"\\u", b"\\ud800", b"\\udc00", b"\\u0061", b"\\x", b'"a"', b'"a":', b'"\\u0061":1,',
    b"{", b"}", b"[", b"]", b",", b":", b"[[[", b"{}", b"[]", b'{"a":1,"a":2}',
    b"true", b"nul", b"NaN", b"Infinity", b"-Infinity", b"//", b"/**/", b"#",
    b" ", b"\n", b"\t", b"\r", b"\x00", b"\x0b", b"\x0c", b"\x1f", b"\x7f", b"\x85", b"\xc2\xa0",
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xe2\x80",
    b"\xf0\x9f\x98\x80",
)  # fmt: skip
"""Pieces that may confuse readers."""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A JSON text, often with something removed, inserted or repeated."""
    data = draw(written()).text.encode()
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 4)))
        match draw(st.sampled_from(["insert", "insert", "cut", "replace", "repeat", "end"])):
            case "insert":
                data = data[:start] + draw(st.sampled_from(SNIPPETS)) + data[start:]
            case "cut":
                data = data[:start] + data[end:]
            case "replace":
                data = data[:start] + draw(st.sampled_from(SNIPPETS)) + data[end:]
            case "repeat":
                data = data[:end] + data[start:end] + data[end:]
            case _:
                data = data[:start]
    return data


ANY_TEXT = st.one_of(
    damaged(), st.lists(st.sampled_from(SNIPPETS), max_size=12).map(b"".join), st.binary(max_size=40)
)
"""JSON, almost JSON, and random bytes."""
