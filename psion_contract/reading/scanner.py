"""The slow, exact reading of JSON text: every problem of it, each with its place.

Used only where the fast parser refuses a document or meets something to be reported; it then has to say
what is wrong everywhere, while the fast parser stops at the first thing and gives no pointer.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from json import loads
from typing import Any

from psion_contract.reading.escaping import quoted
from psion_contract.reading.json_text import MAX_PROBLEMS, Problem
from psion_contract.reading.locator import SPACE, STRING
from psion_contract.reading.pointers import child

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_LITERAL = re.compile(r"true|false|null")
_NOT_JSON = re.compile(r"-?(?:NaN|Infinity)\b|[A-Za-z_]\w*+|'")
_STRING_BODY = re.compile(r'[^"\\\x00-\x1f]*+')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_SURROGATE = re.compile("[\ud800-\udfff]")

MAX_DIGITS = 4300
"""Longest integer that is read, in digits: what Python converts without being asked twice."""


class _Stop(Exception):  # noqa: N818 - it ends the reading and is an error only of the text
    """Carries the problem after which reading cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def scan(text: str, max_depth: int) -> list[Problem]:
    """Every problem of `text`, in the order of the text; the last one may be what ended the reading."""
    problems = []
    try:
        for problem in _Scanner(text, max_depth).problems():
            problems.append(problem)
            if len(problems) == MAX_PROBLEMS:
                message = f"more than {MAX_PROBLEMS} problems in one document; the rest of it was not read"
                problems.append(Problem("limit-exceeded", message, offset=problem.offset))
                break
    except _Stop as stop:
        problems.append(stop.problem)
    return problems


