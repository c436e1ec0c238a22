"""How large the input of a check is, before it is read."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence

from psion_contract.reading.compression import ENDINGS
from psion_contract.reading.files import LARGE, STDIN, is_lines, is_parquet, walk
from psion_contract.reading.urls import is_remote

_COMPRESSED = 32
"""Bytes of documents that a byte of a compressed file, or of Parquet, is taken for; receipts of one run can be more."""


def is_large(paths: Sequence[str], stdin_name: str) -> bool:
    """Whether paths have JSON Lines or Parquet files that are large, or of unknown size.

    Raises:
        UnreadableError: a URL cannot be read. Who would ask again might wait again for a server that does not answer.
    """
    size = 0
    for path in paths:
        if path == STDIN:
            if is_lines(stdin_name) and not _is_small_input(stdin_name):
                return True
        elif is_remote(path):
            size += _size_at(path)
        elif os.path.isdir(path):
            size += sum(size_of(each) * _weight(each) for each in _many_below(path))
        elif is_lines(path) or is_parquet(path):
            size += size_of(path) * _weight(path)
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
            total += LARGE if size is None else size * _weight(file.name)
        if total >= LARGE:
            break
    return total


def _weight(name: str) -> int:
    """How many bytes of documents a byte of a file is taken for."""
    return _COMPRESSED if name.lower().endswith(ENDINGS) or is_parquet(name) else 1


def _is_small_input(name: str) -> bool:
    """Whether standard input is a small file."""
    try:
        status = os.fstat(sys.stdin.fileno())
    except (OSError, ValueError, AttributeError):
        return True  # it is replaced, as in tests
    return stat.S_ISREG(status.st_mode) and status.st_size * _weight(name) < LARGE


def _many_below(folder: str) -> Iterator[str]:
    for parent, _, files in walk(folder):
        yield from (os.path.join(parent, name) for name in files if is_lines(name) or is_parquet(name))
