"""Records in a file: their number, their places, then the records. MosaicML Streaming and litData write them so."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, BinaryIO

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.token_files import exactly, files_below, integers, json_index
from psion_contract.exceptions import ArgumentError, ArtifactError
from psion_contract.reading.compression import CorruptError, decompressed

INDEX = "index.json"
_SKIP = 1 << 20


def indices(path: str, member: str) -> list[str]:
    """The outermost files ``index.json`` at a path that are objects with a member; what lies below one is its own.

    Args:
        path: a folder, an ``index.json``, or a data file beside one.
        member: the name of the list that tells one library from others.
    """
    if not storage.is_folder(path):
        storage.size_of(path)  # it exists
        beside = path if os.path.basename(path) == INDEX else storage.joined(storage.parent(path), INDEX)
        return [beside] if storage.exists(beside) and _has(beside, member) else []
    found = list[str]()
    outer_first = sorted(files_below(path, lambda name: name == INDEX), key=lambda each: each.count(os.sep))
    for each in outer_first:
        folder = os.path.dirname(each)
        inside = any(folder.startswith(os.path.join(os.path.dirname(outer), "")) for outer in found)
        if not inside and _has(each, member):
            found.append(each)
    return sorted(found)


def _has(path: str, member: str) -> bool:
    with storage.opened(path) as file:
        if f'"{member}"'.encode() not in file.read(1 << 16):
            return False
    index = json_index(path)
    return isinstance(index, dict) and isinstance(index.get(member), list)


def is_wanted(path: str, index: str, data: str) -> bool:
    """Whether a data file of an index is at a path: one of those in the folder or of the index, or the file itself."""
    if path in (index, data) or storage.is_folder(path):
        return True
    is_other = storage.is_remote(path) or os.path.basename(path) != os.path.basename(data)
    return not is_other and os.path.samefile(path, data)


def member(value: Any, name: str, kind: type, path: str, where: str) -> Any:
    """A member of an object in an index, which has that type.

    Raises:
        ArtifactError: it is missing or has another type.
    """
    names = {int: "an integer", str: "a string", list: "an array", dict: "an object"}
    found = value.get(name) if isinstance(value, dict) else None
    if type(found) is not kind:
        shown = "nothing" if found is None else repr(found)[:60]
        raise ArtifactError(path, f"has {shown} as {name} of {where}", names[kind])
    return found


def column_of(
    columns: dict[str, str], wanted: str | None, holds_tokens: Callable[[str], bool], path: str
) -> str:
    """The column that holds the tokens: the wanted one, else ``tokens``, ``input_ids`` or the only one that can.

    Args:
        columns: names and types.
        wanted: the name that the user gave.
        holds_tokens: whether a type is one of arrays of integers.
        path: the index, for the error.

    Raises:
        ArgumentError: there is no such column, or it cannot be told which one.
    """
    if wanted is not None:
        if wanted not in columns:
            raise ArgumentError(f"{path} has no column {wanted!r}; it has {', '.join(columns)}")
        return wanted
    candidates = [name for name, kind in columns.items() if holds_tokens(kind)]
    for usual in ("tokens", "input_ids"):
        if usual in candidates or (usual in columns and not candidates):
            return usual
    if len(candidates) == 1:
        return candidates[0]
    said = ", ".join(f"{name} ({kind})" for name, kind in columns.items())
    raise ArgumentError(f"column is missing: {path} does not tell which column holds tokens; it has {said}")


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
    gap = begins[0] - 4 * (number + 2)
    while gap:
        gap -= len(exactly(file, min(gap, _SKIP), path, "its description"))
    for record, (begin, end) in enumerate(pairwise(begins)):
        yield exactly(file, end - begin, path, f"record {record}")
    if file.read(1):
        raise ArtifactError(path, "goes on after its last record", f"{begins[-1]} bytes")
