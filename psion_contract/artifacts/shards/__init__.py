"""Counts of the sequences and tokens in files of tokens, in the formats that trainers use.

Each format has a module of its own, which is imported when it is needed. All of them read by streams, in pure Python:
a file of any size takes a few megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import NOTHING, Counts, Shard
from psion_contract.exceptions import ArgumentError, ArtifactError

__all__ = ["FORMATS", "NOTHING", "Counts", "Shard", "count", "shards"]

_MODULES = {
    "megatron": "megatron",
    "datatrove": "datatrove",
    "mds": "mds",
    "litdata": "litdata",
    "datasets": "hf_datasets",
    "npy": "npy",
    "olmo-core": "olmo_core",
    "raw": "raw_tokens",
}

FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The names of the formats."""


def shards(path: str, format: str | None = None, **options: Any) -> list[Shard]:  # noqa: A002
    """The shards at a path, in the order of the format's index, else of their paths.

    Args:
        path: a folder, an index or one data file.
        format: one of `FORMATS`; None to recognise it.
        options: what the format does not say itself. Every format takes ``sequence_tokens``: the tokens of each
            shard are joined and cut into sequences of that many. See docs/how-to/import-a-corpus.md.

    Raises:
        ArgumentError: unknown format or option, or an option that the format needs is missing.
        ArtifactError: a file is missing, cut off, of an unknown version, or contradicts its index.
    """
    name = format if format is not None else recognised(path)
    module = _module(name)
    known = module.read.__kwdefaults__
    for option in options:
        if option not in known:
            raise ArgumentError(f"unknown option {option!r} of the format {name}; it has {', '.join(known)}")
    wanted = options.get("sequence_tokens")
    if wanted is not None and (type(wanted) is not int or wanted < 1):
        raise ArgumentError(f"sequence_tokens is {wanted!r}; expected an integer from 1")
    try:
        found: Iterator[Shard] = module.read(path, **options)
        return [each._replace(state=storage.state_of(each.path)) for each in found]
    except OSError as error:
        raise ArtifactError(error.filename or path, error.strerror or str(error)) from error


def count(path: str, format: str | None = None, **options: Any) -> Counts:  # noqa: A002
    """The counts of one data file; arguments and errors are those of `shards`.

    For many files of one index, `shards` of the index is quicker.
    """
    found = shards(path, format, **options)
    if len(found) != 1:
        raise ArtifactError(path, f"has {len(found)} shards", "one data file")
    return found[0].counts


def recognised(path: str) -> str:
    """The format of a path, by its names and first bytes.

    Raises:
        ArtifactError: nothing is there; no format is recognised, or more than one, of which others would be left out.
    """
    try:
        found = [name for name in FORMATS if _module(name).recognises(path)]
    except OSError as error:
        raise ArtifactError(error.filename or path, error.strerror or str(error)) from error
    if len(found) == 1:
        return found[0]
    if found:
        raise ArtifactError(path, f"holds tokens of several formats: {', '.join(found)}", "one; name it")
    raise ArtifactError(path, "the format of the tokens is not recognised", f"one of {', '.join(FORMATS)}")


def _module(name: str) -> Any:
    if name not in _MODULES:
        raise ArgumentError(f"unknown format {name!r}; expected one of {', '.join(FORMATS)}")
    return import_module(f"psion_contract.artifacts.shards.{_MODULES[name]}")
