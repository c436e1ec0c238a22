"""Digests of the files that documents name. Every file is read once, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from psion_contract.artifacts import storage
from psion_contract.artifacts.folders import digest_of_files, folder_files
from psion_contract.artifacts.hashing import FileDigest, hashed, size_of
from psion_contract.evidence.named_files import NamedFile
from psion_contract.exceptions import ArtifactError
from psion_contract.reading.files import State

Progress = Callable[[int, int], object]
"""Called with the bytes that were read and the bytes that will be, from any thread, but from one at a time."""


class NamedDigests:
    """Digests of files and folders by path, as far as they are known, and the states in which files were hashed."""

    def __init__(self) -> None:
        self._found: dict[str, str | ArtifactError] = {}
        self._states: dict[str, State | None] = {}

    def of(self, file: NamedFile) -> str | ArtifactError | None:
        """The digest of a file or folder whose stated digest can be compared, or why it has none; None if it is not known."""
        return self._found.get(file.path or "") if file.has_stated_form else None

    def is_stale(self, path: str) -> bool:
        """Whether a file has changed since it was hashed, so that what was read of it later may be of another one."""
        state = self._states.get(path)
        try:
            return state is not None and storage.state_of(path) != state
        except OSError:
            return True

    def add(self, named: Iterable[NamedFile], jobs: int | None, progress: Progress | None) -> None:
        """Add the digest of each file and folder whose stated digest can be compared, when it is known."""
        parts: dict[str, list[str]] = {}
        for each in named:
            path = each.path
            if path is None or not each.has_stated_form or path in parts or path in self._found:
                continue
            try:
                parts[path] = folder_files(path) if storage.is_folder(path) else [path]
            except ArtifactError as error:
                self._found[path] = error
        files = dict.fromkeys(file for each in parts.values() for file in each)
        read, total = 0, sum(map(size_of, files)) if progress is not None else 0

        def report(size: int) -> None:
            nonlocal read
            read += size
            if progress is not None:
                progress(read, total)

        known: dict[str, FileDigest | ArtifactError] = {}
        try:
            known.update(hashed(files, jobs, report))
        finally:  # what is known counts, although the others cannot be read
            for path, below in parts.items():
                if all(file in known for file in below):
                    self._found[path] = _combined(path, [known[file] for file in below])
            self._states |= {file: each.state for file, each in known.items() if isinstance(each, FileDigest)}


def _combined(path: str, outcomes: list[FileDigest | ArtifactError]) -> str | ArtifactError:
    digests = []
    for each in outcomes:
        if isinstance(each, ArtifactError):
            return each
        digests.append(each)
    return digest_of_files(digests) if storage.is_folder(path) else digests[0].digest
