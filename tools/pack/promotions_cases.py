"""Cases of the rules on the promotions of a program."""

from __future__ import annotations

from tools.edits import append, copy, drop, put, repeat, swap
from tools.pack.base_documents import PLAN
from tools.pack.base_programs import (
    AGENTIC,
    GENERAL,
    PRETRAIN,
    RECEIPT,
    RL,
    STAGES,
    TRANSITIONS,
    completed,
    program_of,
    promoted,
    with_base_checkpoint,
)
from tools.pack.case_builder import Group

_COMPLETIONS = "/program/completions"
_PROMOTIONS = "/program/promotions"
_FIRST = "quay-stage-1-general_sft"
_THIRD = "quay-stage-3-rl"

_ALONE = {
    "run_id": "quay",
    "from_stage_id": _FIRST,
    "from_stage_kind": GENERAL,
    "to_stage_kind": AGENTIC,
    "checkpoint": promoted(1),
    "promotion_digest": "",
}
"""A promotion from the first stage."""

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _promotions(cases)
    _checkpoints(cases)


def _promotions(cases: Group) -> None:
    rule, three = "missing-promotion", program_of(GENERAL, AGENTIC, RL)
    cases.accepted(
        rule, "last", "The last stage needs no promotion, even when it is completed.", program_of(GENERAL),
        completed(1),
    )
    cases.rejected(
        rule, "absent", "The program has no list of promotions although a stage was left.",
        program_of(GENERAL, AGENTIC), drop(_PROMOTIONS), at=[f"{STAGES}/0"],
    )
    cases.rejected(
        rule, "empty", "The list of promotions is empty although two stages were left.", three,
        put(_PROMOTIONS, []), at=[f"{STAGES}/0", f"{STAGES}/1"],
    )
    cases.rejected(
        rule, "second", "The second of two promotions is missing.", three, drop(f"{_PROMOTIONS}/1"),
        at=[f"{STAGES}/1"],
    )

    rule = "unexpected-promotion"
    cases.accepted(
        rule, "order", "Promotions may be in another order than their stages.", three,
        swap(_PROMOTIONS, 0, 1),
    )
    cases.rejected(
        rule, "twice", "The first stage has two promotions, and the later one is one too many.", three,
        repeat(f"{_PROMOTIONS}/0"), at=[f"{_PROMOTIONS}/2/from_stage_id"],
    )
    cases.rejected(
        rule, "last", "A third promotion is from the last of three stages, which no other follows.", three,
        repeat(f"{_PROMOTIONS}/1", from_stage_id=_THIRD), at=[f"{_PROMOTIONS}/2/from_stage_id"],
    )
    cases.rejected(
        rule, "only", "A promotion is from the only stage of a program, which no other follows.",
        program_of(GENERAL), append(_PROMOTIONS, _ALONE), at=[f"{_PROMOTIONS}/0/from_stage_id"],
    )

    rule = "promotion-stage-mismatch"
    for member, value in (("from_stage_id", "x"), ("from_stage_kind", AGENTIC), ("to_stage_kind", RL)):
        cases.rejected(
            rule, member.replace("_", "-"),
            f"The promotion from the first of two stages gives a wrong {member}.", program_of(GENERAL, AGENTIC),
            put(f"{_PROMOTIONS}/0/{member}", value), at=[f"{_PROMOTIONS}/0/{member}"],
        )
    cases.accepted(
        rule, "all", "All promotions of a program give the stage id and the kinds of their stages.",
        on=(*PLAN, "program"),
    )


