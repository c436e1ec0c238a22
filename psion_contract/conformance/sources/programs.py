"""The stage program that cases start from: all four stages, the last one active."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.receipts import checkpoint

Json = dict[str, Any]

_RUN = "quay"
_KINDS = ("pretrain", "general_sft", "agentic_sft", "rl")


def program(receipt: Json) -> Json:
    """The program, its records not yet sealed; its pretrain stage holds the receipt."""
    stages = [_stage(position, kind) for position, kind in enumerate(_KINDS)]
    stages[0]["pretrain_runs"] = [receipt]
    stages[1]["ingested_traces"] = [
        trace(2, "t1", "plain_completion"),
        trace(2, "t2", "long_context"),
    ]
    stages[2]["ingested_traces"] = [trace(3, "t1", "tool_call"), trace(3, "t3", "long_context")]
    return {
        "run_id": _RUN,
        "checkpoint_family": "quay.decoder",
        "stages": stages,
        "completions": [
            _completion(1, traces=0, receipts=1),
            _completion(2, traces=2, receipts=0),
            _completion(3, traces=2, receipts=0),
        ],
        "promotions": [_promotion(number) for number in (1, 2, 3)],
        "transitions": [_transition(number) for number in (1, 2, 3, 4)],
    }


def stage_id(number: int) -> str:
    """The id of the stage of that number, from 1."""
    return f"{_RUN}-stage-{number}-{_KINDS[number - 1]}"


def trace(number: int, name: str, kind: str) -> Json:
    """A trace of the stage of that number."""
    return {
        "run_id": _RUN,
        "stage_id": stage_id(number),
        "trace_id": name,
        "trace_kind": kind,
        "lineage_digest": f"lineage-of-{name}",
        "accepted_at_ms": 1000 * number + 10,
    }


def promoted(number: int) -> Json:
    """The checkpoint promoted out of the stage of that number."""
    return checkpoint(_RUN, "abc"[number - 1], 100 * number)


def _stage(position: int, kind: str) -> Json:
    made: Json = {
        "stage_id": stage_id(position + 1),
        "kind": kind,
        "environment": {"environment_ref": f"quay/{kind}", "version": "1"},
        "status": "active" if kind == "rl" else "completed",
    }
    if position > 0:
        made["base_checkpoint"] = promoted(position)
    return made


def _completion(number: int, traces: int, receipts: int) -> Json:
    return {
        "run_id": _RUN,
        "stage_id": stage_id(number),
        "kind": _KINDS[number - 1],
        "ingested_trace_count": traces,
        "pretrain_run_count": receipts,
        "completed_at_ms": 1000 * number + 900,
        "completion_digest": "",
    }


def _promotion(number: int) -> Json:
    return {
        "run_id": _RUN,
        "from_stage_id": stage_id(number),
        "from_stage_kind": _KINDS[number - 1],
        "to_stage_kind": _KINDS[number],
        "checkpoint": promoted(number),
        "promotion_digest": "",
    }


def _transition(number: int) -> Json:
    made: Json = {
        "run_id": _RUN,
        "next_stage_id": stage_id(number),
        "next_stage_kind": _KINDS[number - 1],
        "transitioned_at_ms": 1000 * number,
        "transition_digest": "",
    }
    if number > 1:
        made |= {"previous_stage_id": stage_id(number - 1), "base_checkpoint": promoted(number - 1)}
    return made
