"""Cases of the rules on the transitions of a program."""

from __future__ import annotations

from tools.edits import drop, put, repeat, swap
from tools.pack.base_programs import AGENTIC, GENERAL, RL, STAGES, TRANSITIONS, program_of, promoted
from tools.pack.case_builder import Group

_SECOND = "quay-stage-2-agentic_sft"

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _transitions(cases)
    _entered(cases)


def _transitions(cases: Group) -> None:
    rule, three = "missing-transition", program_of(GENERAL, AGENTIC, RL)
    cases.accepted(
        rule, "first", "The first stage has a transition that names no stage before it.", program_of(GENERAL),
    )
    cases.rejected(
        rule, "absent", "The program has no list of transitions although a stage was entered.", program_of(GENERAL),
        drop(TRANSITIONS), at=[f"{STAGES}/0"],
    )
    cases.rejected(
        rule, "second", "The second of three transitions is missing.", three, drop(f"{TRANSITIONS}/1"),
        at=[f"{STAGES}/1"],
    )

    rule = "unexpected-transition"
    cases.accepted(
        rule, "order", "Transitions may be in another order than their stages.", three,
        swap(TRANSITIONS, 0, 2),
    )
    cases.rejected(
        rule, "twice", "The last of three stages has two transitions, and the later one is one too many.",
        three, repeat(f"{TRANSITIONS}/2"), at=[f"{TRANSITIONS}/3/next_stage_id"],
    )
    cases.rejected(
        rule, "nowhere", "The last of four transitions is into a stage that the program does not have.",
        three, repeat(f"{TRANSITIONS}/2", next_stage_id="x"), at=[f"{TRANSITIONS}/3/next_stage_id"],
    )

    rule, second = "transition-stage-mismatch", f"{TRANSITIONS}/1"
    cases.accepted(
        rule, "null", "The previous_stage_id of the transition into the first stage may be null.",
        program_of(GENERAL), put(f"{TRANSITIONS}/0/previous_stage_id", None),
    )
    for member, value in (("previous_stage_id", "x"), ("next_stage_id", "x"), ("next_stage_kind", RL)):
        cases.rejected(
            rule, member.replace("_", "-"), f"The transition into the second stage gives a wrong {member}.",
            program_of(GENERAL, AGENTIC), put(f"{second}/{member}", value), at=[f"{second}/{member}"],
        )
    cases.rejected(
        rule, "no-previous", "The transition into the second stage has no previous_stage_id.",
        program_of(GENERAL, AGENTIC), drop(f"{second}/previous_stage_id"), at=[second],
    )
    cases.rejected(
        rule, "null-previous", "The transition into the second stage has a previous_stage_id that is null.",
        program_of(GENERAL, AGENTIC), put(f"{second}/previous_stage_id", None), at=[second],
    )
    cases.rejected(
        rule, "previous-of-first",
        "The transition into the only stage has a previous_stage_id although no stage is before it.",
        program_of(GENERAL), put(f"{TRANSITIONS}/0/previous_stage_id", _SECOND),
        at=[f"{TRANSITIONS}/0/previous_stage_id"],
    )
    cases.rejected(
        rule, "previous-is-last",
        "The transition into the first of two stages has the second one as its previous_stage_id.",
        program_of(GENERAL, AGENTIC), put(f"{TRANSITIONS}/0/previous_stage_id", _SECOND),
        at=[f"{TRANSITIONS}/0/previous_stage_id"],
    )


def _entered(cases: Group) -> None:
    rule, entered = "transition-checkpoint-mismatch", f"{TRANSITIONS}/1/base_checkpoint"
    cases.accepted(
        rule, "null",
        "A null step and a null base_checkpoint of transitions equal the absent ones of the stages.",
        program_of(GENERAL, AGENTIC), put(f"{entered}/step", None), put(f"{TRANSITIONS}/0/base_checkpoint", None),
    )
    for member, value in (("object_digest", "x"), ("manifest_digest", "x"), ("step", 1)):
        cases.rejected(
            rule, member.replace("_", "-"),
            f"The {member} in the base_checkpoint of a transition is not that of the stage entered.",
            program_of(GENERAL, AGENTIC), put(f"{entered}/{member}", value), at=[entered],
        )
    cases.rejected(
        rule, "none",
        "The transition into the second stage has no base_checkpoint although the stage has one.",
        program_of(GENERAL, AGENTIC), drop(entered), at=[f"{TRANSITIONS}/1"],
    )
    cases.rejected(
        rule, "null-only",
        "The transition into the second stage has a null base_checkpoint although that of the stage is not.",
        program_of(GENERAL, AGENTIC), put(entered, None), at=[f"{TRANSITIONS}/1"],
    )
    first = f"{TRANSITIONS}/0/base_checkpoint"
    cases.rejected(
        rule, "one-too-many",
        "The transition into the first stage has a base_checkpoint although the stage has none.", program_of(GENERAL),
        put(first, promoted(1)), at=[first],
    )
    cases.rejected(
        rule, "first",
        "The transition into the first stage has no base_checkpoint although the stage has one.", program_of(GENERAL),
        put(f"{STAGES}/0/base_checkpoint", promoted(1)), at=[f"{TRANSITIONS}/0"],
    )
