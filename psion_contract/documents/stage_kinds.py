"""The kinds of stage: their order, the traces that each admits, and the evidence that each needs.

Section 3 of the contract, "Stage program".
"""

from itertools import pairwise
from typing import Any, Literal, NamedTuple

STAGE_KINDS = ("pretrain", "general_sft", "agentic_sft", "rl")
"""The kinds of stage, in the order of a run."""

FIRST_KINDS = STAGE_KINDS[:2]
"""The kinds that a program may start with."""

ADMITTED_TRACES = {
    "pretrain": (),
    "general_sft": ("plain_completion", "long_context"),
    "agentic_sft": ("tool_call", "long_context"),
    "rl": (),
}
"""The kinds of trace that each kind of stage admits."""

EVIDENCE = {
    "pretrain": ("pretrain_runs", "receipt"),
    "general_sft": ("ingested_traces", "trace"),
    "agentic_sft": ("ingested_traces", "trace"),
}
"""By kind of stage, the list that must not be empty when it is completed, and what that list contains."""


def next_kind(kind: str) -> str | None:
    """The kind of stage after `kind`; None after the last."""
    return dict(pairwise(STAGE_KINDS)).get(kind)


def stage_id(run_id: str, number: int, kind: str) -> str:
    """The id of a stage; `number` counts the stages of the run from 1."""
    return f"{run_id}-stage-{number}-{kind}"


def without_nulls(checkpoint: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint reference without null members: absent and null mean the same."""
    return {name: value for name, value in checkpoint.items() if value is not None}


def promoted_checkpoints(stage: dict[str, Any]) -> list[dict[str, Any]]:
    """The promoted checkpoint of each receipt that a stage records, in order."""
    receipts = stage.get("pretrain_runs") or ()
    return [receipt["checkpoint_lineage"]["promoted_checkpoint"] for receipt in receipts]


def promoted_by(stage: dict[str, Any], receipt_digest: str) -> dict[str, Any] | None:
    """The promoted checkpoint of the receipt with that digest; None if the stage has no such receipt."""
    digests = [receipt["receipt_digest"] for receipt in stage.get("pretrain_runs") or ()]
    return promoted_checkpoints(stage)[digests.index(receipt_digest)] if receipt_digest in digests else None


def distinct_promoted_checkpoints(stage: dict[str, Any]) -> list[dict[str, Any]]:
    """The checkpoints that can be promoted from a stage, each once."""
    distinct: list[dict[str, Any]] = []
    for checkpoint in map(without_nulls, promoted_checkpoints(stage)):
        if checkpoint not in distinct:
            distinct.append(checkpoint)
    return distinct


class NextStep(NamedTuple):
    """What a program can do next.

    Attributes:
        step: ``start`` (no stage has been entered), ``complete``, ``advance`` or ``end`` (nothing left to do).
        kind: of the stage that would be completed or entered; None at the start and at the end.
        missing: what the step still needs, in words.
    """

    step: Literal["start", "complete", "advance", "end"]
    kind: str | None = None
    missing: tuple[str, ...] = ()


def next_step(state: dict[str, Any]) -> NextStep:
    """What a stage program can do next, given its state, which must be valid."""
    if not state["stages"]:
        return NextStep("start", None, (f"a first stage: {' or '.join(FIRST_KINDS)}",))
    stage = state["stages"][-1]
    kind = stage["kind"]
    if stage["status"] == "active":
        member, thing = EVIDENCE.get(kind, ("", ""))
        kinds = f": {' or '.join(ADMITTED_TRACES[kind])}" if thing == "trace" else ""
        missing = (f"at least one {thing}{kinds}",) if member and not stage.get(member) else ()
        return NextStep("complete", kind, missing)
    next_stage_kind = next_kind(kind)
    if next_stage_kind is None:
        return NextStep("end")
    environment, family = "an environment", state["checkpoint_family"]
    if kind != "pretrain":
        return NextStep("advance", next_stage_kind, (environment, f"a checkpoint of the family {family}"))
    count = len(distinct_promoted_checkpoints(stage))
    choice = (f"the choice of one of the {count} checkpoints that its receipts promote",) if count > 1 else ()
    return NextStep("advance", next_stage_kind, (environment, *choice))
