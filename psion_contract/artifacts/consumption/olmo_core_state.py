"""OLMo-core's state of the data loader, with the order of instances that the loader wrote, and the data files."""

from __future__ import annotations

import io
import os
import pickle
import re
import zipfile
from bisect import bisect_right
from collections import Counter
from itertools import accumulate
from typing import Any, NamedTuple

from psion_contract.artifacts import storage
from psion_contract.artifacts.consumption import Consumed
from psion_contract.artifacts.shards import Shard, shards
from psion_contract.artifacts.shards.json_indices import json_index, member
from psion_contract.artifacts.shards.olmo_core import fingerprint
from psion_contract.artifacts.shards.token_files import integers, tokens_of_size
from psion_contract.exceptions import ArgumentError, ArtifactError

_STATE = os.path.join("train", "rank0.pt")
_FINGERPRINT = "v2.0"
_MAX_STATE = 1 << 26
_INDICES = re.compile(r"global_indices.*\.npy")


class _State(NamedTuple):
    """The state of a loader of instances of fixed length."""

    path: str
    fingerprint: str
    sequence_length: int
    max_target_sequence_length: int | None
    batches: int
    tokens: int
    epoch: int


def read(
    paths: list[str],
    *,
    dtype: str | None = None,
    base: str | None = None,
    tokenizer: str | None = None,
    tokenizer_ids: tuple[int, ...] | None = None,
) -> list[Consumed]:
    """What was read of each data file, all epochs together; a sequence is an instance.

    Args:
        paths: the state, as ``train/rank0.pt`` of a checkpoint, the folder of the checkpoint, or ``state_dict()`` of the
            loader in ``.json``; the files ``global_indices….npy`` that the loader wrote, one for each epoch; and the data, as
            a mix, a source mixture or a folder.
        dtype: that of the dataset.
        base: the folder of the paths in a mix.
        tokenizer: what stands for ``{TOKENIZER}`` in the paths of a mix.
        tokenizer_ids: vocabulary size, the ids that pad and end, and that which begins if there is one; with these, the
            data files are held against the fingerprint in the state.

    Raises:
        ArgumentError: one of the paths or an option is missing.
        ArtifactError: a loader of another kind, or files that contradict one another.
    """
    orders = [each for each in paths if _INDICES.fullmatch(os.path.basename(each))]
    rest = [each for each in paths if each not in orders]
    if len(rest) != 2 or not orders:
        raise ArgumentError(
            "paths: expected the state, the global_indices….npy of each epoch, and the data: a mix or a folder"
        )
    state, data = _state(rest[0]), rest[1]
    found = shards(
        data, "olmo-core", sequence_tokens=state.sequence_length, dtype=dtype, base=base, tokenizer=tokenizer
    )
    if not found:
        raise ArtifactError(data, "names no data file", "those that were read")
    if tokenizer_ids is not None:
        _hold_against_fingerprint(state, found, str(dtype), tokenizer_ids)
    per_file = Counter[int]()
    for epoch, number in _instances(state, sum(each.counts.sequences for each in found)):
        per_file.update(_files_of(_order_of(orders, epoch, state), number, found))
    return [
        Consumed(shard.path, per_file[number], per_file[number] * state.sequence_length)
        for number, shard in enumerate(found)
    ]


def _state(path: str) -> _State:
    if os.path.isdir(path):
        path = os.path.join(path, _STATE)
    value = json_index(path) if path.endswith(".json") else _pickled(path)
    if isinstance(value, dict) and isinstance(value.get("data_loader"), dict):
        value = value["data_loader"]
    where = "the state of the loader"
    if not isinstance(value, dict) or value.get("dataset_type") != "fsl":
        kind = value.get("dataset_type") if isinstance(value, dict) else None
        raise ArtifactError(
            path, f"has the state of a loader of type {kind!r}", "'fsl', instances of fixed length"
        )
    version = value.get("dataset_fingerprint_version")
    if version != _FINGERPRINT:
        raise ArtifactError(path, f"has a fingerprint of version {version!r}", repr(_FINGERPRINT))
    numbers = {
        name: member(value, name, int, path, where)
        for name in ("sequence_length", "batches_processed", "tokens_processed", "epoch")
    }
    length, batches, tokens, epoch = numbers.values()
    if length < 1 or batches < 0 or epoch < 1 or (tokens % (batches * length) if batches else tokens):
        raise ArtifactError(path, f"has {numbers}", "whole sequences in equal batches")
    target = value.get("max_target_sequence_length")
    return _State(
        path, member(value, "dataset_fingerprint", str, path, where), length, target, batches, tokens, epoch
    )


