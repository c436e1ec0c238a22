"""Records in a file: their number, their places, then the records. MosaicML Streaming and litData write them so."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import BinaryIO

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.token_files import exactly, integers
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.compression import CorruptError, decompressed

_SKIP = 1 << 20
_MAX_RECORDS = 1 << 26
_MAX_RECORD = 1 << 28
"""Maximum number of records in a file, and of bytes in one: what a damaged file claims may be more than there is memory for."""


@contextmanager
def opened(path: str, size: int | None, *, compressed: bool) -> Iterator[BinaryIO]:
    """A data file, decompressed if its index says that it is compressed: the first bytes of records may look like that.

    Args:
        path: the file.
        size: its bytes according to its index; None where that does not say.
        compressed: whether it is, with gzip or Zstandard.

    Raises:
        ArtifactError: the file has another size, or is damaged.
        MissingExtraError: it is compressed with Zstandard, and nothing is installed that reads that.
    """
    with storage.opened(path) as file:
        found = storage.size_of(path)
        if size is not None and found != size:
            raise ArtifactError(path, f"has {found} bytes", f"{size}, as its index says")
        try:
            yield decompressed(file) if compressed else file
        except CorruptError as error:
            raise ArtifactError(path, str(error)) from error


def places(file: BinaryIO, path: str, number: int) -> array[int]:
    """Where the records begin, and where the last one ends.

    Raises:
        ArtifactError: the file has another number of records, or ends before.
    """
    (found,) = next(integers(file, "uint32", 1, path, "the number of records"))
    if found != number:
        raise ArtifactError(path, f"has {found} records", f"{number}, as its index says")
    if number > _MAX_RECORDS:
        raise ArtifactError(path, f"has {number} records", f"at most {_MAX_RECORDS}")
    begins = array("I")
    for some in integers(file, "uint32", number + 1, path, "the places of records"):
        begins += some
    header = 4 * (number + 2)
    if begins[0] < header or any(end < begin for begin, end in pairwise(begins)):
        raise ArtifactError(
            path, "has records at places that overlap", f"places from {header} that never fall"
        )
    return begins


def records(file: BinaryIO, path: str, number: int) -> Iterator[bytes]:
    """The records of a file, one by one.

    Raises:
        ArtifactError: the file has another number of records, ends before, or goes on after the last one.
    """
    begins = places(file, path, number)
    skip(file, begins[0] - 4 * (number + 2), path, "its description")
    for record, (begin, end) in enumerate(pairwise(begins)):
        if end - begin > _MAX_RECORD:
            raise ArtifactError(path, f"has {end - begin} bytes in record {record}", f"at most {_MAX_RECORD}")
        yield exactly(file, end - begin, path, f"record {record}")
    if file.read(1):
        raise ArtifactError(path, "goes on after its last record", f"{begins[-1]} bytes")


def skip(file: BinaryIO, size: int, path: str, what: str) -> None:
    """Read on, where a compressed file has no other way.

    Raises:
        ArtifactError: the file ends before.
    """
    while size:
        size -= len(exactly(file, min(size, _SKIP), path, what))
