"""Numbers that some readers cannot hold, in any document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.documents.kinds import ROLES
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import MAX_SAFE_INTEGER
from psion_contract.reading.pointers import containers, pointer_to
from psion_contract.rules.checks import Check, Flaw, Subject, check


def _unsafe(role: str) -> Check:
    @check(f"unsafe-integer.{role}")
    def integers(s: Subject) -> Iterable[Flaw]:
        return _large(role, s.main.value) if s.main.unsafe else ()

    return integers


def _large(role: str, value: Any) -> Iterator[Flaw]:
    for path, node in containers(value):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            if type(item) is int and abs(item) > MAX_SAFE_INTEGER:
                message = f"{excerpt(item)} is {_beyond(item)}; JavaScript and others round it"
                yield Flaw(role, pointer_to((path, key)), message, None, item)


def _beyond(number: int) -> str:
    if number > 0:
        return f"above 2^53 - 1 = {MAX_SAFE_INTEGER}"
    return f"below -(2^53 - 1) = {-MAX_SAFE_INTEGER}"


CHECKS: tuple[Check, ...] = tuple(map(_unsafe, ROLES))
