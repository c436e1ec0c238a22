"""Files compressed with gzip or Zstandard, read as what they hold. Their first bytes tell, not their names."""

from __future__ import annotations

import io
import sys
from typing import BinaryIO, Protocol, cast

from psion_contract.exceptions import MissingExtraError, UnreadableError

ENDINGS = (".gz", ".zst")
"""Endings of the names of compressed files, after that of what they hold."""

_GZIP = b"\x1f\x8b"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = tuple(bytes((first,)) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))
"""What frames of Zstandard with other data begin with; pzstd writes one before all others."""

_PIECE = 1 << 18


class CorruptError(Exception):
    """Compressed data that ends early or is damaged; the message says so."""


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


def plain_name(name: str) -> str:
    """The name without an ending for compression, in lower case."""
    lower = name.lower()
    return next((lower.removesuffix(each) for each in ENDINGS if lower.endswith(each)), lower)


def is_compressed(data: bytes) -> bool:
    """Whether bytes begin as those of gzip or Zstandard do."""
    return data.startswith((_GZIP, _ZSTANDARD, *_SKIPPABLE))


def decompressed(file: BinaryIO) -> BinaryIO:
    """What a file holds: the file itself, unless its first bytes are those of gzip or Zstandard.

    Reading the result raises `CorruptError` where the compressed data ends early or is damaged.

    Raises:
        MissingExtraError: it is compressed with Zstandard, and nothing is installed that reads that.
    """
    if not hasattr(file, "peek"):
        file = cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", file)))
    first: bytes = file.peek(len(_ZSTANDARD))  # type: ignore[attr-defined]
    if first.startswith(_GZIP):
        from gzip import GzipFile

        return _guarded(cast("_Readable", GzipFile(fileobj=file)), "gzip")
    if first.startswith((_ZSTANDARD, *_SKIPPABLE)):
        return _guarded(_zstandard(file), "Zstandard")
    return file


def _zstandard(file: BinaryIO) -> _Readable:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise MissingExtraError(
            "compressed with Zstandard; to read that, pip install 'psion-contract[zstd]'"
        ) from error
    return cast("_Readable", zstd.ZstdFile(file))


def _guarded(file: _Readable, method: str) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Guarded(file, method), _PIECE))


class _Guarded(io.RawIOBase):
    """Passes on what a decompressor reads, and its various exceptions as one.

    The exception comes at the end of the data that could be read, so that nothing of that is lost.
    """

    def __init__(self, file: _Readable, method: str) -> None:
        self._file = file
        self._method = method
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._file.read1(len(buffer))  # `read` loses what comes right before the damage
        except EOFError as error:
            raise CorruptError(f"{self._said} is cut off: it ends in the middle") from error
        except (MemoryError, UnreadableError):  # the latter is about the file below
            raise
        except Exception as error:  # each decompressor and each of its versions has others
            raise CorruptError(f"{self._said} is damaged: {error}") from error
        buffer[: len(data)] = data
        self._read += len(data)
        return len(data)

    @property
    def _said(self) -> str:
        return f"the {self._method} data, after {self._read} bytes that could be read,"
