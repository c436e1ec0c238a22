"""Indices in JSON: where they are, what they say, and the files that they name."""

from __future__ import annotations

import os
from collections.abc import Callable
from json import loads
from typing import Any

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.token_files import files_below
from psion_contract.exceptions import ArgumentError, ArtifactError
from psion_contract.reading.json_reader import Limits, read
from psion_contract.reading.json_text import most_values

INDEX = "index.json"
"""The name of an index of MosaicML Streaming or litData."""

_LIMITS = Limits(max_bytes=1 << 28, max_members=4_000_000)
"""An index of a hundred thousand shards."""


def indices(path: str, member: str) -> list[str]:
    """The outermost files ``index.json`` at a path that are objects with a member; what lies below one is its own.

    Args:
        path: a folder, an ``index.json``, or a data file beside one.
        member: the name of the list that tells one library from others.
    """
    if not storage.is_folder(path):
        storage.size_of(path)  # it exists
        beside = path if os.path.basename(path) == INDEX else storage.joined(storage.parent(path), INDEX)
        return [beside] if storage.exists(beside) and _has(beside, member) else []
    found = list[str]()
    outer_first = sorted(files_below(path, lambda name: name == INDEX), key=lambda each: each.count(os.sep))
    for each in outer_first:
        folder = os.path.dirname(each)
        inside = any(folder.startswith(os.path.join(os.path.dirname(outer), "")) for outer in found)
        if not inside and _has(each, member):
            found.append(each)
    return sorted(found)


def _has(path: str, member: str) -> bool:
    with storage.opened(path) as file:
        if f'"{member}"'.encode() not in file.read(1 << 16):
            return False
    index = json_index(path)
    return isinstance(index, dict) and isinstance(index.get(member), list)


def is_wanted(path: str, index: str, data: str) -> bool:
    """Whether a data file of an index is at a path: one of those in the folder or of the index, or the file itself."""
    if path in (index, data) or storage.is_folder(path):
        return True
    is_other = storage.is_remote(path) or os.path.basename(path) != os.path.basename(data)
    return not is_other and os.path.samefile(path, data)


def member(value: Any, name: str, kind: type, path: str, where: str) -> Any:
    """A member of an object in an index, which has that type.

    Raises:
        ArtifactError: it is missing or has another type.
    """
    names = {int: "an integer", str: "a string", list: "an array", dict: "an object"}
    found = value.get(name) if isinstance(value, dict) else None
    if type(found) is not kind:
        shown = "nothing" if found is None else repr(found)[:60]
        raise ArtifactError(path, f"has {shown} as {name} of {where}", names[kind])
    return found


def column_of(
    columns: dict[str, str], wanted: str | None, holds_tokens: Callable[[str], bool], path: str
) -> str:
    """The column that holds the tokens: the wanted one, else ``tokens``, ``input_ids`` or the only one that can.

    Args:
        columns: names and types.
        wanted: the name that the user gave.
        holds_tokens: whether a type is one of arrays of integers.
        path: the index, for the error.

    Raises:
        ArgumentError: there is no such column, or it cannot be told which one.
    """
    if wanted is not None:
        if wanted not in columns:
            raise ArgumentError(f"{path} has no column {wanted!r}; it has {', '.join(columns)}")
        return wanted
    candidates = [name for name, kind in columns.items() if holds_tokens(kind)]
    for usual in ("tokens", "input_ids"):
        if usual in candidates or (usual in columns and not candidates):
            return usual
    if len(candidates) == 1:
        return candidates[0]
    said = ", ".join(f"{name} ({kind})" for name, kind in columns.items())
    raise ArgumentError(f"column is missing: {path} does not tell which column holds tokens; it has {said}")


def beside(index: str, name: str, folder: str | None = None) -> str:
    """The path of a file that an index names.

    Args:
        index: the index, for the error.
        name: a path from the folder.
        folder: the folder; by default, that of the index.

    Raises:
        ArtifactError: no file can have that name.
    """
    if not name or "\0" in name:
        raise ArtifactError(index, f"names the file {name[:60]!r}", "the name of a file")
    if folder is not None:
        return storage.joined(folder, name)
    if os.path.isabs(name) or os.pardir in name.replace(os.sep, "/").split("/"):
        raise ArtifactError(index, f"names the file {name[:60]!r}", "one below its own folder")
    return storage.joined(storage.parent(index), name)


def json_index(path: str) -> Any:
    """The value of a JSON file that a library has written, bounded by the limits of the reader.

    Raises:
        ArtifactError: not JSON, or too large.
    """
    if storage.size_of(path) > _LIMITS.max_bytes:
        raise ArtifactError(path, f"is larger than {_LIMITS.max_bytes} bytes, the limit of an index")
    with storage.opened(path) as file:
        data = file.read()
    if most_values(data) > _LIMITS.max_members:
        raise ArtifactError(path, "has too many values for an index", f"at most {_LIMITS.max_members}")
    reading = read(data, _LIMITS)
    problems = [each for each in reading.problems if each.rule != "non-integer-number"]
    if problems:
        line, column = reading.text.position_of_offset(problems[0].offset)
        raise ArtifactError(path, f"line {line}, column {column}: {problems[0].message}", "JSON")
    return loads(reading.text.text) if reading.problems else reading.value
