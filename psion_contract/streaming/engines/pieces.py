"""Pieces of files, which the machines of a cluster read by themselves: they must find the files under the same paths."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from psion_contract.exceptions import UnreadableError
from psion_contract.findings_table import encodable
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import (
    STDIN,
    Excludes,
    State,
    copied_state_of,
    file_sources,
    files_in,
    gather,
    is_parquet,
    refuse_changed,
)
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import is_remote
from psion_contract.streaming.arrow import Apply, Step
from psion_contract.streaming.arrow_columns import Key
from psion_contract.streaming.rereading import parts
from psion_contract.streaming.slices import Slice, SlicedFile, is_sliceable

_TEXTS = 1000
"""How many texts of a piece are looked at together."""

_LONGEST = 1 << 36
"""More texts than a piece has."""


class WholeFile(NamedTuple):
    """A file.

    Attributes:
        path: of the file.
        named: whether the user named it.
        state: of the file, as copies share it.
    """

    path: str
    named: bool
    state: State

    def sources(self, limits: Limits) -> Iterator[Source]:
        """The sources in it.

        Raises:
            UnreadableError: it cannot be read, or has changed.
        """

        def unchanged(path: str, state: State) -> None:
            refuse_changed(path, self.state, state[: len(self.state)])  # a copy may differ in the rest

        yield from file_sources(self.path, limits, self.named, unchanged)


class RowGroup(NamedTuple):
    """A row group of a Parquet file.

    Attributes:
        path: of the file.
        named: whether the user named it.
        state: of the file.
        number: of the group, from 0.
        before: how many rows there are before it.
    """

    path: str
    named: bool
    state: State
    number: int
    before: int

    def sources(self, limits: Limits) -> Iterator[Source]:
        """The rows in it.

        Raises:
            UnreadableError: the file cannot be read, or has changed.
        """
        from psion_contract.reading.parquet_rows import rows_in

        try:
            with open(self.path, "rb") as file:
                refuse_changed(self.path, self.state, copied_state_of(os.fstat(file.fileno())))
                yield from rows_in(file, self.path, limits, self.named, self.number, self.before)
                refuse_changed(self.path, self.state, copied_state_of(os.fstat(file.fileno())))
        except OSError as error:
            raise UnreadableError(f"{printable(self.path)}: {error.strerror}") from error


Piece = WholeFile | RowGroup | Slice | list[Source]


def pieces(
    paths: Sequence[str], limits: Limits, stdin_name: str = "<stdin>", excludes: Sequence[str] = ()
) -> Iterator[Piece]:
    """The pieces of some paths, in order.

    Args:
        paths: as for `gather`. Standard input and URLs are read here.
        limits: the limits of the reader.
        stdin_name: the name of standard input.
        excludes: patterns of what is not read below a directory.

    Raises:
        UnreadableError: a path cannot be read.
    """
    for path in paths:
        if path == STDIN or is_remote(path):
            yield from parts(gather([path], limits, stdin_name, excludes))
        elif os.path.isdir(path):
            for file, ignored in files_in(path, Excludes(excludes)):
                if ignored is None:
                    yield from _of_file(file, False, limits)
                else:
                    yield [Source(file, b"", named=False, ignored=ignored)]
        elif is_sliceable(path, limits):
            sliced = SlicedFile(path, limits, lambda *_: None)
            yield from (each._replace(data=None) for each in sliced.slices())
            yield from parts(sliced.rest())
        else:
            yield from _of_file(path, True, limits)


def _of_file(path: str, named: bool, limits: Limits) -> Iterator[Piece]:
    """The pieces of a file: row groups of Parquet, or all of it."""
    state = _state(path)
    sizes: list[int] = []
    if is_parquet(path) and limits.max_lines is None and os.path.isfile(path):
        from psion_contract.reading.parquet_rows import group_sizes

        sizes = group_sizes(path)
    before = 0
    for number, size in enumerate(sizes):
        if size:
            yield RowGroup(path, named, state, number, before)
        before += size
    if not before:
        yield WholeFile(path, named, state)


def rows_of(found: Iterable[Piece]) -> pa.Table:
    """A table with a row for each piece."""
    data = [pickle.dumps(each) for each in found]
    return pa.table({"number": pa.array(range(len(data)), pa.int64()), "piece": pa.array(data, pa.binary())})


class _Reading(Step):
    """A step for pieces, whose texts it reads."""

    def __init__(self, step: Step, limits: Limits) -> None:
        self.schema = step.schema
        self._step = step
        self._limits = limits

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        found = [self.schema.empty_table()]
        for number, data in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            piece: Piece = pickle.loads(data)
            if isinstance(piece, Slice):
                piece = piece._replace(data=piece.read())
                if not self._step.concerns(piece.read()):
                    continue
            sources = piece if isinstance(piece, list) else piece.sources(self._limits)
            texts = (
                (Key(number * _LONGEST + place, encodable(each.name)), each)
                for place, each in enumerate(sources)
            )
            while some := list(islice(texts, _TEXTS)):
                found.append(pa.Table.from_batches([self._step.of(some)]))
        batches = pa.concat_tables(found).combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], self.schema)


def reading(apply: Apply, limits: Limits) -> Apply:
    """Applies steps to what pieces have.

    Args:
        apply: applies steps to pieces, as rows.
        limits: the limits of the reader.
    """
    return lambda step: apply(_Reading(step, limits))


def _state(path: str) -> State:
    try:
        return copied_state_of(os.stat(path))
    except OSError as error:
        raise UnreadableError(f"{printable(path)}: {error.strerror}") from error
