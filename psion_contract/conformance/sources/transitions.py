"""Cases of the rules on the transitions of a program."""

from __future__ import annotations

from psion_contract.conformance.sources.editing import drop, put, repeat, swap
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.programs import (
    AGENTIC,
    GENERAL,
    RL,
    STAGES,
    TRANSITIONS,
    of,
    promoted,
)

_SECOND = "quay-stage-2-agentic_sft"

# A case reads best as a few full lines.
# fmt: off


def add(made: Group) -> None:
    """Add the cases, in the order of the rules."""
    _transitions(made)
    _entered(made)


def _transitions(made: Group) -> None:
    rule, three = "missing-transition", of(GENERAL, AGENTIC, RL)
    made.accepted(rule, "first", "The first stage has one without a stage before it.", of(GENERAL))
    made.rejected(rule, "absent", "There is no list.", of(GENERAL), drop(TRANSITIONS), at=[f"{STAGES}/0"])
    made.rejected(rule, "null", "The list is null.", of(GENERAL), put(TRANSITIONS, None), at=[f"{STAGES}/0"])
    made.rejected(
        rule, "second", "The second is missing.", three, drop(f"{TRANSITIONS}/1"), at=[f"{STAGES}/1"],
    )

    rule = "unexpected-transition"
    made.accepted(rule, "order", "Transitions may stand in any order.", three, swap(TRANSITIONS, 0, 2))
    made.rejected(
        rule, "twice", "A stage was entered twice.", three, repeat(f"{TRANSITIONS}/2"),
        at=[f"{TRANSITIONS}/3/next_stage_id"],
    )
    made.rejected(
        rule, "nowhere", "A stage was entered that is not there.", three,
        repeat(f"{TRANSITIONS}/2", next_stage_id="x"), at=[f"{TRANSITIONS}/3/next_stage_id"],
    )

    rule, second = "transition-stage-mismatch", f"{TRANSITIONS}/1"
    made.accepted(
        rule, "null", "That before the first stage may be null.", of(GENERAL),
        put(f"{TRANSITIONS}/0/previous_stage_id", None),
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
        put(f"{TRANSITIONS}/0/previous_stage_id", _SECOND), at=[f"{TRANSITIONS}/0/previous_stage_id"],
    )
    made.rejected(
        rule, "previous-is-last", "So it is where it names the last stage of all.", of(GENERAL, AGENTIC),
        put(f"{TRANSITIONS}/0/previous_stage_id", _SECOND), at=[f"{TRANSITIONS}/0/previous_stage_id"],
    )


def _entered(made: Group) -> None:
    rule, entered = "transition-checkpoint-mismatch", f"{TRANSITIONS}/1/base_checkpoint"
    made.accepted(
        rule, "null", "Absent and null are the same.", of(GENERAL, AGENTIC), put(f"{entered}/step", None),
        put(f"{TRANSITIONS}/0/base_checkpoint", None),
    )
    for member, value in (("object_digest", "x"), ("manifest_digest", "x"), ("step", 1)):
        made.rejected(
            rule, member.replace("_", "-"), f"It has another {member} than that of the stage.",
            of(GENERAL, AGENTIC), put(f"{entered}/{member}", value), at=[entered],
        )
    made.rejected(
        rule, "none", "The transition has none.", of(GENERAL, AGENTIC), drop(entered),
        at=[f"{TRANSITIONS}/1"],
    )
    made.rejected(
        rule, "null-only", "That of the transition is null.", of(GENERAL, AGENTIC), put(entered, None),
        at=[f"{TRANSITIONS}/1"],
    )
    first = f"{TRANSITIONS}/0/base_checkpoint"
    made.rejected(
        rule, "one-too-many", "The first stage has none, but was entered with one.", of(GENERAL),
        put(first, promoted(1)), at=[first],
    )
    made.rejected(
        rule, "first", "The first stage has one, but was entered without.", of(GENERAL),
        put(f"{STAGES}/0/base_checkpoint", promoted(1)), at=[f"{TRANSITIONS}/0"],
    )
