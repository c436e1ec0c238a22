"""Files written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from stat import S_IMODE, S_ISREG
from tempfile import mkstemp


def create_file(path: str, data: bytes) -> None:
    """Write a file that is not there yet.

    Raises:
        FileExistsError: something is there; it stays as it is.
        OSError: the file cannot be written; nothing is left of it.
    """
    with open(path, "xb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            os.unlink(path)
            raise


def replace_file(path: str, data: bytes) -> None:
    """Write other bytes into a file, which keeps its mode and, where that is allowed, its owner.

    They are written beside it and then take its name, so that a crash in between leaves the old file whole.
    A symbolic link stays one: what it leads to is replaced.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: it is no regular file, or cannot be written; it stays as it is.
    """
    target = os.path.realpath(path)
    old = os.stat(target)
    if not S_ISREG(old.st_mode):
        raise OSError(0, "not a regular file", path)
    folder, name = os.path.split(target)
    handle, beside = mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        if hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(beside, old.st_uid, old.st_gid)
        os.chmod(beside, S_IMODE(old.st_mode))
        os.replace(beside, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Make the names in a folder last, where it can be synchronised.

    Raises:
        OSError: it cannot.
    """
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
