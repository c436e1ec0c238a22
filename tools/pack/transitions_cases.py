"""Cases of the rules on the transitions of a program."""

from __future__ import annotations

from tools.edits import drop, put, repeat, swap
from tools.pack.base_programs import AGENTIC, GENERAL, RL, STAGES, TRANSITIONS, of, promoted
from tools.pack.case_builder import Group

_SECOND = "quay-stage-2-agentic_sft"

# A case reads best as a few full lines.
# fmt: off


def add(made: Group) -> None:
    """Add the cases, in the order of the rules."""
    _transitions(made)
    _entered(made)


def _transitions(made: Group) -> None:
    rule, three = "missing-transition", of(GENERAL, AGENTIC, RL)
    made.accepted(
        rule, "first", "The first stage has a transition that names no stage before it.", of(GENERAL),
    )
    made.rejected(
        rule, "absent", "The program has no list of transitions although a stage was entered.", of(GENERAL),
        drop(TRANSITIONS), at=[f"{STAGES}/0"],
    )
    made.rejected(
        rule, "null", "The list of transitions is null although a stage was entered.", of(GENERAL),
        put(TRANSITIONS, None), at=[f"{STAGES}/0"],
    )
    made.rejected(
        rule, "second", "The second of three transitions is missing.", three, drop(f"{TRANSITIONS}/1"),
        at=[f"{STAGES}/1"],
    )

    rule = "unexpected-transition"
    made.accepted(
        rule, "order", "Transitions may be in another order than their stages.", three,
        swap(TRANSITIONS, 0, 2),
    )
    made.rejected(
        rule, "twice", "The last of three stages has two transitions, and the later one is one too many.",
        three, repeat(f"{TRANSITIONS}/2"), at=[f"{TRANSITIONS}/3/next_stage_id"],
    )
    made.rejected(
        rule, "nowhere", "The last of four transitions is into a stage that the program does not have.",
        three, repeat(f"{TRANSITIONS}/2", next_stage_id="x"), at=[f"{TRANSITIONS}/3/next_stage_id"],
    )

    rule, second = "transition-stage-mismatch", f"{TRANSITIONS}/1"
    made.accepted(
        rule, "null", "The previous_stage_id of the transition into the first stage may be null.",
        of(GENERAL), put(f"{TRANSITIONS}/0/previous_stage_id", None),
    )
    for member, value in (("previous_stage_id", "x"), ("next_stage_id", "x"), ("next_stage_kind", RL)):
        made.rejected(
            rule, member.replace("_", "-"), f"The transition into the second stage gives a wrong {member}.",
            of(GENERAL, AGENTIC), put(f"{second}/{member}", value), at=[f"{second}/{member}"],
        )
    made.rejected(
        rule, "no-previous", "The transition into the second stage has no previous_stage_id.",
        of(GENERAL, AGENTIC), drop(f"{second}/previous_stage_id"), at=[second],
    )
    made.rejected(
        rule, "null-previous", "The transition into the second stage has a previous_stage_id that is null.",
        of(GENERAL, AGENTIC), put(f"{second}/previous_stage_id", None), at=[second],
    )
    made.rejected(
        rule, "previous-of-first",
        "The transition into the only stage has a previous_stage_id although no stage is before it.",
        of(GENERAL), put(f"{TRANSITIONS}/0/previous_stage_id", _SECOND),
        at=[f"{TRANSITIONS}/0/previous_stage_id"],
    )
    made.rejected(
        rule, "previous-is-last",
        "The transition into the first of two stages has the second one as its previous_stage_id.",
        of(GENERAL, AGENTIC), put(f"{TRANSITIONS}/0/previous_stage_id", _SECOND),
        at=[f"{TRANSITIONS}/0/previous_stage_id"],
    )


def _entered(made: Group) -> None:
    rule, entered = "transition-checkpoint-mismatch", f"{TRANSITIONS}/1/base_checkpoint"
    made.accepted(
        rule, "null",
        "A null step and a null base_checkpoint of transitions equal the absent ones of the stages.",
        of(GENERAL, AGENTIC), put(f"{entered}/step", None), put(f"{TRANSITIONS}/0/base_checkpoint", None),
    )
    for member, value in (("object_digest", "x"), ("manifest_digest", "x"), ("step", 1)):
        made.rejected(
            rule, member.replace("_", "-"),
            f"The {member} in the base_checkpoint of a transition is not that of the stage entered.",
            of(GENERAL, AGENTIC), put(f"{entered}/{member}", value), at=[entered],
        )
    made.rejected(
        rule, "none",
        "The transition into the second stage has no base_checkpoint although the stage has one.",
        of(GENERAL, AGENTIC), drop(entered), at=[f"{TRANSITIONS}/1"],
    )
    made.rejected(
        rule, "null-only",
        "The transition into the second stage has a null base_checkpoint although that of the stage is not.",
        of(GENERAL, AGENTIC), put(entered, None), at=[f"{TRANSITIONS}/1"],
    )
    first = f"{TRANSITIONS}/0/base_checkpoint"
    made.rejected(
        rule, "one-too-many",
        "The transition into the first stage has a base_checkpoint although the stage has none.", of(GENERAL),
        put(first, promoted(1)), at=[first],
    )
    made.rejected(
        rule, "first",
        "The transition into the first stage has no base_checkpoint although the stage has one.", of(GENERAL),
        put(f"{STAGES}/0/base_checkpoint", promoted(1)), at=[f"{TRANSITIONS}/0"],
    )
