"""References of documents to files, and where these are below folders that the user named. Nothing outside is read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import unquote

from psion_contract.artifacts import storage
from psion_contract.exceptions import ArgumentError, ArtifactError
from psion_contract.reading.escaping import quoted
from psion_contract.reading.urls import WEB, is_remote

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # a single letter is a drive of Windows

_SHOWN = 300
"""How many characters of a path a message has."""

Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""Where files are: a folder, ``PREFIX=PATH``, or several of these. The prefix is the beginning of references, such as
``s3://bucket/corpus``, and the path is of the folder or file that it stands for. A folder or path may be a URL."""


class Roots:
    """The folders in which files are looked for.

    Args:
        files: the folders; at most one of them without a prefix, below which every other reference is looked for.

    Raises:
        ArgumentError: a path does not exist, or two folders have the same prefix or both have none.
        UnreadableError: a URL cannot be read. Looking for a file below it raises the same error.
    """

    def __init__(self, files: Files) -> None:
        values = (
            [files]
            if isinstance(files, (str, os.PathLike)) or not isinstance(files, Iterable)
            else list(files)
        )
        self._root: str | None = None
        self._mapped: dict[str, str] = {}
        for value in values:
            if not isinstance(value, (str, os.PathLike)):
                raise ArgumentError(
                    f"files: expected a path or a list of paths, found a {type(value).__name__}"
                )
            prefix, path = split(os.fspath(value))
            path = _connected(path) if is_remote(path) and not os.path.exists(path) else path
            if not storage.is_remote(path) and not os.path.exists(path):
                raise ArgumentError(f"files: there is no {quoted(path, _SHOWN)}")
            if prefix in self._mapped:
                raise ArgumentError(f"files: {quoted(prefix)} is mapped twice")
            if prefix:
                self._mapped[prefix] = path
            elif self._root is not None:
                raise ArgumentError(
                    f"files: {quoted(self._root)} and {quoted(path)} both have no prefix; write PREFIX=PATH"
                )
            elif not storage.is_remote(path) and not os.path.isdir(path):
                raise ArgumentError(f"files: {quoted(path, _SHOWN)} is not a folder")
            else:
                self._root = path
        if self._root is not None and storage.is_remote(self._root):
            self._mapped.setdefault(
                self._root, self._root
            )  # a reference may be the URL of the folder or below it

    def locate(self, reference: str, beside: str | None = None) -> str | None:
        """The path of what a reference names: a file or folder that exists.

        A mapped prefix decides first, the longest of several. Otherwise a relative path and the address of a ``file:``
        are taken as they are, and of any other address the path after the authority: ``s3://bucket/a/b`` is ``a/b``.
        What a relative path names may also be beside the document, if that is below the folder.

        Args:
            reference: a path or an address.
            beside: the folder of the document that refers to it; None if it is not known.

        Returns:
            The path; None if no folder is for this reference.

        Raises:
            ArtifactError: nothing is there, or it is outside of the folder, which a link may lead to as well.
        """
        found = self.mapped(reference)
        if found is not None or self._root is None:
            return found
        scheme = _SCHEME.match(reference)
        if scheme is None:
            path = reference
        else:
            authority, _, path = reference[scheme.end() :].partition("/")
            if scheme[1].lower() != "file":
                path = path.lstrip("/")
            elif authority not in ("", "localhost"):
                raise ArtifactError(
                    reference, f"is a file of the host {quoted(authority)}", "one of this machine"
                )
            else:
                path = unquote(path if re.match("[A-Za-z]:", path) else f"/{path}")
        if path.strip("/") in ("", "."):
            raise ArtifactError(reference, "names no file below the folder of files")
        try:
            return _below(self._root, path, reference)
        except ArtifactError:
            if beside is not None and path == reference and not os.path.isabs(path):
                with suppress(ArtifactError):
                    return _below(self._root, path, reference, beside)
            raise

    def mapped(self, reference: str) -> str | None:
        """The path of what a reference with a mapped prefix names; None if it has none.

        Raises:
            ArtifactError: as for `locate`.
        """
        prefix = max((each for each in self._mapped if _begins(reference, each)), key=len, default=None)
        if prefix is None:
            return None
        return _below(self._mapped[prefix], reference[len(prefix) :].lstrip("/"), reference)

    def path_of(self, name: str) -> str:
        """The path of a document by its name, which may be below the URL of a folder."""
        return name if self._root is None else storage.renamed(self._root, name)

    def first(self, paths: Iterable[str]) -> str | None:
        """The first of relative paths that is a file below the folder without a prefix; None if none is."""
        for path in paths if self._root is not None else ():
            assert self._root is not None
            try:
                found = _below(self._root, path, path)
            except ArtifactError:
                continue
            if storage.is_file(found):
                return found
        return None


