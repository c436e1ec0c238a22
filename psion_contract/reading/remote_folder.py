"""What is below a URL, asked for by its path from there: kinds, sizes and bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import quote, unquote

from psion_contract.exceptions import ArtifactError, UnreadableError
from psion_contract.reading.connections import cause, reason
from psion_contract.reading.escaping import printable
from psion_contract.reading.remote import RemoteFile, RemoteFiles

_BLOCK = 1 << 20
"""Bytes that are asked for together where a file is not read from its beginning to its end."""


class Entry(NamedTuple):
    """What is at a path.

    Attributes:
        is_folder: whether it is a folder; else it is a file.
        size: of a file, in bytes; None if the server does not say.
    """

    is_folder: bool
    size: int | None


class RemoteFolder(RemoteFiles):
    """What is below a URL. What was learnt of a path is not asked for again.

    Every method takes paths from the URL, with ``/`` between their parts; the empty path is the URL itself.

    Args:
        url: of a folder, or of one file. Nothing in it is a wildcard.

    Attributes:
        name: the URL, without credentials and without a slash at its end.

    Raises:
        UnreadableError: nothing is installed that reads such a URL. Every method raises it, too, if the server does not
            answer, or answers with an error: only what is known not to be there is missing.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.name = self._name.rstrip("/")
        self._known: dict[str, Entry | None] = {}
        self._listings: dict[str, dict[str, Entry] | None] = {}
        self._lock = Lock()

    def entry(self, below: str) -> Entry | None:
        """What is at a path; None if nothing is."""
        with self._lock:
            if below not in self._known:
                self._known[below] = self._asked(below)
            return self._known[below]

    def entries(self, below: str) -> dict[str, Entry]:
        """What is in a folder, by name; a web server has to have a page that lists it."""
        with self._lock:
            return self._listing(below) or {}

    @contextmanager
    def streamed(self, below: str) -> Iterator[BinaryIO]:
        """A file, to be read once from its beginning to its end: reading raises an error if it changes or is cut off."""
        for _, _, stream, _ in self.read([(self._file(below), False)]):
            yield stream

    def opened(self, below: str) -> BinaryIO:
        """A file, to be read at any place."""
        file = self._file(below)
        with self._failing(file.name):
            # A size saves asking for it again.
            size = {"size": known.size} if self._is_web and (known := self.entry(below)) else {}
            opened = self._fs.open(file.path, "rb", block_size=_BLOCK, cache_type="readahead", **size)
        return cast("BinaryIO", io.BufferedReader(_Anywhere(opened, file.name, self._url), 1 << 16))

    def _asked(self, below: str) -> Entry | None:
        if self._is_web:
            return self._asked_web(below)
        if below:
            folder, _, name = below.rpartition("/")
            listing = self._listing(folder)
            if listing is not None:
                return listing.get(name)
        path = self._place(below)
        with self._failing(self._called(below)):
            try:
                info = self._fs.info(path)
            except FileNotFoundError:
                return None
        return _entry(info)

    def _asked_web(self, below: str) -> Entry | None:
        """Of a web server, which answers for a folder only with a slash at the end."""
        path = self._place(below)
        for each in (path,) if path.endswith("/") or "?" in path else (path, f"{path}/"):
            with self._failing(self._called(below)):
                try:
                    info = self._fs.info(each)
                except FileNotFoundError as error:
                    if (other := cause(error)) is not None:
                        raise other from None
                    continue
            if not str(info.get("url", each)).partition("?")[0].endswith("/"):
                return Entry(False, info.get("size"))
            # Some answer with a page for whatever they are asked.
            return Entry(True, None) if not below or self._listing(below) else None
        return None

    def _listing(self, below: str) -> dict[str, Entry] | None:
        """What is in a folder; None if it must not be listed."""
        if below not in self._listings:
            with self._failing(self._called(below)):
                try:
                    children = self._children(self._folder(below))
                except FileNotFoundError:
                    children = []
                except PermissionError:
                    if self._is_web:
                        raise
                    self._listings[below] = None
                    return None
            names = ((path.rpartition("/")[2], info) for path, info in children)
            self._listings[below] = {
                (unquote(name) if self._is_web else name): _entry(info) for name, info in names
            }
        return self._listings[below]

    def _file(self, below: str) -> RemoteFile:
        size = None
        if not self._is_web:
            entry = self.entry(below)
            size = None if entry is None else entry.size
        return RemoteFile(self._called(below), self._place(below), size, below)

    def _place(self, below: str) -> str:
        """The name of a path in the file system of fsspec."""
        if not self._is_web:
            return "/".join(filter(None, (self._path.rstrip("/"), below)))
        if not below:
            return self._path
        path, mark, query = self._path.partition("?")
        return f"{path.rstrip('/')}/{quote(below)}{mark}{query}"

    def _folder(self, below: str) -> str:
        path = self._place(below)
        return (path.partition("?")[0] if self._is_web else path).rstrip("/")

    def _called(self, below: str) -> str:
        return f"{self.name}/{below}" if below else self.name


class _Anywhere(io.RawIOBase):
    """A file of fsspec whose errors are ours, and that does not end before its size."""

    def __init__(self, file: Any, name: str, url: str) -> None:
        self._file = file
        self._name = name
        self._url = url

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return int(self._file.seek(offset, whence))
        except ValueError as error:
            raise self._no_parts() from error

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._file.read(len(buffer))
        except ValueError as error:
            if "range requests" in str(error):
                raise self._no_parts() from error
            raise self._unreadable(reason(error, self._url)) from None
        except Exception as error:
            raise self._unreadable(reason(error, self._url)) from None
        size = self._file.size
        if not data and size is not None and self._file.tell() < size:
            raise self._unreadable("the connection was lost")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _unreadable(self, why: str) -> UnreadableError:
        return UnreadableError(f"{printable(self._name)}: {why}")

    def _no_parts(self) -> ArtifactError:
        return ArtifactError(self._name, "the server does not send parts of a file, which counting it needs")


def _entry(info: dict[str, Any]) -> Entry:
    is_folder = info["type"] == "directory"
    return Entry(is_folder, None if is_folder else info.get("size"))