def _checkpoints(cases: Group) -> None:
    rule, base = "base-checkpoint-mismatch", f"{STAGES}/1/base_checkpoint"
    cases.accepted(
        rule, "null",
        "A null step of the base checkpoint and a null durable_at_ms of the promoted one count as absent.",
        program_of(GENERAL, AGENTIC), put(f"{base}/step", None),
        put(f"{_PROMOTIONS}/0/checkpoint/durable_at_ms", None),
    )
    cases.accepted(
        rule, "optional",
        "The base checkpoint has the same optional members, step and checkpoint_ref, as the promoted one.",
        program_of(GENERAL, AGENTIC), *with_base_checkpoint(2, step=0, checkpoint_ref="β"),
        put(f"{_PROMOTIONS}/0/checkpoint/step", 0), put(f"{_PROMOTIONS}/0/checkpoint/checkpoint_ref", "β"),
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
        cases.rejected(
            rule, member.replace("_", "-"),
            f"The {member} of the second stage's base checkpoint is not that of the promoted one.",
            program_of(GENERAL, AGENTIC), *with_base_checkpoint(2, **{member: value}), at=[base],
        )
    cases.rejected(
        rule, "other-stage", "The third stage starts from the checkpoint that was promoted to the second.",
        program_of(GENERAL, AGENTIC, RL), copy(base, f"{STAGES}/2/base_checkpoint"),
        copy(base, f"{TRANSITIONS}/2/base_checkpoint"), at=[f"{STAGES}/2/base_checkpoint"],
    )
    cases.rejected(
        rule, "promoted",
        "The promotion gives another object_digest than the second stage and its transition do.",
        program_of(GENERAL, AGENTIC), put(f"{_PROMOTIONS}/0/checkpoint/object_digest", "x"), at=[base],
    )
    cases.rejected(
        rule, "none",
        "A second stage without a base checkpoint lacks it, but does not contradict the promotion.",
        program_of(GENERAL, AGENTIC), drop(base), drop(f"{TRANSITIONS}/1/base_checkpoint"), at=[],
        also=[("missing-base-checkpoint", f"{STAGES}/1")],
    )

    rule, checkpoint = "unrecorded-checkpoint", f"{_PROMOTIONS}/0/checkpoint"
    program = (*PLAN, "program")
    cases.accepted(
        rule, "recorded", "The checkpoint promoted from a pretrain stage is that of the stage's receipt.",
        on=program,
    )
    cases.accepted(
        rule, "general", "Any checkpoint may be promoted from a stage that is not a pretrain stage.",
        program_of(GENERAL, AGENTIC),
    )
    cases.accepted(
        rule, "second",
        "The checkpoint promoted from a pretrain stage is that of the second of its two receipts.",
        repeat(RECEIPT, summary="Another try."),
        put(f"{STAGES}/0/pretrain_runs/1/checkpoint_lineage/promoted_checkpoint/object_digest", "x"),
        put(f"{_COMPLETIONS}/0/pretrain_run_count", 2), put(f"{checkpoint}/object_digest", "x"),
        *with_base_checkpoint(2, object_digest="x"), on=program,
    )
    cases.accepted(
        rule, "null", "A null step of the promoted checkpoint is the same as the absent one in the receipt.",
        put(f"{checkpoint}/step", None), on=program,
    )
    for member, value in (("object_digest", "x"), ("started_at_ms", 101), ("step", 0)):
        cases.rejected(
            rule, member.replace("_", "-"),
            f"The {member} of the checkpoint promoted from a pretrain stage is not that in its receipt.",
            put(f"{checkpoint}/{member}", value), *with_base_checkpoint(2, **{member: value}), at=[checkpoint], on=program,
        )
    cases.rejected(
        rule, "receipt",
        "The receipt of a pretrain stage gives another stream_id than the promotion and the next stage do.",
        put(f"{RECEIPT}/checkpoint_lineage/promoted_checkpoint/stream_id", "x"), at=[checkpoint], on=program,
    )
    cases.rejected(
        rule, "no-receipt",
        "No receipt vouches for the checkpoint promoted from a pretrain stage, which holds none.",
        program_of(PRETRAIN, GENERAL), at=[checkpoint], also=[("missing-receipt", f"{STAGES}/0")],
    )
