"""Cases of the rules on the records of a program: completions, promotions, transitions."""

from __future__ import annotations

from tools.edits import drop, put, repeat, swap
from tools.pack import promotions_cases as promotions
from tools.pack import transitions_cases as transitions
from tools.pack.base_documents import PLAN
from tools.pack.base_programs import (
    AGENTIC,
    GENERAL,
    RL,
    STAGES,
    TRANSITIONS,
    completed,
    program_of,
    recording_receipt,
    renamed,
    with_base_checkpoint,
)
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import unchanged

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
    cases = Group("records", "The completions, promotions and transitions of a program.", on=())
    _completions(cases)
    _counts(cases)
    promotions.add(cases)
    transitions.add(cases)
    _digests(cases)
    return cases


def _completions(cases: Group) -> None:
    rule, three = "missing-completion", program_of(GENERAL, AGENTIC, RL)
    cases.accepted(rule, "active", "A stage that is still active needs no completion.", program_of(GENERAL))
    cases.accepted(
        rule, "all-completed", "All three stages are completed, and each has its completion.", three,
        completed(3),
    )
    cases.rejected(
        rule, "absent", "The program has no list of completions although a stage is completed.",
        program_of(GENERAL, AGENTIC), drop(_COMPLETIONS), at=[f"{STAGES}/0"],
    )
    cases.rejected(
        rule, "empty", "The list of completions is empty although two stages are completed.", three,
        put(_COMPLETIONS, []), at=[f"{STAGES}/0", f"{STAGES}/1"],
    )
    cases.rejected(
        rule, "second", "The second of two completions is missing.", three, drop(f"{_COMPLETIONS}/1"),
        at=[f"{STAGES}/1"],
    )
    cases.rejected(
        rule, "last", "The only stage of a program is completed without a completion.", program_of(GENERAL),
        put(f"{STAGES}/0/status", "completed"), at=[f"{STAGES}/0"],
    )

    rule = "unexpected-completion"
    cases.accepted(
        rule, "order", "Completions may be in another order than their stages.", three,
        swap(_COMPLETIONS, 0, 1),
    )
    cases.rejected(
        rule, "twice", "The first stage has two completions, and the later one is one too many.", three,
        repeat(f"{_COMPLETIONS}/0"), at=[f"{_COMPLETIONS}/2/stage_id"],
    )
    cases.rejected(
        rule, "active", "A third completion is of the last stage, which is still active.", three,
        repeat(f"{_COMPLETIONS}/1", stage_id=_THIRD, kind=RL), at=[f"{_COMPLETIONS}/2/stage_id"],
    )
    cases.rejected(
        rule, "nowhere", "The last of three completions is of a stage that the program does not have.", three,
        repeat(f"{_COMPLETIONS}/1", stage_id="x"), at=[f"{_COMPLETIONS}/2/stage_id"],
    )
    cases.rejected(
        rule, "nowhere-first",
        "The first of three completions is of a stage that the program does not have; the others get theirs.",
        three, repeat(f"{_COMPLETIONS}/1", stage_id="x"), swap(_COMPLETIONS, 0, 2),
        at=[f"{_COMPLETIONS}/0/stage_id"],
    )

    rule = "completion-stage-mismatch"
    cases.accepted(
        rule, "all", "All completions of a program give the stage_id and the kind of their stages.",
        on=(*PLAN, "program"),
    )
    cases.rejected(
        rule, "id",
        "A completion that names a wrong stage is taken for that of the only stage left without one.", three,
        put(f"{_COMPLETIONS}/1/stage_id", "x"), at=[f"{_COMPLETIONS}/1/stage_id"],
    )
    cases.rejected(
        rule, "ids",
        "Two completions that name wrong stages are taken for those of the stages left, in their order.",
        three, put(f"{_COMPLETIONS}/0/stage_id", "x"), put(f"{_COMPLETIONS}/1/stage_id", _THIRD),
        at=[f"{_COMPLETIONS}/0/stage_id", f"{_COMPLETIONS}/1/stage_id"],
    )
    cases.rejected(
        rule, "same",
        "Two completions name the first stage; the first of them gets it, the other gets the second stage.",
        three, put(f"{_COMPLETIONS}/1/stage_id", _FIRST), put(f"{_COMPLETIONS}/1/kind", GENERAL),
        at=[f"{_COMPLETIONS}/1/stage_id", f"{_COMPLETIONS}/1/kind"],
    )
    cases.rejected(
        rule, "kind", "A completion gives another kind than its stage has.", three,
        put(f"{_COMPLETIONS}/0/kind", AGENTIC), at=[f"{_COMPLETIONS}/0/kind"],
    )
    cases.rejected(
        rule, "twice-named",
        "Two stages have one stage_id; the completions that name it get them in order, with the wrong kinds.",
        three, renamed(_SECOND, _FIRST), swap(_COMPLETIONS, 0, 1),
        put(f"{_COMPLETIONS}/0/completed_at_ms", 1900), put(f"{_COMPLETIONS}/1/completed_at_ms", 2900),
        at=[f"{_COMPLETIONS}/0/kind", f"{_COMPLETIONS}/1/kind"],
        also=[("stage-id-mismatch", f"{STAGES}/1/stage_id")],
    )


