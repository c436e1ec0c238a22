"""The paths of shard files: below the root of a corpus, fit for a manifest, and matched by the entries of a sidecar."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import listed, printable
from psion_contract.reading.json_reader import Json

if TYPE_CHECKING:
    from psion_contract.artifacts.shards import Shard

K = TypeVar("K", str, int)

_NO_ID = re.compile("[|\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def path_below(path: str, folder: str) -> str:
    """The path of a shard below the root, as the manifest and the patterns of the sidecar have it.

    Raises:
        ArgumentError: it is not below the root.
    """
    below = os.path.relpath(path, folder or os.curdir)
    if below == os.pardir or below.startswith(os.pardir + os.sep):
        above = printable(folder) or "the current folder"
        raise ArgumentError(
            f"shards: {printable(path)} is not below {above}; root is the folder that holds all shards"
        )
    return below.replace(os.sep, "/")


def refuse_unlistable(shards: list[Shard], paths: Mapping[str, str]) -> None:
    """Refuse files that no manifest can list.

    Raises:
        ArgumentError: there are none; or some are given twice, have no sequences, or have names that are no ids."""
    if not shards:
        raise ArgumentError("shards: there are none; expected at least one")
    counted = Counter(paths[each.path] for each in shards)
    for problem, found in (
        ("given twice; expected each file once", [each for each, count in counted.items() if count > 1]),
        (
            "without sequences; leave them out",
            [paths[each.path] for each in shards if not each.counts.sequences],
        ),
    ):
        if found:
            raise ArgumentError(f"shards: {listed(found)}: {problem}")
    refuse_names(counted)


def refuse_names(paths: Iterable[str]) -> None:
    """Refuse paths that no manifest can have as ids.

    Raises:
        ArgumentError: some have control characters or ``|``, or are not Unicode."""
    if found := [each for each in paths if _NO_ID.search(each)]:
        raise ArgumentError(
            f"shards: {listed(found)}: with a name that is no id, which has no |, no control characters and is Unicode; "
            f"rename them"
        )


def matches(paths: Iterable[str], entries: Mapping[K, Json]) -> dict[str, list[K]]:
    """The keys of the entries of the sidecar for each shard file: by its very path, which may have brackets, or its pattern."""
    found: dict[str, list[K]] = {path: [] for path in paths}
    for key, entry in entries.items():
        files = entry["files"]
        if not any(each in files for each in "*?["):  # most of many: no need to look at every path
            if files in found:
                found[files].append(key)
            continue
        for path, keys in found.items():
            if path == files or fnmatchcase(path, files):
                keys.append(key)
    return found
