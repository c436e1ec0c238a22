"""litData: chunks in ``.bin``, described by ``index.json``. A sequence is the tensor of tokens of an item."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from itertools import pairwise
from json import loads
from struct import Struct
from typing import Any, BinaryIO, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import Shard, of_lengths, whole_windows, windows
from psion_contract.artifacts.shards.json_indices import (
    beside,
    column_of,
    indices,
    is_wanted,
    json_index,
    member,
)
from psion_contract.artifacts.shards.records import opened, places, records, skip
from psion_contract.artifacts.shards.token_files import exactly, integers, item_size
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.compression import decompressed

_TORCH = {
    11: "uint8",
    12: "int8",
    13: "int16",
    14: "int16",
    15: "int32",
    16: "int32",
    17: "int64",
    18: "int64",
    20: "uint16",
}
_NUMPY = {0: "int8", 1: "int16", 2: "int32", 3: "int64", 4: "uint8", 5: "uint16", 6: "uint32", 7: "uint64"}
_KINDS = {"no_header_tensor": _TORCH, "no_header_numpy": _NUMPY}
_LEVELS = ("none", "chunk", "batch", "sample")
_MAGIC = b"LDFZ01\0\0"
_FRAMED = Struct("<8sHHIII")
"""Magic, version, flags, records, records of a frame, frames."""
_FRAME_BYTES = 24
_PLACE = 4
"""The bytes of the number of records, and of each place."""
_ALONE = "the item"
"""The name of the only leaf of an item that is no dictionary."""


def recognises(path: str) -> bool:
    """Whether the path has an ``index.json`` with ``chunks``."""
    return bool(indices(path, "chunks"))


def read(path: str, *, sequence_tokens: int | None = None, column: str | None = None) -> Iterator[Shard]:
    """The chunks of an ``index.json``, of all of them in a folder, or one data file of it.

    Args:
        path: a folder, an ``index.json`` or a ``.bin``, which may be compressed with Zstandard.
        sequence_tokens: cut the tokens of each chunk into sequences of that many. Where the items are for litData's
            ``TokensLoader``, this is its ``block_size``: as there, what is left over is not counted.
        column: the key of the items that holds the tokens; by default ``tokens``, ``input_ids`` or the only one.

    Raises:
        ArgumentError: an option is missing.
        ArtifactError: no index, items that are not understood, or an index that contradicts its chunks.
    """
    found = indices(path, "chunks")
    if not found:
        raise ArtifactError(path, "has no index of litData", "an index.json with chunks")
    for index in found:
        value = json_index(index)
        items = _items(value, index, column)
        for number, chunk in enumerate(value["chunks"]):
            name = member(chunk, "filename", str, index, f"chunk {number}")
            file = beside(index, name)
            if is_wanted(path, index, file):
                yield _shard(file, chunk, items, sequence_tokens, index, f"chunk {number}")


class _Items(NamedTuple):
    """How items are written: the leaf that holds tokens, of how many, its type, whether a loader of tokens reads them, and what
    is compressed: ``none``, a ``chunk`` as a whole, a ``batch`` of items, or each ``sample``.
    """

    column: str
    position: int
    leaves: int
    dtype: str
    bare: bool
    compressed: str


def _items(value: Any, index: str, column: str | None) -> _Items:
    config = member(value, "config", dict, index, "the index")
    formats = member(config, "data_format", list, index, "config")
    if config.get("encryption"):
        raise ArtifactError(index, "has encrypted chunks", "chunks without encryption")
    compression = config.get("compression")
    if compression is not None and not str(compression).startswith("zstd"):
        raise ArtifactError(index, f"has chunks compressed with {compression}", "zstd")
    level = "none" if compression is None else config.get("compression_level") or "chunk"
    if level not in _LEVELS:
        raise ArtifactError(index, f"has {level!r} as compression_level", f"one of {', '.join(_LEVELS[1:])}")
    names = _names(config, len(formats), index)
    columns = dict(zip(names, map(str, formats), strict=True))
    name = column_of(columns, column, lambda kind: bool(_dtype(kind)), index)
    dtype = _dtype(columns[name])
    if not dtype:
        raise ArtifactError(
            index, f"has {name} as {columns[name]}", "a tensor or an array of integers with one dimension"
        )
    bare = config.get("item_loader") == "TokensLoader"
    return _Items(name, names.index(name), len(names), dtype, bare, level)


def _dtype(data_format: str) -> str:
    """The type of a token; empty where a leaf holds no tokens."""
    kind, _, code = data_format.partition(":")
    return _KINDS.get(kind, {}).get(int(code) if code.isdecimal() else -1, "")


def _names(config: Any, leaves: int, index: str) -> list[str]:
    """The names of the leaves of an item: the keys of a flat dictionary, or one name for an item without keys."""
    if leaves == 1 and not str(config.get("data_spec")).count("builtins.dict"):
        return [_ALONE]
    try:
        keys = loads(loads(config["data_spec"])[1]["context"])
    except (KeyError, IndexError, TypeError, ValueError, RecursionError):
        keys = None
    if not isinstance(keys, list) or len(keys) != leaves or not all(isinstance(each, str) for each in keys):
        raise ArtifactError(
            index, f"has items of {leaves} leaves", "a tensor or array, or a flat dictionary with one"
        )
    return keys


def _shard(
    path: str, chunk: Any, items: _Items, sequence_tokens: int | None, index: str, where: str
) -> Shard:
    number = member(chunk, "chunk_size", int, index, where)
    size = member(chunk, "chunk_bytes", int, index, where)
    whole = items.compressed == "chunk"
    with opened(path, None if whole else size, compressed=whole) as file:
        lengths = array("Q", _lengths(file, path, number, items))
    counts = of_lengths(lengths)
    total, said = counts.tokens, chunk.get("dim")
    if said is not None and said != total:
        raise ArtifactError(path, f"has {total} tokens", f"{said!r}, the dim of {where} in {index}")
    detail: dict[str, object] = {"dtype": items.dtype, "items": number, "column": items.column}
    if sequence_tokens is not None:
        counts = (whole_windows if items.bare else windows)(total, sequence_tokens)
        detail["unused_tokens"] = total - counts.tokens
    return Shard(path, counts, "litdata", detail)


def _lengths(file: BinaryIO, path: str, number: int, items: _Items) -> Iterator[int]:
    """The tokens of each item of a chunk."""
    if items.bare:
        begins = places(file, path, number)
        if items.compressed == "chunk":
            skip(file, begins[-1] - _PLACE * (number + 2), path, "its items")
            _ended(file, path, number)
        elif begins[-1] != (size := storage.size_of(path)):
            raise ArtifactError(path, f"has {size} bytes", f"{begins[-1]}, where its last item ends")
        for begin, end in pairwise(begins):
            yield _whole(end - begin, items, path)
        return
    if items.compressed == "sample":
        file.seek(places(file, path, number)[0])
        frames = decompressed(file)
        for _ in range(number):
            sizes = exactly(frames, 4 * items.leaves, path, "an item")
            yield _length(sizes + exactly(frames, sum(_sizes(sizes)), path, "an item"), items, path)
        _ended(frames, path, number)
        return
    found = _batches(file, path, number) if items.compressed == "batch" else records(file, path, number)
    for record in found:
        yield _length(record, items, path)


def _batches(file: BinaryIO, path: str, number: int) -> Iterator[bytes]:
    """The items of a chunk whose items are compressed in batches, one frame of Zstandard after the other."""
    start = exactly(file, _FRAMED.size, path, "the header")
    magic, version, _, found, _, frames = _FRAMED.unpack(start)
    if magic != _MAGIC or version != 1:
        raise ArtifactError(path, f"begins with {magic!r}, version {version}", f"{_MAGIC!r}, version 1")
    if found != number:
        raise ArtifactError(path, f"has {found} records", f"{number}, as its index says")
    ends = array("I")
    for some in integers(file, "uint32", number + 1, path, "the places of records"):
        ends += some
    file.seek(_FRAME_BYTES * frames, os.SEEK_CUR)
    stream = decompressed(file)
    for begin, end in pairwise(ends):
        if end < begin:
            raise ArtifactError(path, "has records at places that overlap", "places that never fall")
        yield exactly(stream, end - begin, path, "a record")
    _ended(stream, path, number)


def _ended(stream: BinaryIO, path: str, number: int) -> None:
    if stream.read(1):
        raise ArtifactError(path, "goes on after its last record", f"{number} records")


def _sizes(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


def _length(record: bytes, items: _Items, path: str) -> int:
    """The tokens of an item, which has the sizes of its leaves first."""
    sizes = _sizes(record[: 4 * items.leaves])
    expected = 4 * items.leaves + sum(sizes)
    if len(record) != expected:
        raise ArtifactError(path, f"has an item of {len(record)} bytes", f"{expected}, as its leaves say")
    return _whole(sizes[items.position], items, path)


def _whole(size: int, items: _Items, path: str) -> int:
    tokens, rest = divmod(size, item_size(items.dtype))
    if rest:
        raise ArtifactError(
            path,
            f"has {items.column} of {size} bytes",
            f"a multiple of {item_size(items.dtype)}, for {items.dtype}",
        )
    return tokens
