"""Python values as JSON: mappings, dataclasses, paths, and the scalars and arrays of numeric libraries.

None of these libraries is imported: a value is recognised by what it can do. A value that is not JSON is refused with
the place of the offending member.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from json import dumps, loads
from math import isfinite
from numbers import Number
from typing import Any

from psion_contract.exceptions import ArgumentError
from psion_contract.reading.pointers import child

_MAX_DEPTH = 1000
"""Levels of nesting in which the place of an offending member is looked for."""


class NotJsonError(ValueError):
    """A value that is not JSON.

    Attributes:
        pointer: to the offending member.
        reason: what is wrong with it.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        self.pointer = pointer
        self.reason = reason
        super().__init__(f"{pointer}: {reason}" if pointer else reason)


def to_bytes(value: Any) -> bytes:
    """A document as bytes, from bytes, text or a Python value.

    A Python value is serialised, so that the reader applies the same rules to it as to a file.

    Raises:
        NotJsonError: the value has no JSON form: a set, a NaN, a cycle, an object of another class.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    text = value if isinstance(value, str) else _serialised(value)
    return text.encode("utf-8", "surrogatepass")


def plain(value: Any, argument: str) -> Any:
    """An argument as a value of JSON types only, which shares nothing with the caller's objects.

    Args:
        value: the argument.
        argument: its name.

    Raises:
        ArgumentError: it has no JSON form; the message names the argument and the member.
    """
    try:
        return loads(_serialised(value), object_pairs_hook=_object)
    except (NotJsonError, RecursionError) as error:
        raise ArgumentError(f"{argument}: {error}") from error


def scalar(value: Any) -> Any:
    """The Python number of a scalar of a numeric library; anything else, and a number of Python's tower, unchanged."""
    if value is None or isinstance(value, (str, bytes, Number, Mapping, list, tuple)):
        return value
    try:
        converted = _converted(value)
    except Exception:
        return value
    return converted if isinstance(converted, Number) else value


def as_mapping(value: Any) -> Any:
    """A dataclass or named tuple as a mapping of its members, unconverted; anything else unchanged."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    return _members(value) if _is_dataclass(value) else value


def _serialised(value: Any) -> str:
    try:
        text = dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_converted)
        if not text.isascii():
            text.encode()  # refuses half a surrogate pair
        return text
    except Exception as error:  # conversions are the code of other libraries
        raise _offence(value) or NotJsonError("", f"not a JSON value: {error}") from error


def _converted(value: Any) -> Any:
    """The JSON form of an object that the json module does not know, or nearer to it.

    Raises:
        TypeError: it has none.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if _is_dataclass(value):
        return _members(value)
    # The scalars and arrays of numpy, torch and jax. Those of times have a unit, which a number would lose.
    if getattr(getattr(value, "dtype", None), "kind", "") not in ("m", "M"):
        for method in ("tolist", "item", "__index__"):
            convert = getattr(type(value), method, None)
            if convert is not None:
                converted = convert(value)
                if type(converted) is not type(value):
                    return converted
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        raise NotJsonError("", "two members have the same name once names are strings")
    return value


def _is_dataclass(value: Any) -> bool:
    return hasattr(type(value), "__dataclass_fields__")


def _members(value: Any) -> dict[str, Any]:
    from dataclasses import fields  # imported only for a dataclass

    return {each.name: getattr(value, each.name) for each in fields(value)}


def _offence(root: Any) -> NotJsonError | None:
    """The first member of a value that is not JSON, found without recursion."""
    path: list[str] = []
    containers: list[int] = []
    stack: list[Iterator[tuple[str, Any]]] = [iter([("", root)])]
    while stack:
        name, value = next(stack[-1], (None, None))
        if name is None:
            stack.pop()
            del path[-1:], containers[-1:]
            continue
        contains_itself = isinstance(value, (list, tuple, dict)) and id(value) in containers
        if contains_itself or len(path) > _MAX_DEPTH:
            return NotJsonError("", "nested too deeply, or contains itself")
        try:
            members = _members_of(value)
        except Exception as error:
            return NotJsonError("".join([*path, name]), str(error) or type(error).__name__)
        path.append(name)
        containers.append(id(value))
        stack.append(members)
    return None


def _members_of(value: Any) -> Iterator[tuple[str, Any]]:
    """The members of a value, each with its part of a pointer.

    Raises:
        Exception: the value or the name of a member is not JSON.
    """
    if isinstance(value, (list, tuple)):
        return ((f"/{index}", each) for index, each in enumerate(value))
    if isinstance(value, dict):
        for name in value:
            if not isinstance(name, (str, int, float, type(None))):
                raise TypeError(f"a member name of type {type(name).__name__} is not JSON; expected a string")
            _refuse_surrogates(str(name), "a member name")
        return ((child("", str(name)), each) for name, each in value.items())
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{value} is not JSON; numbers are finite")
    elif isinstance(value, int):
        dumps(value)  # refuses an integer with more digits than the interpreter converts
    elif isinstance(value, str):
        _refuse_surrogates(value, "the string")
    elif value is not None:
        return iter([("", _converted(value))])
    return iter(())


def _refuse_surrogates(text: str, what: str) -> None:
    """Refuse a string with half a surrogate pair, such as the name of a file that is not UTF-8.

    Raises:
        ValueError: it has one.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}"
        raise ValueError(
            f"{what} has the unpaired surrogate {half} at character {error.start + 1}, which UTF-8 cannot write"
        ) from None


def checked_jobs(jobs: int | None) -> int | None:
    """The argument `jobs` of a public call: how many threads or processes; None for as many as there are cores.

    Raises:
        ArgumentError: it is something else.
    """
    if jobs is not None and (not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < 1):
        raise ArgumentError(f"jobs: expected an integer from 1, found {jobs!r:.100}")
    return jobs
