"""How large the input of a check is, before it is read."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence

from psion_contract.reading.files import LARGE, STDIN, is_lines, is_parquet
from psion_contract.reading.urls import is_remote


def is_large(paths: Sequence[str], stdin_name: str) -> bool:
    """Whether paths have JSON Lines or Parquet files that are large, or of unknown size.

    Raises:
        UnreadableError: a URL cannot be read. Who would ask again might wait again for a server that does not answer.
    """
    size = 0
    for path in paths:
        if path == STDIN:
            if is_lines(stdin_name) and not _is_small_input():
                return True
        elif is_remote(path):
            size += _size_at(path)
        elif os.path.isdir(path):
            size += sum(map(size_of, _many_below(path)))
        elif is_lines(path) or is_parquet(path):
            size += size_of(path)
    return size >= LARGE


def size_of(path: str) -> int:
    """The bytes of a file; 0 if it cannot be read, because the check says what is wrong."""
    try:
        status = os.stat(path)
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _size_at(url: str) -> int:
    """The bytes of the JSON Lines at a URL, at least until they are large, as those of unknown size are."""
    from psion_contract.reading.remote import RemoteFiles

    total = 0
    place = RemoteFiles(url)
    for file in place:
        if is_lines(file.name):
            size = place.size_of(file)
            total += LARGE if size is None else size
        if total >= LARGE:
            break
    return total


def _is_small_input() -> bool:
    """Whether standard input is a small file."""
    try:
        status = os.fstat(sys.stdin.fileno())
    except (OSError, ValueError, AttributeError):
        return True  # it is replaced, as in tests
    return not stat.S_ISFIFO(status.st_mode) and status.st_size < LARGE


def _many_below(folder: str) -> Iterator[str]:
    for parent, _, files in os.walk(folder):
        yield from (os.path.join(parent, name) for name in files if is_lines(name) or is_parquet(name))
