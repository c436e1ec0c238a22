"""The one reader: bytes to a JSON value, or to the problems of the text.

The fast parser reads. A survey of its result then looks for what the parser accepts and the contract does not:
fractions, negative zero, deep nesting. Only if the parser or the survey finds something does the exact scanner
read the text again and report every problem with its position. Section 3, "Reading", of the contract.
"""

import gc
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from operator import index
from typing import Any, NamedTuple, Self

from jiter import LosslessFloat, from_json

from psion_contract.exceptions import ArgumentError
from psion_contract.reading.json_text import MAX_NAMES, Problem, Text

Json = dict[str, Any]
"""A JSON object."""

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript and other readers of doubles represent exactly, as they do every smaller one."""

MAX_DEPTH = 200
"""The largest value of `Limits.max_depth`: the fast parser does not read deeper nesting."""

_LARGE = 1 << 20
"""From so many bytes on, a text is large."""


class _Limits(NamedTuple):
    max_bytes: int
    max_depth: int
    max_members: int
    max_lines: int | None


class Limits(_Limits):
    """Limits of the reader, per document (each line of a JSON Lines file is a document): integers from 0.

    Attributes:
        max_bytes: size in bytes; 16 MiB by default.
        max_depth: levels of nested arrays and objects, including the outermost; 128 by default. A value above
            `MAX_DEPTH` counts as `MAX_DEPTH`.
        max_members: members of all objects and items of all arrays together; one million by default.
        max_lines: lines of one JSON Lines file; None, the default, for any number.

    Raises:
        ArgumentError: a limit is not an integer, or is negative.
    """

    __slots__ = ()

    def __new__(
        cls,
        max_bytes: int = 16 * 1024 * 1024,
        max_depth: int = 128,
        max_members: int = 1_000_000,
        max_lines: int | None = None,
    ) -> Self:
        """Validate the limits."""
        return cls._make((max_bytes, max_depth, max_members, max_lines))

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Self:  # type: ignore[override]
        """Validate the limits, also of `_replace`."""
        values: list[int | None] = []
        for name, value in zip(cls._fields, iterable, strict=True):
            if value is None and name == "max_lines":
                values.append(None)
                continue
            if isinstance(value, bool) or not hasattr(type(value), "__index__"):
                found = type(value).__name__
                raise ArgumentError(f"limits: {name} is a {found}; expected an integer from 0")
            number = index(value)
            if number < 0:
                raise ArgumentError(f"limits: {name} is {number}; expected an integer from 0")
            values.append(number)
        return super()._make(values)


DEFAULT_LIMITS = Limits()


def checked_limits(limits: Limits) -> Limits:
    """The argument `limits` of a public call.

    Raises:
        ArgumentError: it is something else.
    """
    if not isinstance(limits, Limits):
        raise ArgumentError(f"limits: expected a Limits, found a {type(limits).__name__}")
    return limits


_STRING = rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_PERHAPS_NEGATIVE_ZERO = rb"(?:^|[:\[, \t\r\n])-0"  # or part of a string; the scanner tells
_EMPTY = rb"[\[{][ \t\n\r]*+[\]}]"


class Reading(NamedTuple):
    """The outcome of reading one text.

    Attributes:
        value: the JSON value; None where `readable` is false.
        text: for positions.
        problems: what is wrong with the text, in order.
        unsafe: whether the value contains an integer above 2^53 - 1, or below its negative.
        plain: what `plain` said of the value: if it is true, the value needs no further checks.
    """

    value: Any
    text: Text
    problems: Sequence[Problem] = ()
    unsafe: bool = False
    plain: Any = None

    @property
    def readable(self) -> bool:
        """Whether there is a value, possibly with duplicate keys or fractions."""
        return not self.problems or not any(problem.fatal for problem in self.problems)


def read(
    data: bytes,
    limits: Limits = DEFAULT_LIMITS,
    first_line: int = 1,
    plain: Callable[[Any], object] | None = None,
    foreign: Callable[[bytes], bool] | None = None,
) -> Reading:
    """Read one document. Problems of the text are returned, not raised.

    Args:
        data: the text as bytes; strict JSON is UTF-8 without a byte order mark.
        limits: the limits of the reader.
        first_line: the line of the file on which the document starts.
        plain: says something true of a value if that has no fraction (it sees such numbers as jiter's LosslessFloat), no zero, no
            integer above 2^53 - 1, and is not nested deeper than the limit. Nearly every
            contract document passes and skips the survey.
        foreign: whether a small text, which has a repeated key, has nothing to do with the contract; then its problems
            are not looked for.
    """
    text = Text(data, first_line)
    if len(data) > limits.max_bytes:
        message = f"larger than {limits.max_bytes} bytes, the limit"
        return Reading(None, Text(b"", first_line), [Problem("limit-exceeded", message)])
    if len(data) > limits.max_members and _count_members(data) > limits.max_members:
        message = f"more than {limits.max_members} members and items, the limit"
        return Reading(None, Text(b"", first_line), [Problem("limit-exceeded", message)])
    try:
        value = _parsed(data)
    except ValueError as error:
        if foreign is not None and _is_small(data, limits):
            with suppress(ValueError):
                value = from_json(data, allow_inf_nan=False)  # as it is but for a repeated key
                if foreign(data):
                    return Reading(value, text)
        return _scanned(text, limits, str(error))
    if plain is not None and (said := plain(value)):
        return Reading(value, text, (), False, said)
    survey = _survey(value)
    if survey.fraction or survey.depth > _max_depth(limits) or survey.names > MAX_NAMES:
        return _scanned(text, limits)
    if survey.zero and b"-0" in data and re.search(_PERHAPS_NEGATIVE_ZERO, data):
        return _scanned(text, limits)
    return Reading(value, text, unsafe=survey.unsafe)


def _parsed(data: bytes) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is not JSON, or has a repeated key.
    """
    if len(data) < _LARGE:
        return from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="lossless-float")
    # A large text makes very many objects, but no cycles, which the collector would look for again and again; and few of
    # its values are repeated.
    collects = gc.isenabled()
    gc.disable()
    try:
        return from_json(
            data,
            allow_inf_nan=False,
            catch_duplicate_keys=True,
            float_mode="lossless-float",
            cache_mode="keys",
        )
    finally:
        if collects:
            gc.enable()


