"""nanotron's ``checkpoint_metadata.json``: tokens by dataset folder and stage of the data.

The format is that of the checkpoint versions 1.3 to 1.5 as nanotron's sources describe it; nanotron 0.4 of PyPI writes 1.2,
which has no folders, and cannot be imported, so no file of the library itself was read.
"""

from __future__ import annotations

import os
from typing import Any

from psion_contract.artifacts.consumption import Consumed
from psion_contract.artifacts.shards.json_indices import json_index, member
from psion_contract.exceptions import ArgumentError, ArtifactError

_FILE = "checkpoint_metadata.json"
_VERSIONS = ("1.3", "1.4", "1.5")
_DEFAULT_SEQUENCE = 4096
"""What nanotron takes as the length of a sequence where a stage does not say it."""


def read(paths: list[str]) -> list[Consumed]:
    """What was read of each dataset folder, all stages of the data together.

    Args:
        paths: one ``checkpoint_metadata.json``, or the folder of the checkpoint.

    Raises:
        ArgumentError: more than one path.
        ArtifactError: another version, or totals that are not the sums of their parts.
    """
    if len(paths) != 1:
        raise ArgumentError(f"paths: there are {len(paths)}; expected one {_FILE}")
    path = os.path.join(paths[0], _FILE) if os.path.isdir(paths[0]) else paths[0]
    value = json_index(path)
    version = value.get("version") if isinstance(value, dict) else None
    metas = member(value, "metas", dict, path, "the checkpoint")
    stages = metas.get("data_stages")
    if version not in _VERSIONS or stages is None:
        without = (
            "" if stages is not None else ", without the data_stages that say what was read of each folder"
        )
        raise ArtifactError(
            path, f"is version {version!r}{without}", f"one of {', '.join(_VERSIONS)} with data_stages"
        )
    found: dict[str, Consumed] = {}
    samples = 0
    for number, stage in enumerate(member(metas, "data_stages", list, path, "metas")):
        samples += _add_stage(found, stage, path, f"stage {number}")
    _same(
        path, "consumed_train_samples", member(metas, "consumed_train_samples", int, path, "metas"), samples
    )
    if metas.get("consumed_tokens_total") is not None:
        total = member(metas, "consumed_tokens_total", int, path, "metas")
        _same(path, "consumed_tokens_total", total, sum(each.tokens for each in found.values()))
    return list(found.values())


def _add_stage(found: dict[str, Consumed], stage: Any, path: str, where: str) -> int:
    """Add what a stage has read to what was found; returns its samples."""
    samples: int = member(stage, "consumed_train_samples", int, path, where)
    length = stage.get("sequence_length")
    length = _DEFAULT_SEQUENCE if length is None else member(stage, "sequence_length", int, path, where)
    folders = member(stage, "consumed_tokens_per_dataset_folder", dict, path, where)
    if length < 1:
        raise ArtifactError(path, f"has {length} as sequence_length of {where}", "at least 1")
    for folder in folders:
        tokens = member(folders, folder, int, path, f"the folders of {where}")
        sequences, rest = divmod(tokens, length)
        if rest or tokens < 0:
            raise ArtifactError(
                path, f"has {tokens} tokens of {folder} in {where}", f"a multiple of {length}, a sequence"
            )
        before = found.get(folder, Consumed(folder, 0, 0))
        found[folder] = Consumed(folder, before.sequences + sequences, before.tokens + tokens)
    _same(path, f"consumed_train_samples of {where} in tokens", samples * length, sum(folders.values()))
    return samples


def _same(path: str, name: str, said: int, found: int) -> None:
    if said != found:
        raise ArtifactError(path, f"has {said} as {name}", f"{found}, the sum of its parts")
