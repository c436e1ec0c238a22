"""A consistent receipt of any number of rows, each of a family of its own, with the documents that it refers to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from psion_contract.build.rounding import basis_points
from psion_contract.build.sealing import put_digests

CANONICAL = Path(__file__).parents[1] / "fixtures" / "psion"
OTHERS = (
    "models/psion_compact_decoder_descriptor_v1.json",
    "sampling/psion_sampling_policy_v1.json",
    "pretrain/psion_pretrain_stage_config_v1.json",
)
_IN_SPLIT = 1000
"""So many families at most has a split: more would have shares of less than a basis point each."""


def wide_set(rows: int) -> tuple[bytes, dict[str, bytes]]:
    """A receipt and its inputs, by name.

    Args:
        rows: how many rows the receipt has; those of the canonical receipt, and further ones of held-out splits.
    """
    receipt = _canonical("pretrain/psion_pretrain_stage_receipt_v1.json")
    corpus = _canonical("tokenized/psion_tokenized_corpus_manifest_v1.json")
    reports = receipt["source_family_reports"]
    row = next(each for each in reports if each["split_kind"] == "held_out")
    shard = next(each for each in corpus["shards"] if each["split_kind"] == "held_out")
    further = [f"family-{number:06}" for number in range(rows - len(reports))]
    for start in range(0, len(further), _IN_SPLIT):
        families = further[start : start + _IN_SPLIT]
        name = f"held-out-{start // _IN_SPLIT}"
        lineage = [
            {
                "source_id": f"{family}-source",
                "source_family_id": family,
                "source_normalized_digest": f"sha256:{start + position:064x}",
            }
            for position, family in enumerate(families)
        ]
        own = {"shard_id": name, "split_name": name, "source_lineage": lineage}
        corpus["shards"].append({**shard, **own, "shard_digest": f"sha256:{start:064x}"})
        corpus["splits"].append(
            {
                "split_name": name,
                "kind": "held_out",
                "shard_ids": [name],
                "source_family_ids": families,
                "sequence_count": shard["sequence_count"],
                "token_count": shard["token_count"],
            }
        )
        corpus["source_family_bindings"] += [
            {"source_family_id": family, "source_ids": [f"{family}-source"]} for family in families
        ]
        for family, share in zip(families, basis_points([1] * len(families)), strict=True):
            reports.append(
                {
                    **row,
                    "split_name": name,
                    "source_family_id": family,
                    "source_ids": [f"{family}-source"],
                    "token_share_bps_within_split": share,
                    "sequence_share_bps_within_split": share,
                }
            )
    put_digests(receipt)
    inputs = {path: (CANONICAL / path).read_bytes() for path in OTHERS}
    return _text(receipt), {**inputs, "corpus": _text(corpus)}


def _canonical(path: str) -> Any:
    return json.loads((CANONICAL / path).read_bytes())


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
