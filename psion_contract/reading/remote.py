"""Files at URLs, read through fsspec.

Nothing is written. Whatever goes wrong on the way is an `UnreadableError`: no listing and no file ends early without one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from queue import Empty, Queue
from threading import Thread
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.connections import CHANGED, file_system, reason
from psion_contract.reading.escaping import printable
from psion_contract.reading.urls import WEB, shown, split

T = TypeVar("T")

State = tuple[object, ...]
"""What changes when a file changes, as far as the store tells."""

_FLAT = ("s3", "s3a", "gs", "gcs")
"""Stores that list everything below a prefix at once, and without leaving out what cannot be listed."""

_WEB_WILDCARD = r"\*|\[(?![0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\])"
"""With a bracket that is not one of an IPv6 address. There is no question mark, with which a query begins."""

_DEEPEST = 64
"""So many folders in one another are listed: a link to a folder above it leads on without end."""

_BLOCK = 8 << 20
"""Bytes of a large file that are asked for together; up to two blocks are read ahead."""

_PIECE = 1 << 18
"""Bytes taken together of what a web server sends. aiohttp keeps up to twice as many, and loses them with a connection."""

_SMALL = 1 << 20
_TOGETHER = 64
"""Files up to this size are asked for at the same time, so many of them."""

_VERSION = ("ETag", "etag", "generation", "VersionId", "LastModified", "last_modified", "updated", "mtime")


class RemoteFile(NamedTuple):
    """A file that a URL names, or that is below one.

    Attributes:
        name: its URL, without credentials.
        path: its name in the file system of fsspec.
        size: in bytes; None if it is not known before the file is read.
        below: its path below the folder that the URL names; empty if the URL names the file itself.
    """

    name: str
    path: str
    size: int | None
    below: str


class RemoteFiles:
    """The files that a URL names.

    Args:
        url: of a file, of a folder, or with wildcards: ``*``, ``[``, ``**`` for any number of folders, and ``?`` except for
            web servers, where a query begins with it. There a folder ends with ``/``, and has a page that lists it.

    Raises:
        UnreadableError: nothing is installed that reads such a URL.
    """

    def __init__(self, url: str) -> None:
        self._url, self._name = url, shown(url)
        self._begin, place, self._rest = split(url)
        scheme = self._begin if not self._rest else ""  # how a chain works is known only to fsspec
        self._is_web = scheme.removesuffix("://").lower() in WEB
        self._is_flat = scheme.removesuffix("://") in _FLAT
        with self._failing(self._name):
            self._fs, path = file_system(url, self._is_web)
        self._path = path
        self._is_folder = place.endswith("/")
        magic = _WEB_WILDCARD if self._is_web else r"[*?\[]"
        self._has_wildcards = re.search(magic, place) is not None
        # What is before the wildcards, in the file system and as the user wrote it.
        self._root, self._base = (
            re.split(magic, each, maxsplit=1)[0].rpartition("/")[0]
            if self._has_wildcards
            else each.rstrip("/")
            for each in (path, place)
        )

    def __iter__(self) -> Iterator[RemoteFile]:
        """The files, those of a folder before those of the folders in it, each in the order of their names.

        Raises:
            UnreadableError: there are none, or they cannot be listed.
        """
        has_any = False
        with self._failing(self._name):
            for path, info in (self._matches() if self._has_wildcards else None) or [self._named()]:
                is_folder = info["type"] == "directory"
                for name, each in self._below(path) if is_folder else [(path, info)]:
                    has_any = True
                    yield RemoteFile(self._url_of(name), name, each.get("size"), name[len(path) :].strip("/"))
        if not has_any:
            raise UnreadableError(f"{printable(self._name)}: no files below it")

    def size_of(self, file: RemoteFile) -> int | None:
        """The size of a file; None if the server does not say.

        Raises:
            UnreadableError: the file cannot be asked for.
        """
        if file.size is not None or not self._is_web:
            return file.size
        with self._failing(file.name):
            size: int | None = self._fs.info(file.path).get("size")
        return size

    def head(self, file: RemoteFile, size: int) -> bytes:
        """The first bytes of a file.

        Raises:
            UnreadableError: it cannot be read.
        """
        with self._failing(file.name):
            if file.size is None:
                with self._opened(file) as opened:
                    return bytes(opened.read(size))
            size = min(size, file.size)
            return bytes(self._fs.cat_file(file.path, start=0, end=size)) if size else b""

    def read(self, files: Iterable[tuple[RemoteFile, T]]) -> Iterator[tuple[RemoteFile, T, BinaryIO, State]]:
        """Files, opened one after the other.

        Args:
            files: the files, each with a remark; those whose remark is true are not read, and are empty here.

        Yields:
            Each file with its remark, its bytes and its state.

        Raises:
            UnreadableError: a file cannot be read, ends early, or changed while it was read. Reading the bytes raises it, too.
        """
        together: list[tuple[RemoteFile, T]] = []
        size = 0
        for file, remark in files:
            is_small = file.size is not None and file.size <= _SMALL
            if remark or is_small:
                together.append((file, remark))
                size += 0 if remark else file.size or 0
                if len(together) < _TOGETHER and size < _BLOCK:
                    continue
            yield from self._read_together(together)
            together, size = [], 0
            if not remark and not is_small:
                yield from self._read_alone(file, remark)
        yield from self._read_together(together)

    def _read_together(
        self, files: list[tuple[RemoteFile, T]]
    ) -> Iterator[tuple[RemoteFile, T, BinaryIO, State]]:
        wanted = [file for file, remark in files if not remark and file.size]
        paths = [file.path for file in wanted]
        ends = [
            (file.size or 0) + 1 for file in wanted
        ]  # with one byte more, to notice that a file has grown
        with self._failing(self._name):
            # `cat` would expand wildcards in the names.
            found = self._fs.cat_ranges(paths, [0] * len(wanted), ends, on_error="return") if wanted else []
        contents = dict(zip(paths, found, strict=True))
        for file, remark in files:
            data = contents.get(file.path, b"")
            with self._failing(file.name):
                if isinstance(data, Exception):
                    raise data
            if not remark and len(data) != file.size:
                raise _changed(file.name)
            yield file, remark, io.BytesIO(data), (len(data), hash(bytes(data)))

    def _read_alone(self, file: RemoteFile, remark: T) -> Iterator[tuple[RemoteFile, T, BinaryIO, State]]:
        with self._failing(file.name):
            before = () if self._is_web else self._state(file)
            opened = self._opened(file)
        size = None if self._is_web else opened.size
        if self._is_web:
            headers = opened.r.headers
            before = tuple(headers.get(each) for each in ("Content-Length", "ETag", "Last-Modified"))
            if before[0] is None and headers.get("Transfer-Encoding", "").lower() != "chunked":
                opened.close()
                raise UnreadableError(
                    f"{printable(file.name)}: the server does not say where the file ends (no Content-Length), so that a lost "
                    "connection could not be told from its end; download it first"
                )
        reader = _ReadAhead(opened, file.name, size, _PIECE if self._is_web else _BLOCK, self._url)
        try:
            yield file, remark, cast("BinaryIO", io.BufferedReader(reader, 1 << 18)), before
        finally:
            reader.close()
        if not self._is_web:  # there, the file is the answer to one request
            with self._failing(file.name):
                after = self._state(file)
            if after != before:
                raise _changed(file.name)

    def _opened(self, file: RemoteFile) -> Any:
        if self._is_web:
            # Without blocks, which not every server can send. A size, whichever, saves asking for it first.
            return self._fs.open(file.path, "rb", block_size=0, size=1)
        return self._fs.open(file.path, "rb", block_size=_BLOCK, cache_type="none")

    def _state(self, file: RemoteFile) -> State:
        info = self._fs.info(file.path)
        return info.get("size"), *(str(info[each]) for each in _VERSION if each in info)

    def _named(self) -> tuple[str, dict[str, Any]]:
        """What the URL names, if it has no wildcards, or nothing matches them."""
        if self._is_folder:
            return self._path.rstrip("/"), {"type": "directory"}
        if (
            self._is_web
        ):  # where everything is a file, and the answer to its request says more than this one would
            return self._path, {"type": "file"}
        return self._path, self._fs.info(self._path)

    def _matches(self) -> list[tuple[str, dict[str, Any]]]:
        """What matches the wildcards. Unlike in fsspec, a folder that cannot be listed is not skipped."""
        found: dict[str, dict[str, Any]] = {self._root: {"type": "directory"}}
        for part in self._path[len(self._root) :].strip("/").split("/"):
            folders = [path for path, info in found.items() if info["type"] == "directory"]
            found = {}
            for folder in folders:
                if part == "**":
                    found |= {folder: {"type": "directory"}, **dict(self._walk(folder))}
                    continue
                children = self._children(folder)
                found |= {name: info for name, info in children if fnmatchcase(name.rpartition("/")[2], part)}
        return sorted(found.items())

    def _below(self, folder: str) -> list[tuple[str, dict[str, Any]]]:
        """The files below a folder."""
        if self._is_flat:
            listed = self._fs.find(folder, detail=True).items()
            found = [(path, info) for path, info in listed if path != folder and not path.endswith("/")]
        else:
            found = self._walk(folder)
        files = [(path, info) for path, info in found if info["type"] != "directory"]
        return sorted(files, key=lambda each: _walked(each[0][len(folder) :].strip("/")))

    def _walk(self, folder: str, depth: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """Everything below a folder, folder by folder."""
        if depth > _DEEPEST:
            raise UnreadableError(
                f"{printable(self._name)}: more than {_DEEPEST} folders in one another; one may contain itself"
            )
        found = []
        for path, info in self._children(folder):
            found.append((path, info))
            if info["type"] == "directory":
                found += self._walk(path, depth + 1)
        return found

    def _children(self, folder: str) -> list[tuple[str, dict[str, Any]]]:
        """What is in a folder; of the links on the page of a web server, only those to what is in it."""
        start = f"{folder}/" if folder else ""
        found = {}
        for info in self._fs.ls(f"{folder}/" if self._is_web else folder, detail=True):
            path = info["name"].rstrip("/")
            name = path.removeprefix(start)
            if path.startswith(start) and name and not re.search("[/?#]" if self._is_web else "/", name):
                found[path] = info
        return sorted(found.items())

    def _url_of(self, path: str) -> str:
        """The name of a file, as the user would write its URL."""
        below = path[len(self._root) :].strip("/")
        if not below:
            return self._name
        return shown(f"{self._begin}{'/'.join(filter(None, (self._base, below)))}{self._rest}")

    @contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        """Raises every exception of the libraries as one, whose message has no credentials. Neither has its traceback."""
        try:
            yield
        except UnreadableError:
            raise
        except Exception as error:
            raise UnreadableError(f"{printable(name)}: {reason(error, self._url)}") from None


class _ReadAhead(io.RawIOBase):
    """A file of which the next blocks are read meanwhile.

    Reading raises `UnreadableError` where the file cannot be read, or ends before its size.

    Args:
        file: the file, which is closed at the end.
        name: its name, for messages.
        size: in bytes, if it is known.
        piece: how many bytes to take together.
        url: the URL that it was found by, of which nothing secret is in messages.
    """

    def __init__(self, file: Any, name: str, size: int | None, piece: int, url: str = "") -> None:
        self._file = file
        self._url = url
        self._piece = piece
        self._name = name
        self._size = size
        self._read = 0
        self._rest = memoryview(b"")
        self._ended = False
        self._stopped = False
        self._blocks: Queue[bytes | Exception] = Queue(1)
        # A thread of its own, for which the process does not wait when it ends.
        Thread(target=self._fill, daemon=True).start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest and not self._ended:
            self._rest = memoryview(self._next())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        self._stopped = True
        with suppress(Empty):
            self._blocks.get_nowait()  # the thread may wait for room
        super().close()

    def _next(self) -> bytes:
        block = self._blocks.get()
        if isinstance(block, Exception):
            self._fail(reason(block, self._url))
        assert isinstance(block, bytes)
        self._read += len(block)
        if not block:
            self._ended = True
            if self._size is not None and self._read != self._size:
                self._fail("the connection was lost")
        return block

    def _fail(self, reason: str) -> None:
        of = "" if self._size is None else f" of {self._size}"
        raise UnreadableError(f"{printable(self._name)}: after {self._read}{of} bytes: {reason}") from None

    def _fill(self) -> None:
        pieces: list[bytes] = []
        try:
            while not self._stopped:
                missing = _BLOCK
                while missing > 0 and (piece := self._file.read(min(missing, self._piece))):
                    pieces.append(bytes(piece))
                    missing -= len(piece)
                block = b"".join(pieces)
                pieces.clear()
                self._blocks.put(block)
                if not block:
                    break
        except Exception as error:
            if pieces:  # what came before is judged
                self._blocks.put(b"".join(pieces))
            self._blocks.put(error)
        finally:
            self._file.close()


def _walked(path: str) -> list[tuple[bool, str]]:
    """A key that sorts the files of a folder before those of the folders in it."""
    *folders, name = path.split("/")
    return [*((True, each) for each in folders), (False, name)]


def _changed(name: str) -> UnreadableError:
    return UnreadableError(f"{printable(name)}: {CHANGED}")
