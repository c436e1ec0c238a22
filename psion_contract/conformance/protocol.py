"""The line protocol between the runner and an implementation: one JSON object per line in each direction.

A request has an ``id`` and an ``op``:

- ``check``: ``documents`` and ``inputs`` (arrays of ``name`` and ``base64``), ``strict``, and ``limits`` if they
  differ from the default. The answer has the ``verdict`` and the ``findings``, each with ``rule``, ``document`` and
  ``pointer``, and optionally ``related``: an array of ``document`` and ``pointer``, the other sides of the
  contradiction. Rules, documents, pointers and verdict decide whether a case passes. If an
  implementation reports ``related``, it is compared; a difference is only a remark and does not fail the case.
- ``digest``: ``digest`` and ``base64``, the JSON text. The answer has the ``sha256`` and optionally the ``preimage``.

The answer repeats the ``id``. Instead of a result it may have an ``error``, or ``not_implemented``, each a string. Other
properties are ignored. What else this implementation can be asked is described in `serving`.
"""

from __future__ import annotations

from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")

_TYPE_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    list: "an array",
    dict: "an object",
}


class ProtocolError(ValueError):
    """A request or an answer breaks the protocol; the message says how."""


def member(container: Any, name: str, expected: type[T], label: str) -> T:
    """A required property of an object.

    Args:
        container: the value that should be the object.
        name: of the property.
        expected: its type; booleans are not integers.
        label: what messages call the object.

    Raises:
        ProtocolError: the property is missing or of another type, or the value is not an object.
    """
    if not isinstance(container, dict):
        raise ProtocolError(f"{label} is not an object")
    if name not in container:
        raise ProtocolError(f'{label} has no "{name}"')
    value: T = container[name]
    if type(value) is not expected:
        raise ProtocolError(f'"{name}" of {label} is not {_TYPE_NAMES[expected]}')
    return value
