"""What requests and answers of the line protocol (docs/conformance.md) are made of."""

from __future__ import annotations

from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")

_NAMES: dict[type, str] = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}


class ProtocolError(ValueError):
    """A request or an answer is none of the protocol; the message says what is wrong with it."""


def member(holder: Any, name: str, kind: type[T], where: str) -> T:
    """A member that an object must have.

    Args:
        holder: what should be the object.
        name: of the member.
        kind: its type; true and false are no integers.
        where: how messages call the object.

    Raises:
        ProtocolError: there is no such member, it is of another type, or the holder is no object.
    """
    if not isinstance(holder, dict):
        raise ProtocolError(f"{where} is no object")
    if name not in holder:
        raise ProtocolError(f'{where} has no "{name}"')
    value: T = holder[name]
    if type(value) is not kind:
        raise ProtocolError(f'"{name}" of {where} is no {_NAMES[kind]}')
    return value