class _Inert:
    """Stands for every object in a pickle that is not a plain value: nothing of it is looked up or called."""

    def __init__(self, *arguments: Any, **members: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, item: Any) -> None:
        pass

    def extend(self, items: Any) -> None:
        pass


class _PlainUnpickler(pickle.Unpickler):
    """Reads the plain values of a pickle. No class or function that it names is imported, so none of it runs."""

    def find_class(self, module: str, name: str) -> Any:
        return _Inert

    def persistent_load(self, pid: Any) -> Any:
        return _Inert()


def _pickled(path: str) -> Any:
    """The plain values of a file that ``torch.save`` has written."""
    storage.size_of(path)  # it is a file
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(each for each in archive.namelist() if each.endswith("/data.pkl"))
            if archive.getinfo(name).file_size > _MAX_STATE:
                raise ArtifactError(
                    path, f"has a state of more than {_MAX_STATE} bytes", "the state of a trainer"
                )
            return _PlainUnpickler(io.BytesIO(archive.read(name))).load()
    except (ArtifactError, OSError):
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise ArtifactError(
            path, "cannot be read", "the state of a trainer, as torch.save writes it"
        ) from error


def _hold_against_fingerprint(state: _State, found: list[Shard], dtype: str, ids: tuple[int, ...]) -> None:
    if len(ids) not in (3, 4):
        raise ArgumentError(
            f"tokenizer_ids has {len(ids)} numbers; expected the vocabulary size and the ids that pad, end and begin"
        )
    files = [(each.path, os.path.getsize(each.path)) for each in found]
    vocab_size, pad, eos, *bos = ids
    own = fingerprint(
        files, dtype, state.max_target_sequence_length, vocab_size, pad, eos, bos[0] if bos else None
    )
    if own != state.fingerprint:
        raise ArtifactError(
            state.path, f"has the fingerprint {state.fingerprint}", f"{own}, that of the data files"
        )


def _instances(state: _State, size: int) -> list[tuple[int, int]]:
    """The instances that were read in each epoch; an epoch ends with its last whole batch."""
    found = [(state.epoch, state.tokens // state.sequence_length)]
    if state.epoch > 1:
        if not state.batches:
            raise ArtifactError(
                state.path,
                f"begins epoch {state.epoch}, which does not tell the size of a batch",
                "a later state",
            )
        batch = state.tokens // state.batches // state.sequence_length
        found = [*((each, size // batch * batch) for each in range(1, state.epoch)), *found]
    return found


def _order_of(orders: list[str], epoch: int, state: _State) -> str:
    """The file with the order of an epoch: its name says which, unless the data is not shuffled."""
    for path in orders:
        named = re.search(r"epoch(\d+)", os.path.basename(path))
        if named is None or int(named[1]) == epoch:
            return path
    raise ArgumentError(f"paths: the order of epoch {epoch} is missing, which {state.path} has read")


def _files_of(path: str, number: int, found: list[Shard]) -> Counter[int]:
    """How many of the first instances of an order are in each data file."""
    ends = list(accumulate(each.counts.sequences for each in found))
    size = tokens_of_size(path, storage.size_of(path), "uint32")
    if size > ends[-1] or number > size:
        raise ArtifactError(
            path,
            f"has {size} instances",
            f"at least {number}, which were read, and at most {ends[-1]}, which the data has",
        )
    drawn = Counter[int]()
    with open(path, "rb") as file:
        for instances in integers(file, "uint32", number, path, "the order"):
            if max(instances) >= ends[-1]:
                raise ArtifactError(path, f"has the instance {max(instances)}", f"at most {ends[-1] - 1}")
            drawn.update(bisect_right(ends, each) for each in instances)
    return drawn
