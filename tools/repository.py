"""Paths and files of the checkout that the tools read and write."""

from __future__ import annotations

from json import loads
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""The top of the repository."""


class BrokenFileError(Exception):
    """A file that is written by hand cannot be used; the message says which and why."""


def text(path: str) -> str | None:
    """The text of a file, by its path from the top of the repository; None if it does not exist.

    Bytes that are not UTF-8 become lone surrogates, so that no generated text is equal to it.
    """
    try:
        return (ROOT / path).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def json(path: str) -> Any:
    """The value of a JSON file; an empty object if it does not exist.

    Raises:
        BrokenFileError: it is not JSON.
    """
    try:
        return loads(text(path) or "{}")
    except ValueError as error:
        raise BrokenFileError(f"{path} is not JSON: {error}") from error


def files_below(folder: str) -> list[str]:
    """The paths of all files below a folder, sorted."""
    found = (ROOT / folder).rglob("*")
    return sorted(path.relative_to(ROOT).as_posix() for path in found if path.is_file())
