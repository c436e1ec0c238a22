"""The canonical stage program: the pilot's pretrain stage is completed, its fine-tuning has begun."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from psion_contract.documents import digests
from psion_contract.documents.digests import Json
from tools.canonical.canonical_names import artifact_digest

_ENTERED_PRETRAIN = 1_771_233_600_000
_COMPLETED_PRETRAIN = 1_771_236_600_000
_ENTERED_GENERAL_SFT = 1_771_240_200_000


def stage_program(receipt: Json) -> Json:
    """The program of the run of a receipt, which its pretrain stage records.

    The checkpoint that the receipt promotes is the one that fine-tuning starts from.
    """
    run_id, pretrain = receipt["run_id"], receipt["stage_id"]
    general_sft = f"{run_id}-stage-2-general_sft"
    checkpoint = receipt["checkpoint_lineage"]["promoted_checkpoint"]
    completion = {
        "run_id": run_id,
        "stage_id": pretrain,
        "kind": "pretrain",
        "ingested_trace_count": 0,
        "pretrain_run_count": 1,
        "completed_at_ms": _COMPLETED_PRETRAIN,
    }
    promotion = {
        "run_id": run_id,
        "from_stage_id": pretrain,
        "from_stage_kind": "pretrain",
        "to_stage_kind": "general_sft",
        "checkpoint": deepcopy(checkpoint),
    }
    first = {
        "run_id": run_id,
        "next_stage_id": pretrain,
        "next_stage_kind": "pretrain",
        "transitioned_at_ms": _ENTERED_PRETRAIN,
    }
    second = {
        "run_id": run_id,
        "previous_stage_id": pretrain,
        "next_stage_id": general_sft,
        "next_stage_kind": "general_sft",
        "base_checkpoint": deepcopy(checkpoint),
        "transitioned_at_ms": _ENTERED_GENERAL_SFT,
    }
    return {
        "run_id": run_id,
        "checkpoint_family": checkpoint["checkpoint_family"],
        "stages": [
            {
                "stage_id": pretrain,
                "kind": "pretrain",
                "environment": {"environment_ref": "tidewater/pretrain", "version": "2026.02"},
                "status": "completed",
                "pretrain_runs": [deepcopy(receipt)],
            },
            {
                "stage_id": general_sft,
                "kind": "general_sft",
                "environment": {"environment_ref": "tidewater/instruction-following", "version": "2026.02"},
                "status": "active",
                "base_checkpoint": deepcopy(checkpoint),
                "ingested_traces": [
                    _trace(run_id, general_sft, "harbour-manual-q0017", "plain_completion", 61_000),
                    _trace(run_id, general_sft, "storage-engine-tour-03", "long_context", 74_500),
                ],
            },
        ],
        "completions": [_sealed(completion, "completion_digest", digests.stage_completion_preimage)],
        "promotions": [_sealed(promotion, "promotion_digest", digests.checkpoint_promotion_preimage)],
        "transitions": [
            _sealed(each, "transition_digest", digests.stage_transition_preimage) for each in (first, second)
        ],
    }


def _trace(run_id: str, stage_id: str, trace_id: str, kind: str, after_ms: int) -> Json:
    return {
        "run_id": run_id,
        "stage_id": stage_id,
        "trace_id": trace_id,
        "trace_kind": kind,
        "lineage_digest": artifact_digest(f"{run_id}/traces/{trace_id}"),
        "accepted_at_ms": _ENTERED_GENERAL_SFT + after_ms,
    }


def _sealed(record: Json, member: str, preimage: Callable[[Json], str]) -> Json:
    return {**record, member: digests.sha256(preimage(record))}
