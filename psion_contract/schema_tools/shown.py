"""JSON values on one line, escaped, and clipped so that what they are can still be seen."""

from __future__ import annotations

from collections.abc import Iterable
from json import dumps
from typing import Any

from psion_contract.quoting import quoted

_LIMIT = 72
"""So many characters of a string, and about as many of a list or an object, are shown."""


def shown(value: Any, limit: int = _LIMIT) -> str:
    """A JSON value as JSON text; ``…`` stands for what is left out, within the quotes or brackets."""
    if isinstance(value, str):
        return quoted(value, limit)
    if isinstance(value, list):
        return f"[{_clipped((('', item) for item in value), limit)}]"
    if isinstance(value, dict):
        return f"{{{_clipped(((f'{quoted(key)}: ', item) for key, item in value.items()), limit)}}}"
    return dumps(value)


def _clipped(pairs: Iterable[tuple[str, Any]], limit: int) -> str:
    """Items, each behind its label, with commas; those that start beyond the limit are left out."""
    parts: list[str] = []
    length = 0
    for label, item in pairs:
        if length >= limit:
            return ", ".join([*parts, "…"])
        parts.append(label + shown(item, max(limit - length - len(label), 1)))
        length += len(parts[-1]) + 2
    return ", ".join(parts)
