"""Whether a step was taken before: after a crash or a lost answer, it can be asked for again and changes nothing.

A step is the same if what it was given is; the time does not count. Each function takes the state of a program (section 1.6 of
the contract), and the kind of the stage that the step is about; without a kind, it is the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psion_contract.documents.differences import difference
from psion_contract.documents.stage_kinds import promoted_by
from psion_contract.reading.json_reader import Json

_STARTED_WITH = ("run_id", "checkpoint_family")
_ENTERED_WITH = ("kind", "environment", "base_checkpoint")


def difference_of_starts(one: Json, other: Json) -> str:
    """Where the starts of two programs differ, in words; empty if they do not."""
    return difference(_start(one), _start(other))


def has_completed(state: Json, kind: str | None = None) -> bool:
    """Whether the stage is completed."""
    stage = _stage(state, kind)
    return stage is not None and stage["status"] == "completed"


def has_ingested(state: Json, traces: Iterable[tuple[str, str, str]], kind: str | None = None) -> bool:
    """Whether the stage has accepted all of these traces: id, kind and lineage digest."""
    stage = _stage(state, kind)
    known = {
        (each["trace_id"], each["trace_kind"], each["lineage_digest"])
        for each in (stage or {}).get("ingested_traces") or ()
    }
    return known.issuperset(map(tuple, traces))


def has_entered(
    state: Json,
    environment: Mapping[str, str],
    checkpoint: Json | None = None,
    *,
    receipt_digest: str | None = None,
    kind: str | None = None,
) -> bool:
    """Whether the stage was entered like this, from another one; without a kind, it is not completed yet.

    Once it is, the same step without a kind may mean the next stage.
    """
    stages, stage = state["stages"], _stage(state, kind)
    if stage is None or stage is stages[0] or (kind is None and stage["status"] == "completed"):
        return False
    if receipt_digest is not None:
        checkpoint = promoted_by(stages[stages.index(stage) - 1], receipt_digest)
        if checkpoint is None:
            return False
    entered = {each: stage.get(each) for each in ("environment", "base_checkpoint")}
    given = {"environment": dict(environment), "base_checkpoint": checkpoint or entered["base_checkpoint"]}
    return not difference(entered, given)


def _start(state: Json) -> dict[str, Any]:
    first = state["stages"][0] if state["stages"] else {}
    return {
        **{each: state[each] for each in _STARTED_WITH},
        "first stage": {each: first.get(each) for each in _ENTERED_WITH},
    }


def _stage(state: Json, kind: str | None) -> Json | None:
    """The last stage of a kind, or the last one; None if there is none."""
    found = [each for each in state["stages"] if kind in (None, each["kind"])]
    return found[-1] if found else None
