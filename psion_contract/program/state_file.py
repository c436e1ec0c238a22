"""The file that a stage program is kept in: read whole, replaced whole, changed by one process at a time.

Beside a state file ``run.json`` may stand ``.run.json.lock``, which is empty, held by the process that
changes the state and never removed; and, where such a process was killed, ``.run.json.new``, which the next
one removes. Neither is looked at by ``psion-contract check``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from stat import S_ISREG

from psion_contract.atomic_file import replace_file
from psion_contract.exceptions import StateFileError, StateLockedError

DEFAULT_WAIT = 30.0
"""Seconds to wait for another process that holds the lock, unless told."""

_PAUSE = 0.01


class StateFile:
    """A state file by its path; a symbolic link is followed, so that all names share one lock.

    Args:
        path: of the file, which need not be there yet.

    Attributes:
        path: as it was given.
        target: where it leads, an absolute path without links.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.target = os.path.realpath(self.path)
        folder, name = os.path.split(self.target)
        self._lock = os.path.join(folder, f".{name}.lock")
        self._beside = os.path.join(folder, f".{name}.new")

    @property
    def exists(self) -> bool:
        """Whether there is such a file."""
        return os.path.exists(self.target)

    def read(self, max_bytes: int) -> bytes:
        """What the file holds, at most `max_bytes` and one more.

        Needs no lock: the file is only ever replaced whole.

        Raises:
            StateFileError: there is no such file, or it cannot be read.
        """
        try:
            if not S_ISREG(os.stat(self.target).st_mode):
                raise StateFileError(f"{self.path}: not a regular file")
            with open(self.target, "rb") as file:
                return file.read(max_bytes + 1)
        except OSError as error:
            raise self._error("cannot be read", error) from error

    @contextmanager
    def locked(self, wait: float = DEFAULT_WAIT) -> Iterator[None]:
        """Hold the lock, which the system gives back however the process ends.

        The lock is advisory: it keeps out who asks for it, and an editor does not ask.

        Args:
            wait: seconds to wait for another process that holds it; 0 to be told at once.

        Raises:
            StateLockedError: another process held it all the time.
            StateFileError: the lock file cannot be opened, or the system has no such locks.
        """
        try:
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise self._error("its lock file cannot be opened", error) from error
        try:
            self._acquire(handle, wait)
            self._discard()  # what a process that was killed left: only who has the lock writes it
            yield
        finally:
            os.close(handle)

    def replace(self, data: bytes) -> None:
        """Put other bytes in place of the file, to be called under the lock.

        They are written beside it, brought to the disk, and take its name: whatever happens in between, the
        file is the old one or the new one, whole. It keeps its mode.

        Raises:
            StateFileError: they cannot be written; the file is as it was.
        """
        try:
            replace_file(self.target, data, beside=self._beside)
        except OSError as error:
            raise self._error("not saved", error) from error

    def _acquire(self, handle: int, wait: float) -> None:
        try:
            from fcntl import LOCK_EX, LOCK_NB, flock
        except ImportError as error:
            raise StateFileError(f"{self.path}: cannot be locked: no POSIX file locks here") from error
        deadline = time.monotonic() + wait
        while True:
            try:
                return flock(handle, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    message = f"{self.path}: another process is changing it; waited {wait:g} s"
                    raise StateLockedError(message) from error
            except OSError as error:
                raise self._error("cannot be locked", error) from error
            time.sleep(_PAUSE)

    def _discard(self) -> None:
        with suppress(OSError):
            os.unlink(self._beside)

    def _error(self, what: str, error: OSError) -> StateFileError:
        return StateFileError(f"{self.path}: {what}: {error.strerror}")
