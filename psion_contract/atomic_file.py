"""Atomic file writes: a file is written completely or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EEXIST
from stat import S_IMODE, S_ISREG

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""How a file is opened that must not exist, not even as a link that somebody else has placed there."""


def create_file(path: str, data: bytes, *, durable: bool = True) -> None:
    """Write a file that does not exist yet: it is complete or not there, even if this process is killed.

    Args:
        path: of the file.
        data: its contents.
        durable: whether that also holds after a crash of the system, for which the disk has to be waited for.

    Raises:
        FileExistsError: it exists; it is unchanged.
        OSError: it cannot be written; no partial file remains.
    """
    if os.path.lexists(path):
        raise FileExistsError(EEXIST, os.strerror(EEXIST), path)
    temporary = os.path.join(os.path.dirname(path), f".psion-contract-{os.urandom(8).hex()}")
    handle = os.open(temporary, _NEW, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(handle)
        _give_name(temporary, path)
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _give_name(temporary: str, path: str) -> None:
    """Give a complete file its name, which nothing else may have: two processes may create it at once.

    Raises:
        FileExistsError: something has the name.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except (AttributeError, OSError):  # no hard links on this system or disk: take the name, then fill it
        open(path, "xb").close()
        try:
            os.replace(temporary, path)
        except BaseException:
            os.unlink(path)
            raise


def write_file(path: str, data: bytes) -> None:
    """Write a file, or replace its contents if it exists.

    Raises:
        OSError: it is not a regular file, or cannot be written; it is unchanged.
    """
    try:
        create_file(path, data)
    except FileExistsError:
        replace_file(path, data)


def replace_file(path: str, data: bytes, *, temporary: str = "") -> None:
    """Replace the contents of a file, which keeps its mode and, where permitted, its owner.

    The contents are written to a temporary file, flushed to disk and renamed: after a crash the file has either
    the old or the new contents. After a power failure, only `sync_folder` guarantees the new ones. A symbolic
    link is followed: its target is replaced.

    Args:
        path: of the file.
        data: the new contents.
        temporary: path of the temporary file, in the same folder, which must not exist; if given, the file
            itself need not exist. A random name by default.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is not a regular file, or cannot be written; it is unchanged.
    """
    target = os.path.realpath(path)
    old = os.stat(target) if not temporary or os.path.exists(target) else None
    if old is not None and not S_ISREG(old.st_mode):
        raise OSError(0, "not a regular file", path)
    folder, name = os.path.split(target)
    if temporary:
        handle = os.open(temporary, _NEW, 0o666)
    else:
        from tempfile import mkstemp  # takes longer to import than most commands to run

        handle, temporary = mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            if old is not None:
                _take_over(handle, temporary, old)
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def rewrite_file(path: str, data: bytes) -> None:
    """Replace the contents of a file in place, so that its other names (hard links) show the new contents too.

    Not atomic: a crash may leave a mixture of the old and the new contents.

    Raises:
        OSError: it cannot be written.
    """
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _take_over(handle: int, path: str, old: os.stat_result) -> None:
    """Give a new file the owner, where permitted, and the mode of the old one; by its handle, where that is possible,
    because somebody else may have put a link to another file in its place."""
    if hasattr(os, "fchown"):
        with suppress(OSError):
            os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, S_IMODE(old.st_mode))
    else:
        os.chmod(path, S_IMODE(old.st_mode))


def sync_folder(folder: str) -> None:
    """Flush the entries of a folder to disk, where the system supports it.

    Raises:
        OSError: the folder cannot be opened or synchronised.
    """
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
