"""Stage programs for tests, built from the canonical documents without the stage machine."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from psion_contract.documents import digests
from support.canonical_sets import documents
from tools.pack.restoring import sealed

RUN = "tidewater-pilot-01"
FAMILY = "psion.tidewater.decoder"
KINDS = ("pretrain", "general_sft", "agentic_sft", "rl")
PRETRAIN, GENERAL, AGENTIC, RL = (f"{RUN}-stage-{number}-{kind}" for number, kind in enumerate(KINDS, 1))
TRACES = {"general_sft": "plain_completion", "agentic_sft": "tool_call"}
ENVIRONMENT = {"environment_ref": "tidewater/bench", "version": "7"}
ZEROS = "0" * 64


def canonical_receipt(**changes: Any) -> dict[str, Any]:
    """The receipt of the run's pretrain stage with changed members, sealed."""
    receipt = {**documents("receipt")["receipt"], **changes}
    return sealed({"receipt": receipt})["receipt"]  # type: ignore[no-any-return]


def promoting(base: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """A receipt whose promoted checkpoint has changed members, which its summary names; with a base if given."""
    lineage = documents("receipt")["receipt"]["checkpoint_lineage"]
    promoted = {**lineage["promoted_checkpoint"], **members}
    started = {"base_checkpoint": base} if base else {}
    changed = {**lineage, "promoted_checkpoint": promoted, **started}
    return canonical_receipt(checkpoint_lineage=changed, summary=f"Promotes {members}.")


def promoted_by(receipt: dict[str, Any]) -> dict[str, Any]:
    """The promoted checkpoint of a receipt."""
    return deepcopy(receipt["checkpoint_lineage"]["promoted_checkpoint"])


def checkpoint_of(kind: str) -> dict[str, Any]:
    """The checkpoint that comes out of a stage of that kind."""
    first = promoted_by(canonical_receipt())
    return first if kind == "pretrain" else {**first, "stream_id": f"{RUN}/{kind}", "object_digest": kind}


def trace(number: int, kind: str, trace_kind: str, name: str) -> dict[str, Any]:
    """A trace of the stage with that number and kind."""
    return {
        "run_id": RUN,
        "stage_id": f"{RUN}-stage-{number}-{kind}",
        "trace_id": name,
        "trace_kind": trace_kind,
        "lineage_digest": f"lineage of {name}",
        "accepted_at_ms": 10 * number + 5,
    }


def program(*kinds: str, completed: bool = False) -> dict[str, Any]:
    """A program that went through stages of these kinds; the last one is active or completed."""
    state: dict[str, Any] = {"run_id": RUN, "checkpoint_family": FAMILY, "stages": []}
    state |= {"completions": [], "promotions": [], "transitions": []}
    before = base = None
    for number, kind in enumerate(kinds, 1):
        name = f"{RUN}-stage-{number}-{kind}"
        stage: dict[str, Any] = {
            "stage_id": name,
            "kind": kind,
            "environment": ENVIRONMENT,
            "status": "completed",
        }
        transition = {
            "run_id": RUN,
            "next_stage_id": name,
            "next_stage_kind": kind,
            "transitioned_at_ms": 10 * number,
        }
        if before is not None:
            stage["base_checkpoint"] = transition["base_checkpoint"] = base = checkpoint_of(before["kind"])
            transition["previous_stage_id"] = before["stage_id"]
            promotion = {"from_stage_id": before["stage_id"], "from_stage_kind": before["kind"]}
            state["promotions"].append(
                {"run_id": RUN, "to_stage_kind": kind, "checkpoint": base, **promotion}
            )
        if kind == "pretrain":
            stage["pretrain_runs"] = [canonical_receipt()]
        elif kind in TRACES:
            stage["ingested_traces"] = [
                trace(number, kind, trace_kind, f"{kind}-{trace_kind}")
                for trace_kind in (TRACES[kind], "long_context")
            ]
        stage["status"] = "completed" if completed or number < len(kinds) else "active"
        if stage["status"] == "completed":
            state["completions"].append(completion(stage, completed_at_ms=10 * number + 9))
        state["transitions"].append(transition)
        state["stages"].append(stage)
        before = stage
    return json.loads(json.dumps(with_digests(state)))  # type: ignore[no-any-return]  # no shared parts


def completion(stage: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A completion of a stage."""
    return {
        "run_id": RUN,
        "stage_id": stage["stage_id"],
        "kind": stage["kind"],
        "ingested_trace_count": len(stage.get("ingested_traces", ())),
        "pretrain_run_count": len(stage.get("pretrain_runs", ())),
        "completed_at_ms": 99,
        **changes,
    }


def with_digests(state: dict[str, Any]) -> dict[str, Any]:
    """Give each record its digest."""
    for name, preimage in (
        ("completion", digests.stage_completion_preimage),
        ("promotion", digests.checkpoint_promotion_preimage),
        ("transition", digests.stage_transition_preimage),
    ):
        for record in state.get(f"{name}s") or ():
            record[f"{name}_digest"] = digests.sha256(preimage(record))
    return state