def _counts(cases: Group) -> None:
    rule = "completion-count-mismatch"
    traces, receipts = f"{_COMPLETIONS}/0/ingested_trace_count", f"{_COMPLETIONS}/0/pretrain_run_count"
    cases.accepted(
        rule, "nothing", "The completion of a stage that holds neither traces nor receipts counts 0 of each.",
        program_of(GENERAL, AGENTIC, RL), completed(3),
    )
    cases.accepted(
        rule, "empty", "A stage whose list of receipts is empty is counted as one without receipts.",
        program_of(GENERAL, AGENTIC), put(f"{STAGES}/0/pretrain_runs", []),
    )
    for number in (1, 3):
        cases.rejected(
            rule, f"traces-{number}", f"A stage holds two traces but its completion counts {number}.",
            program_of(GENERAL, AGENTIC), put(traces, number), at=[traces],
        )
    cases.rejected(
        rule, "no-receipts", "A stage holds no receipt but its completion counts one.", program_of(GENERAL, AGENTIC),
        put(receipts, 1), at=[receipts],
    )
    cases.rejected(
        rule, "receipts", "A stage holds one receipt but its completion counts none.",
        *recording_receipt(completed(1), put(receipts, 0)), at=[receipts], on=_RUN,
    )
    cases.rejected(
        rule, "both", "A completion counts both the traces and the receipts of its stage wrong.",
        program_of(GENERAL, AGENTIC), put(traces, 0), put(receipts, 2), at=[traces, receipts],
    )
    cases.rejected(
        rule, "added", "A third trace was added to a stage after its completion had counted two.",
        program_of(GENERAL, AGENTIC), repeat(f"{STAGES}/0/ingested_traces/0", trace_id="late"), at=[traces],
    )


def _digests(cases: Group) -> None:
    program = (*PLAN, "program")
    for record in ("completion", "promotion", "transition"):
        rule, digest = f"{record}-digest-mismatch", f"/program/{record}s/1/{record}_digest"
        cases.accepted(rule, "sealed", f"The {record}_digest of every {record} is right.", on=program)
        cases.rejected(
            rule, "zeros", f"The {record}_digest of the second {record} is all zeros.", put(digest, ZEROS),
            at=[digest], on=program, then=unchanged,
        )
    cases.rejected(
        "completion-digest-mismatch", "time",
        "The completed_at_ms of a completion was changed after its completion_digest was made.",
        put(f"{_COMPLETIONS}/0/completed_at_ms", 1901), at=[f"{_COMPLETIONS}/0/completion_digest"], on=program,
        then=unchanged,
    )
    cases.rejected(
        "promotion-digest-mismatch", "object",
        "The object_digest of a promoted checkpoint was changed everywhere after D8 and D9 were made of it.",
        put(f"{_PROMOTIONS}/1/checkpoint/object_digest", "x"), *with_base_checkpoint(3, object_digest="x"),
        at=[f"{_PROMOTIONS}/1/promotion_digest"],
        also=[("transition-digest-mismatch", f"{TRANSITIONS}/2/transition_digest")], on=program,
        then=unchanged,
    )
    cases.rejected(
        "transition-digest-mismatch", "time",
        "The transitioned_at_ms of a transition was changed after its transition_digest was made.",
        put(f"{TRANSITIONS}/3/transitioned_at_ms", 4001), at=[f"{TRANSITIONS}/3/transition_digest"], on=program,
        then=unchanged,
    )
    cases.accepted(
        "transition-digest-mismatch", "unbound",
        "The manifest_digest of a promoted checkpoint was changed everywhere; neither D8 nor D9 binds it.",
        put(f"{_PROMOTIONS}/1/checkpoint/manifest_digest", "x"), *with_base_checkpoint(3, manifest_digest="x"), on=program,
        then=unchanged,
    )
