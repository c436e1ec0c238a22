"""Megatron's dataset indices: which samples of which dataset a run draws, as cached in ``path_to_cache``.

A blend has a dataset index, the number of a dataset for each sample; each dataset has a document, a sample and a shuffle
index. A ``…-description.txt`` beside them says what they are of.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from psion_contract.artifacts.consumption import Consumed
from psion_contract.artifacts.shards.json_indices import json_index, member
from psion_contract.artifacts.shards.npy import Header, header_of
from psion_contract.artifacts.shards.token_files import integers
from psion_contract.exceptions import ArgumentError, ArtifactError

_ENDING = "-description.txt"
_BLEND, _DATASET = "BlendedDataset", "GPTDataset"
_TRAIN = "train"


def read(paths: list[str], *, consumed_samples: int | None = None) -> list[Consumed]:
    """What was read of each dataset, by its prefix; a sequence is a sample of ``sequence_length`` tokens.

    Args:
        paths: one ``…-description.txt``, or the folder of the cache, which then has one blend, or one dataset, of the
            split ``train``.
        consumed_samples: how many samples the run has drawn, Megatron's ``consumed_train_samples``; by default, all
            of the index.

    Raises:
        ArgumentError: more than one path, or more samples than the index has.
        ArtifactError: no index, more than one to choose from, or indices that contradict one another.
    """
    if len(paths) != 1:
        raise ArgumentError(
            f"paths: there are {len(paths)}; expected one description or one folder of the cache"
        )
    path = _train_index(paths[0]) if os.path.isdir(paths[0]) else paths[0]
    if not path.endswith(_ENDING):
        raise ArtifactError(path, "is no description of an index", f"a file that ends with {_ENDING}")
    value = json_index(path)
    kind = value.get("class") if isinstance(value, dict) else None
    if kind == _DATASET:
        drawn = {0: _limited(_samples(path, value, "the dataset"), consumed_samples, path)}
        datasets = [value]
    elif kind == _BLEND:
        datasets = member(value, "datasets", list, path, "the blend")
        drawn = _drawn(path, value, len(datasets), consumed_samples)
        _hold_against_datasets(path, datasets, drawn)
    else:
        raise ArtifactError(path, f"describes a {kind}", f"a {_BLEND} or a {_DATASET}")
    found = []
    for number, dataset in enumerate(datasets):
        where = f"dataset {number}"
        prefix = member(dataset, "dataset_path", str, path, where)
        length = member(dataset, "sequence_length", int, path, where)
        found.append(Consumed(f"{prefix}.bin", drawn.get(number, 0), drawn.get(number, 0) * length))
    return found


def _train_index(folder: str) -> str:
    """The description of the only blend of the split ``train`` in a folder, or else of the only dataset."""
    for kind in (_BLEND, _DATASET):
        found = sorted(each for each in os.listdir(folder) if each.endswith(f"-{kind}-{_TRAIN}{_ENDING}"))
        if len(found) > 1:
            raise ArtifactError(
                folder, f"has {len(found)} descriptions of a {kind} of the split {_TRAIN}", "one; or name one"
            )
        if found:
            return os.path.join(folder, found[0])
    raise ArtifactError(
        folder, f"has no index of the split {_TRAIN}", f"a file that ends with -{_TRAIN}{_ENDING}"
    )


def _limited(samples: int, consumed_samples: int | None, path: str) -> int:
    if consumed_samples is None:
        return samples
    if type(consumed_samples) is not int or not 0 <= consumed_samples <= samples:
        raise ArgumentError(
            f"consumed_samples is {consumed_samples!r}; expected at most {samples}, those of {path}"
        )
    return consumed_samples


def _drawn(path: str, blend: Any, datasets: int, consumed_samples: int | None) -> dict[int, int]:
    """The samples that a blend draws from each dataset."""
    header = _index(path, "dataset_index", 1)
    size = blend.get("size")
    (samples,) = header.shape
    if size is not None and size != samples:
        raise ArtifactError(
            _beside(path, "dataset_index"), f"has {samples} samples", f"{size}, the size in {path}"
        )
    places = _index(path, "dataset_sample_index", 1)
    if places.shape != header.shape:
        raise ArtifactError(
            _beside(path, "dataset_sample_index"), f"has {places.shape[0]} samples", f"{samples}, as many"
        )
    drawn = Counter[int]()
    left = _limited(samples, consumed_samples, path)
    for numbers in _elements(_beside(path, "dataset_index"), header):
        drawn.update(islice(numbers, left))
        left -= min(left, len(numbers))
    if drawn and not 0 <= min(drawn) <= max(drawn) < datasets:
        raise ArtifactError(
            _beside(path, "dataset_index"),
            f"draws from the datasets {min(drawn)} to {max(drawn)}",
            f"0 to {datasets - 1}",
        )
    return dict(drawn)


def _hold_against_datasets(path: str, datasets: list[Any], drawn: dict[int, int]) -> None:
    """Hold what a blend draws against the indices of its datasets, which are beside it."""
    folder = os.path.dirname(path)
    described = [
        os.path.join(folder, each)
        for each in sorted(os.listdir(folder or os.curdir))
        if each.endswith(_ENDING)
    ]
    values = [(each, json_index(each)) for each in described if f"-{_DATASET}-" in each]
    for number, dataset in enumerate(datasets):
        own = next((each for each, value in values if value == dataset), None)
        if own is None:
            raise ArtifactError(
                path, f"has no index of its dataset {number} beside it", f"a {_ENDING} with the same members"
            )
        samples = _samples(own, dataset, f"dataset {number}")
        if drawn.get(number, 0) > samples:
            raise ArtifactError(
                path, f"draws {drawn[number]} samples of dataset {number}", f"at most {samples}, as {own} has"
            )


def _samples(path: str, dataset: Any, where: str) -> int:
    """The samples of a dataset, on which its three indices must agree."""
    length = member(dataset, "sequence_length", int, path, where)
    (documents,) = _index(path, "document_index", 1).shape
    header = _index(path, "sample_index", 2)
    (samples,) = _index(path, "shuffle_index", 1).shape
    if header.shape != (samples + 1, 2):
        raise ArtifactError(
            _beside(path, "sample_index"),
            f"has the shape {header.shape}",
            f"({samples + 1}, 2), for the shuffle index",
        )
    last = 0
    for places in _elements(_beside(path, "sample_index"), header):
        last = max(last, *places[::2])
    if last > documents or length < 1:
        raise ArtifactError(
            _beside(path, "sample_index"), f"has a sample in document {last}", f"at most {documents}"
        )
    return samples


def _beside(path: str, name: str) -> str:
    return f"{path.removesuffix(_ENDING)}-{name}.npy"


def _index(path: str, name: str, dimensions: int) -> Header:
    header = header_of(_beside(path, name))
    if len(header.shape) != dimensions:
        raise ArtifactError(_beside(path, name), f"has {len(header.shape)} dimensions", str(dimensions))
    return header


def _elements(path: str, header: Header) -> Iterator[Any]:
    number = header.shape[0] * (header.shape[1] if len(header.shape) > 1 else 1)
    with open(path, "rb") as file:
        file.seek(header.offset)
        yield from integers(file, header.dtype, number, path, "the index")