class _Scanner:
    """One pass over a text without recursion: a stack holds the open containers."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.offset = 0
        # per open container: None and the index reached, or the offsets of the keys seen and the last key
        self.stack: list[tuple[dict[str, int] | None, list[Any]]] = []

    def problems(self) -> Iterator[Problem]:
        self._space()
        while True:
            opened = yield from self._value()
            if opened and self._closes():
                opened = False
            if not opened and not self._next():
                break
            if self.stack and self.stack[-1][0] is not None:
                yield from self._key()
        if self.offset < len(self.text):
            raise self._invalid(f"the document ends here, but {self._here()} follows")

    def _value(self) -> Generator[Problem, None, bool]:
        """Read one scalar, or the opening of a container; returns (to `yield from`) whether it opened one."""
        text, start = self.text, self.offset
        first = text[start : start + 1]
        if first in ("{", "["):
            self.stack.append(({} if first == "{" else None, [0]))
            if len(self.stack) > self.max_depth:
                message = f"nested deeper than {self.max_depth} levels, the reader's limit"
                raise _Stop(Problem("limit-exceeded", message, offset=start))
            self.offset += 1
            self._space()
            return True
        if first == '"':
            value = self._string()
            if _SURROGATE.search(value):
                message = (
                    "a \\u escape names half a surrogate pair; write both halves or the character itself"
                )
                raise _Stop(Problem("invalid-json", message, offset=start))
        elif number := _NUMBER.match(text, start):
            yield from self._number(number)
        elif literal := _LITERAL.match(text, start):
            self.offset = literal.end()
        else:
            raise self._invalid(f"a JSON value is expected here, not {self._here()}")
        return False

    def _number(self, number: re.Match[str]) -> Iterator[Problem]:
        sign, whole, fraction, exponent = number.groups()
        written = number.group()
        self.offset = number.end()
        if (
            self.text[self.offset : self.offset + 1].isalnum()
            or self.text[self.offset : self.offset + 1] == "."
        ):
            raise self._invalid(f"{written} cannot be followed by {self._here()}")
        if len(whole) > MAX_DIGITS:
            message = f"an integer of {len(whole)} digits; the reader's limit is {MAX_DIGITS}"
            raise _Stop(Problem("limit-exceeded", message, offset=number.start()))
        shown = written if len(written) <= 40 else written[:39] + "…"
        if fraction or exponent:
            what = "a fraction" if fraction else "an exponent"
            message = f"{shown} is written with {what}; every number of the contract is a plain integer"
        elif sign and whole == "0":
            message = "-0 is a negative zero; write 0"
        else:
            return
        yield Problem("non-integer-number", message, self._pointer(), number.start(), shown)

    def _string(self) -> str:
        """Read one string and return its value, which may hold lone surrogates."""
        found = STRING.match(self.text, self.offset)
        if found is None:
            raise self._broken_string()
        self.offset = found.end()
        value: str = loads(found.group())
        return value

    def _key(self) -> Iterator[Problem]:
        start = self.offset
        if self.text[start : start + 1] != '"':
            raise self._invalid(f"a member name in double quotes is expected here, not {self._here()}")
        key = self._string()
        if _SURROGATE.search(key):
            raise _Stop(Problem("invalid-json", "a member name holds half a surrogate pair", offset=start))
        seen, place = self.stack[-1]
        place[0] = key
        assert seen is not None
        if key in seen:
            message = f"the member {quoted(key)} stands here a second time; an object gives each member once"
            yield Problem("duplicate-member", message, self._pointer(), start, key, other=seen[key])
        seen.setdefault(key, start)
        self._space()
        if self.text[self.offset : self.offset + 1] != ":":
            raise self._invalid(f"a colon is expected after a member name, not {self._here()}")
        self.offset += 1
        self._space()

    def _closes(self) -> bool:
        """Whether the container just opened is empty."""
        return self.text[self.offset : self.offset + 1] == ("]" if self.stack[-1][0] is None else "}")

    def _next(self) -> bool:
        """Go on after a value: past closings to the next comma; False at the end of the document."""
        while True:
            self._space()
            if not self.stack:
                return False
            seen, place = self.stack[-1]
            closing = "]" if seen is None else "}"
            here = self.text[self.offset : self.offset + 1]
            if here == closing:
                self.stack.pop()
                self.offset += 1
            elif here == ",":
                comma = self.offset
                self.offset += 1
                self._space()
                if self.text[self.offset : self.offset + 1] in ("]", "}"):
                    self.offset = comma
                    raise self._invalid("a comma before the closing bracket; JSON allows none")
                if seen is None:
                    place[0] += 1
                return True
            else:
                raise self._invalid(f"a comma or {closing} is expected here, not {self._here()}")

    def _space(self) -> None:
        found = SPACE.match(self.text, self.offset)
        assert found is not None
        self.offset = found.end()

    def _pointer(self) -> str:
        pointer = ""
        for _, place in self.stack:
            pointer = child(pointer, place[0])
        return pointer

    def _here(self) -> str:
        text, offset = self.text, self.offset
        if offset >= len(text):
            return "the end of the text"
        if word := _NOT_JSON.match(text, offset):
            return f"{word.group()[:40]}, which is no JSON"
        return quoted(text[offset])

    def _invalid(self, message: str) -> _Stop:
        return _Stop(Problem("invalid-json", message, offset=min(self.offset, len(self.text))))

    def _broken_string(self) -> _Stop:
        """What is wrong with the string at the offset, told at the character that breaks it."""
        text, self.offset = self.text, self.offset + 1
        while True:
            body = _STRING_BODY.match(text, self.offset)
            assert body is not None
            self.offset = body.end()
            here = text[self.offset : self.offset + 1]
            if here == "\\":
                escape = _ESCAPE.match(text, self.offset)
                if escape is None:
                    shown = quoted(text[self.offset : self.offset + 6])
                    return self._invalid(f"no escape of JSON starts {shown}")
                self.offset = escape.end()
            elif here:
                return self._invalid(f"U+{ord(here):04X} must be written as an escape inside a string")
            else:
                return self._invalid("the text ends inside a string")
