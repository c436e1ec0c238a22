"""Values as messages show them: escaped, so that a document cannot draw on a terminal, and shortened."""

from __future__ import annotations

from json import dumps
from typing import Any


def quoted(value: str, limit: int = 72) -> str:
    """A string in double quotes, shortened to `limit` characters, with nothing in it that is invisible."""
    shown = value if len(value) <= limit else value[: limit - 1] + "…"
    return '"' + "".join(map(_escaped, shown)) + '"'


def shown(value: Any, limit: int = 72) -> str:
    """A JSON value on one line, escaped and shortened as `quoted` does; null for None."""
    if isinstance(value, str):
        return quoted(value, limit)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return listed(value, limit) if value else "[]"
    text = dumps(value, ensure_ascii=True)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(values: list[str], limit: int = 72) -> str:
    """Strings in quotes, with commas; what does not fit is counted."""
    parts: list[str] = []
    length = 0
    for index, value in enumerate(values):
        part = quoted(value, limit)
        if parts and length + len(part) > 2 * limit:
            return ", ".join(parts) + f" and {len(values) - index} more"
        parts.append(part)
        length += len(part)
    return ", ".join(parts)


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: str) -> str:
    """Text from outside as a terminal may show it: what is invisible is escaped, line feeds too."""
    return (
        text
        if text.isprintable()
        else "".join(_escaped(char) if not char.isprintable() else char for char in text)
    )
