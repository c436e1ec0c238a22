"""The canonical runs as a trainer would have measured them, for tests that create documents."""

from __future__ import annotations

from typing import Any

from support.canonical_sets import documents

INPUTS = ("descriptor", "corpus", "policy")
RUNS = {"config": "receipt", "resumed_config": "resumed", "accelerated_config": "accelerated"}
"""The config of each canonical run, and its receipt."""


def measured(receipt: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a receipt as counts with the same shares, and losses as decimal texts."""
    return [
        {
            "split": row["split_name"],
            "family": row["source_family_id"],
            "sources": row["source_ids"],
            "tokens": row["token_share_bps_within_split"] * 31_337,
            "sequences": row["sequence_share_bps_within_split"] * 17,
            "loss": f"{row['mean_next_token_loss_milli'] / 1000:.3f}",
            "detail": row["detail"],
        }
        for row in receipt["source_family_reports"]
    ]


def receipt_arguments(receipt: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The arguments of ``new_receipt`` that only the run of a receipt knows."""
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    arguments = {
        "reports": measured(receipt),
        "successful_replays": replay["successful_replays"],
        "exact_replay_observed": replay["exact_replay_observed"],
        "replay_summary": replay["summary"],
        "promoted_checkpoint": lineage["promoted_checkpoint"],
        "promoted_checkpoint_label": lineage["promoted_checkpoint_label"],
        "base_checkpoint": lineage.get("base_checkpoint"),
        "delivered_execution": receipt.get("delivered_execution"),
        "accelerator_execution": receipt.get("accelerator_execution"),
        "summary": receipt["summary"],
    }
    return arguments | changes


def inputs(config: str | None = None) -> dict[str, Any]:
    """The canonical model, corpus and policy by their argument names, and a config if one is named."""
    found = documents(*INPUTS, *([config] if config else ()))
    if config:
        found["config"] = found.pop(config)
    return found
