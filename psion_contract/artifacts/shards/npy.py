"""NumPy's ``.npy``: a header and the tokens, one array of them or one row for each sequence."""

from __future__ import annotations

import re
import struct
from ast import literal_eval
from collections.abc import Iterator
from math import prod
from typing import BinaryIO, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import NOTHING, Counts, Shard, windows
from psion_contract.artifacts.shards.token_files import exactly, files_below, item_size
from psion_contract.exceptions import ArgumentError, ArtifactError

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1 << 16
_KIND = re.compile("[<|]([ui])([1248])")
_KINDS = {"u": "uint", "i": "int"}


class Header(NamedTuple):
    """What the header of a file says.

    Attributes:
        dtype: type of an element, such as ``uint16``.
        shape: dimensions of the array.
        offset: bytes before the first element.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int


def recognises(path: str) -> bool:
    """Whether the file, or one in the folder, ends with ``.npy`` and begins as NumPy writes it."""
    return any(each.endswith(".npy") and has_header(each) for each in files_below(path, _named))


def read(path: str, *, sequence_tokens: int | None = None) -> Iterator[Shard]:
    """The shards: a file, or the files in a folder that end with ``.npy``.

    Args:
        path: the file or folder.
        sequence_tokens: tokens of a sequence; required for an array of one dimension. An array of two has a
            sequence in each row.

    Raises:
        ArgumentError: `sequence_tokens` is missing.
        ArtifactError: no file, or one that is not an array of integers, or has more or fewer bytes than it says.
    """
    found = files_below(path, _named)
    if not found:
        raise ArtifactError(path, "has no file of an array", "files that end with .npy")
    for file in found:
        header = header_of(file)
        yield Shard(file, _counts(file, header, sequence_tokens), "npy", header._asdict())


def _counts(path: str, header: Header, sequence_tokens: int | None) -> Counts:
    tokens = prod(header.shape)
    if sequence_tokens is not None:
        return windows(tokens, sequence_tokens)
    if len(header.shape) == 1:
        raise ArgumentError(f"sequence_tokens is missing: {path} has one dimension, so no sequences")
    sequences, length = header.shape
    return Counts(sequences, tokens, length, length) if tokens else NOTHING


def _named(name: str) -> bool:
    return name.endswith(".npy")


def has_header(path: str) -> bool:
    """Whether a file begins as NumPy writes it; tokens in a file of that name may also be raw."""
    with storage.opened(path) as file:
        return file.read(len(_MAGIC)) == _MAGIC


def header_of(path: str) -> Header:
    """The header of a file, held against its size.

    Raises:
        ArtifactError: no header of an array of integers with one or two dimensions, or another size.
    """
    with storage.opened(path) as file:
        header = _header(file, path)
        size = storage.size_of(path)
    expected = header.offset + prod(header.shape) * item_size(header.dtype)
    if size != expected:
        raise ArtifactError(
            path, f"has {size} bytes", f"{expected}, for the shape {header.shape} of {header.dtype}"
        )
    return header


def _header(file: BinaryIO, path: str) -> Header:
    start = file.read(len(_MAGIC))
    if start != _MAGIC:
        raise ArtifactError(path, f"begins with {start!r}", f"{_MAGIC!r}, as NumPy writes it")
    major, minor = exactly(file, 2, path, "the header")
    if (major, minor) not in ((1, 0), (2, 0), (3, 0)):
        raise ArtifactError(path, f"is version {major}.{minor} of the format", "1.0, 2.0 or 3.0")
    (length,) = struct.unpack(
        "<H" if major == 1 else "<I", exactly(file, 2 if major == 1 else 4, path, "the header")
    )
    if length > _MAX_HEADER:
        raise ArtifactError(path, f"has a header of {length} bytes", f"at most {_MAX_HEADER}")
    text = exactly(file, length, path, "the header").decode("utf-8" if major == 3 else "latin-1", "replace")
    try:
        members = literal_eval(text.strip())
        kind, shape = members["descr"], members["shape"]
        form = _KIND.fullmatch(kind)
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise ArtifactError(
            path, "has a header that is not understood", "descr, of integers, and shape"
        ) from None
    if form is None:
        raise ArtifactError(path, f"holds {kind!r}", "little-endian integers of 1, 2, 4 or 8 bytes")
    if not (
        isinstance(shape, tuple)
        and len(shape) in (1, 2)
        and all(type(each) is int and each >= 0 for each in shape)
    ):
        raise ArtifactError(path, f"has the shape {shape!r}", "one or two dimensions")
    return Header(f"{_KINDS[form[1]]}{8 * int(form[2])}", shape, file.tell())
