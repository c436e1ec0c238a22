"""Where a finding is, as the tools that show findings in files expect it."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from psion_contract.findings import Finding, Related
from psion_contract.reading.pointers import ancestors
from psion_contract.reading.urls import is_remote


def path_of(item: Finding | Related) -> str:
    """The file of a finding: the name of its document, without the line number that a line of JSON Lines has there."""
    name, line = item.document, item.line
    return name[: -len(f":{line}")] if line is not None and name.endswith(f":{line}") else name


def document_of(item: Finding, documents: Collection[tuple[str, str]]) -> tuple[str, str] | None:
    """Name and pointer of the innermost of these documents that a finding is in; None if it is in none."""
    around = ((item.document, pointer) for pointer in ancestors(item.pointer))
    return next((each for each in around if each in documents), None)


class Repository(NamedTuple):
    """Where the repository is, to which services expect paths to be relative.

    Attributes:
        folder: the current directory.
        root: the same, or the folder above it in which a job of GitHub or GitLab has the repository.
    """

    folder: str
    root: str

    def path(self, path: str) -> str:
        """A path as the repository has it: relative to its root where it is below that, with forward slashes.

        Services match such paths with those of a change. A URL stays as it is.
        """
        return _path(path, self)

    def uri(self, path: str) -> str:
        """The same as a URI reference (RFC 3986); a URL is one, except for what its store lets a name have."""
        return _uri(path, self)


def repository() -> Repository:
    """The repository of this process, which renderers look for once: there may be many paths."""
    folder = os.getcwd()  # without links, which the variables may have
    said = [root for name in _ROOTS if (root := os.environ.get(name))]
    candidates = [*said, *map(os.path.realpath, said)]
    return Repository(folder, next((each for each in candidates if _below(folder, each) is not None), folder))


_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Variables in which services say where the repository is."""


@lru_cache(maxsize=4096)
def _path(path: str, place: Repository) -> str:
    if is_remote(path):
        return path
    normal = os.path.normpath(path) if path else path
    below = _below(os.path.normpath(os.path.join(place.folder, path)), place.root) if path else None
    return (below or normal).replace(os.sep, "/").encode("utf-8", "replace").decode()


def _below(path: str, folder: str) -> str | None:
    """The path relative to a folder that it is in; None if it is not in it."""
    start = os.path.join(os.path.normpath(folder), "")
    return path[len(start) :] if path.startswith(start) else None


@lru_cache(maxsize=4096)
def _uri(path: str, place: Repository) -> str:
    from urllib.parse import quote

    safe = ":%" if is_remote(path) else ""
    drive, rest = os.path.splitdrive(place.path(path))  # on Windows
    uri = quote(rest.encode("utf-8", "replace"), safe=f"/~!$&'()*+,;=@{safe}")
    if drive:
        return f"file:{'' if drive.startswith('/') else '///'}{drive}{uri}"
    return f"file://{uri}" if uri.startswith("/") else uri
