"""Values that may tell two constraints on one place apart: at limits, of other types, with other words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.schema_tools.fitting import LONGEST, resized
from psion_contract.schema_tools.views import type_of

UNLISTED = "unlisted_member"
"""The name of a member that no schema names."""

_ANYTHING: tuple[Any, ...] = (None, True, 0, -1, 1, 0.5, "", "a", [], ["a"], {}, {UNLISTED: 1})
_CHARACTERS = "aZ0 _-.:/@é\u00a0\t\n\r\u0000\u007f\u0085\u2028\U0001f600"


def probes(keyword: str, was: Any, now: Any, seed: Any) -> Iterator[Any]:
    """Values to try where a keyword changed.

    Args:
        keyword: the keyword.
        was: its value; None where it is absent.
        now: its new value; None where it is absent.
        seed: a value that may stand there.
    """
    yield seed
    limits = [limit for limit in (was, now) if isinstance(limit, (int, float))]
    match keyword:
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf":
            yield from (limit + step for limit in limits for step in (0, -1, 1, -0.5, 0.5))
        case "minLength" | "maxLength" if isinstance(seed, str):
            for size in _sizes(limits):
                yield (seed + (seed[-1:] or "a") * size)[:size]
                yield "a" * size
        case "minItems" | "maxItems" if isinstance(seed, list):
            for size in _sizes(limits):
                yield resized(seed, size) if seed else ["a"] * size
        case "uniqueItems" if isinstance(seed, list):
            yield [*seed, *seed]
        case "pattern" | "not" | "format" if isinstance(seed, str):
            yield from _strings("".join([*_texts(was), *_texts(now)]), seed)
        case "minProperties" | "maxProperties" if isinstance(seed, dict):
            for size in _sizes(limits):
                yield dict(list(seed.items())[:size])
                yield seed | {f"{UNLISTED}_{number}": 1 for number in range(size - len(seed))}
    yield from _ANYTHING
    if isinstance(seed, dict):
        yield from ({name: item for name, item in seed.items() if name != left} for left in seed)
        yield from (seed | {name: other} for name in [UNLISTED, *seed] for other in _ANYTHING)


def of_type(name: str) -> list[Any]:
    """Values of one JSON type."""
    return [value for value in _ANYTHING if type_of(value) == name]


def _sizes(limits: list[Any]) -> list[int]:
    return [int(size) for limit in limits for size in (limit, limit - 1, limit + 1) if 0 <= size <= LONGEST]


def _texts(where: Any) -> Iterator[str]:
    """Every string in a schema."""
    if isinstance(where, str):
        yield where
    elif isinstance(where, (dict, list)):
        for each in where.values() if isinstance(where, dict) else where:
            yield from _texts(each)


def _strings(patterns: str, seed: str) -> Iterator[str]:
    """Strings out of the characters that patterns name and of others, alone and in `seed`."""
    codes = {ord(char) + step for char in patterns for step in (-1, 0, 1)}
    near = (chr(code) for code in sorted(codes) if 0 <= code < 0xD800 or 0xE000 <= code < 0x110000)
    for char in [*_CHARACTERS, *near]:
        yield from (char, char + seed, seed + char, f"{seed}{char}{seed}", char + seed[1:], seed[:-1] + char)
    yield from (seed.upper(), seed.lower(), seed.strip(), seed[:-1], seed * 2)
