"""Paths and files of the checkout that the tools read and write."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The top of the repository."""


def text(path: str) -> str | None:
    """The text of a file, by its path from the top of the repository; None if it does not exist."""
    try:
        return (ROOT / path).read_bytes().decode()
    except FileNotFoundError:
        return None


def files_below(folder: str) -> list[str]:
    """The paths of all files below a folder, sorted."""
    found = (ROOT / folder).rglob("*")
    return sorted(path.relative_to(ROOT).as_posix() for path in found if path.is_file())
