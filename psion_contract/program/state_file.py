"""The file of a stage program: replaced atomically, and changed by one process at a time.

Next to a state file ``run.json`` there may be ``.run.json.lock``, an empty file that the changing process locks
and that is never removed, and ``.run.json.new``, left behind by a killed process and removed by the next one.
``psion-contract check`` reads neither.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from stat import S_ISREG

from psion_contract.atomic_file import replace_file, sync_folder
from psion_contract.exceptions import ArgumentError, StateFileError, StateLockedError
from psion_contract.reading.escaping import printable

DEFAULT_WAIT = 30.0
"""Default number of seconds to wait for another process that holds the lock."""

_PAUSE = 0.01


class StateFile:
    """A state file by its path. Symbolic links are followed, so that all names of a file share one lock.

    Args:
        path: of the file, which need not exist yet.

    Attributes:
        path: the path as the caller wrote it, escaped for messages.
        target: the absolute path with symbolic links resolved.

    Raises:
        ArgumentError: `path` is not a path, or is empty.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)) or not os.fspath(path):
            found = "is empty" if path == "" else f"is a {type(path).__name__}"
            raise ArgumentError(f"path: {found}; expected the path of a file")
        self.path = printable(os.fsdecode(path))
        self.target = os.path.realpath(os.fsdecode(path))
        folder, name = os.path.split(self.target)
        self._lock = os.path.join(folder, f".{name}.lock")
        self._temporary = os.path.join(folder, f".{name}.new")

    @property
    def exists(self) -> bool:
        """Whether the file exists."""
        return os.path.exists(self.target)

    def read(self, max_bytes: int) -> bytes:
        """The contents of the file, at most `max_bytes` + 1 bytes.

        Needs no lock: the file is always replaced atomically.

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
        """Hold the lock for a block; the system releases it however the process ends.

        The lock is advisory: programs that do not use it, such as editors, can still change the file.

        Args:
            wait: seconds to wait for another process that holds it; 0 to fail immediately.

        Raises:
            ArgumentError: `wait` is not a number of seconds.
            StateLockedError: another process held it for that long.
            StateFileError: the lock file cannot be opened or locked.
        """
        if isinstance(wait, bool) or not isinstance(wait, (int, float)) or not wait >= 0:
            raise ArgumentError(f"wait: {wait!r:.40} is not a number of seconds from 0")
        if not os.path.isdir(os.path.dirname(self._lock)):  # FileLock would make it
            raise StateFileError(f"{self.path}: its folder does not exist")
        from filelock import FileLock, Timeout  # slow to import

        lock = FileLock(self._lock, timeout=wait, mode=0o666, poll_interval=_PAUSE)
        try:
            lock.acquire()
        except Timeout as error:
            raise StateLockedError(
                f"{self.path}: another process is changing it; waited {wait:g} s"
            ) from error
        except OSError as error:
            raise self._error("its lock file cannot be locked", error) from error
        try:
            self._remove_leftover()  # left behind by a killed process: only the lock owner writes it
            yield
        finally:
            lock.release()

    def replace(self, data: bytes) -> None:
        """Replace the contents of the file, under the lock.

        After a crash, the file has either the old or the new contents. It keeps its mode.

        Raises:
            StateFileError: it cannot be written and is unchanged; or it is written, but a power failure may
                restore the old contents.
        """
        try:
            replace_file(self.target, data, temporary=self._temporary)
        except (
            FileExistsError
        ) as error:  # it was removed under the lock, so another program has made it since
            name = printable(os.path.basename(self._temporary))
            raise StateFileError(
                f"{self.path}: cannot be written: another program has made {name}"
            ) from error
        except OSError as error:
            raise self._error("cannot be written", error) from error
        try:
            sync_folder(os.path.dirname(self.target))
        except OSError as error:
            raise self._error("is written, but may be the old one after a loss of power", error) from error

    def _remove_leftover(self) -> None:
        with suppress(OSError):
            os.unlink(self._temporary)

    def _error(self, what: str, error: OSError) -> StateFileError:
        return StateFileError(f"{self.path}: {what}: {error.strerror}")
