"""The digest of a folder, as OpenSSF Model Signing makes it by default.

It is SHA-256 over the raw SHA-256 digests of all files below the folder, ordered by the parts of their paths. So it binds
what the files hold and their order, but not their names. What belongs to Git at the top of the folder does not count.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from stat import S_ISDIR, S_ISREG

from psion_contract.artifacts import storage
from psion_contract.artifacts.hashing import FileDigest, digest_of
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.escaping import printable

_OF_GIT = frozenset({".git", ".gitattributes", ".github", ".gitignore"})


def folder_files(path: str) -> list[str]:
    """The files that the digest of a folder covers, in its order; each path starts with that of the folder.

    Raises:
        ArtifactError: it is no folder, something in it cannot be read, or it holds no file, or a link or something else
            that is neither a file nor a folder.
    """
    is_remote = storage.is_remote(path)
    found = sorted(_below_remote(path, ()) if is_remote else _below(path, ()))
    if not found:
        raise ArtifactError(path, "is a folder without files", "at least one file")
    return [
        storage.joined(path, "/".join(parts)) if is_remote else os.path.join(path, *parts) for parts in found
    ]


def digest_of_files(digests: Iterable[FileDigest]) -> str:
    """The digest of a folder from those of its files, in the order of `folder_files`."""
    return digest_of(b"".join(bytes.fromhex(each.digest.removeprefix("sha256:")) for each in digests))


def _below_remote(folder: str, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The same of a remote folder, which has files and folders only."""
    for name, is_folder in storage.names_in(storage.joined(folder, "/".join(parts))).items():
        if not parts and name in _OF_GIT:
            continue
        if is_folder:
            yield from _below_remote(folder, (*parts, name))
        else:
            yield (*parts, name)


def _below(folder: str, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The files below a folder, each as the parts of its path."""
    try:
        with os.scandir(os.path.join(folder, *parts)) as entries:
            listed = list(entries)
        for entry in listed:
            inner = (*parts, entry.name)
            if not parts and entry.name in _OF_GIT:
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            if S_ISREG(mode):
                yield inner
            elif S_ISDIR(mode):
                yield from _below(folder, inner)
            else:
                name = printable("/".join(inner))
                found = "a link" if entry.is_symlink() else "a pipe, socket or device"
                raise ArtifactError(folder, f"holds {found}: {name}", "files and folders only")
    except OSError as error:
        raise ArtifactError(folder, f"cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise ArtifactError(folder, "is nested too deeply", "fewer levels of folders") from error
