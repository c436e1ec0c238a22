"""Lengths of the lists in a column of an Arrow file, read from its offsets alone.

The format is Arrow's for streams and files, version 5, whose messages are tables of FlatBuffers. Of these, a few
members suffice: the fields of the schema, and where the buffers of a batch of records are.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from operator import sub
from typing import Any, BinaryIO, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.token_files import exactly, integers
from psion_contract.exceptions import ArtifactError

_MAGIC = b"ARROW1\0\0"
_CONTINUES = b"\xff\xff\xff\xff"
_MAX_METADATA = 1 << 26
_MAX_FIELDS = 100_000
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3

_INT, _LIST, _FIXED_LIST, _LARGE_LIST = 2, 12, 16, 21
_BUFFERS = {
    **{1: 0, 2: 2, 3: 2, 4: 3, 5: 3, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2, 11: 2, 12: 2, 13: 1, 15: 2, 16: 1, 17: 2},
    **{18: 2, 19: 3, 20: 3, 21: 2},
}
"""Number of buffers by type: values have two, strings and lists with offsets one more, structures only validity."""


class _Table:
    """A table of FlatBuffers: members by their number, at offsets that its own table of members lists."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._members = at - struct.unpack_from("<i", data, at)[0]
        (self._size,) = struct.unpack_from("<H", data, self._members)

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def _place(self, number: int) -> int:
        """Where a member is; 0 if it is not there."""
        entry = 4 + 2 * number
        if entry >= self._size:
            return 0
        (offset,) = struct.unpack_from("<H", self._data, self._members + entry)
        return self._at + offset if offset else 0

    def _target(self, number: int) -> int:
        place = self._place(number)
        return place + int(struct.unpack_from("<I", self._data, place)[0]) if place else 0

    def number(self, number: int, code: str, default: int = 0) -> int:
        place = self._place(number)
        return int(struct.unpack_from(f"<{code}", self._data, place)[0]) if place else default

    def table(self, number: int) -> _Table | None:
        target = self._target(number)
        return _Table(self._data, target) if target else None

    def text(self, number: int) -> str:
        target = self._target(number)
        if not target:
            return ""
        (size,) = struct.unpack_from("<I", self._data, target)
        return self._data[target + 4 : target + 4 + size].decode()

    def tables(self, number: int) -> list[_Table]:
        target = self._target(number)
        if not target:
            return []
        (count,) = struct.unpack_from("<I", self._data, target)
        places = struct.unpack_from(f"<{count}I", self._data, target + 4)
        return [_Table(self._data, target + 4 + 4 * each + place) for each, place in enumerate(places)]

    def pairs(self, number: int) -> list[tuple[int, int]]:
        """An array of structures of two integers of 64 bits."""
        target = self._target(number)
        if not target:
            return []
        (count,) = struct.unpack_from("<I", self._data, target)
        values = struct.unpack_from(f"<{2 * count}q", self._data, target + 4)
        return list(zip(values[::2], values[1::2], strict=True))


class _Column(NamedTuple):
    """A column of lists: its nodes and buffers that come before it, the type of its offsets, or the length of each list, and the
    bits of an integer in them."""

    nodes: int
    buffers: int
    offsets: str
    fixed: int
    bits: int


class _Fields:
    """The columns of a schema, with the numbers of nodes and buffers before each."""

    def __init__(self, schema: _Table, path: str) -> None:
        self._path = path
        self._nodes = self._buffers = 0
        self.lists: dict[str, _Column] = {}
        self.kinds: dict[str, str] = {}
        for field in schema.tables(1):
            name, before = field.text(0), (self._nodes, self._buffers)
            kind, children = field.number(2, "B"), field.tables(5)
            self.kinds[name] = "other"
            if (bits := _integer_bits(children)) and kind in (_LIST, _LARGE_LIST, _FIXED_LIST):
                details = field.table(3)
                fixed = details.number(0, "i") if kind == _FIXED_LIST and details else 0
                if fixed > 0 or kind != _FIXED_LIST:
                    self.kinds[name] = "lists of integers"
                    offsets = "int64" if kind == _LARGE_LIST else "int32"
                    self.lists[name] = _Column(*before, offsets, fixed, bits)
            self._skip(field)

    def _skip(self, field: _Table) -> None:
        kind = field.number(2, "B")
        dictionary = field.table(4) is not None
        if not dictionary and kind not in _BUFFERS:
            raise ArtifactError(
                self._path, f"has a column of Arrow's type {kind}", "lists, values, strings and structures"
            )
        self._nodes += 1
        self._buffers += 2 if dictionary else _BUFFERS[kind]
        if self._nodes > _MAX_FIELDS:
            raise ArtifactError(self._path, f"has more than {_MAX_FIELDS} fields", "fewer")
        for child in [] if dictionary else field.tables(5):
            self._skip(child)


def _integer_bits(children: list[_Table]) -> int:
    """The bits of an integer in lists; 0 if they do not hold plain integers."""
    if len(children) != 1 or children[0].number(2, "B") != _INT or children[0].table(4) is not None:
        return 0
    details = children[0].table(3)
    bits = details.number(0, "i") if details else 0
    return bits if bits in (8, 16, 32, 64) else 0


def is_arrow(path: str) -> bool:
    """Whether a file begins as Arrow's formats for files and for streams do."""
    with storage.opened(path) as file:
        return file.read(len(_MAGIC)).startswith((_MAGIC, _CONTINUES))


