"""MosaicML Streaming: shards in ``.mds``, described by ``index.json``. A sequence is the array of tokens of a sample."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import Shard, of_lengths, windows
from psion_contract.artifacts.shards.json_indices import (
    beside,
    column_of,
    indices,
    is_wanted,
    json_index,
    member,
)
from psion_contract.artifacts.shards.records import opened, records
from psion_contract.artifacts.shards.token_files import DTYPES, item_size
from psion_contract.exceptions import ArgumentError, ArtifactError

_VERSION = 2
_ARRAY = "ndarray"
_COMPRESSIONS = ("gz", "zstd")
_ELEMENTS = {
    8: "uint8",
    9: "int8",
    16: "uint16",
    17: "int16",
    32: "uint32",
    33: "int32",
    64: "uint64",
    65: "int64",
}
"""Codes of the types of elements, where each array says its own."""


def recognises(path: str) -> bool:
    """Whether the path has an ``index.json`` with ``shards``."""
    return bool(indices(path, "shards"))


def read(
    path: str, *, sequence_tokens: int | None = None, column: str | None = None, dtype: str | None = None
) -> Iterator[Shard]:
    """The shards of an ``index.json``, of all of them in a folder, or one data file of it.

    Args:
        path: a folder, an ``index.json`` or an ``.mds``, which may be compressed with gzip or Zstandard.
        sequence_tokens: cut the tokens of each shard into sequences of that many instead.
        column: the column that holds the tokens; by default ``tokens``, ``input_ids`` or the only array.
        dtype: type of a token; required for a column of bytes, which does not say it.

    Raises:
        ArgumentError: an option is missing.
        ArtifactError: no index, one of another version, or one that contradicts its data files.
    """
    found = indices(path, "shards")
    if not found:
        raise ArtifactError(path, "has no index of MosaicML Streaming", "an index.json with shards")
    if dtype is not None:
        item_size(dtype)
    for index in found:
        value = json_index(index)
        if value.get("version") != _VERSION:
            raise ArtifactError(
                index, f"is version {value.get('version')!r} of the index", f"version {_VERSION}"
            )
        for number, described in enumerate(value["shards"]):
            shard = _Described(index, number, described)
            if is_wanted(path, index, shard.path):
                yield shard.counted(sequence_tokens, column, dtype)


class _Described:
    """A shard as the index describes it."""

    def __init__(self, index: str, number: int, described: Any) -> None:
        where = f"shard {number}"
        self._index = index
        for name, expected in (("format", "mds"), ("version", _VERSION)):
            found = described.get(name) if isinstance(described, dict) else None
            if found != expected:
                raise ArtifactError(index, f"has {found!r} as {name} of {where}", repr(expected))
        self.samples: int = member(described, "samples", int, index, where)
        names = member(described, "column_names", list, index, where)
        encodings = member(described, "column_encodings", list, index, where)
        self._sizes = member(described, "column_sizes", list, index, where)
        if not len(names) == len(encodings) == len(self._sizes) or not all(
            map(str.__instancecheck__, names + encodings)
        ):
            raise ArtifactError(
                index, f"has columns of {where} that do not match", "names, encodings and sizes for each"
            )
        if not all(each is None or (type(each) is int and each >= 0) for each in self._sizes):
            raise ArtifactError(
                index, f"has {self._sizes} as column_sizes of {where}", "null or a number of bytes for each"
            )
        self.columns: dict[str, str] = dict(zip(names, encodings, strict=True))
        self.compression: str | None = described.get("compression")
        if self.compression is not None and str(self.compression).partition(":")[0] not in _COMPRESSIONS:
            raise ArtifactError(index, f"has {where} compressed with {self.compression}", "gz or zstd")
        self.path, self._size, self._stored = self._data_file(described, where)

    def _data_file(self, described: Any, where: str) -> tuple[str, int, bool]:
        """The data file as it is stored, compressed if that one exists, its bytes, and whether it is compressed."""
        raw = member(described, "raw_data", dict, self._index, where)
        stored = member(described, "zip_data", dict, self._index, where) if self.compression else raw
        for data in (stored, raw):
            name = member(data, "basename", str, self._index, where)
            file = beside(self._index, name)
            if storage.exists(file) or data is raw:
                return file, member(data, "bytes", int, self._index, where), data is not raw
        raise AssertionError("raw_data is the last one")

    def counted(self, sequence_tokens: int | None, column: str | None, dtype: str | None) -> Shard:
        """The shard with its counts, read from the data file."""
        name = column_of(self.columns, column, _is_tokens, self._index)
        encoding = self.columns[name]
        if encoding == "bytes" and dtype is None:
            raise ArgumentError(
                f"dtype is missing: the column {name} of {self._index} is bytes, of one of {', '.join(DTYPES)}"
            )
        lengths = array("Q")
        with opened(self.path, self._size, compressed=self._stored) as file:
            for number, record in enumerate(records(file, self.path, self.samples)):
                where = f"sample {number}"
                lengths.append(_tokens(self._value(record, name, where), encoding, dtype, self.path, where))
        counts = of_lengths(lengths)
        if sequence_tokens is not None:
            counts = windows(counts.tokens, sequence_tokens)
        detail = {
            "column": name,
            "encoding": encoding,
            "compression": self.compression,
            "samples": self.samples,
        }
        return Shard(self.path, counts, "mds", detail)

    def _value(self, record: bytes, column: str, where: str) -> bytes:
        """The bytes of a column of a record, which has the sizes of those that vary first."""
        sizes, at = list[int](), 0
        for size in self._sizes:
            if not size:
                sizes.append(int.from_bytes(record[at : at + 4], "little"))
                at += 4
            else:
                sizes.append(size)
        if at + sum(sizes) != len(record):
            raise ArtifactError(
                self.path, f"has {len(record)} bytes in {where}", f"{at + sum(sizes)}, as its columns say"
            )
        for name, size in zip(self.columns, sizes, strict=True):
            if name == column:
                return record[at : at + size]
            at += size
        raise AssertionError("the column is one of the columns")


def _is_tokens(encoding: str) -> bool:
    name, _, rest = encoding.partition(":")
    return name == _ARRAY and not rest.startswith("float")


def _tokens(value: bytes, encoding: str, dtype: str | None, path: str, where: str) -> int:
    """How many tokens an encoded value has."""
    name, _, rest = encoding.partition(":")
    if name not in (_ARRAY, "bytes"):
        raise ArtifactError(path, f"has tokens encoded as {encoding}", f"{_ARRAY} or bytes")
    at = 0
    kind, _, shape = rest.partition(":")
    if name == "bytes":
        kind, shape = str(dtype), "-"
    if not kind:
        kind = _ELEMENTS.get(value[0] if value else 0, "")
        at += 1
    if kind not in DTYPES:
        raise ArtifactError(
            path, f"has an array that is not of integers in {where}", f"one of {', '.join(DTYPES)}"
        )
    expected = None
    if not shape:
        dimensions, bytes_each = divmod(value[at] if at < len(value) else 0, 4)
        at += 1
        expected = 1
        for _ in range(dimensions):
            expected *= int.from_bytes(value[at : at + 2**bytes_each], "little")
            at += 2**bytes_each
    tokens, rest_bytes = divmod(len(value) - at, item_size(kind))
    if rest_bytes or tokens < 0 or (expected is not None and tokens != expected):
        raise ArtifactError(
            path,
            f"has {len(value) - at} bytes of {kind} in {where}",
            "whole tokens" if expected is None else f"{expected} tokens",
        )
    return tokens
