"""The transitions of a stage program, from one state to the next. None of them checks anything.

States are JSON values as section 1.6 of the contract describes them. A state shares parts with the
previous one, so none is changed in place. New records have no digest until `sealed` adds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psion_contract.documents import digests
from psion_contract.documents.kinds import PROGRAM
from psion_contract.documents.stage_kinds import stage_id
from psion_contract.reading.json_reader import Json
from psion_contract.rules.program_records import RECORDS, RecordKind

_UNSEALED = "0" * 64


def initial_state(run_id: str, checkpoint_family: str) -> Json:
    """The state of a program that has entered no stage."""
    return {
        "schema_version": PROGRAM.version,
        "run_id": run_id,
        "checkpoint_family": checkpoint_family,
        "stages": [],
    }


def entered(state: Json, kind: str, environment: Any, checkpoint: Any, now_ms: int) -> Json:
    """Enter the next stage; if there is a previous one, promote the checkpoint from it."""
    environment, checkpoint = _plain(environment), _plain(checkpoint)
    run_id, stages = state["run_id"], state["stages"]
    before = stages[-1] if stages else None
    stage = {
        "stage_id": stage_id(run_id, len(stages) + 1, kind),
        "kind": kind,
        "environment": environment,
        "status": "active",
        "base_checkpoint": checkpoint,
    }
    transition = {
        "run_id": run_id,
        "previous_stage_id": before["stage_id"] if before else None,
        "next_stage_id": stage["stage_id"],
        "next_stage_kind": kind,
        "base_checkpoint": checkpoint,
        "transitioned_at_ms": now_ms,
        "transition_digest": _UNSEALED,
    }
    state = {**state, "stages": [*stages, stage], "transitions": _appended(state, "transitions", transition)}
    if before is None or checkpoint is None:
        return state
    promotion = {
        "run_id": run_id,
        "from_stage_id": before["stage_id"],
        "from_stage_kind": before["kind"],
        "to_stage_kind": kind,
        "checkpoint": checkpoint,
        "promotion_digest": _UNSEALED,
    }
    return {**state, "promotions": _appended(state, "promotions", promotion)}


def with_receipt(state: Json, receipt: Json) -> Json:
    """Record a receipt in the last stage."""
    last = state["stages"][-1]
    return _with_last(state, pretrain_runs=_appended(last, "pretrain_runs", receipt))


def with_traces(state: Json, traces: Iterable[tuple[str, str, str]], now_ms: int) -> Json:
    """Accept traces (id, kind and lineage digest) into the last stage."""
    last = state["stages"][-1]
    accepted = [
        {
            "run_id": state["run_id"],
            "stage_id": last["stage_id"],
            "trace_id": trace_id,
            "trace_kind": kind,
            "lineage_digest": lineage_digest,
            "accepted_at_ms": now_ms,
        }
        for trace_id, kind, lineage_digest in traces
    ]
    return _with_last(state, ingested_traces=_appended(last, "ingested_traces", *accepted))


def completed(state: Json, now_ms: int) -> Json:
    """Complete the last stage."""
    last = state["stages"][-1]
    completion = {
        "run_id": state["run_id"],
        "stage_id": last["stage_id"],
        "kind": last["kind"],
        "ingested_trace_count": len(last.get("ingested_traces") or ()),
        "pretrain_run_count": len(last.get("pretrain_runs") or ()),
        "completed_at_ms": now_ms,
        "completion_digest": _UNSEALED,
    }
    state = {**state, "completions": _appended(state, "completions", completion)}
    return _with_last(state, status="completed")


def sealed(state: Json) -> Json:
    """Add the missing digests of records; the state must match its schema."""
    for kind in RECORDS:
        if rows := state.get(kind.plural):
            state = {**state, kind.plural: [_sealed(kind, row) for row in rows]}
    return state


def _plain(value: Any) -> Any:
    """A mapping as a plain object; anything else unchanged, for the schema to refuse."""
    return dict(value) if isinstance(value, Mapping) else value


def _sealed(kind: RecordKind, row: Json) -> Json:
    if row[kind.digest_member] != _UNSEALED:
        return row
    return {**row, kind.digest_member: digests.sha256(kind.preimage(row))}


def _with_last(state: Json, **members: Any) -> Json:
    *before, last = state["stages"]
    return {**state, "stages": [*before, {**last, **members}]}


def _appended(holder: Json, name: str, *entries: Json) -> list[Json]:
    return [*(holder.get(name) or ()), *entries]
