"""Parts of large files of JSON Lines, which each process reads by itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.compression import is_compressed
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import (
    State,
    copied_state_of,
    is_indented,
    is_lines,
    lines_in,
    refuse_changed,
    state_of,
)
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import is_remote

_SIZE = 1 << 20
_FROM = 4 * _SIZE
"""Smaller files are not worth it."""


class Slice(NamedTuple):
    """Whole lines of a file.

    Attributes:
        path: of the file.
        start: the offset of the first of them, in bytes.
        stop: the offset of what follows them.
        before: how many lines the file has before them.
        state: of the file, as copies share it.
        data: the bytes, if they are known.
    """

    path: str
    start: int
    stop: int
    before: int
    state: State
    data: bytes | None = None

    def read(self) -> bytes:
        """The bytes.

        Raises:
            UnreadableError: the file cannot be read, or has changed.
        """
        if self.data is not None:
            return self.data
        try:
            with open(self.path, "rb") as file:
                file.seek(self.start)
                data = file.read(self.stop - self.start)
                state = copied_state_of(os.fstat(file.fileno()))
        except OSError as error:
            raise UnreadableError(f"{printable(self.path)}: {error.strerror}") from error
        refuse_changed(self.path, self.state, state)
        return data

    def sources(self, limits: Limits) -> list[Source]:
        """The lines."""
        return list(lines_in(BytesIO(self.read()), self.path, limits, True, self.before))


def is_sliceable(path: str, limits: Limits) -> bool:
    """Whether a path is a large file whose lines can be read in slices: not compressed, and with a document on its first line."""
    if is_remote(path) or not is_lines(path) or limits.max_lines is not None:
        return False
    try:
        status = os.stat(path)
        if not S_ISREG(status.st_mode) or status.st_size < _FROM:
            return False
        with open(path, "rb") as file:
            line = file.readline(limits.max_bytes + 2)
    except OSError:
        return False  # who reads it says what is wrong
    is_whole = line.endswith(b"\n") and bool(line.strip())
    return is_whole and not is_compressed(line) and not is_indented(line)


class SlicedFile:
    """The slices of a file, found when they are first iterated over.

    Args:
        path: of the file, which is sliceable.
        limits: the limits of the reader.
        opened: called with the path and the state of the file for each iteration.
    """

    def __init__(self, path: str, limits: Limits, opened: Callable[[str, State], None]) -> None:
        self._path = path
        self._limits = limits
        self._opened = opened
        self._slices: list[Slice] | None = None
        self._rest: tuple[int, int] | None = None

    def slices(self) -> Iterator[Slice]:
        """The slices of the file, as far as no line is longer than the limits allow.

        Raises:
            UnreadableError: the file cannot be read, or has changed.
        """
        try:
            with open(self._path, "rb") as file:
                status = os.fstat(file.fileno())
                self._opened(self._path, state_of(status))
                if self._slices is not None:
                    yield from self._slices
                else:
                    yield from self._found(file, copied_state_of(status))
                refuse_changed(self._path, state_of(status), state_of(os.fstat(file.fileno())))
        except OSError as error:
            raise UnreadableError(f"{printable(self._path)}: {error.strerror}") from error

    def rest(self) -> Iterator[Source]:
        """The lines after the last slice.

        Raises:
            UnreadableError: the file cannot be read, or has changed.
        """
        if self._rest is None:
            return
        start, before = self._rest
        try:
            with open(self._path, "rb") as file:
                state = state_of(os.fstat(file.fileno()))
                self._opened(self._path, state)
                file.seek(start)
                yield from lines_in(file, self._path, self._limits, True, before)
                refuse_changed(self._path, state, state_of(os.fstat(file.fileno())))
        except OSError as error:
            raise UnreadableError(f"{printable(self._path)}: {error.strerror}") from error

    def _found(self, file: BinaryIO, state: State) -> Iterator[Slice]:
        found: list[Slice] = []
        start = before = 0
        while block := file.read(_SIZE):
            if not block.endswith(b"\n"):
                end = file.readline(self._limits.max_bytes + 2)
                if len(end) > self._limits.max_bytes and not end.endswith(b"\n"):
                    self._rest = start, before
                    break
                block += end
            each = Slice(self._path, start, start + len(block), before, state)
            found.append(each)
            yield each._replace(data=block)
            start += len(block)
            before += block.count(b"\n")
        self._slices = found
