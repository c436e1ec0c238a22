"""Sources that are read several times: files are opened again, everything else is kept in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, groupby
from typing import IO

from psion_contract.exceptions import StreamError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, State, gather, refuse_changed
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import refuse_alike
from psion_contract.streaming.slices import Slice, SlicedFile, is_sliceable

_PART_SOURCES = 128
_PART_BYTES = 1 << 20


SourcePart = list[Source] | Slice
"""Sources that are judged together: a list, or lines that can be read from a file."""


def sources_in(part: SourcePart, limits: Limits) -> list[Source]:
    """The sources of a part."""
    return part.sources(limits) if isinstance(part, Slice) else part


def parts(sources: Iterable[Source]) -> Iterator[SourcePart]:
    """The sources in parts that are judged together, always the same ones."""
    if isinstance(sources, (Files, Chained)):
        return sources.parts()
    return _grouped(sources)


def _grouped(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """The sources in lists: of so many sources, or so many bytes."""
    part: list[Source] = []
    size = 0
    for source in sources:
        part.append(source)
        size += len(source.data)
        if len(part) >= _PART_SOURCES or size >= _PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


class Kept:
    """Sources that can be iterated over only once, kept in a temporary file to be iterated over again.

    Args:
        sources: the sources.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources: Iterator[Source] | None = iter(sources)
        self._file: IO[bytes] | None = None

    def __iter__(self) -> Iterator[Source]:
        """The sources; the first time they are kept.

        Raises:
            StreamError: the temporary file cannot be written.
        """
        if self._sources is None:
            return self._again()
        sources, self._sources = self._sources, None
        return self._first(sources)

    def _first(self, sources: Iterator[Source]) -> Iterator[Source]:
        with _refusing():
            self._file = file = tempfile.TemporaryFile(prefix="psion-contract-")  # noqa: SIM115 - read again
        weakref.finalize(self, _close, file)
        for source in sources:
            with _refusing():
                pickle.dump(tuple(source), file, pickle.HIGHEST_PROTOCOL)
            yield source
        with _refusing():
            file.flush()

    def _again(self) -> Iterator[Source]:
        file = self._file
        assert file is not None
        position = 0
        while True:
            file.seek(position)  # an unresolved reference has all sources read once more meanwhile
            if not file.peek(1):  # type: ignore[attr-defined]
                return
            source = Source._make(pickle.load(file))
            position = file.tell()
            yield source


def _close(file: IO[bytes]) -> None:
    """Close the temporary file; if its disk is full, that has been said."""
    with suppress(OSError):
        file.close()


class _refusing:  # noqa: N801 - used like a function
    """Raises what is wrong with the temporary file as an error of the check."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            try:
                where = f"a temporary file in {printable(tempfile.gettempdir())}"
            except OSError:  # nothing can be written anywhere
                where = "a temporary file"
            raise StreamError(
                f"cannot keep what is read in {where}: {error.strerror}; name another folder with TMPDIR"
            ) from error


class Files:
    """The sources of some paths, which must not change between two iterations.

    Args:
        paths: as for `gather`; standard input is kept.
        limits: the limits of the reader.
        stdin_name: the name of standard input.
        excludes: patterns of what is not read below a directory.
    """

    def __init__(
        self, paths: Sequence[str], limits: Limits, stdin_name: str = "<stdin>", excludes: Sequence[str] = ()
    ) -> None:
        def read(path: str) -> Iterable[Source] | SlicedFile:
            if path == STDIN:
                return Kept(gather([path], limits, stdin_name))
            if is_sliceable(path, limits):
                return SlicedFile(path, limits, partial(self._note, path))
            opened = partial(self._note, path)
            return Again(lambda: gather([path], limits, excludes=excludes, opened=opened))

        refuse_alike(paths)
        self._read = [read(path) for path in paths]
        self._limits = limits
        self._opened: dict[str, int] = {}
        self._opened_first: dict[str, int] | None = None

    def __iter__(self) -> Iterator[Source]:
        """The sources."""
        for part in self.parts():
            yield from sources_in(part, self._limits)

    def parts(self) -> Iterator[SourcePart]:
        """The sources in parts.

        Raises:
            UnreadableError: a path cannot be read, or a file has changed since it was first read.
        """
        # An unresolved reference has all files read once more while they are read.
        outer, self._opened = self._opened, {}
        try:
            yield from self._all_parts()
            if self._opened_first is None:
                self._opened_first = self._opened
            for given in {**self._opened_first, **self._opened}:
                refuse_changed(given, self._opened_first.get(given), self._opened.get(given))
        finally:
            self._opened = outer

    def _all_parts(self) -> Iterator[SourcePart]:
        for is_sliced, alike in groupby(self._read, lambda each: isinstance(each, SlicedFile)):
            if not is_sliced:
                yield from _grouped(
                    chain.from_iterable(each for each in alike if not isinstance(each, SlicedFile))
                )
                continue
            for each in alike:
                assert isinstance(each, SlicedFile)
                yield from each.slices()
                yield from _grouped(each.rest())

    def _note(self, given: str, path: str, state: State) -> None:
        """Note that a file was opened, which is the given path or below it."""
        self._opened[given] = hash((self._opened.get(given), path, state))


class Again:
    """What a function gives, each time it is asked."""

    def __init__(self, make: Callable[[], Iterator[Source]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Source]:
        """The sources."""
        return self._make()


class Chained:
    """Several such sources, one after the other."""

    def __init__(self, *sources: Iterable[Source]) -> None:
        self._sources = sources

    def __iter__(self) -> Iterator[Source]:
        """The sources of all of them."""
        for each in self._sources:
            yield from each

    def parts(self) -> Iterator[SourcePart]:
        """The sources in parts."""
        for each in self._sources:
            yield from parts(each)
