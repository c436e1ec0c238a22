"""Counts of the sequences and tokens in the files of shards, to be compared with those that a manifest states."""

from __future__ import annotations

import os
from contextlib import suppress

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards import Counts, count, shards
from psion_contract.exceptions import ArgumentError, ArtifactError

_INDEX = "index.json"


class ShardCounter:
    """Counts files, and remembers what an index says of all files beside it."""

    def __init__(self) -> None:
        self._indexed: dict[str, dict[str, Counts]] = {}

    def counts(self, path: str, stated: Counts) -> Counts:
        """The counts of a file's own sequences or, if these are not the stated ones, of its tokens cut as stated.

        Args:
            path: of the file.
            stated: what the manifest says. Its longest sequence is the length to which tokens are cut; the last
                sequence of a file may be shorter.

        Raises:
            ArtifactError: the format of the file is not recognised, or it cannot be counted.
        """
        own: Counts | None = None
        with suppress(ArgumentError):  # it does not tell where a sequence ends
            own = self._own(path)
        if own == stated:
            return stated
        try:
            cut = count(path, sequence_tokens=stated.longest)
        except ArgumentError as error:
            if own is not None:
                return own
            raise ArtifactError(path, f"the format does not tell enough: {error}") from error
        return cut if cut == stated or own is None else own

    def _own(self, path: str) -> Counts:
        folder = storage.parent(path)
        if folder not in self._indexed:
            self._indexed[folder] = _of_index(storage.joined(folder, _INDEX))
        found = self._indexed[folder].get(os.path.normpath(path))
        return count(path) if found is None else found


def _of_index(index: str) -> dict[str, Counts]:
    """The counts of all files of an index, by path; empty if there is none, or some cannot be counted."""
    if not storage.is_file(index):
        return {}
    try:
        return {os.path.normpath(each.path): each.counts for each in shards(index)}
    except (ArgumentError, ArtifactError):
        return {}