def first_below(folder: str, paths: Iterable[str]) -> str | None:
    """The first of relative paths that is a file below a folder; None if none is."""
    return next((each for path in paths if storage.is_file(each := storage.joined(folder, path))), None)


def _connected(url: str) -> str:
    """The path of what is at a URL.

    Raises:
        ArgumentError: there is nothing. A web server may answer for what is below a URL, but not for the URL.
    """
    path = storage.connected(url)
    if not url.lower().startswith(WEB) and not storage.exists(path):
        raise ArgumentError(f"files: there is no {quoted(path, _SHOWN)}")
    return path


def split(value: str) -> tuple[str, str]:
    """The prefix, without a slash at its end, and the path. Of several ``=``, the first that leaves a path that exists, or a
    URL; those in the query of a web server's URL are no such."""
    places = [each.start() for each in re.finditer("=", value)]
    if not _SCHEME.match(value) or not places:
        return "", value
    left = (each for each in places if os.path.exists(value[each + 1 :]) or is_remote(value[each + 1 :]))
    if (at := next(left, None)) is None:
        if value.lower().startswith(WEB) and "?" in value[: places[0]]:
            return "", value
        at = places[-1]
    return value[:at].rstrip("/"), value[at + 1 :]


def _begins(reference: str, prefix: str) -> bool:
    return reference == prefix or reference.startswith(f"{prefix}/")


def _below(root: str, path: str, reference: str, start: str | None = None) -> str:
    """The path below a folder, from the folder itself or from another one.

    Raises:
        ArtifactError: it is not below it, or nothing is there.
    """
    if storage.is_remote(root):
        return _below_remote(root, path, reference, start)
    joined = os.path.join(root if start is None else start, *([path] if path else []))
    if ".." in re.split(r"[\\/]" if os.name == "nt" else "/", path) or not _is_inside(joined, root):
        raise ArtifactError(reference, "leads outside of the folder of files, so it is not read")
    if not os.path.exists(joined):
        raise ArtifactError(reference, f"there is no {quoted(joined, _SHOWN)}")
    if not os.path.isfile(joined) and not os.path.isdir(
        joined
    ):  # to open a pipe would wait for who writes to it
        raise ArtifactError(reference, f"{quoted(joined, _SHOWN)} is a pipe, socket or device")
    return joined


def _below_remote(root: str, path: str, reference: str, start: str | None) -> str:
    """The same below a URL, where nothing is a link."""
    if start is not None and not _begins(start, root):
        raise ArtifactError(reference, "leads outside of the folder of files, so it is not read")
    try:
        joined = storage.joined(root if start is None else start, path)
    except ArtifactError:
        raise ArtifactError(reference, "leads outside of the folder of files, so it is not read") from None
    if not storage.exists(joined):
        raise ArtifactError(reference, f"there is no {quoted(joined, _SHOWN)}")
    return joined


def _is_inside(path: str, root: str) -> bool:
    """Whether a path is below a folder, or is it, after all links."""
    try:
        base = _real(root)
        return os.path.commonpath([_real(path), base]) == base
    except ValueError:  # another drive, or a null character
        return False


def _real(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))
