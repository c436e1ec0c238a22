"""datatrove's tokenized files: tokens in ``.ds``, ends of documents in ``.ds.index``, totals in ``.ds.metadata``."""

from __future__ import annotations

from collections.abc import Iterator
from operator import sub
from typing import NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import NOTHING, Counts, Shard, of_lengths, windows
from psion_contract.artifacts.shards.token_files import files_below, integers, tokens_of_size
from psion_contract.exceptions import ArgumentError, ArtifactError

_DTYPES = {2: "uint16", 4: "uint32"}
_SIZES = {name: size for size, name in _DTYPES.items()}
_MAX_METADATA = 1 << 16


class Metadata(NamedTuple):
    """What ``.ds.metadata`` says: the tokenizer as datatrove names it, the type of a token, and how many there are."""

    tokenizer: str
    dtype: str
    tokens: int


def recognises(path: str) -> bool:
    """Whether the path ends with ``.ds``, or is a folder with such files."""
    return any(each.endswith(".ds") for each in files_below(path, _is_data))


def read(path: str, *, sequence_tokens: int | None = None, dtype: str | None = None) -> Iterator[Shard]:
    """The shards: one for each ``.ds``; a sequence is a document of the index.

    Args:
        path: a folder or a ``.ds``.
        sequence_tokens: cut the tokens of each shard into sequences of that many instead; required without an index.
        dtype: ``uint16`` or ``uint32``; required without ``.ds.metadata``, which says it.

    Raises:
        ArgumentError: an option is missing.
        ArtifactError: no ``.ds``, one that contradicts its index, its metadata or its loss mask, or metadata that
            is not understood.
    """
    found = files_below(path, _is_data)
    if not found:
        raise ArtifactError(path, "has no tokens of datatrove", "files that end with .ds")
    if dtype is not None and dtype not in _SIZES:
        raise ArgumentError(f"dtype is {dtype!r}; expected one of {', '.join(_SIZES)}")
    for file in found:
        yield _shard(file, sequence_tokens, dtype)


def _is_data(name: str) -> bool:
    return name.endswith(".ds")


def _shard(path: str, sequence_tokens: int | None, dtype: str | None) -> Shard:
    said, mask, index = (storage.renamed(path, f"{path}.{each}") for each in ("metadata", "loss", "index"))
    metadata = _metadata(said) if storage.exists(said) else None
    kind = dtype or (metadata.dtype if metadata else None)
    if kind is None:
        raise ArgumentError(f"dtype is missing: {path} has no .metadata that says uint16 or uint32")
    tokens = tokens_of_size(path, storage.size_of(path), kind)
    if metadata and (metadata.tokens, metadata.dtype) != (tokens, kind):
        raise ArtifactError(
            path,
            f"has {tokens} tokens of {kind}",
            f"{metadata.tokens} of {metadata.dtype}, as its .metadata says",
        )
    if storage.exists(mask) and storage.size_of(mask) != tokens:
        raise ArtifactError(mask, f"has {storage.size_of(mask)} bytes", f"{tokens}, one for each token")
    detail: dict[str, object] = {"dtype": kind}
    if metadata:
        detail["tokenizer"] = metadata.tokenizer
    counts = None
    if storage.exists(index):
        counts, detail["documents"] = _documents(index, tokens)
    if sequence_tokens is not None:
        counts = windows(tokens, sequence_tokens)
    if counts is None:
        raise ArgumentError(
            f"sequence_tokens is missing: {path} has no .index that says where a document ends"
        )
    return Shard(path, counts, "datatrove", detail)


def _metadata(path: str) -> Metadata:
    with storage.opened(path) as file:
        lines = file.read(_MAX_METADATA).decode("utf-8", "replace").split("\n")
    tokenizer, separator, size = lines[0].rpartition("|")
    tokens = lines[1] if len(lines) > 1 else ""
    if not separator or size not in map(str, _DTYPES) or not (tokens.isascii() and tokens.isdecimal()):
        raise ArtifactError(
            path,
            f"has the lines {', '.join(map(repr, lines[:2]))}",
            "the tokenizer, | and the bytes of a token (2 or 4), then the number of tokens",
        )
    return Metadata(tokenizer, _DTYPES[int(size)], int(tokens))


def _documents(path: str, tokens: int) -> tuple[Counts, int]:
    """The counts of the documents that have tokens, and the number of all documents."""
    size = storage.size_of(path)
    number, rest = divmod(size, 8)
    if rest:
        raise ArtifactError(path, f"has {size} bytes", "a multiple of 8, the bytes of an end")
    counts, end = NOTHING, 0
    with storage.opened(path) as file:
        for ends in integers(file, "uint64", number, path, "the ends of documents"):
            lengths = [ends[0] - end, *map(sub, ends[1:], ends)]
            if min(lengths) < 0:
                raise ArtifactError(path, "has a document that ends before it begins", "ends that never fall")
            counts, end = counts + of_lengths(lengths), ends[-1]
    if end != tokens:
        raise ArtifactError(
            path, f"ends at token {end}", f"{tokens}, the tokens of {path.removesuffix('.index')}"
        )
    return counts, number
