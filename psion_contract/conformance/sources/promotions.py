"""Cases of the rules on the promotions of a program."""

from __future__ import annotations

from psion_contract.conformance.sources.base import PLAN
from psion_contract.conformance.sources.editing import append, copy, drop, put, repeat, swap
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.programs import (
    AGENTIC,
    GENERAL,
    PRETRAIN,
    RECEIPT,
    RL,
    STAGES,
    TRANSITIONS,
    completed,
    handed,
    of,
    promoted,
)

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
"""A promotion out of the first stage."""

# A case reads best as a few full lines.
# fmt: off


def add(made: Group) -> None:
    """Add the cases, in the order of the rules."""
    _promotions(made)
    _checkpoints(made)


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


def _checkpoints(made: Group) -> None:
    rule, base = "base-checkpoint-mismatch", f"{STAGES}/1/base_checkpoint"
    made.accepted(
        rule, "null", "Absent and null are the same.", of(GENERAL, AGENTIC), put(f"{base}/step", None),
        put(f"{_PROMOTIONS}/0/checkpoint/durable_at_ms", None),
    )
    made.accepted(
        rule, "optional", "What is optional is handed on, too.", of(GENERAL, AGENTIC),
        *handed(2, step=0, checkpoint_ref="β"), put(f"{_PROMOTIONS}/0/checkpoint/step", 0),
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
            of(GENERAL, AGENTIC), *handed(2, **{member: value}), at=[base],
        )
    made.rejected(
        rule, "other-stage", "The stage starts from what was promoted to another.", of(GENERAL, AGENTIC, RL),
        copy(base, f"{STAGES}/2/base_checkpoint"), copy(base, f"{TRANSITIONS}/2/base_checkpoint"),
        at=[f"{STAGES}/2/base_checkpoint"],
    )
    made.rejected(
        rule, "promoted", "Another checkpoint was promoted.", of(GENERAL, AGENTIC),
        put(f"{_PROMOTIONS}/0/checkpoint/object_digest", "x"), at=[base],
    )
    made.rejected(
        rule, "none", "A stage without a base checkpoint is not held to the promotion.", of(GENERAL, AGENTIC),
        drop(base), drop(f"{TRANSITIONS}/1/base_checkpoint"), at=[],
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
        *handed(2, object_digest="x"), on=program,
    )
    made.accepted(rule, "null", "Absent and null are the same.", put(f"{checkpoint}/step", None), on=program)
    for member, value in (("object_digest", "x"), ("started_at_ms", 101), ("step", 0)):
        made.rejected(
            rule, member.replace("_", "-"), f"It has another {member} than that of the receipt.",
            put(f"{checkpoint}/{member}", value), *handed(2, **{member: value}), at=[checkpoint], on=program,
        )
    made.rejected(
        rule, "receipt", "The receipt is of another checkpoint.",
        put(f"{RECEIPT}/checkpoint_lineage/promoted_checkpoint/stream_id", "x"), at=[checkpoint], on=program,
    )
    made.rejected(
        rule, "no-receipt", "Without a receipt nothing vouches for it.", of(PRETRAIN, GENERAL),
        at=[checkpoint], also=[("missing-receipt", f"{STAGES}/0")],
    )
