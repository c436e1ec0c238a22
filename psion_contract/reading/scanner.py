"""The exact scanner of JSON text: finds every problem, each with its position.

It is slow and runs only where the fast parser refuses a text, or accepts something that must be reported. The
fast parser stops at the first problem and gives no pointer.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from json import loads

from psion_contract.reading.escaping import quoted
from psion_contract.reading.json_text import MAX_DIGITS, MAX_NAMES, MAX_PROBLEMS, Problem
from psion_contract.reading.locator import SPACE, STRING
from psion_contract.reading.pointers import child

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*+)(\.[0-9]++)?([eE][+-]?[0-9]++)?")
_AFTER_NUMBER = re.compile(r"[0-9A-Za-z.]")
_LITERAL = re.compile(r"true|false|null")
_NOT_JSON = re.compile(r"-?(?:NaN|Infinity)\b|[A-Za-z_]\w*+|'")
_STRING_BODY = re.compile(r'[^"\\\x00-\x1f]*+')
_SPACES = frozenset(" \t\n\r")
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Stop(Exception):  # noqa: N818 - control flow, not an error
    """Stops the scan at a problem after which nothing can be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def scan(text: str, max_depth: int) -> list[Problem]:
    """All problems of `text`, in order. Some problems, such as a missing bracket, end the scan.

    Args:
        text: the whole document.
        max_depth: the maximum number of nested arrays and objects.
    """
    problems = []
    try:
        for problem in _Scanner(text, max_depth).problems():
            problems.append(problem)
            if len(problems) == MAX_PROBLEMS:
                message = f"more than {MAX_PROBLEMS} problems in one document; the rest was not read"
                problems.append(Problem("limit-exceeded", message, offset=problem.offset))
                break
    except _Stop as stop:
        problems.append(stop.problem)
    return problems


class _Open:
    """An open container.

    Attributes:
        seen: the offsets of the first and the latest occurrence of each key; None for an array.
        names: length of the names on the way to the container.
        current: the current key or index.
        pointer: of the container; None until it is needed.
    """

    __slots__ = ("current", "names", "pointer", "seen")

    def __init__(self, seen: dict[str, tuple[int, int]] | None, names: int) -> None:
        self.seen = seen
        self.names = names
        self.current: str | int = 0
        self.pointer: str | None = None


