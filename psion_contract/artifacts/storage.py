"""Files of artifacts, here or below a URL, by their paths: what is there, how large it is, and its bytes.

A path below a URL is a `RemotePath`, whose text is the URL as messages show it, without user, password and query, so that no
message can give them away. Any other path is one of this machine, whatever it looks like.
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


class RemotePath(str):
    """A path below a URL, with its connection. Text that is made of it is plain: `joined`, `renamed` and `parent` keep it.

    Attributes:
        connection: what is below the URL.
        below: the path from the URL.
    """

    connection: RemoteFolder
    below: str


def _path(connection: RemoteFolder, below: str) -> RemotePath:
    path = RemotePath(f"{connection.name}/{below}" if below else connection.name)
    path.connection, path.below = connection, below
    return path


def connected(url: str) -> RemotePath:
    """The path of what is at a URL.

    Raises:
        UnreadableError: nothing is installed that reads such a URL.
    """
    from psion_contract.reading.remote_folder import RemoteFolder

    return _path(RemoteFolder(url), "")


def is_remote(path: str) -> bool:
    """Whether a path is below a URL that was connected."""
    return isinstance(path, RemotePath)


def renamed(path: str, text: str) -> str:
    """A path with that text and the connection of another one; plain if it is not below its URL."""
    if not isinstance(path, RemotePath):
        return text
    name = path.connection.name
    if text != name and not text.startswith(f"{name}/"):
        return text
    return _path(path.connection, text[len(name) + 1 :])


def parent(path: str) -> str:
    """The folder that a path is in."""
    return renamed(path, os.path.dirname(path))


def exists(path: str) -> bool:
    """Whether something is there. This and the following raise `UnreadableError` if a server does not tell."""
    if not isinstance(path, RemotePath):
        return os.path.exists(path)
    return path.connection.entry(path.below) is not None


def is_file(path: str) -> bool:
    """Whether a file is there."""
    if not isinstance(path, RemotePath):
        return os.path.isfile(path)
    entry = path.connection.entry(path.below)
    return entry is not None and not entry.is_folder


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    if not isinstance(path, RemotePath):
        return os.path.isdir(path)
    entry = path.connection.entry(path.below)
    return entry is not None and entry.is_folder


def size_of(path: str) -> int:
    """The bytes of a file.

    Raises:
        OSError: nothing is there.
        ArtifactError: it is no file, or the server does not say.
    """
    if not isinstance(path, RemotePath):
        status = os.stat(path)
        if not S_ISREG(status.st_mode):
            found = "is a folder" if S_ISDIR(status.st_mode) else "is a pipe, socket or device"
            raise ArtifactError(path, found, "a file")
        return status.st_size
    entry = path.connection.entry(path.below)
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
    size_of(path)  # first: to open a pipe would wait for who writes to it
    return path.connection.opened(path.below) if isinstance(path, RemotePath) else open(path, "rb")


def streamed(path: RemotePath) -> AbstractContextManager[BinaryIO]:
    """A remote file, to be read once from its beginning to its end.

    Reading raises `UnreadableError` if the connection is lost, or the file changes meanwhile."""
    return path.connection.streamed(path.below)


def names_in(path: str) -> dict[str, bool]:
    """The names in a folder, each with whether it is a folder."""
    if not isinstance(path, RemotePath):
        return {entry.name: entry.is_dir() for entry in os.scandir(path)}
    return {name: entry.is_folder for name, entry in path.connection.entries(path.below).items()}


def walk(path: str, matches: Callable[[str], bool]) -> list[str]:
    """The files below a remote folder whose names match, except in hidden folders."""
    found = list[str]()
    for name, folder in names_in(path).items():
        if not folder and matches(name):
            found.append(joined(path, name))
        elif folder and not name.startswith("."):
            found += walk(joined(path, name), matches)
    return found


def joined(folder: str, name: str) -> str:
    """The path of a name below a folder.

    Raises:
        ArtifactError: the folder is remote, and the name leads out of it.
    """
    if not isinstance(folder, RemotePath):
        return os.path.join(folder, name)
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "://" in name or "::" in name:
        raise ArtifactError(folder, f"nothing below it has the name {quoted(name, 60)}", "a relative path")
    below = [folder.below, *parts]
    return _path(folder.connection, "/".join(each for each in below if each not in ("", ".")))
