"""Sources from files, directories, JSON Lines and standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits
from psion_contract.reading.json_text import Problem
from psion_contract.reading.source import Source

STDIN = "-"
LINES = (".jsonl", ".ndjson")
"""Endings of the names of JSON Lines files."""

_DOCUMENTS = (".json", *LINES)


def gather(
    paths: list[str], limits: Limits = DEFAULT_LIMITS, stdin_name: str = "<stdin>"
) -> Iterator[Source]:
    """The sources of some paths.

    A file is one document, or one document per line if its name ends with ``.jsonl`` or ``.ndjson``. A
    directory means the files below it that end with ``.json``, ``.jsonl`` or ``.ndjson``, in the order of
    their paths; links to directories are not followed. ``-`` is standard input.

    Args:
        paths: as the user wrote them; findings use these names.
        limits: ``max_bytes`` bounds what is read of each document.
        stdin_name: the name of standard input; its extension decides whether it is read as JSON Lines.

    Raises:
        UnreadableError: a path does not exist, cannot be read or is not a regular file.
    """
    for path in paths:
        if path == STDIN:
            if sys.stdin is None:
                raise UnreadableError("standard input is closed")
            yield from _documents(sys.stdin.buffer, stdin_name, limits, named=True)
        elif os.path.isdir(path):
            for file in _files_in(path):
                yield from _file(file, limits, named=False)
        else:
            yield from _file(path, limits, named=True)


def _files_in(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise UnreadableError(f"{printable(str(error.filename))}: {error.strerror}")

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(parent, name)
            if name.lower().endswith(_DOCUMENTS) and os.path.isfile(path):
                yield path


def _file(path: str, limits: Limits, named: bool) -> Iterator[Source]:
    """Open without blocking: a pipe without a writer would block for ever."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise UnreadableError(f"{printable(path)}: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UnreadableError(f"{printable(path)}: not a regular file; pipe it in and pass -")
        try:
            yield from _documents(file, path, limits, named)
        except OSError as error:
            raise UnreadableError(f"{printable(path)}: {error.strerror}") from error


def _documents(file: BinaryIO, name: str, limits: Limits, named: bool) -> Iterator[Source]:
    """Read one byte more than the limit, from which the reader detects the excess."""
    if name.lower().endswith(LINES):
        yield from _lines(file, name, limits, named)
    else:
        data = file.read(limits.max_bytes + 1)
        if data is None:  # a non-blocking standard input
            raise UnreadableError(f"{printable(name)}: reading would block")
        yield Source(name, data, named)


def _lines(file: BinaryIO, name: str, limits: Limits, named: bool) -> Iterator[Source]:
    """The lines of a JSON Lines file, up to the limit."""
    number, empty = 0, True
    while line := file.readline(limits.max_bytes + 2):
        number += 1
        if number > limits.max_lines:
            fault = Problem("limit-exceeded", f"more than {limits.max_lines} lines, the limit")
            yield Source(name, b"", named, fault=fault)
            return
        if line.strip():
            empty = False
            yield Source(f"{name}:{number}", line.rstrip(b"\r\n"), named, number, group=name)
        if not line.endswith(b"\n") and not _skip_line(file):
            break
    if empty:
        yield Source(name, b"null", named, located=False, group=name)  # a file without any document


def _skip_line(file: BinaryIO) -> bool:
    """Skip the rest of a line that is too long; False at the end of the file or after 256 MiB."""
    for _ in range(256):
        piece = file.readline(1 << 20)
        if not piece:
            return False
        if piece.endswith(b"\n"):
            return True
    return False
