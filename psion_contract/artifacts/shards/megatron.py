"""Megatron's indexed dataset: tokens in ``.bin``, lengths of the sequences in ``.idx`` beside it."""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import BinaryIO

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import NOTHING, Counts, Shard, of_lengths, windows
from psion_contract.artifacts.shards.token_files import exactly, files_below, integers, item_size
from psion_contract.exceptions import ArtifactError

_MAGIC = b"MMIDIDX\x00\x00"
_DTYPES = {1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 8: "uint16"}
"""Codes of integers; 6 and 7 are fractions."""


def recognises(path: str) -> bool:
    """Whether the path is an ``.idx``, a ``.bin`` or a prefix with both, or a folder with such files."""
    return bool(_indices(path))


def read(path: str, *, sequence_tokens: int | None = None) -> Iterator[Shard]:
    """The shards: one for each pair of ``.idx`` and ``.bin``; a sequence is what the index calls one.

    Args:
        path: a folder, an ``.idx``, a ``.bin`` or the prefix that both share.
        sequence_tokens: cut the tokens of each shard into sequences of that many instead.

    Raises:
        ArtifactError: no index, one of another version, cut off, or one that contradicts itself or the ``.bin``.
    """
    found = _indices(path)
    if not found:
        raise ArtifactError(path, "has no index of Megatron", "an .idx with a .bin beside it")
    for index in found:
        yield _shard(index, sequence_tokens)


def blend(arguments: Sequence[str]) -> list[tuple[str, float | None]]:
    """The prefixes of a blend and their weights, as in Megatron's ``--data-path``.

    Args:
        arguments: prefixes, or weights and prefixes by turns. As in Megatron, an odd number of arguments has
            no weights, nor has one in which no weight is a number.

    Raises:
        ArtifactError: some of the weights are no numbers, or not above 0.
    """
    pairs = list(zip(arguments[::2], arguments[1::2], strict=False))
    weights = [_number(weight) for weight, _ in pairs]
    if len(arguments) % 2 or all(each is None for each in weights):
        return [(prefix, None) for prefix in arguments]
    for (written, prefix), weight in zip(pairs, weights, strict=True):
        if weight is None or not 0 < weight < float("inf"):
            raise ArtifactError(prefix, f"has the weight {written!r} in the blend", "a number above 0")
    return [(prefix, weight) for (_, prefix), weight in zip(pairs, weights, strict=True)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _indices(path: str) -> list[str]:
    """The index files of a path."""
    if storage.is_folder(path):
        return files_below(path, lambda name: name.endswith(".idx"))
    prefix, ending = os.path.splitext(path)
    if ending not in (".idx", ".bin"):
        prefix = path
    index = storage.renamed(path, f"{prefix}.idx")
    if storage.exists(index):
        return [index]
    storage.size_of(path)  # it exists
    return []


def _shard(path: str, sequence_tokens: int | None) -> Shard:
    data = storage.renamed(path, f"{path.removesuffix('.idx')}.bin")
    data_bytes = storage.size_of(data)
    with storage.opened(path) as file:
        size = storage.size_of(path)
        dtype, sequences, boundaries = _header(file, path)
        expected = file.tell() + 12 * sequences + 8 * boundaries
        modes = size == expected + sequences and sequences > 0
        if size != expected and not modes:
            raise ArtifactError(
                path,
                f"has {size} bytes",
                f"{expected} for {sequences} sequences and {boundaries} ends of documents,"
                f" or {sequences} more with their modes",
            )
        with storage.opened(path) as pointers:
            pointers.seek(file.tell() + 4 * sequences)
            counts, empty = _sequences(file, pointers, path, sequences, item_size(dtype))
            file.seek(pointers.tell())
        _documents(file, path, sequences, boundaries)
    if data_bytes != counts.tokens * item_size(dtype):
        raise ArtifactError(
            data,
            f"has {data_bytes} bytes",
            f"{counts.tokens * item_size(dtype)}, for the {counts.tokens} tokens of {dtype} in {path}",
        )
    detail = {
        "dtype": dtype,
        "documents": max(boundaries - 1, 0),
        "sequences": sequences,
        "empty_sequences": empty,
    }
    if sequence_tokens is not None:
        counts = windows(counts.tokens, sequence_tokens)
    return Shard(data, counts, "megatron", detail)


def _header(file: BinaryIO, path: str) -> tuple[str, int, int]:
    """The type of a token, the number of sequences, and that of boundaries of documents: one more than documents."""
    magic = file.read(len(_MAGIC))
    if magic != _MAGIC:
        raise ArtifactError(path, f"begins with {magic!r}", f"{_MAGIC!r}, as Megatron writes it")
    version, code, sequences, boundaries = struct.unpack("<QBQQ", exactly(file, 25, path, "the header"))
    if version != 1:
        raise ArtifactError(path, f"is version {version} of the index", "version 1")
    if code not in _DTYPES:
        raise ArtifactError(
            path, f"has tokens of type {code}", f"one of {', '.join(map(str, _DTYPES))}, integers"
        )
    return _DTYPES[code], sequences, boundaries


def _sequences(
    file: BinaryIO, pointers: BinaryIO, path: str, sequences: int, size: int
) -> tuple[Counts, int]:
    """The counts, and the number of empty sequences; each begins where the one before ends.

    Args:
        file: at the lengths.
        pointers: the same file, at the places in bytes.
        path: of the file.
        sequences: their number.
        size: the bytes of a token.
    """
    counts, empty, end = NOTHING, 0, 0
    for lengths in integers(file, "int32", sequences, path, "the lengths of sequences"):
        if min(lengths) < 0:
            raise ArtifactError(path, f"has a sequence of {min(lengths)} tokens", "0 or more")
        empty += lengths.count(0)
        counts += of_lengths(lengths)
        expected = array("q", accumulate((size * each for each in lengths), initial=end))
        end = expected.pop()
        at = 0
        for found in integers(pointers, "int64", len(lengths), path, "the places of sequences"):
            if found != expected[at : at + len(found)]:
                raise ArtifactError(path, "has sequences that overlap or leave gaps", "one after the other")
            at += len(found)
    return counts, empty


def _documents(file: BinaryIO, path: str, sequences: int, boundaries: int) -> None:
    last = -1
    for number, ends in enumerate(integers(file, "int64", boundaries, path, "the ends of documents")):
        if not number and ends[0]:
            raise ArtifactError(path, f"has a first document from sequence {ends[0]}", "from 0")
        last = ends[-1]
    if boundaries and last != sequences:
        raise ArtifactError(
            path, f"has documents that end at sequence {last}", f"{sequences}, the number of sequences"
        )
