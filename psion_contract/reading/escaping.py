"""Values in messages: shortened, and escaped because a document could otherwise control the terminal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from json import dumps
from typing import Any


def quoted(value: str, limit: int = 72) -> str:
    """A string in double quotes, shortened to `limit` characters, invisible characters escaped."""
    text = shortened(value, limit).replace("\\", "\\\\").replace('"', '\\"')
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _code(char) for char in text)
    return _harmless(f'"{text}"')


def shortened(text: str, limit: int) -> str:
    """Text of at most `limit` characters: of longer text, its beginning and its end."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def excerpt(value: Any, limit: int = 72) -> str:
    """A JSON value on one line, shortened and escaped as by `quoted`."""
    if isinstance(value, str):
        return quoted(value, limit)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return listed(value, limit) if value else "[]"
    return _harmless(shortened(dumps(value, ensure_ascii=True), limit))


def listed(values: Collection[str], limit: int = 72, unlisted: int = 0) -> str:
    """Strings in quotes, separated by commas; ends with ``and 3 more`` where not all of them fit.

    Args:
        values: the strings.
        limit: maximum length of each.
        unlisted: how many more there are than `values`.
    """
    parts: list[str] = []
    length = 0
    for index, value in enumerate(values):
        part = quoted(value, limit)
        if parts and length + len(part) > 2 * limit:
            unlisted += len(values) - index
            break
        parts.append(part)
        length += len(part)
    return ", ".join(parts) + (f" and {unlisted} more" if unlisted else "")


def printable(text: str) -> str:
    """Text with invisible characters and line feeds escaped, which is safe to print to a terminal.

    It is no command of a CI service either: ``::error::`` at the start of a line, or ``##[group]`` anywhere.
    """
    if text.isprintable() and "::" not in text and "##[" not in text:  # nearly always
        return text
    text = _harmless(text)
    if text.lstrip().startswith("::"):
        at = len(text) - len(text.lstrip())
        return printable(text[:at]) + _code(text[at]) + printable(text[at + 1 :])
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _code(char) for char in text)


def counted(count: int, noun: str) -> str:
    """A count with its noun: ``1 entry``, ``2 entries``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def digest_flaw(text: str) -> str:
    """Why text is not a digest, which is 64 lowercase hex characters; empty if it is one."""
    if re.fullmatch("[0-9a-f]{64}", text):
        return ""
    flaw = f"{quoted(text)} is not a SHA-256 digest"
    bare = text.strip()
    if re.fullmatch("(?i:sha-?256[:=-])?[0-9a-fA-F]{64}", bare):
        if len(bare) > 64:
            return f"{flaw}: omit {quoted(bare[:-64])}"
        return f"{flaw}: {'write it in lowercase' if bare != bare.lower() else 'omit the white space'}"
    if re.fullmatch("[0-9a-fA-F]+", bare):
        return f"{flaw}: it has {len(bare)} hex characters, expected 64"
    return f"{flaw} (64 lowercase hex characters)"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` with the known word closest to `word`; empty if none is close."""
    from difflib import get_close_matches  # imported only for an error message

    close = get_close_matches(word, known, 1) if len(word) <= 100 else []
    return f"; did you mean {quoted(close[0])}?" if close else ""


def _harmless(text: str) -> str:
    """Text without the mark of a command that a CI service carries out wherever it finds it."""
    return text.replace("##[", f"#{_code('#')}[") if "##[" in text else text


def _code(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
