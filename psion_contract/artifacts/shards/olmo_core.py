"""OLMo-core: raw tokens in ``.npy`` without a header, alone or named by a mix, with labels, ratios and caps.

A sequence is an instance of the library's datasets of fixed length: what is left over at the end of a file is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from glob import glob
from typing import Any, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.shards.counted import Shard, whole_windows
from psion_contract.artifacts.shards.json_indices import beside, json_index
from psion_contract.artifacts.shards.npy import has_header
from psion_contract.artifacts.shards.token_files import files_below, item_size, tokens_of_size
from psion_contract.documents.digests import sha256
from psion_contract.exceptions import ArgumentError, ArtifactError

_TOKENIZER = "{TOKENIZER}"
_MAX_MIX = 1 << 28
_NUMBERS = ("target_ratio", "max_repetition_ratio", "max_source_fraction")


class _File(NamedTuple):
    """A data file of a mix, and what the mix says about it."""

    path: str
    said: dict[str, object]


def recognises(path: str) -> bool:
    """Whether the path ends with ``.npy`` without NumPy's header, or is a folder with such files."""
    return any(each.endswith(".npy") and not has_header(each) for each in files_below(path, _is_data))


def read(
    path: str,
    *,
    sequence_tokens: int | None = None,
    dtype: str | None = None,
    base: str | None = None,
    tokenizer: str | None = None,
) -> Iterator[Shard]:
    """The shards of a file, of a folder, or of a mix.

    Args:
        path: an ``.npy``; a folder with such files; a mix as the library ships them, ``.txt`` with a label and a path
            on each line; or a source mixture, ``.json`` as ``as_config_dict`` of its configuration gives it.
        sequence_tokens: the ``sequence_length`` of the dataset.
        dtype: the ``dtype`` of the dataset.
        base: the folder of the paths in a mix; by default, that of the mix.
        tokenizer: what stands for ``{TOKENIZER}`` in the paths of a mix.

    Raises:
        ArgumentError: an option is missing.
        ArtifactError: no data file, one with NumPy's header, or a mix that is not understood.
    """
    if sequence_tokens is None:
        raise ArgumentError("sequence_tokens is missing: the sequence_length of OLMo-core's dataset")
    if dtype is None:
        raise ArgumentError("dtype is missing: that of OLMo-core's dataset, which its files do not say")
    item_size(dtype)
    for file, said in files_of(path, base, tokenizer):
        if has_header(file):
            raise ArtifactError(
                file, "has NumPy's header, which OLMo-core reads as tokens", "raw tokens, or the format npy"
            )
        tokens = tokens_of_size(file, storage.size_of(file), dtype)
        counts = whole_windows(tokens, sequence_tokens)
        yield Shard(
            file, counts, "olmo-core", {"dtype": dtype, **said, "unused_tokens": tokens - counts.tokens}
        )


def files_of(path: str, base: str | None, tokenizer: str | None) -> list[_File]:
    """The data files at a path, in the order in which the library reads them; arguments and errors are those of `read`."""
    if path.endswith(".txt"):
        return list(_mix(path, base if base is not None else os.path.dirname(path), tokenizer))
    if path.endswith(".json"):
        return list(_source_mixture(path, base if base is not None else os.path.dirname(path)))
    found = files_below(path, _is_data)
    if not found:
        raise ArtifactError(path, "has no tokens of OLMo-core", "files that end with .npy, or a mix")
    return [_File(each, {}) for each in found]


def fingerprint(
    files: Iterable[tuple[str, int]],
    dtype: str,
    sequence_tokens: int | None,
    vocab_size: int,
    pad_token_id: int,
    eos_token_id: int,
    bos_token_id: int | None,
) -> str:
    """The fingerprint, version v2.0, that the library gives its ``NumpyFSLDataset``.

    Args:
        files: the paths of the data files and their bytes, in order.
        dtype: type of a token.
        sequence_tokens: ``max_target_sequence_length`` of the dataset, usually None.
        vocab_size: of the tokenizer, as the three that follow.
        pad_token_id: the id that fills up.
        eos_token_id: the id that ends a document.
        bos_token_id: the id that begins one, if any.
    """
    fields = {
        "vocab_size": vocab_size,
        "pad_token_id": pad_token_id,
        "eos_token_id": eos_token_id,
        "dtype": f"<class 'numpy.{dtype}'>",
        "max_target_sequence_length": sequence_tokens,
        "bos_token_id": bos_token_id,
    }
    text = "class=NumpyFSLDataset" + "".join(f"{name}={value}," for name, value in fields.items())
    return sha256(text + "".join(f"path={os.path.basename(path)},size={size}," for path, size in files))


def _is_data(name: str) -> bool:
    return name.endswith(".npy")


def _mix(path: str, base: str, tokenizer: str | None) -> Iterator[_File]:
    """The files of a mix: lines with a label, a comma and a path; others are empty or begin with ``#``."""
    if storage.size_of(path) > _MAX_MIX:
        raise ArtifactError(path, f"is larger than {_MAX_MIX} bytes, the limit of a mix")
    with open(path, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            label, separator, file = text.partition(",")
            if not separator or not label or "," in file or not file:
                raise ArtifactError(
                    path, f"has {text[:60]!r} in line {number}", "a label, a comma and a path"
                )
            if _TOKENIZER in file and tokenizer is None:
                raise ArgumentError(f"tokenizer is missing: {path} has {_TOKENIZER} in its paths")
            yield _File(beside(path, file.replace(_TOKENIZER, tokenizer or ""), base), {"label": label})


def _source_mixture(path: str, base: str) -> Iterator[_File]:
    """The files of a source mixture: sources with names, ratios, caps and paths, which may be patterns."""
    value = json_index(path)
    for outer in ("dataset", "source_mixture_config", "source_list"):  # as far as a configuration wraps it
        value = value.get(outer, value) if isinstance(value, dict) else value
    sources = value.get("sources") if isinstance(value, dict) else None
    if not isinstance(sources, list) or not sources:
        raise ArtifactError(path, "has no sources", "a source mixture of OLMo-core: an object with sources")
    for number, source in enumerate(sources):
        said = _said(path, f"source {number}", source)
        for pattern in source["paths"]:
            whole = beside(path, pattern, base)
            found = sorted(glob(whole, recursive=True)) if "*" in pattern else [whole]
            if not found:
                raise ArtifactError(
                    path, f"has the pattern {pattern!r} in source {number}, and no file matches it", "files"
                )
            yield from (_File(each, said) for each in found)
    ratios = sum(float(each["target_ratio"]) for each in sources)
    if abs(ratios - 1) > 1e-5:
        raise ArtifactError(path, f"has target ratios that add up to {ratios:g}", "1")


def _said(path: str, where: str, source: Any) -> dict[str, object]:
    """The label of a source, its ratio and its caps."""
    if not isinstance(source, dict) or not isinstance(source.get("source_name"), str):
        raise ArtifactError(path, f"has no source_name in {where}", "a string")
    paths = source.get("paths")
    if not isinstance(paths, list) or not paths or not all(isinstance(each, str) for each in paths):
        raise ArtifactError(path, f"has no paths in {where}", "an array of paths")
    said: dict[str, object] = {"label": source["source_name"]}
    for name in _NUMBERS:
        number = source.get(name, None if name == "target_ratio" else 1)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ArtifactError(path, f"has {number!r} as {name} of {where}", "a number")
        if not 0 < number <= (float("inf") if name == "max_repetition_ratio" else 1):
            raise ArtifactError(
                path, f"has {number} as {name} of {where}", "above 0, and at most 1 but for repetitions"
            )
        said[name] = number
    return said