def list_lengths(path: str, choose: Callable[[dict[str, str]], str]) -> tuple[str, array[int]]:
    """The name of a column and the lengths of the lists in it, one for each row.

    Args:
        path: an Arrow file, of the format for streams or for files.
        choose: given the names of the columns and what they hold (``lists of integers`` or ``other``), the one to read.

    Raises:
        ArtifactError: not such a file, cut off, compressed, or the column has no lists or a row without one.
    """
    with storage.opened(path) as file, _understood(path):
        if file.read(len(_MAGIC)) != _MAGIC:
            file.seek(0)
        size = storage.size_of(path)
        fields, name, lengths = None, "", array("Q")
        for kind, header, body, end in _messages(file, size, path):
            if kind == _SCHEMA:
                fields = _Fields(header, path)
                name = choose(fields.kinds)
                if name not in fields.lists:
                    raise ArtifactError(
                        path, f"has no lists of integers in the column {name}", "lists of integers"
                    )
            elif kind == _RECORDS:
                if fields is None:
                    raise ArtifactError(path, "has records before a schema", "a schema first")
                lengths.extend(_of_batch(file, header, fields.lists[name], body, end, path))
            elif kind != _DICTIONARY:
                raise ArtifactError(
                    path, f"has a message of type {kind}", "a schema, dictionaries and records"
                )
    if fields is None:
        raise ArtifactError(path, "has no schema", "an Arrow file")
    return name, lengths


@contextmanager
def _understood(path: str) -> Iterator[None]:
    try:
        yield
    except (struct.error, UnicodeDecodeError, RecursionError, MemoryError, OverflowError) as error:
        raise ArtifactError(
            path, "has a message that is not understood", "an Arrow file, version 5"
        ) from error


def _messages(file: BinaryIO, size: int, path: str) -> Iterator[tuple[int, _Table, int, int]]:
    """The type and header of each message, and where its body begins and ends."""
    while start := file.read(4):
        if start != _CONTINUES:
            raise ArtifactError(path, f"has {start!r} before a message", "an Arrow file, version 5")
        (length,) = struct.unpack("<i", exactly(file, 4, path, "the length of a message"))
        if not length:
            return
        if not 0 < length <= _MAX_METADATA:
            raise ArtifactError(path, f"has a message of {length} bytes", f"at most {_MAX_METADATA}")
        message = _Table.root(exactly(file, length, path, "a message"))
        header, body = message.table(2), file.tell()
        end = body + message.number(3, "q")
        if header is None or not body <= end <= size:
            raise ArtifactError(
                path, f"is cut off: a message ends at byte {end}", f"at most {size}, its size"
            )
        yield message.number(1, "B"), header, body, end
        file.seek(end)
    if file.tell():
        raise ArtifactError(
            path, "is cut off: it has no end after the last message", "the end that a writer adds"
        )


def _of_batch(
    file: BinaryIO, batch: _Table, column: _Column, body: int, end: int, path: str
) -> Iterator[int]:
    """The lengths of the lists of a batch of records."""
    if batch.table(3) is not None:
        raise ArtifactError(path, "has compressed records", "records that are not compressed")
    rows, nulls = _item(batch.pairs(1), column.nodes, path)
    if nulls:
        raise ArtifactError(path, f"has {nulls} rows without tokens", "a list in every row")
    values, nulls = _item(batch.pairs(1), column.nodes + 1, path)
    offset, length = _item(batch.pairs(2), column.buffers + (2 if column.fixed else 3), path)
    if nulls or length * 8 < values * column.bits or offset < 0 or body + offset + length > end:
        raise ArtifactError(
            path, f"has {length} bytes for {values} tokens, {nulls} of them null", "all of them"
        )
    last = column.fixed * rows
    if column.fixed:
        yield from repeat(column.fixed, rows if last <= values else 0)
    else:
        for lengths, until in _between_offsets(file, batch, column, rows, body, end, path):
            yield from lengths
            last = until
    if last > values:
        raise ArtifactError(path, f"has lists of {last} tokens", f"at most {values}, which are in the file")


def _between_offsets(
    file: BinaryIO, batch: _Table, column: _Column, rows: int, body: int, end: int, path: str
) -> Iterator[tuple[list[int], int]]:
    """The lengths between the offsets of a batch, in parts, each with the last offset."""
    if not rows:
        return
    offset, length = _item(batch.pairs(2), column.buffers + 1, path)
    needed = (rows + 1) * (8 if column.offsets == "int64" else 4)
    if offset < 0 or length < needed or body + offset + needed > end:
        raise ArtifactError(path, f"has {length} bytes of offsets for {rows} rows", f"{needed}")
    file.seek(body + offset)
    last: Any = None
    for offsets in integers(file, column.offsets, rows + 1, path, "the offsets of lists"):
        lengths = [*([] if last is None else [offsets[0] - last]), *map(sub, offsets[1:], offsets)]
        if offsets[0] < 0 or (lengths and min(lengths) < 0):
            raise ArtifactError(path, "has a list that ends before it begins", "offsets that never fall")
        last = offsets[-1]
        yield lengths, last


def _item(pairs: list[tuple[int, int]], number: int, path: str) -> tuple[int, int]:
    if number >= len(pairs) or pairs[number][0] < 0:
        raise ArtifactError(
            path, "has records that do not match its schema", "nodes and buffers of every column"
        )
    return pairs[number]
