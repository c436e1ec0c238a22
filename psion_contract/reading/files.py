"""Sources from files, directories, JSON Lines, standard input, and URLs."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import partial
from typing import BinaryIO, Literal

from psion_contract.exceptions import MissingExtraError, UnreadableError
from psion_contract.findings import IgnoredReason
from psion_contract.reading.compression import CorruptError, decompressed, plain_name
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits
from psion_contract.reading.json_text import Problem
from psion_contract.reading.source import Source
from psion_contract.reading.urls import is_remote, refuse_alike, shown

STDIN = "-"

State = tuple[object, ...]
"""What changes when a file changes: its size and the times of its last change; for a remote file, see `remote`."""

LARGE = 32 * 1024 * 1024
"""From so many bytes on, JSON Lines are checked as a stream, by all cores, unless it is said otherwise."""

DEFAULT_EXCLUDES = (".git", ".hg", ".svn", ".jj", ".bzr", "CVS", ".ipynb_checkpoints")
"""Folders that hold copies of other states of a tree: of version control, and of notebooks."""

LINES = (".jsonl", ".ndjson")
"""Endings of the names of JSON Lines files, which another one may follow if the file is compressed."""

PARQUET = ".parquet"
"""The ending of the names of Parquet files."""

_DOCUMENTS = (".json", *LINES)
_DATA = re.compile(
    r"~\Z|\.(?:ya?ml|toml|txt|log|out|dat|data|cfg|conf|tmp|bak|orig|old|new|rej|save|part|v?[0-9]+|jsn|[^.]*json[^.]*)\Z"
)
"""Endings, beside none, of files that may be a document under another name; they are listed if they claim to be one."""

_HEAD = 1 << 16
_PIECE = 1 << 20
_OVERLAP = 1 << 12
_MAX_REST = 1 << 28
"""How much of an endless line is searched for its end: 256 MiB."""


def gather(
    paths: Sequence[str],
    limits: Limits = DEFAULT_LIMITS,
    stdin_name: str = "<stdin>",
    excludes: Sequence[str] = (),
    opened: Callable[[str, State], None] | None = None,
) -> Iterator[Source]:
    """The sources of some paths.

    A file is one document, or one document per line if its name ends with ``.jsonl`` or ``.ndjson``. A
    directory means the files below it that end with ``.json``, ``.jsonl`` or ``.ndjson``, in the order of
    their paths. Each may be compressed with gzip or Zstandard; in a directory, ``.gz`` or ``.zst`` then follows.
    A file that ends with ``.parquet`` is one document per row; in a directory, if it has a column ``text``.
    What else below it may hold documents (links to directories, files with similar endings, pipes)
    is not read, but gives a source that says why. ``-`` is standard input. A URL means what is there, in the same
    way (see `remote`).

    Args:
        paths: as the user wrote them; findings use these names.
        limits: ``max_bytes`` bounds what is read of each document.
        stdin_name: the name of standard input; its extension decides whether it is read as JSON Lines.
        excludes: patterns of names, or of paths below a directory, that are not read, beside `DEFAULT_EXCLUDES`.
        opened: called with the path of each file that is read, and its state.

    Raises:
        UnreadableError: a path does not exist, cannot be read, is not a regular file, or changed while it was read.
    """
    refuse_alike(paths)
    for path in paths:
        if path == STDIN:
            try:
                yield from _documents(_standard_input(), stdin_name, limits, named=True)
            except OSError as error:  # such as one that is open only for writing
                raise UnreadableError(f"standard input: {error.strerror}") from error
        elif is_remote(path):
            yield from _remote(path, limits, Excludes(excludes), opened)
        elif os.path.isdir(path):
            for file, ignored in files_in(path, Excludes(excludes)):
                if ignored is None:
                    yield from file_sources(file, limits, False, opened)
                else:
                    yield Source(file, b"", named=False, ignored=ignored)
        else:
            yield from file_sources(path, limits, True, opened)


def _standard_input() -> BinaryIO:
    """Standard input, which waits: where it does not, a pause would look like the end.

    Raises:
        UnreadableError: it is closed.
    """
    if sys.stdin is None:
        raise UnreadableError("standard input is closed")
    with suppress(AttributeError, OSError):  # on Windows before Python 3.12, and where it is replaced
        os.set_blocking(sys.stdin.fileno(), True)
    return sys.stdin.buffer


class Excludes:
    """What is not read below a folder: by its name, or by its path below the folder.

    A slash at the end of a pattern, as shells complete the names of folders, does not count.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = (*DEFAULT_EXCLUDES, *(each.rstrip("/") for each in patterns))

    def has(self, name: str, below: str) -> bool:
        """Whether a file or folder of this name, at this path below the folder, is excluded."""
        return any(fnmatchcase(name, each) or fnmatchcase(below, each) for each in self._patterns)


