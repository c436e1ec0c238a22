"""A small corpus on disk, for tests that make manifests and policies of files."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

from psion_contract.artifacts.shards import Shard, shards

TOKENS = {"train/prose.u16": 900, "train/code.u16": 100, "validation/prose.u16": 200, "exam/papers.u16": 130}
"""The tokens of each shard file; a sequence has at most 128."""

SEQUENCE_TOKENS = 128

TOKENIZER = {
    "tokenizer_id": "bytes",
    "tokenizer_version": "1",
    "family": "byte_pair_encoding",
    "vocab_size": 256,
    "tokenizer_digest": "sha256:of-the-tokenizer",
}


def write_corpus(folder: Path) -> None:
    """Write the shard files and the texts that they were made of."""
    for path, count in TOKENS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(array("H", range(count)).tobytes())
    for name in ("manual", "kernel", "letters", "papers"):
        (folder / f"{name}.txt").write_bytes(name.encode())


def read_shards(folder: Path, paths: Iterable[str] = TOKENS) -> list[Shard]:
    """The shards of those paths, with their counts."""
    return [shard for path in paths for shard in shards(str(folder / path), sequence_tokens=SEQUENCE_TOKENS)]


def corpus_sidecar() -> dict[str, Any]:
    """What the files do not say."""
    return {
        "dataset_id": "small",
        "dataset_version": "1",
        "tokenizer": dict(TOKENIZER),
        "preprocessing_version": "none",
        "packing_policy": {
            "policy_id": "cut",
            "policy_version": "1",
            "packing_mode": "pack_into_context_window",
            "max_sequence_tokens": SEQUENCE_TOKENS,
            "overlong_sequence_posture": "refuse",
        },
        "replay_contract": {"iteration_mode": "repeat", "shard_ordering": "manifest_order"},
        "sources": [
            {"source_id": "manual", "source_family_id": "prose", "file": "manual.txt"},
            {"source_id": "letters", "source_family_id": "prose", "file": "letters.txt"},
            {"source_id": "kernel", "source_family_id": "code", "file": "kernel.txt"},
            {
                "source_id": "papers",
                "source_family_id": "examinations",
                "source_normalized_digest": "papers-1",
            },
        ],
        "shards": [
            {"files": "train/prose.u16", "split_name": "train", "source_ids": ["manual"]},
            {"files": "train/code.*", "split_name": "train", "source_ids": ["kernel"]},
            {"files": "validation/*", "split_name": "validation", "source_ids": ["letters"]},
            {"files": "exam/*", "split_name": "exam", "source_ids": ["papers"]},
        ],
        "splits": [{"split_name": "exam", "kind": "held_out"}],
    }


def policy_sidecar() -> dict[str, Any]:
    """What that corpus does not say about its mixture."""
    return {
        "policy_id": "small-mixture",
        "policy_version": "1",
        "maximum_code_token_ratio_bps": 1500,
        "source_family_weights": [
            {"source_family_id": "prose", "content_class": "prose"},
            {"source_family_id": "code", "content_class": "code"},
        ],
        "repetitive_region_controls": [
            {
                "source_id": "manual",
                "document_id": "manual",
                "section_id": "licence",
                "downweight_multiplier_bps": 5000,
                "rationale": "The licence is at the top of every file.",
            }
        ],
        "regression_thresholds": [
            {"regression_kind": kind, "maximum_regression_bps": 10_000, "rationale": "Not measured."}
            for kind in (
                "explanation_quality",
                "spec_interpretation",
                "tradeoff_reasoning",
                "invariant_articulation",
                "coding_fluency",
            )
        ],
    }


def write_safetensors(path: Path, tensors: dict[str, tuple[str, list[int]]]) -> None:
    """Write a safetensors file of zeros, which take no space where files can have holes.

    Args:
        path: of the file.
        tensors: dtype (``F32`` or ``BF16``) and shape of each tensor by its name.
    """
    header, end = {}, 0
    for name, (dtype, shape) in tensors.items():
        start, end = end, end + prod(shape) * {"F32": 4, "BF16": 2}[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
