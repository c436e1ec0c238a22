"""Numbers that some readers cannot hold, in any document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.kinds import ROLES
from psion_contract.pointers import child
from psion_contract.quoting import shown
from psion_contract.rules.base import Body, Flaw, Subject, check
from psion_contract.strictjson import MAX_SAFE_INTEGER


def _unsafe(role: str) -> Body:
    def body(s: Subject) -> Iterable[Flaw]:
        if not s.main.unsafe:
            return ()
        message = f"is above 2^53 - 1 = {MAX_SAFE_INTEGER}; JavaScript and others round it"
        large = _large(s.main.value, "")
        return [Flaw(role, pointer, f"{shown(number)} {message}", None, number) for pointer, number in large]

    return body


def _large(value: Any, pointer: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _large(item, child(pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _large(item, child(pointer, index))
    elif type(value) is int and value > MAX_SAFE_INTEGER:
        yield pointer, value


for _role in ROLES:
    check("unsafe-integer", _role)(_unsafe(_role))
