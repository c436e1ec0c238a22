"""Files written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from stat import S_IMODE, S_ISREG
from tempfile import mkstemp


def create_file(path: str, data: bytes) -> None:
    """Write a file that does not exist yet.

    Raises:
        FileExistsError: it exists; it stays as it is.
        OSError: it cannot be written; nothing is left of it.
    """
    with open(path, "xb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            os.unlink(path)
            raise


def replace_file(path: str, data: bytes, *, beside: str = "") -> None:
    """Replace the contents of a file, which keeps its mode and, where that is allowed, its owner.

    They are written to a second file, brought to the disk, and take the name of the first: whatever happens,
    the file is the old one or the new one, whole. Only `sync_folder` makes sure that it is the new one after a
    loss of power. A symbolic link stays one: what it leads to is replaced.

    Args:
        path: of the file.
        data: the new contents.
        beside: path of the second file, in the same folder, which must not exist; then the file itself
            need not exist. A temporary name by default.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is not a regular file, or cannot be written; it stays as it is.
    """
    target = os.path.realpath(path)
    old = os.stat(target) if not beside or os.path.exists(target) else None
    if old is not None and not S_ISREG(old.st_mode):
        raise OSError(0, "not a regular file", path)
    folder, name = os.path.split(target)
    if beside:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    else:
        handle, beside = mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            if old is not None:
                if hasattr(os, "chown"):
                    with suppress(OSError):
                        os.chown(beside, old.st_uid, old.st_gid)
                os.chmod(beside, S_IMODE(old.st_mode))
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def sync_folder(folder: str) -> None:
    """Bring the names in a folder to the disk, where the system can.

    Raises:
        OSError: it cannot.
    """
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
