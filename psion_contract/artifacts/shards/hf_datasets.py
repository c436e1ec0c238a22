"""Datasets of Hugging Face: Arrow files beside ``state.json`` or ``dataset_info.json``. A sequence is a row."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.arrow_lists import is_arrow, list_lengths
from psion_contract.artifacts.shards.counted import Shard, of_lengths, windows
from psion_contract.artifacts.shards.json_indices import beside, column_of, json_index, member
from psion_contract.artifacts.shards.token_files import files_below
from psion_contract.exceptions import ArtifactError

_STATE, _INFO, _DICT = "state.json", "dataset_info.json", "dataset_dict.json"


class _Part(NamedTuple):
    """A data file, its split if a file beside it says so, and the rows of that split."""

    path: str
    split: str | None
    rows: int | None


def recognises(path: str) -> bool:
    """Whether the path is an Arrow file, ``.arrow``, or a folder that ``datasets`` has written, or one above such."""
    if storage.is_folder(path):
        return bool(_folders(path))
    storage.size_of(path)  # it exists
    return path.endswith(".arrow") and is_arrow(path)


def read(path: str, *, sequence_tokens: int | None = None, column: str | None = None) -> Iterator[Shard]:
    """The shards: the Arrow files of a dataset, of all of its splits, or one file.

    Args:
        path: a folder of ``save_to_disk`` or of the cache, one above it, or an ``.arrow``.
        sequence_tokens: cut the tokens of each file into sequences of that many instead.
        column: the column that holds the tokens; by default ``tokens``, ``input_ids`` or the only lists of integers.

    Raises:
        ArgumentError: it cannot be told which column holds the tokens.
        ArtifactError: no dataset, a missing file, one that is not understood, or one whose rows are not those of its split.
    """
    rows = dict[tuple[str, str | None], int]()
    expected = dict[tuple[str, str | None], int]()
    for part in _parts(path):
        name, lengths = list_lengths(part.path, partial(_choose, part.path, column))
        split = storage.parent(part.path), part.split
        rows[split] = rows.get(split, 0) + len(lengths)
        if part.rows is not None:
            expected[split] = part.rows
        yield Shard(part.path, _counts(lengths, sequence_tokens), "datasets", _detail(part, name, lengths))
    if not rows:
        raise ArtifactError(path, "names no data file", f"{_STATE} with some, or {_INFO} with splits")
    for (folder, split_name), number in expected.items():
        if rows[folder, split_name] != number:
            raise ArtifactError(
                storage.joined(folder, _INFO),
                f"says that the split {split_name} has {number} rows",
                f"{rows[folder, split_name]}, those of its files",
            )


def _choose(path: str, column: str | None, kinds: dict[str, str]) -> str:
    return column_of(kinds, column, lambda kind: kind != "other", path)


def _counts(lengths: array[int], sequence_tokens: int | None) -> Any:
    return of_lengths(lengths) if sequence_tokens is None else windows(sum(lengths), sequence_tokens)


def _detail(part: _Part, column: str, lengths: array[int]) -> dict[str, object]:
    detail: dict[str, object] = {"column": column, "rows": len(lengths)}
    if part.split is not None:
        detail["split"] = part.split
    return detail


def _folders(path: str) -> list[str]:
    """The folders at and below a path that have a state or Arrow files beside ``dataset_info.json``."""
    found = files_below(path, lambda name: name in (_STATE, _INFO, _DICT))
    return sorted({storage.parent(each) for each in found})


def _parts(path: str) -> Iterator[_Part]:
    if not storage.is_folder(path):
        storage.size_of(path)  # it exists
        yield _Part(path, None, None)
        return
    folders = _folders(path)
    if not folders:
        raise ArtifactError(path, "has no dataset of Hugging Face", f"{_STATE}, {_INFO} or {_DICT}")
    for folder in folders:
        names = set(storage.names_in(folder))
        if _DICT in names:
            index = storage.joined(folder, _DICT)
            for split in member(json_index(index), "splits", list, index, "the dataset"):
                if not storage.exists(beside(index, os.path.join(str(split), _STATE))):
                    raise ArtifactError(
                        index, f"names the split {split!r}", f"a folder of that name with {_STATE}"
                    )
        elif _STATE in names:
            yield from _saved(folder)
        else:
            yield from _cached(folder, names)


def _saved(folder: str) -> Iterator[_Part]:
    """The files that ``save_to_disk`` has listed."""
    index = storage.joined(folder, _STATE)
    state = json_index(index)
    split = state.get("_split") if isinstance(state, dict) else None
    if split is not None and not isinstance(split, str):
        raise ArtifactError(index, f"has {split!r} as _split of the dataset", "a string or null")
    for number, each in enumerate(member(state, "_data_files", list, index, "the dataset")):
        name = member(each, "filename", str, index, f"data file {number}")
        above = storage.joined(storage.parent(folder), _DICT)
        part_of = os.path.basename(folder) if storage.exists(above) else None
        yield _Part(beside(index, name), split or part_of, None)


def _cached(folder: str, names: set[str]) -> Iterator[_Part]:
    """The files of the cache, whose names have the split, with the rows that ``dataset_info.json`` has for it."""
    index = storage.joined(folder, _INFO)
    info = json_index(index)
    splits = info.get("splits") if isinstance(info, dict) else None
    if splits is not None:
        splits = member(info, "splits", dict, index, "the dataset")
    for split, said in (splits or {}).items():
        rows = member(said, "num_examples", int, index, f"the split {split}")
        form = re.compile(rf".+-{re.escape(split)}(-\d{{5}}-of-\d{{5}})?\.arrow")
        found = sorted(name for name in names if form.fullmatch(name))
        if not found:
            raise ArtifactError(index, f"names the split {split!r}", "an Arrow file of it")
        for name in found:
            yield _Part(storage.joined(folder, name), split, rows)
