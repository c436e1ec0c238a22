"""Cases of the rules on the records of a program: completions, promotions, transitions."""

from __future__ import annotations

from psion_contract.conformance.sources.base import PLAN
from psion_contract.conformance.sources.editing import Edit, append, copy, drop, put, repeat, swap
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.programs import promoted
from psion_contract.conformance.sources.sealing import as_it_is
from psion_contract.conformance.sources.stages import (
    AGENTIC,
    GENERAL,
    PRETRAIN,
    RECEIPT,
    RL,
    STAGES,
    completed,
    holding,
    of,
    renamed,
)

_COMPLETIONS, _PROMOTIONS, _TRANSITIONS = (
    "/program/completions",
    "/program/promotions",
    "/program/transitions",
)
_RUN = (*PLAN, "receipt")
_FIRST, _SECOND, _THIRD = "quay-stage-1-general_sft", "quay-stage-2-agentic_sft", "quay-stage-3-rl"

_ALONE = {
    "run_id": "quay",
    "from_stage_id": _FIRST,
    "from_stage_kind": GENERAL,
    "to_stage_kind": AGENTIC,
    "checkpoint": promoted(1),
    "promotion_digest": "",
}
"""A promotion out of the first stage."""

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by sort of record and then in the order of the rules."""
    made = Group("records", "The completions, promotions and transitions of a program.", on=())
    _completions(made)
    _counts(made)
    _promotions(made)
    _checkpoints(made)
    _transitions(made)
    _entered(made)
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


def _promotions(made: Group) -> None:
    rule, three = "missing-promotion", of(GENERAL, AGENTIC, RL)
    made.accepted(
        rule, "last", "The last stage has none, also when it is completed.", of(GENERAL), completed(1),
    )
    made.rejected(
        rule, "absent", "There is no list.", of(GENERAL, AGENTIC), drop(_PROMOTIONS), at=[f"{STAGES}/0"],
    )
    made.rejected(
        rule, "empty", "The list is empty.", three, put(_PROMOTIONS, []), at=[f"{STAGES}/0", f"{STAGES}/1"],
    )
    made.rejected(
        rule, "second", "The second of two is missing.", three, drop(f"{_PROMOTIONS}/1"), at=[f"{STAGES}/1"],
    )

    rule = "unexpected-promotion"
    made.accepted(rule, "order", "Promotions may stand in any order.", three, swap(_PROMOTIONS, 0, 1))
    made.rejected(
        rule, "twice", "A stage has two.", three, repeat(f"{_PROMOTIONS}/0"),
        at=[f"{_PROMOTIONS}/2/from_stage_id"],
    )
    made.rejected(
        rule, "last", "The last stage has one.", three, repeat(f"{_PROMOTIONS}/1", from_stage_id=_THIRD),
        at=[f"{_PROMOTIONS}/2/from_stage_id"],
    )
    made.rejected(
        rule, "only", "The only stage has one.", of(GENERAL), append(_PROMOTIONS, _ALONE),
        at=[f"{_PROMOTIONS}/0/from_stage_id"],
    )

    rule = "promotion-stage-mismatch"
    for member, value in (("from_stage_id", "x"), ("from_stage_kind", AGENTIC), ("to_stage_kind", RL)):
        made.rejected(
            rule, member.replace("_", "-"), f"The promotion has another {member}.", of(GENERAL, AGENTIC),
            put(f"{_PROMOTIONS}/0/{member}", value), at=[f"{_PROMOTIONS}/0/{member}"],
        )
    made.accepted(rule, "all", "All promotions of all stages.", on=(*PLAN, "program"))


def _handed(number: int, **members: object) -> list[Edit]:
    """Other members of what the stage of that number starts from, in the stage and in its transition."""
    places = (f"{STAGES}/{number - 1}/base_checkpoint", f"{_TRANSITIONS}/{number - 1}/base_checkpoint")
    return [put(f"{place}/{name}", value) for place in places for name, value in members.items()]


def _checkpoints(made: Group) -> None:
    rule, base = "base-checkpoint-mismatch", f"{STAGES}/1/base_checkpoint"
    made.accepted(
        rule, "null", "Absent and null are the same.", of(GENERAL, AGENTIC), put(f"{base}/step", None),
        put(f"{_PROMOTIONS}/0/checkpoint/durable_at_ms", None),
    )
    made.accepted(
        rule, "optional", "What is optional is handed on, too.", of(GENERAL, AGENTIC),
        *_handed(2, step=0, checkpoint_ref="β"), put(f"{_PROMOTIONS}/0/checkpoint/step", 0),
        put(f"{_PROMOTIONS}/0/checkpoint/checkpoint_ref", "β"),
    )
    for member, value in {
        "stream_id": "x",
        "manifest_digest": "x",
        "object_digest": "x",
        "writer_node_id": "x",
        "membership_epoch": 8,
        "cluster_state_digest": "x",
        "topology_digest": "x",
        "started_at_ms": 101,
        "checkpoint_ref": "x",
        "step": 0,
        "durable_at_ms": 100,
    }.items():
        made.rejected(
            rule, member.replace("_", "-"), f"The stage starts from a checkpoint with another {member}.",
            of(GENERAL, AGENTIC), *_handed(2, **{member: value}), at=[base],
        )
    made.rejected(
        rule, "other-stage", "The stage starts from what was promoted to another.", of(GENERAL, AGENTIC, RL),
        copy(base, f"{STAGES}/2/base_checkpoint"), copy(base, f"{_TRANSITIONS}/2/base_checkpoint"),
        at=[f"{STAGES}/2/base_checkpoint"],
    )
    made.rejected(
        rule, "promoted", "Another checkpoint was promoted.", of(GENERAL, AGENTIC),
        put(f"{_PROMOTIONS}/0/checkpoint/object_digest", "x"), at=[base],
    )
    made.rejected(
        rule, "none", "A stage without a base checkpoint is not held to the promotion.", of(GENERAL, AGENTIC),
        drop(base), drop(f"{_TRANSITIONS}/1/base_checkpoint"), at=[],
        also=[("missing-base-checkpoint", f"{STAGES}/1")],
    )

    rule, checkpoint = "unrecorded-checkpoint", f"{_PROMOTIONS}/0/checkpoint"
    program = (*PLAN, "program")
    made.accepted(rule, "recorded", "The checkpoint is that of the receipt.", on=program)
    made.accepted(rule, "general", "Out of other stages anything may be promoted.", of(GENERAL, AGENTIC))
    made.accepted(
        rule, "second", "It is that of the second receipt.", repeat(RECEIPT, summary="Another try."),
        put(f"{STAGES}/0/pretrain_runs/1/checkpoint_lineage/promoted_checkpoint/object_digest", "x"),
        put(f"{_COMPLETIONS}/0/pretrain_run_count", 2), put(f"{checkpoint}/object_digest", "x"),
        *_handed(2, object_digest="x"), on=program,
    )
    made.accepted(rule, "null", "Absent and null are the same.", put(f"{checkpoint}/step", None), on=program)
    for member, value in (("object_digest", "x"), ("started_at_ms", 101), ("step", 0)):
        made.rejected(
            rule, member.replace("_", "-"), f"It has another {member} than that of the receipt.",
            put(f"{checkpoint}/{member}", value), *_handed(2, **{member: value}), at=[checkpoint], on=program,
        )
    made.rejected(
        rule, "receipt", "The receipt is of another checkpoint.",
        put(f"{RECEIPT}/checkpoint_lineage/promoted_checkpoint/stream_id", "x"), at=[checkpoint], on=program,
    )
    made.rejected(
        rule, "no-receipt", "Without a receipt nothing vouches for it.", of(PRETRAIN, GENERAL),
        at=[checkpoint], also=[("missing-receipt", f"{STAGES}/0")],
    )


def _transitions(made: Group) -> None:
    rule, three = "missing-transition", of(GENERAL, AGENTIC, RL)
    made.accepted(rule, "first", "The first stage has one without a stage before it.", of(GENERAL))
    made.rejected(rule, "absent", "There is no list.", of(GENERAL), drop(_TRANSITIONS), at=[f"{STAGES}/0"])
    made.rejected(rule, "null", "The list is null.", of(GENERAL), put(_TRANSITIONS, None), at=[f"{STAGES}/0"])
    made.rejected(
        rule, "second", "The second is missing.", three, drop(f"{_TRANSITIONS}/1"), at=[f"{STAGES}/1"],
    )

    rule = "unexpected-transition"
    made.accepted(rule, "order", "Transitions may stand in any order.", three, swap(_TRANSITIONS, 0, 2))
    made.rejected(
        rule, "twice", "A stage was entered twice.", three, repeat(f"{_TRANSITIONS}/2"),
        at=[f"{_TRANSITIONS}/3/next_stage_id"],
    )
    made.rejected(
        rule, "nowhere", "A stage was entered that is not there.", three,
        repeat(f"{_TRANSITIONS}/2", next_stage_id="x"), at=[f"{_TRANSITIONS}/3/next_stage_id"],
    )

    rule, second = "transition-stage-mismatch", f"{_TRANSITIONS}/1"
    made.accepted(
        rule, "null", "That before the first stage may be null.", of(GENERAL),
        put(f"{_TRANSITIONS}/0/previous_stage_id", None),
    )
    for member, value in (("previous_stage_id", "x"), ("next_stage_id", "x"), ("next_stage_kind", RL)):
        made.rejected(
            rule, member.replace("_", "-"), f"The transition has another {member}.", of(GENERAL, AGENTIC),
            put(f"{second}/{member}", value), at=[f"{second}/{member}"],
        )
    made.rejected(
        rule, "no-previous", "It does not say which stage was before.", of(GENERAL, AGENTIC),
        drop(f"{second}/previous_stage_id"), at=[second],
    )
    made.rejected(
        rule, "null-previous", "It is null which stage was before.", of(GENERAL, AGENTIC),
        put(f"{second}/previous_stage_id", None), at=[second],
    )
    made.rejected(
        rule, "previous-of-first", "The first says that a stage was before.", of(GENERAL),
        put(f"{_TRANSITIONS}/0/previous_stage_id", _SECOND), at=[f"{_TRANSITIONS}/0/previous_stage_id"],
    )
    made.rejected(
        rule, "previous-is-last", "So it is where it names the last stage of all.", of(GENERAL, AGENTIC),
        put(f"{_TRANSITIONS}/0/previous_stage_id", _SECOND), at=[f"{_TRANSITIONS}/0/previous_stage_id"],
    )


def _entered(made: Group) -> None:
    rule, entered = "transition-checkpoint-mismatch", f"{_TRANSITIONS}/1/base_checkpoint"
    made.accepted(
        rule, "null", "Absent and null are the same.", of(GENERAL, AGENTIC), put(f"{entered}/step", None),
        put(f"{_TRANSITIONS}/0/base_checkpoint", None),
    )
    for member, value in (("object_digest", "x"), ("manifest_digest", "x"), ("step", 1)):
        made.rejected(
            rule, member.replace("_", "-"), f"It has another {member} than that of the stage.",
            of(GENERAL, AGENTIC), put(f"{entered}/{member}", value), at=[entered],
        )
    made.rejected(
        rule, "none", "The transition has none.", of(GENERAL, AGENTIC), drop(entered),
        at=[f"{_TRANSITIONS}/1"],
    )
    made.rejected(
        rule, "null-only", "That of the transition is null.", of(GENERAL, AGENTIC), put(entered, None),
        at=[f"{_TRANSITIONS}/1"],
    )
    first = f"{_TRANSITIONS}/0/base_checkpoint"
    made.rejected(
        rule, "one-too-many", "The first stage has none, but was entered with one.", of(GENERAL),
        put(first, promoted(1)), at=[first],
    )
    made.rejected(
        rule, "first", "The first stage has one, but was entered without.", of(GENERAL),
        put(f"{STAGES}/0/base_checkpoint", promoted(1)), at=[f"{_TRANSITIONS}/0"],
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
        put(f"{_PROMOTIONS}/1/checkpoint/object_digest", "x"), *_handed(3, object_digest="x"),
        at=[f"{_PROMOTIONS}/1/promotion_digest"],
        also=[("transition-digest-mismatch", f"{_TRANSITIONS}/2/transition_digest")], on=program,
        then=as_it_is,
    )
    made.rejected(
        "transition-digest-mismatch", "time", "The time of the transition was changed afterwards.",
        put(f"{_TRANSITIONS}/3/transitioned_at_ms", 1), at=[f"{_TRANSITIONS}/3/transition_digest"],
        on=program, then=as_it_is,
    )
    made.accepted(
        "transition-digest-mismatch", "unbound", "D8 and D9 do not bind the manifest of a checkpoint.",
        put(f"{_PROMOTIONS}/1/checkpoint/manifest_digest", "x"), *_handed(3, manifest_digest="x"), on=program,
        then=as_it_is,
    )
