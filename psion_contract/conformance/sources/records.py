"""Cases of the rules on the records of a program: completions, promotions, transitions."""

from __future__ import annotations

from psion_contract.conformance.sources import promotions, transitions
from psion_contract.conformance.sources.base import PLAN
from psion_contract.conformance.sources.editing import drop, put, repeat, swap
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.programs import (
    AGENTIC,
    GENERAL,
    RL,
    STAGES,
    TRANSITIONS,
    completed,
    handed,
    holding,
    of,
    renamed,
)
from psion_contract.conformance.sources.sealing import as_it_is

_COMPLETIONS = "/program/completions"
_PROMOTIONS = "/program/promotions"
_FIRST = "quay-stage-1-general_sft"
_SECOND = "quay-stage-2-agentic_sft"
_THIRD = "quay-stage-3-rl"
_RUN = (*PLAN, "receipt")

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by sort of record and then in the order of the rules."""
    made = Group("records", "The completions, promotions and transitions of a program.", on=())
    _completions(made)
    _counts(made)
    promotions.add(made)
    transitions.add(made)
    _digests(made)
    return made


def _completions(made: Group) -> None:
    rule, three = "missing-completion", of(GENERAL, AGENTIC, RL)
    made.accepted(rule, "active", "A stage that is active has none.", of(GENERAL))
    made.accepted(rule, "all-completed", "All stages are completed.", three, completed(3))
    made.rejected(
        rule, "absent", "There is no list, and a stage is completed.", of(GENERAL, AGENTIC),
        drop(_COMPLETIONS), at=[f"{STAGES}/0"],
    )
    made.rejected(
        rule, "null", "The list is null.", of(GENERAL, AGENTIC), put(_COMPLETIONS, None), at=[f"{STAGES}/0"],
    )
    made.rejected(
        rule, "empty", "The list is empty.", three, put(_COMPLETIONS, []), at=[f"{STAGES}/0", f"{STAGES}/1"],
    )
    made.rejected(
        rule, "second", "The second of two is missing.", three, drop(f"{_COMPLETIONS}/1"), at=[f"{STAGES}/1"],
    )
    made.rejected(
        rule, "last", "The last stage is completed without one.", of(GENERAL),
        put(f"{STAGES}/0/status", "completed"), at=[f"{STAGES}/0"],
    )

    rule = "unexpected-completion"
    made.accepted(rule, "order", "Completions may stand in any order.", three, swap(_COMPLETIONS, 0, 1))
    made.rejected(
        rule, "twice", "A stage has two, and the second is one too many.", three, repeat(f"{_COMPLETIONS}/0"),
        at=[f"{_COMPLETIONS}/2/stage_id"],
    )
    made.rejected(
        rule, "active", "A stage that is active has one.", three,
        repeat(f"{_COMPLETIONS}/1", stage_id=_THIRD, kind=RL), at=[f"{_COMPLETIONS}/2/stage_id"],
    )
    made.rejected(
        rule, "nowhere", "One is of a stage that the program does not have.", three,
        repeat(f"{_COMPLETIONS}/1", stage_id="x"), at=[f"{_COMPLETIONS}/2/stage_id"],
    )
    made.rejected(
        rule, "nowhere-first", "So is the first, and those after it find their stages all the same.", three,
        repeat(f"{_COMPLETIONS}/1", stage_id="x"), swap(_COMPLETIONS, 0, 2),
        at=[f"{_COMPLETIONS}/0/stage_id"],
    )

    rule = "completion-stage-mismatch"
    made.accepted(rule, "all", "All completions of all stages.", on=(*PLAN, "program"))
    made.rejected(
        rule, "id", "It names another stage; it is that of the only stage that is left.", three,
        put(f"{_COMPLETIONS}/1/stage_id", "x"), at=[f"{_COMPLETIONS}/1/stage_id"],
    )
    made.rejected(
        rule, "ids", "Two name other stages; they are those of the stages that are left, in their order.",
        three, put(f"{_COMPLETIONS}/0/stage_id", "x"), put(f"{_COMPLETIONS}/1/stage_id", _THIRD),
        at=[f"{_COMPLETIONS}/0/stage_id", f"{_COMPLETIONS}/1/stage_id"],
    )
    made.rejected(
        rule, "same", "Both name one stage; the first has it.", three,
        put(f"{_COMPLETIONS}/1/stage_id", _FIRST), put(f"{_COMPLETIONS}/1/kind", GENERAL),
        at=[f"{_COMPLETIONS}/1/stage_id", f"{_COMPLETIONS}/1/kind"],
    )
    made.rejected(
        rule, "kind", "It gives another kind.", three, put(f"{_COMPLETIONS}/0/kind", AGENTIC),
        at=[f"{_COMPLETIONS}/0/kind"],
    )
    made.rejected(
        rule, "twice-named", "Two stages have one id; the completions that name it get them in order.", three,
        renamed(_SECOND, _FIRST), swap(_COMPLETIONS, 0, 1),
        at=[f"{_COMPLETIONS}/0/kind", f"{_COMPLETIONS}/1/kind"],
        also=[("stage-id-mismatch", f"{STAGES}/1/stage_id")],
    )


def _counts(made: Group) -> None:
    rule = "completion-count-mismatch"
    traces, receipts = f"{_COMPLETIONS}/0/ingested_trace_count", f"{_COMPLETIONS}/0/pretrain_run_count"
    made.accepted(
        rule, "nothing", "A stage that holds nothing is counted so.", of(GENERAL, AGENTIC, RL), completed(3),
    )
    made.accepted(
        rule, "empty", "An empty list counts nothing.", of(GENERAL, AGENTIC),
        put(f"{STAGES}/0/pretrain_runs", []),
    )
    for number in (1, 3):
        made.rejected(
            rule, f"traces-{number}", f"Two traces are counted as {number}.", of(GENERAL, AGENTIC),
            put(traces, number), at=[traces],
        )
    made.rejected(
        rule, "no-receipts", "No receipts are counted as one.", of(GENERAL, AGENTIC), put(receipts, 1),
        at=[receipts],
    )
    made.rejected(
        rule, "receipts", "One receipt is counted as none.", *holding(completed(1), put(receipts, 0)),
        at=[receipts], on=_RUN,
    )
    made.rejected(
        rule, "both", "Nothing is counted right.", of(GENERAL, AGENTIC), put(traces, 0), put(receipts, 2),
        at=[traces, receipts],
    )
    made.rejected(
        rule, "added", "A trace was added after the stage was completed.", of(GENERAL, AGENTIC),
        repeat(f"{STAGES}/0/ingested_traces/0", trace_id="late"), at=[traces],
    )


def _digests(made: Group) -> None:
    program = (*PLAN, "program")
    for record in ("completion", "promotion", "transition"):
        rule, digest = f"{record}-digest-mismatch", f"/program/{record}s/1/{record}_digest"
        made.accepted(rule, "sealed", f"All digests of {record}s are right.", on=program)
        made.rejected(
            rule, "zeros", f"The digest of a {record} is of nothing.", put(digest, ZEROS), at=[digest],
            on=program, then=as_it_is,
        )
    made.rejected(
        "completion-digest-mismatch", "time", "The time of the completion was changed afterwards.",
        put(f"{_COMPLETIONS}/0/completed_at_ms", 1), at=[f"{_COMPLETIONS}/0/completion_digest"], on=program,
        then=as_it_is,
    )
    made.rejected(
        "promotion-digest-mismatch", "object",
        "The object that was promoted was changed afterwards, throughout.",
        put(f"{_PROMOTIONS}/1/checkpoint/object_digest", "x"), *handed(3, object_digest="x"),
        at=[f"{_PROMOTIONS}/1/promotion_digest"],
        also=[("transition-digest-mismatch", f"{TRANSITIONS}/2/transition_digest")], on=program,
        then=as_it_is,
    )
    made.rejected(
        "transition-digest-mismatch", "time", "The time of the transition was changed afterwards.",
        put(f"{TRANSITIONS}/3/transitioned_at_ms", 1), at=[f"{TRANSITIONS}/3/transition_digest"],
        on=program, then=as_it_is,
    )
    made.accepted(
        "transition-digest-mismatch", "unbound", "D8 and D9 do not bind the manifest of a checkpoint.",
        put(f"{_PROMOTIONS}/1/checkpoint/manifest_digest", "x"), *handed(3, manifest_digest="x"), on=program,
        then=as_it_is,
    )
