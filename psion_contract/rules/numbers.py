"""Numbers that some readers cannot hold, in any document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.documents.kinds import ROLES
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import MAX_SAFE_INTEGER
from psion_contract.reading.pointers import child
from psion_contract.rules.checks import Check, Flaw, Subject, check


def _unsafe(role: str) -> Check:
    @check(f"unsafe-integer.{role}")
    def integers(s: Subject) -> Iterable[Flaw]:
        if not s.main.unsafe:
            return ()
        return [
            Flaw(
                role,
                pointer,
                f"{excerpt(number)} is {_beyond(number)}; JavaScript and others round it",
                None,
                number,
            )
            for pointer, number in _large(s.main.value, "")
        ]

    return integers


def _large(value: Any, pointer: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _large(item, child(pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _large(item, child(pointer, index))
    elif type(value) is int and abs(value) > MAX_SAFE_INTEGER:
        yield pointer, value


def _beyond(number: int) -> str:
    if number > 0:
        return f"above 2^53 - 1 = {MAX_SAFE_INTEGER}"
    return f"below -(2^53 - 1) = {-MAX_SAFE_INTEGER}"


CHECKS: tuple[Check, ...] = tuple(map(_unsafe, ROLES))
