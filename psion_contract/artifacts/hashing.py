"""Digests of files, read as streams. No other module of the package hashes files.

A digest of a file is written as ``sha256:`` and 64 lower-case hexadecimal characters.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.files import State
from psion_contract.reading.python_values import checked_jobs

_BLOCK = 256 * 1024
"""Bytes that are read at once: few enough to be hashed from the processor's cache."""

Progress = Callable[[int], object]
"""Called with the number of bytes that were read since the last call, from any thread, but from one at a time."""


class FileDigest(NamedTuple):
    """The digest of one file.

    Attributes:
        digest: ``sha256:`` and 64 lower-case hexadecimal characters.
        size: of the file, in bytes.
        state: what changes when the file changes; None if it is not known, as of a remote file.
    """

    digest: str
    size: int
    state: State | None = None


def digest_of(data: bytes) -> str:
    """The digest of bytes, in the form of `FileDigest.digest`."""
    return f"sha256:{sha256(data).hexdigest()}"


def hash_files(
    paths: Iterable[str], jobs: int | None = None, progress: Progress | None = None
) -> dict[str, FileDigest]:
    """The digests of files, each of which is read once; several are read at a time.

    Args:
        paths: of the files. A path that occurs twice is read once.
        jobs: how many files are read at a time; by default, as many as there are cores.
        progress: see `Progress`.

    Returns:
        The digests by path, in the order of the paths.

    Raises:
        ArgumentError: `jobs` is no integer from 1.
        ArtifactError: a file cannot be read, or is not a regular file.
        UnreadableError: the connection to a remote file is lost.
    """
    wanted = dict.fromkeys(paths)
    found: dict[str, FileDigest] = {}
    for path, outcome in hashed(wanted, jobs, progress):
        if isinstance(outcome, ArtifactError):
            raise outcome
        found[path] = outcome
    return {path: found[path] for path in wanted}


def hashed(
    paths: Iterable[str], jobs: int | None = None, progress: Progress | None = None
) -> Iterator[tuple[str, FileDigest | ArtifactError]]:
    """Each file with its digest, or with why it has none, in the order in which they are finished.

    Args:
        paths: as for `hash_files`.
        jobs: as for `hash_files`.
        progress: as for `hash_files`.

    Raises:
        ArgumentError: `jobs` is no integer from 1.
        UnreadableError: the connection to a remote file is lost.
    """
    checked_jobs(jobs)
    # The largest first: otherwise it may be read last, by one core alone.
    wanted = sorted(dict.fromkeys(paths), key=size_of, reverse=True)
    stopped, lock = Event(), Lock()

    def report(size: int) -> None:
        if progress is not None:
            with lock:
                progress(size)

    waiting = SimpleQueue[str]()
    for path in wanted:
        waiting.put(path)
    finished = SimpleQueue[tuple[str, FileDigest | BaseException]]()

    def work() -> None:
        with suppress(Empty):
            while not stopped.is_set():
                path = waiting.get_nowait()
                try:
                    finished.put((path, _hash(path, report, stopped)))
                except BaseException as error:
                    finished.put((path, error))

    # hashlib releases the interpreter's lock, so threads use all cores. After an interrupt, nobody waits for them: for a
    # large file, or for a server that does not answer.
    for _ in range(min(jobs or os.cpu_count() or 1, len(wanted))):
        Thread(target=work, daemon=True).start()
    try:
        for _ in wanted:
            path, outcome = finished.get()
            if isinstance(outcome, BaseException) and not isinstance(outcome, ArtifactError):
                raise outcome
            yield path, outcome
    finally:
        stopped.set()


def size_of(path: str) -> int:
    """The bytes of a file; 0 if it cannot be read, because who reads it says what is wrong."""
    try:
        return storage.size_of(path)
    except (OSError, ValueError):
        return 0


def _hash(path: str, progress: Progress | None, stopped: Event) -> FileDigest:
    hasher, size = sha256(), 0
    block = bytearray(_BLOCK)
    view = memoryview(block)
    try:
        before = storage.state_of(path)
        with _opened(path) as file:
            while not stopped.is_set() and (count := file.readinto(block)):
                hasher.update(view[:count])
                size += count
                if progress is not None:
                    progress(count)
        if storage.state_of(path) != before:
            raise ArtifactError(path, "changed while it was read", "a file that nothing writes to")
    except OSError as error:
        raise ArtifactError(path, f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # a null character in the path; ArtifactError is one, too
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(path, "is not a path", "a path without null characters") from error
    return FileDigest(f"sha256:{hasher.hexdigest()}", size, before)


def _opened(path: str) -> AbstractContextManager[Any]:
    if isinstance(path, storage.RemotePath):
        return storage.streamed(path)
    storage.size_of(path)  # first: to open a pipe would wait for who writes to it
    return open(path, "rb", buffering=0)