def _is_small(data: bytes, limits: Limits) -> bool:
    """Whether a text cannot be over a limit that only the scanner sees: nesting, and the length of names."""
    return len(data) <= MAX_NAMES and data.count(b"[") + data.count(b"{") <= _max_depth(limits)


class _Survey(NamedTuple):
    """Properties of a value that the fast parser does not report."""

    depth: int
    names: int  # at most so many characters have the names on the way to a value
    fraction: bool
    zero: bool
    unsafe: bool


def _survey(value: Any) -> _Survey:
    """One pass over a value."""
    deepest = longest = 0
    fraction = zero = unsafe = False
    stack: list[tuple[Iterable[Any], int, int]] = [((value,), 0, 0)]
    while stack:
        items, depth, names = stack.pop()
        deepest, longest = max(deepest, depth), max(longest, names)
        for item in items:
            kind = type(item)
            if kind is str:
                continue
            if kind is int:
                if item == 0:
                    zero = True
                elif not -MAX_SAFE_INTEGER <= item <= MAX_SAFE_INTEGER:
                    unsafe = True
            elif kind is dict:
                stack.append((item.values(), depth + 1, names + max(map(len, item), default=0)))
            elif kind is list:
                stack.append((item, depth + 1, names))
            elif kind is LosslessFloat or kind is float:
                fraction = True
    return _Survey(deepest, longest, fraction, zero, unsafe)


def _count_members(data: bytes) -> int:
    """Members and items of a JSON text, counted before parsing; an estimate where it is not JSON."""
    skeleton = re.sub(_STRING, b"0", data, flags=re.DOTALL)
    opened = skeleton.count(b"[") + skeleton.count(b"{")
    return skeleton.count(b",") + opened - len(re.findall(_EMPTY, skeleton))


def _scanned(text: Text, limits: Limits, refusal: str = "") -> Reading:
    """Read again with the exact scanner."""
    from psion_contract.reading import diagnosis
    from psion_contract.reading.scanner import scan

    if other := diagnosis.of_bytes(text.data):  # no line of it can be shown
        return Reading(None, Text(b"", text.first_line), [Problem("invalid-json", other)])
    problem = _not_utf8(text.data)
    problems = [problem] if problem else scan(text.text, _max_depth(limits))
    if refusal and not problems:
        # Should not happen: tests check that the two readers agree.
        problems = [Problem("invalid-json", refusal)]
    if any(problem.fatal for problem in problems):
        last = problems[-1]
        familiar = (
            None if problem or last.rule != "invalid-json" else diagnosis.of_text(text.text, last.offset)
        )
        if familiar:
            problems[-1] = last._replace(message=f"{familiar} ({last.message})")
        return Reading(None, text, problems)
    value = from_json(text.data, allow_inf_nan=False)
    return Reading(value, text, problems, unsafe=_survey(value).unsafe)


def _max_depth(limits: Limits) -> int:
    return min(limits.max_depth, MAX_DEPTH)


def _not_utf8(data: bytes) -> Problem | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        offset = len(data[: error.start].decode())
        message = f"byte 0x{data[error.start]:02x} at byte {error.start} is not UTF-8 ({error.reason})"
        return Problem("invalid-json", message, offset=offset)
    return None