class _Scanner:
    """One pass over a text, without recursion: a stack holds the open containers."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.offset = 0
        self.stack: list[_Open] = []

    def problems(self) -> Iterator[Problem]:
        self._space()
        while True:
            opened = yield from self._value()
            if opened and self._closes():
                opened = False
            if not opened and not self._next():
                break
            if self.stack and self.stack[-1].seen is not None:
                yield from self._key()
        if self.offset < len(self.text):
            raise self._invalid(f"expected the end of the document, found {self._here()}")

    def _value(self) -> Generator[Problem, None, bool]:
        """Read a scalar or an opening bracket; returns, to `yield from`, whether it was a bracket."""
        text, start = self.text, self.offset
        first = text[start : start + 1]
        if first in ("{", "["):
            self.stack.append(_Open({} if first == "{" else None, self._names()))
            if len(self.stack) > self.max_depth:
                message = f"nested deeper than {self.max_depth} levels, the limit"
                raise _Stop(Problem("limit-exceeded", message, offset=start))
            self.offset += 1
            self._space()
            return True
        if first == '"':
            value = self._string()
            if _SURROGATE.search(value):
                message = "unpaired surrogate in a \\u escape; write both halves or the character itself"
                raise _Stop(Problem("invalid-json", message, offset=start))
        elif number := _NUMBER.match(text, start):
            yield from self._number(number)
        elif literal := _LITERAL.match(text, start):
            self.offset = literal.end()
        else:
            raise self._invalid(f"expected a JSON value, found {self._here()}")
        return False

    def _number(self, number: re.Match[str]) -> Iterator[Problem]:
        sign, whole, fraction, exponent = number.groups()
        written = number.group()
        self.offset = number.end()
        if _AFTER_NUMBER.match(self.text, self.offset):
            raise self._invalid(f"unexpected {self._here()} after the number {written}")
        if len(whole) > MAX_DIGITS:
            message = f"integer of {len(whole)} digits; the limit is {MAX_DIGITS}"
            raise _Stop(Problem("limit-exceeded", message, offset=number.start()))
        excerpt = written if len(written) <= 40 else written[:39] + "…"
        if fraction or exponent:
            what = "a fraction" if fraction else "an exponent"
            message = f"{excerpt} has {what}; every number of the contract is a plain integer"
        elif sign and whole == "0":
            message = "-0 is negative zero; write 0"
        else:
            return
        yield Problem("non-integer-number", message, self._pointer(), number.start(), excerpt)

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
            raise self._invalid(f"expected a property name in double quotes, found {self._here()}")
        key = self._string()
        if _SURROGATE.search(key):
            raise _Stop(Problem("invalid-json", "unpaired surrogate in a property name", offset=start))
        container = self.stack[-1]
        container.current, seen = key, container.seen
        assert seen is not None
        if self._names() > MAX_NAMES:
            message = f"the names on the way to a value have more than {MAX_NAMES} characters, the limit"
            raise _Stop(Problem("limit-exceeded", message, offset=start))
        first = start
        if key in seen:
            first, latest = seen[key]
            message = f"duplicate key {quoted(key)}"
            yield Problem("duplicate-member", message, self._pointer(), start, key, first, latest)
        seen[key] = (first, start)
        self._space()
        if self.text[self.offset : self.offset + 1] != ":":
            raise self._invalid(f"expected a colon after the property name, found {self._here()}")
        self.offset += 1
        self._space()

    def _closes(self) -> bool:
        """Whether the container just opened is empty."""
        return self.text[self.offset : self.offset + 1] == ("]" if self.stack[-1].seen is None else "}")

    def _next(self) -> bool:
        """Move past closing brackets to the next comma; False at the end of the document."""
        while True:
            self._space()
            if not self.stack:
                return False
            container = self.stack[-1]
            closing = "]" if container.seen is None else "}"
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
                    raise self._invalid("trailing comma before a closing bracket")
                if isinstance(container.current, int):
                    container.current += 1
                return True
            else:
                raise self._invalid(f"expected a comma or {closing}, found {self._here()}")

    def _space(self) -> None:
        if self.text[self.offset : self.offset + 1] not in _SPACES:
            return
        found = SPACE.match(self.text, self.offset)
        assert found is not None
        self.offset = found.end()

    def _pointer(self) -> str:
        """The pointer of the current value; those of the containers around it are made once."""
        known = len(self.stack)
        while known and self.stack[known - 1].pointer is None:
            known -= 1
        pointer = child(self.stack[known - 1].pointer or "", self.stack[known - 1].current) if known else ""
        for container in self.stack[known:]:
            container.pointer = pointer
            pointer = child(pointer, container.current)
        return pointer

    def _names(self) -> int:
        """Length of the names on the way to the current value."""
        if not self.stack:
            return 0
        key = self.stack[-1].current
        return self.stack[-1].names + (len(key) if isinstance(key, str) else 0)

    def _here(self) -> str:
        text, offset = self.text, self.offset
        if offset >= len(text):
            return "the end of the text"
        if word := _NOT_JSON.match(text, offset):
            return f"{word.group()[:40]}, which is not JSON"
        return quoted(text[offset])

    def _invalid(self, message: str) -> _Stop:
        return _Stop(Problem("invalid-json", message, offset=min(self.offset, len(self.text))))

    def _broken_string(self) -> _Stop:
        """The problem of the string at the offset, at the character that breaks it."""
        text, self.offset = self.text, self.offset + 1
        while True:
            body = _STRING_BODY.match(text, self.offset)
            assert body is not None
            self.offset = body.end()
            here = text[self.offset : self.offset + 1]
            if here == "\\":
                escape = _ESCAPE.match(text, self.offset)
                if escape is None:
                    excerpt = quoted(text[self.offset : self.offset + 6])
                    return self._invalid(f"invalid escape sequence {excerpt}")
                self.offset = escape.end()
            elif here:
                return self._invalid(f"unescaped control character U+{ord(here):04X} in a string")
            else:
                return self._invalid("unterminated string")
