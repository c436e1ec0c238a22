"""Raw tokens: little-endian integers and nothing else, as in nanoGPT's ``train.bin``."""

from __future__ import annotations

import os
from collections.abc import Iterator

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import Shard, windows
from psion_contract.artifacts.shards.token_files import files_below, item_size, tokens_of_size
from psion_contract.exceptions import ArgumentError, ArtifactError

_ENDINGS = {".u16": "uint16", ".u32": "uint32"}


def recognises(path: str) -> bool:
    """Whether the name of the path, or of a file in the folder, ends with ``.u16`` or ``.u32``."""
    return any(_of_ending(each) for each in files_below(path, lambda name: bool(_of_ending(name))))


def read(path: str, *, sequence_tokens: int | None = None, dtype: str | None = None) -> Iterator[Shard]:
    """The shards: a file, or the files in a folder that end with ``.u16``, ``.u32`` or, with `dtype`, ``.bin``.

    Args:
        path: the file or folder.
        sequence_tokens: tokens of a sequence, which such a file does not tell; the last one may be shorter.
        dtype: type of a token; by default, what the ending says.

    Raises:
        ArgumentError: an option is missing, or `dtype` is not what an ending says.
        ArtifactError: no file, or one that ends within a token.
    """
    if sequence_tokens is None:
        raise ArgumentError("sequence_tokens is missing: raw tokens do not tell where a sequence ends")
    if dtype is not None:
        item_size(dtype)
    found = files_below(
        path, lambda name: bool(_of_ending(name)) or (dtype is not None and name.endswith(".bin"))
    )
    if not found:
        raise ArtifactError(
            path, "has no raw tokens", "files that end with .u16 or .u32, or with .bin and dtype=…"
        )
    for file in found:
        if dtype is not None and _of_ending(file) not in ("", dtype):
            raise ArgumentError(f"dtype is {dtype}, but the name of {file} says {_of_ending(file)}")
        kind = dtype or _of_ending(file)
        if not kind:
            raise ArgumentError(f"dtype is missing: {file} may be uint16 or uint32")
        tokens = tokens_of_size(file, storage.size_of(file), kind)
        yield Shard(file, windows(tokens, sequence_tokens), "raw", {"dtype": kind})


def _of_ending(path: str) -> str:
    return _ENDINGS.get(os.path.splitext(path)[1], "")
