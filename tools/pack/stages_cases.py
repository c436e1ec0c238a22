"""Cases of the rules on the stages of a program."""

from __future__ import annotations

from tools.edits import drop, put
from tools.pack import evidence_cases as evidence
from tools.pack.base_documents import PLAN
from tools.pack.base_programs import (
    AGENTIC,
    GENERAL,
    PRETRAIN,
    RL,
    STAGES,
    completed,
    program_of,
    promoted,
    renamed,
)
from tools.pack.case_builder import Group

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("stages", "The stages of a program: their order, ids, traces and receipts.", on=())
    _order(cases)
    _ids(cases)
    _active(cases)
    _bases(cases)
    evidence.add(cases)
    return cases


def _order(cases: Group) -> None:
    rule, kind = "stage-order-mismatch", f"{STAGES}/{{}}/kind".format
    cases.accepted(
        rule, "all", "A program with all four kinds of stage is in the right order.", on=(*PLAN, "program"),
    )
    cases.accepted(
        rule, "one", "A program may consist of one pretrain stage that has just been entered.", program_of(PRETRAIN),
    )
    cases.accepted(rule, "from-general", "A program may start with general_sft.", program_of(GENERAL, AGENTIC, RL))
    cases.accepted(
        rule, "none", "A program may have no stages yet.",
        put("/program", {"run_id": "r", "checkpoint_family": "f", "stages": []}),
    )
    for first in (AGENTIC, RL):
        cases.rejected(
            rule, f"from-{first.replace('_', '-')}", f"A program may not start with {first}.", program_of(first),
            at=[kind(0)],
        )
    for left, entered in ((GENERAL, RL), (GENERAL, GENERAL), (GENERAL, PRETRAIN)):
        cases.rejected(
            rule, f"{left}-{entered}".replace("_", "-"),
            f"A stage of {entered} may not follow one of {left}.", program_of(left, entered), at=[kind(1)],
        )
    cases.rejected(
        rule, "after-rl", "No stage may follow rl, not even a second one of rl.",
        program_of(GENERAL, AGENTIC, RL, RL), at=[kind(3)],
    )
    cases.rejected(
        rule, "two",
        "The first and the third of four stages are out of order, each compared with the one before it.",
        program_of(AGENTIC, RL, GENERAL, AGENTIC), at=[kind(0), kind(2)],
    )


def _ids(cases: Group) -> None:
    rule, first = "stage-id-mismatch", "quay-stage-1-general_sft"
    cases.accepted(
        rule, "another-run", "A program of another run, β-1, names that run in all its ids.", program_of(GENERAL),
        renamed("quay", "β-1"), renamed(first, "β-1-stage-1-general_sft"),
    )
    for slug, name in (
        ("number", "quay-stage-0-general_sft"),
        ("padded", "quay-stage-01-general_sft"),
        ("run", "Quay-stage-1-general_sft"),
        ("kind", "quay-stage-1-pretrain"),
        ("separator", "quay-stage-1-general-sft"),
    ):
        cases.rejected(
            rule, slug, f"The first stage is called {name} instead of {first}.", program_of(GENERAL),
            renamed(first, name), at=[f"{STAGES}/0/stage_id"],
        )
    cases.rejected(
        rule, "second", "The stage_id of the second stage has the number of the first, 1.",
        program_of(GENERAL, AGENTIC), renamed("quay-stage-2-agentic_sft", "quay-stage-1-agentic_sft"),
        at=[f"{STAGES}/1/stage_id"],
    )


def _active(cases: Group) -> None:
    rule, status = "stage-still-active", f"{STAGES}/{{}}/status".format
    cases.accepted(rule, "last", "Only the last of two stages is active.", program_of(GENERAL, AGENTIC))
    cases.accepted(
        rule, "none", "Both of two stages are completed, so that none is active.", program_of(GENERAL, AGENTIC),
        completed(2),
    )
    cases.rejected(
        rule, "first", "The first of two stages is still active although the second was entered.",
        program_of(GENERAL, AGENTIC), put(status(0), "active"), drop("/program/completions/0"), at=[status(0)],
    )
    cases.rejected(
        rule, "two", "The first two of three stages are still active although the third was entered.",
        program_of(GENERAL, AGENTIC, RL), put(status(0), "active"), put(status(1), "active"),
        drop("/program/completions"), at=[status(0), status(1)],
    )
    cases.rejected(
        rule, "first-alone", "The first of two stages is still active although the second is completed.",
        program_of(GENERAL, AGENTIC), completed(2), put(status(0), "active"), drop("/program/completions/0"),
        at=[status(0)],
    )


def _bases(cases: Group) -> None:
    rule = "missing-base-checkpoint"
    first = [
        put(f"{STAGES}/0/base_checkpoint", promoted(1)),
        put("/program/transitions/0/base_checkpoint", promoted(1)),
    ]
    cases.accepted(
        rule, "first", "The first stage of a program may have a base checkpoint.", program_of(PRETRAIN), *first,
    )
    cases.accepted(rule, "none", "The first stage of a program may have no base checkpoint.", program_of(GENERAL))
    for slug, number in (("second", 1), ("third", 2)):
        cases.rejected(
            rule, slug,
            f"The {slug} of three stages has no base checkpoint, although only the first may have none.",
            program_of(GENERAL, AGENTIC, RL), drop(f"{STAGES}/{number}/base_checkpoint"),
            drop(f"/program/transitions/{number}/base_checkpoint"), at=[f"{STAGES}/{number}"],
        )
    cases.rejected(
        rule, "null", "The base checkpoint of the second stage is null, which is as good as absent.",
        program_of(GENERAL, AGENTIC), put(f"{STAGES}/1/base_checkpoint", None),
        put("/program/transitions/1/base_checkpoint", None), at=[f"{STAGES}/1"],
    )
