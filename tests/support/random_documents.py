"""Documents with random errors, for properties of any document."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from psion_contract.documents import kinds
from psion_contract.reading.pointers import child, parts, value_at
from support.canonical_sets import documents
from support.json_texts import pairs

DIGEST = "0123456789abcdef" * 4


def seeds(quick: int, slow: int) -> list[Any]:
    """Seeds of random errors, as parameters of a test: some for the quick tests, and others for the slow ones."""
    return [
        pytest.param(seed, marks=[pytest.mark.slow] if seed >= quick else []) for seed in range(quick + slow)
    ]


_PROGRAM = {
    "run_id": "r",
    "checkpoint_family": "f",
    "stages": [
        {
            "stage_id": "r-stage-1-general_sft",
            "kind": "general_sft",
            "environment": {"environment_ref": "e", "version": "1"},
            "status": "active",
            "base_checkpoint": None,
            "ingested_traces": [
                {
                    "run_id": "r",
                    "stage_id": "r-stage-1-general_sft",
                    "trace_id": "t",
                    "trace_kind": "tool_call",
                    "lineage_digest": "l",
                    "accepted_at_ms": 1,
                }
            ],
            "pretrain_runs": [],
        }
    ],
    "completions": [],
    "transitions": [
        {
            "run_id": "r",
            "next_stage_id": "r-stage-1-general_sft",
            "next_stage_kind": "general_sft",
            "transitioned_at_ms": 1,
            "transition_digest": "0" * 64,
        }
    ],
}


def _subjects() -> dict[str, tuple[str, Any]]:
    found = documents("descriptor", "corpus", "policy", "config", "resumed", "accelerated")
    layout = found["descriptor"]["checkpoint_contract"]["tensor_layout"]
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 9}
    layout[0] |= {"quantized_layout": blocks}
    for rows in (
        layout,
        *(found["corpus"][name] for name in ("splits", "shards", "source_family_bindings")),
        *(each for each in found["policy"].values() if isinstance(each, list)),
        *(found[name]["source_family_reports"] for name in ("resumed", "accelerated")),
    ):
        del rows[2:]
    named = {name: (each["schema_version"], each) for name, each in found.items()}
    return {**named, "program": (kinds.PROGRAM.version, _PROGRAM)}


SUBJECTS = _subjects()
"""By short name, a schema and a valid document, which has few rows, for speed."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 9999, 10000, 10001, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, 2**64, 2**70,
    10**4000, 0.5, 2.0, 1e300, float("inf"), "", " ", "\t\n\u3000\u2028\u0085", "\u200b", "a|b", "|", "a\nb", "a\tb",
    "\x00", "\x7f", "\x9f", "\ufeff", "pretrain", "train", "F32", "none", DIGEST, DIGEST.upper(), DIGEST[:-1],
    DIGEST + "0", DIGEST[:-1] + "g", DIGEST + "\n", "\u0660" * 64, [], {}, [[]], [{}], ["a", "a"], ["a", "b", "a"],
    [1, 1], [1, True], [1, 1.0], [{}, {}], [None], {"kind": "replica"}, {"kind": "replica", "replica_index": 1},
    {"kind": "layer_range"}, {"kind": "whole_model"}, {"kind": "other", "axis": 1}, {"dims": [1]}, "x" * 300,
)  # fmt: skip
"""Replacements of values: each is wrong almost everywhere."""


def places(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place below a value."""
    if isinstance(value, (dict, list)):
        for key, item in pairs(value):
            yield child(pointer, key)
            yield from places(item, child(pointer, key))


def mutated(value: Any, dice: random.Random) -> Any:
    """A copy with one to three random changes."""
    copy = json.loads(json.dumps(value))
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        pointer = dice.choice(list(places(copy)) or [""])
        holder, last = value_at(copy, pointer.rpartition("/")[0]), parts(pointer)[-1] if pointer else ""
        if not isinstance(holder, (dict, list)) or not pointer:
            continue
        key: Any = int(last) if isinstance(holder, list) else last
        new = json.loads(json.dumps(dice.choice(VALUES)))
        match dice.choice(("value", "value", "value", "drop", "extra", "double")):
            case "value":
                holder[key] = new
            case "drop":
                del holder[key]
            case "extra" if isinstance(holder, dict):
                holder[dice.choice(("$ref", "x", "run_ids", key + "_"))] = new
            case "double" if isinstance(holder, list):
                holder.append(holder[key])
    return copy
