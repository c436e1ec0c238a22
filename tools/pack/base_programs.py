"""Builds the stage programs of cases from the kinds of their stages; records are not sealed."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

from tools.edits import Edit, Tree, copy, drop, put
from tools.pack.base_receipts import checkpoint

Json = dict[str, Any]

RUN = "quay"
KINDS = PRETRAIN, GENERAL, AGENTIC, RL = "pretrain", "general_sft", "agentic_sft", "rl"

STAGES, TRANSITIONS = "/program/stages", "/program/transitions"
RECEIPT = f"{STAGES}/0/pretrain_runs/0"
"""Pointers into a program."""
_TRACES = {"general_sft": "plain_completion", "agentic_sft": "tool_call"}


def program(kinds: Sequence[str] = KINDS, receipt: Json | None = None) -> Json:
    """A program whose last stage is active and all others are completed.

    Args:
        kinds: of the stages.
        receipt: what the first stage holds, where it is one of pretraining.
    """
    stages = [_stage(position, kind) for position, kind in enumerate(kinds)]
    for number, stage in enumerate(stages, 1):
        if stage["kind"] in _TRACES:
            kinds_by_id = {f"t{number}": _TRACES[stage["kind"]], "t": "long_context"}
            stage["ingested_traces"] = [trace(number, stage["kind"], *each) for each in kinds_by_id.items()]
    stages[-1]["status"] = "active"
    if receipt is not None:
        stages[0]["pretrain_runs"] = [receipt]
    return {
        "run_id": RUN,
        "checkpoint_family": "quay.decoder",
        "stages": stages,
        "completions": [completion(stage, number) for number, stage in enumerate(stages[:-1], 1)],
        "promotions": [promotion(left, entered) for left, entered in pairwise(stages)],
        "transitions": [
            _transition(stages[position - 1] if position else None, stage, position + 1)
            for position, stage in enumerate(stages)
        ],
    }


def stage_id(number: int, kind: str) -> str:
    """The id of the stage of that number, from 1."""
    return f"{RUN}-stage-{number}-{kind}"


def trace(number: int, stage_kind: str, name: str, kind: str) -> Json:
    """A trace of the stage of that number and kind."""
    return {
        "run_id": RUN,
        "stage_id": stage_id(number, stage_kind),
        "trace_id": name,
        "trace_kind": kind,
        "lineage_digest": f"lineage-of-{name}",
        "accepted_at_ms": 1000 * number + 10,
    }


def promoted(number: int) -> Json:
    """The checkpoint promoted from the stage of that number; from the first stage, that of the receipt."""
    return checkpoint(RUN, "abcdef"[number - 1], 100 * number)


def completion(stage: Json, number: int) -> Json:
    """The completion of a stage."""
    return {
        "run_id": RUN,
        "stage_id": stage["stage_id"],
        "kind": stage["kind"],
        "ingested_trace_count": len(stage.get("ingested_traces") or ()),
        "pretrain_run_count": len(stage.get("pretrain_runs") or ()),
        "completed_at_ms": 1000 * number + 900,
        "completion_digest": "",
    }


def promotion(left: Json, entered: Json) -> Json:
    """The promotion from one stage to the next."""
    return {
        "run_id": RUN,
        "from_stage_id": left["stage_id"],
        "from_stage_kind": left["kind"],
        "to_stage_kind": entered["kind"],
        "checkpoint": deepcopy(entered["base_checkpoint"]),
        "promotion_digest": "",
    }


def _stage(position: int, kind: str) -> Json:
    """A completed stage without traces and receipts."""
    made: Json = {
        "stage_id": stage_id(position + 1, kind),
        "kind": kind,
        "environment": {"environment_ref": f"quay/{kind}", "version": "1"},
        "status": "completed",
    }
    if position:
        made["base_checkpoint"] = promoted(position)
    return made


def _transition(left: Json | None, entered: Json, number: int) -> Json:
    made: Json = {
        "run_id": RUN,
        "next_stage_id": entered["stage_id"],
        "next_stage_kind": entered["kind"],
        "transitioned_at_ms": 1000 * number,
        "transition_digest": "",
    }
    if left is not None:
        made |= {
            "previous_stage_id": left["stage_id"],
            "base_checkpoint": deepcopy(entered["base_checkpoint"]),
        }
    return made


def program_of(*kinds: str) -> Edit:
    """Put a program with these stages, the last of which is active, without receipts."""
    return put("/program", program(kinds))


def completed(number: int) -> Edit:
    """Complete the last stage, which has that number."""

    def edit(tree: Tree) -> None:
        stage = tree["program"]["stages"][number - 1]
        stage["status"] = "completed"
        tree["program"]["completions"].append(completion(stage, number))

    return edit


def recording_receipt(*edits: Edit) -> list[Edit]:
    """Put a program with one stage, an active pretrain stage that records the receipt."""
    return [
        program_of(PRETRAIN),
        put(f"{STAGES}/0/pretrain_runs", [0]),
        copy("/receipt", RECEIPT),
        drop("/receipt"),
        *edits,
    ]


def renamed(old: str, new: str) -> Edit:
    """Replace the id of a stage, wherever the program names it."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(item) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return new if value == old else value

    return lambda tree: put("/program", walk(tree["program"]))(tree)


def with_base_checkpoint(number: int, **members: object) -> list[Edit]:
    """Change members of the base checkpoint of the stage of that number, in the stage and in its transition."""
    pointers = (f"{STAGES}/{number - 1}/base_checkpoint", f"{TRANSITIONS}/{number - 1}/base_checkpoint")
    return [put(f"{pointer}/{name}", value) for pointer in pointers for name, value in members.items()]
