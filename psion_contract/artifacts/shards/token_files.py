"""What the formats share: finding files, and reading integers of them by streams."""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Callable, Iterator
from typing import BinaryIO

from psion_contract.artifacts import storage
from psion_contract.exceptions import ArgumentError, ArtifactError

_PIECE = 1 << 20

DTYPES = {"uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8, "int8": 1, "int16": 2, "int32": 4, "int64": 8}
"""Types of a token in a file, always little-endian, and their bytes."""

_TYPE_CODES = {
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
}


def item_size(dtype: str) -> int:
    """The bytes of a token.

    Raises:
        ArgumentError: unknown type.
    """
    if dtype not in DTYPES:
        raise ArgumentError(f"dtype is {dtype!r}; expected one of {', '.join(DTYPES)}")
    return DTYPES[dtype]


def files_below(path: str, matches: Callable[[str], bool]) -> list[str]:
    """The path if it is a file, else the files below the folder whose names match, in the order of their paths."""
    if not storage.is_folder(path):
        storage.size_of(path)  # it exists
        return [path]
    if storage.is_remote(path):
        return sorted(storage.walk(path, matches))
    found = list[str]()
    seen = set[tuple[int, int]]()  # links to folders are followed, each folder once
    for folder, folders, names in os.walk(path, onerror=_fail, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        found += (os.path.join(folder, each) for each in names if matches(each))
    return sorted(found)


def _fail(error: OSError) -> None:
    """Raise what is wrong with a folder: without what is in it, the counts would be too low."""
    raise error


def tokens_of_size(path: str, size: int, dtype: str) -> int:
    """How many tokens fill a file of that many bytes.

    Raises:
        ArtifactError: the last token is cut off.
    """
    tokens, rest = divmod(size, item_size(dtype))
    if rest:
        raise ArtifactError(
            path, f"has {size} bytes", f"a multiple of {item_size(dtype)}, the bytes of a {dtype}"
        )
    return tokens


def exactly(file: BinaryIO, size: int, path: str, what: str) -> bytes:
    """The next bytes of a file.

    Raises:
        ArtifactError: the file ends before.
    """
    data = file.read(min(size, _PIECE))
    if size > len(data) == _PIECE:  # the size may be a damaged one, for which there is no memory
        pieces = bytearray(data)
        while some := file.read(min(size - len(pieces), _PIECE)):
            pieces += some
        data = bytes(pieces)
    if len(data) != size:
        raise ArtifactError(path, f"is cut off in {what}: {len(data)} bytes are left", f"{size} bytes")
    return data


def integers(file: BinaryIO, dtype: str, number: int, path: str, what: str) -> Iterator[array[int]]:
    """The next integers of a file, in arrays of about a megabyte.

    Raises:
        ArtifactError: the file ends before.
    """
    size = item_size(dtype)
    while number:
        some = min(number, _PIECE // size)
        values = array(_TYPE_CODES[dtype], exactly(file, some * size, path, what))
        if sys.byteorder == "big":
            values.byteswap()
        yield values
        number -= some