def files_in(folder: str, excludes: Excludes) -> Iterator[tuple[str, IgnoredReason | None]]:
    """The files below a folder that are to be read, and everything that is to be listed, with the reason."""

    def refuse(error: OSError) -> None:
        raise UnreadableError(f"{printable(str(error.filename))}: {error.strerror}")

    def is_excluded(name: str, path: str) -> bool:
        return excludes.has(name, os.path.relpath(path, folder).replace(os.sep, "/"))

    for parent, folders, files in walk(folder, refuse):
        followed = []
        for name in sorted(folders):
            path = os.path.join(parent, name)
            if is_excluded(name, path):
                yield path, "excluded"
            elif os.path.islink(path):
                yield path, "linked-directory"
            else:
                followed.append(name)
        folders[:] = followed
        for name in sorted(files):
            path = os.path.join(parent, name)
            treatment = _treatment(name, path)
            if treatment == "unrelated":
                continue
            if is_excluded(name, path):
                yield path, "excluded"
            else:
                yield path, None if treatment == "read" else treatment


def walk(
    folder: str, failed: Callable[[OSError], None] = lambda _: None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder from this one down, with the names of the folders and the files in it.

    As `os.walk`, which stops at a thousand levels before Python 3.12. The folders that are removed from the list of
    names are not entered, and links never are.

    Args:
        folder: where to start.
        failed: called with the error of a folder that cannot be read.
    """
    waiting = [folder]
    while waiting:
        parent = waiting.pop()
        folders: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    (folders if _is_folder(entry) else files).append(entry.name)
        except OSError as error:
            failed(error)
            continue
        yield parent, folders, files
        below = [os.path.join(parent, name) for name in reversed(folders)]
        waiting += [path for path in below if not os.path.islink(path)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


Treatment = Literal["read", "other-ending", "unrelated"]


def _treatment(name: str, path: str) -> IgnoredReason | Treatment:
    """What to do with a file below a directory: read it, list it for a reason, or nothing, like with most files."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return "dangling-link"
    if not stat.S_ISREG(mode):
        return "special-file"
    return _parquet_treatment(path) if is_parquet(name) else _treatment_of(name, partial(_head, path))


def _treatment_of(name: str, head: Callable[[], bytes]) -> Treatment:
    """The same for a regular file of this name; `head` reads its beginning, if that is needed."""
    lower = name.lower()
    if plain_name(name).endswith(_DOCUMENTS):
        return "read"
    if is_parquet(name):
        return "other-ending"
    if any(part.startswith(("json", "ndjson")) for part in lower.split(".")[1:]):
        return "other-ending"
    if (_DATA.search(lower) or "." not in lower.lstrip(".")) and _claims(head()):
        return "other-ending"
    return "unrelated"


def _parquet_treatment(path: str) -> IgnoredReason | Literal["read"]:
    from psion_contract.reading.parquet_rows import has_texts

    try:
        return "read" if has_texts(path) else "other-kind"
    except (MissingExtraError, OSError):
        return "other-ending"


def _claims(data: bytes) -> bool:
    """As `text_claims` of `claims`, which is imported only for what cannot be read."""
    from psion_contract.reading.claims import text_claims

    return text_claims(data)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""  # not a document by its name, and nothing is known of its contents


def file_sources(
    path: str, limits: Limits, named: bool, opened: Callable[[str, State], None] | None = None
) -> Iterator[Source]:
    """The sources in a file, as for `gather`.

    Args:
        path: of the file.
        limits: the limits of the reader.
        named: whether the user named it.
        opened: called with the path of the file and its state.

    Raises:
        UnreadableError: it does not exist, cannot be read, is not a regular file, or changed while it was read.
    """
    try:
        # Without blocking: a pipe without a writer would block for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise UnreadableError(f"{printable(path)}: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableError(f"{printable(path)}: {error}") from error  # a null character, which no path has
    with os.fdopen(handle, "rb") as file:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableError(f"{printable(path)}: not a regular file; pipe it in and pass -")
        if opened is not None:
            opened(path, state_of(before))
        try:
            yield from _documents(file, path, limits, named)
        except OSError as error:
            raise UnreadableError(f"{printable(path)}: {error.strerror}") from error
        refuse_changed(path, state_of(before), state_of(os.fstat(handle)))


def _remote(
    url: str, limits: Limits, excludes: Excludes, opened: Callable[[str, State], None] | None
) -> Iterator[Source]:
    """The sources of a URL, which is treated as a path is."""
    from psion_contract.reading.remote import RemoteFile, RemoteFiles  # imports fsspec

    place = RemoteFiles(url)

    def treated() -> Iterator[tuple[RemoteFile, IgnoredReason | None]]:
        excluded = set[str]()
        for file in place:
            if not file.below:
                yield file, None
                continue
            *folders, name = file.below.split("/")
            above = ("/".join(folders[:count]) for count in range(1, len(folders) + 1))
            folder = next((each for each in above if excludes.has(each.rpartition("/")[2], each)), None)
            if folder is not None:
                if folder not in excluded:
                    excluded.add(folder)
                    yield file._replace(name=file.name.removesuffix(file.below) + folder), "excluded"
                continue
            treatment = _treatment_of(name, partial(place.head, file, _HEAD))
            if treatment == "unrelated":
                continue
            if excludes.has(name, file.below):
                yield file, "excluded"
            else:
                yield file, None if treatment == "read" else treatment

    for file, ignored, content, state in place.read(treated()):
        if ignored is not None:
            yield Source(file.name, b"", named=False, ignored=ignored)
            continue
        if opened is not None:
            opened(file.name, state)
        yield from _documents(content, file.name, limits, named=not file.below)


def state_of(status: os.stat_result) -> State:
    """What changes when a file changes; its time of modification can be set, as that of files in a build often is."""
    return *copied_state_of(status), status.st_ctime_ns


def copied_state_of(status: os.stat_result) -> State:
    """The same, as far as copies of the file on several machines share it."""
    return status.st_size, status.st_mtime_ns


def refuse_changed(path: str, before: object, now: object) -> None:
    """Refuse a file, or what is below a path, whose state has changed.

    Raises:
        UnreadableError: the states differ.
    """
    if now != before:
        raise UnreadableError(f"{printable(shown(path))}: changed while it was read; check it again")


def _documents(file: BinaryIO, name: str, limits: Limits, named: bool) -> Iterator[Source]:
    """The documents in a file, up to where compressed data is damaged; that is a finding."""
    try:
        if is_parquet(name):
            yield from _rows(file, name, limits, named)
            return
        content = decompressed(file)
    except MissingExtraError as error:
        raise UnreadableError(f"{printable(name)}: {error}") from error
    try:
        if is_lines(name):
            yield from lines_in(content, name, limits, named)
        else:
            # One byte more than the limit, from which the reader detects the excess.
            data = content.read(limits.max_bytes + 1)
            yield _whole(content, name, data, limits, named)
    except CorruptError as error:
        yield Source(name, b"", group=name, fault=Problem("invalid-json", str(error)))


def _rows(file: BinaryIO, name: str, limits: Limits, named: bool) -> Iterator[Source]:
    from psion_contract.reading.parquet_rows import rows_in

    if not file.seekable():
        remedy = "a URL; copy the file" if is_remote(name) else "a pipe; name the file"
        raise UnreadableError(f"{printable(name)}: Parquet cannot be read from {remedy}")
    yield from rows_in(file, name, limits, named)


def is_parquet(name: str) -> bool:
    """Whether a file of this name is Parquet."""
    return name.lower().endswith(PARQUET)


def is_lines(name: str) -> bool:
    """Whether a file of this name is JSON Lines."""
    return plain_name(name).endswith(LINES)


def _whole(file: BinaryIO, name: str, data: bytes, limits: Limits, named: bool) -> Source:
    """The source of a whole file, whose beginning has been read."""
    over_limit = len(data) > limits.max_bytes
    rest_claims = over_limit and not named and _rest_claims(file, data[-_OVERLAP:])
    return Source(name, data, named, rest_claims=rest_claims)


def lines_in(
    file: BinaryIO, name: str, limits: Limits, named: bool, before: int | None = None
) -> Iterator[Source]:
    """The lines of a JSON Lines file, up to the limit.

    Args:
        file: the file, or a part of it that begins with a line.
        name: the name of the file.
        limits: the limits of the reader.
        named: whether the user named the file.
        before: how many lines the file has before this part, one of which is a document; None if this is all of it.
    """
    number, empty = before or 0, before is None
    while line := file.readline(limits.max_bytes + 2):
        number += 1
        if limits.max_lines is not None and number > limits.max_lines:
            fault = Problem("limit-exceeded", f"more than {limits.max_lines} lines, the limit")
            rest_claims = not named and (_claims(line) or _rest_claims(file, line[-_OVERLAP:]))
            yield Source(name, b"", named, fault=fault, rest_claims=rest_claims)
            return
        is_cut = not line.endswith(b"\n") and len(line) > limits.max_bytes
        if empty and not is_cut and is_indented(line):
            data = line + file.read(max(0, limits.max_bytes + 1 - len(line)))
            fault = Problem(
                "invalid-json",
                "a document over several lines; in JSON Lines every line is a document of its own. Give the file "
                "a name that ends with .json",
            )
            yield _whole(file, name, data, limits, named)._replace(fault=fault, first_line=number)
            return
        rest_claims, is_over = _finish_line(file, line[-_OVERLAP:]) if is_cut else (False, False)
        if is_cut or line.strip():
            empty = False
            data = line.rstrip(b"\r\n")
            yield Source(f"{name}:{number}", data, named, number, group=name, rest_claims=rest_claims)
        if is_over:
            message = f"line {number} is longer than {_MAX_REST} bytes; the rest was not read"
            yield Source(name, b"", fault=Problem("limit-exceeded", message))
            return
    if empty:
        yield Source(name, b"null", named, located=False, group=name)  # a file without any document


def is_indented(line: bytes) -> bool:
    """Whether the first line of a file begins a document that continues on the next line."""
    return line.rstrip().endswith((b"{", b"[", b",", b":"))


def _rest_claims(file: BinaryIO, before: bytes) -> bool:
    """Whether the rest of a file, together with the bytes before it, claims the contract."""
    while piece := file.read(_PIECE):
        if _claims(before + piece):
            return True
        before = piece[-_OVERLAP:]
    return False


def _finish_line(file: BinaryIO, before: bytes) -> tuple[bool, bool]:
    """Skip the rest of a line that is too long; whether it claims the contract, and whether it has no end."""
    found = False
    for _ in range(_MAX_REST // _PIECE):
        piece = file.readline(_PIECE)
        found = found or _claims(before + piece)
        if not piece or piece.endswith(b"\n"):
            return found, False
        before = piece[-_OVERLAP:]
    return found, True
