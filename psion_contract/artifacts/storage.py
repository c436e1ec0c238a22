"""Files of artifacts, here or below a URL, by their paths: what is there, how large it is, and its bytes.

A path below a URL is the URL as messages show it, without user, password and query, so that no message can give them away.
It is remote only after `connected` was called with the URL; any other path is one of this machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, BinaryIO

from psion_contract.exceptions import ArtifactError
from psion_contract.reading import files
from psion_contract.reading.escaping import quoted

if TYPE_CHECKING:
    from psion_contract.reading.files import State
    from psion_contract.reading.remote_folder import RemoteFolder

_folders: dict[str, RemoteFolder] = {}
"""What is connected, by the URLs as they are shown; the longest that a path begins with is the one that it is below."""


def connected(url: str) -> str:
    """The path of what is at a URL, which from now on is remote, and what is below it.

    What an earlier connection has learnt is forgotten.

    Raises:
        UnreadableError: nothing is installed that reads such a URL.
    """
    from psion_contract.reading.remote_folder import RemoteFolder

    folder = RemoteFolder(url)
    _folders[folder.name] = folder
    return folder.name


def is_remote(path: str) -> bool:
    """Whether a path is below a URL that was connected."""
    return _remote(path) is not None


def exists(path: str) -> bool:
    """Whether something is there. This and the following raise `UnreadableError` if a server does not tell."""
    remote = _remote(path)
    return os.path.exists(path) if remote is None else remote[0].entry(remote[1]) is not None


def is_file(path: str) -> bool:
    """Whether a file is there."""
    remote = _remote(path)
    if remote is None:
        return os.path.isfile(path)
    entry = remote[0].entry(remote[1])
    return entry is not None and not entry.is_folder


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    remote = _remote(path)
    if remote is None:
        return os.path.isdir(path)
    entry = remote[0].entry(remote[1])
    return entry is not None and entry.is_folder


def size_of(path: str) -> int:
    """The bytes of a file.

    Raises:
        OSError: nothing is there.
        ArtifactError: it is no file, or the server does not say.
    """
    remote = _remote(path)
    if remote is None:
        status = os.stat(path)
        if not S_ISREG(status.st_mode):
            found = "is a folder" if S_ISDIR(status.st_mode) else "is a pipe, socket or device"
            raise ArtifactError(path, found, "a file")
        return status.st_size
    entry = remote[0].entry(remote[1])
    if entry is None:
        raise FileNotFoundError(2, "no such file", path)
    if entry.size is None:
        raise ArtifactError(path, "the server does not say how large it is")
    return entry.size


def state_of(path: str) -> State | None:
    """What changes when a file of this machine changes; None for a remote file, whose reader looks itself.

    Raises:
        OSError: nothing is there.
    """
    return None if is_remote(path) else files.state_of(os.stat(path))


def opened(path: str) -> BinaryIO:
    """A file, to be read at any place; arguments and errors are those of `size_of`."""
    remote = _remote(path)
    size_of(path)  # first: to open a pipe would wait for who writes to it
    return open(path, "rb") if remote is None else remote[0].opened(remote[1])


def streamed(path: str) -> AbstractContextManager[BinaryIO]:
    """A remote file, to be read once from its beginning to its end.

    Reading raises `UnreadableError` if the connection is lost, or the file changes meanwhile."""
    remote = _remote(path)
    assert remote is not None
    return remote[0].streamed(remote[1])


def names_in(path: str) -> dict[str, bool]:
    """The names in a folder, each with whether it is a folder."""
    remote = _remote(path)
    if remote is None:
        return {entry.name: entry.is_dir() for entry in os.scandir(path)}
    return {name: entry.is_folder for name, entry in remote[0].entries(remote[1]).items()}


def walk(path: str, matches: Callable[[str], bool]) -> list[str]:
    """The files below a remote folder whose names match, except in hidden folders."""
    found = list[str]()
    for name, folder in names_in(path).items():
        if not folder and matches(name):
            found.append(f"{path}/{name}")
        elif folder and not name.startswith("."):
            found += walk(f"{path}/{name}", matches)
    return found


def joined(folder: str, name: str) -> str:
    """The path of a name below a folder.

    Raises:
        ArtifactError: the folder is remote, and the name leads out of it.
    """
    if not is_remote(folder):
        return os.path.join(folder, name)
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "://" in name or "::" in name:
        raise ArtifactError(folder, f"nothing below it has the name {quoted(name, 60)}", "a relative path")
    return "/".join([folder, *(each for each in parts if each not in ("", "."))])


def _remote(path: str) -> tuple[RemoteFolder, str] | None:
    """The folder of a remote path, and the path from there."""
    if not _folders or "://" not in path:
        return None
    name = path.replace("\\", "/") if os.name == "nt" else path  # as joined there
    above = max(
        (each for each in _folders if name == each or name.startswith(f"{each}/")), key=len, default=None
    )
    return None if above is None else (_folders[above], name[len(above) + 1 :])
