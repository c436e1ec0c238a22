"""Cases of the rules on what the stages of a program hold: traces, receipts, checkpoints."""

from __future__ import annotations

from tools.edits import copy, drop, put, repeat
from tools.pack.base_documents import PLAN
from tools.pack.base_programs import (
    AGENTIC,
    GENERAL,
    PRETRAIN,
    RECEIPT,
    RL,
    STAGES,
    completed,
    program_of,
    promoted,
    recording_receipt,
    renamed,
    trace,
)
from tools.pack.case_builder import Group
from tools.pack.restoring import unchanged

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _traces(cases)
    _receipts(cases)
    _evidence(cases)
    _run(cases)
    _family(cases)


def _traces(cases: Group) -> None:
    rule, traces = "trace-not-admitted", f"{STAGES}/0/ingested_traces"
    cases.accepted(
        rule, "all-kinds",
        "A stage of general_sft and one of agentic_sft hold all kinds of traces that they admit.",
        program_of(GENERAL, AGENTIC),
    )
    cases.rejected(
        rule, "general",
        "A stage of general_sft holds a trace of the kind tool_call, which it does not admit.", program_of(GENERAL),
        put(f"{traces}/0/trace_kind", "tool_call"), at=[f"{traces}/0/trace_kind"],
    )
    agentic = f"{STAGES}/1/ingested_traces"
    cases.rejected(
        rule, "agentic",
        "A stage of agentic_sft holds a trace of the kind plain_completion, which it does not admit.",
        program_of(GENERAL, AGENTIC),
        put(f"{agentic}/1/trace_kind", "plain_completion"), at=[f"{agentic}/1/trace_kind"],
    )
    for number, first, kinds in ((1, PRETRAIN, (PRETRAIN,)), (3, RL, (GENERAL, AGENTIC, RL))):
        pointer = f"{STAGES}/{number - 1}/ingested_traces"
        held = [trace(number, first, kind, kind) for kind in ("plain_completion", "tool_call", "long_context")]
        cases.rejected(
            rule, first, f"A stage of {first} holds a trace of each kind, and admits none.", program_of(*kinds),
            put(pointer, held), at=[f"{pointer}/{index}/trace_kind" for index in range(3)],
        )

    rule = "trace-stage-mismatch"
    cases.accepted(
        rule, "own", "Each trace of two stages names the stage that holds it.", program_of(GENERAL, AGENTIC, RL),
    )
    for slug, name in (("other", "quay-stage-2-agentic_sft"), ("nowhere", "x")):
        cases.rejected(
            rule, slug, f"A trace of the first stage names the stage {name}.", program_of(GENERAL, AGENTIC),
            put(f"{traces}/1/stage_id", name), at=[f"{traces}/1/stage_id"],
        )
    cases.rejected(
        rule, "all", "Both traces of a stage name another stage.", program_of(GENERAL),
        put(f"{traces}/0/stage_id", "x"),
        put(f"{traces}/1/stage_id", "x"), at=[f"{traces}/0/stage_id", f"{traces}/1/stage_id"],
    )

    rule = "duplicate-trace"
    cases.accepted(
        rule, "two-stages", "Two stages hold traces of one trace_id, which is allowed.", program_of(GENERAL, AGENTIC),
    )
    cases.rejected(
        rule, "same", "A stage holds the same trace twice.", program_of(GENERAL), repeat(f"{traces}/0"),
        at=[f"{traces}/2/trace_id"],
    )
    cases.rejected(
        rule, "three-times",
        "A stage holds three traces of one trace_id, which differ in their other members.", program_of(GENERAL),
        repeat(f"{traces}/0", accepted_at_ms=1011), repeat(f"{traces}/0", trace_kind="long_context"),
        at=[f"{traces}/2/trace_id", f"{traces}/3/trace_id"],
    )


def _receipts(cases: Group) -> None:
    run = (*PLAN, "receipt")
    rule = "receipt-not-admitted"
    cases.accepted(
        rule, "pretrain", "A stage of pretrain holds a receipt, which it admits.", *recording_receipt(), on=run,
    )
    cases.accepted(
        rule, "empty",
        "The pretrain_runs of a stage of general_sft are an empty list, which holds no receipt.", program_of(GENERAL),
        put(f"{STAGES}/0/pretrain_runs", []),
    )
    for number, kinds in ((1, (GENERAL,)), (2, (GENERAL, AGENTIC)), (3, (GENERAL, AGENTIC, RL))):
        name, pointer = f"quay-stage-{number}-{kinds[-1]}", f"{STAGES}/{number - 1}/pretrain_runs"
        cases.rejected(
            rule, kinds[-1].replace("_", "-"),
            f"A stage of {kinds[-1]} holds a receipt that names it, and admits none.",
            program_of(*kinds), put("/config/stage_id", name), put("/receipt/stage_id", name), put(pointer, [0]),
            copy("/receipt", f"{pointer}/0"), drop("/receipt"), at=[f"{pointer}/0"], on=run,
        )

    rule = "receipt-stage-mismatch"
    cases.accepted(
        rule, "own", "The receipt that a completed stage holds names that stage.", *recording_receipt(completed(1)),
        on=run,
    )
    for slug, name in (("other", "quay-stage-2-general_sft"), ("nowhere", "x")):
        cases.rejected(
            rule, slug, f"The receipt of the first stage names the stage {name}, as its config does.",
            *recording_receipt(),
            put("/config/stage_id", name), put(f"{RECEIPT}/stage_id", name), at=[f"{RECEIPT}/stage_id"],
            on=run,
        )

    rule, runs = "duplicate-receipt", f"{STAGES}/0/pretrain_runs"
    cases.accepted(
        rule, "two", "A stage holds two receipts that differ in their summary, and so in their digest.",
        *recording_receipt(repeat(f"{runs}/0", summary="Another try.")), on=run,
    )
    cases.rejected(
        rule, "same", "A stage holds the same receipt twice.", *recording_receipt(repeat(f"{runs}/0")),
        at=[f"{runs}/1/receipt_digest"], on=run,
    )
    cases.rejected(
        rule, "three-times",
        "A stage holds a receipt three times, once with another detail, which D5 does not bind.",
        *recording_receipt(repeat(f"{runs}/0"), repeat(f"{runs}/0"), put(f"{runs}/2/source_family_reports/0/detail",
            "x")), at=[f"{runs}/1/receipt_digest", f"{runs}/2/receipt_digest"], on=run,
        also=[("identity-conflict", f"{runs}/2/receipt_digest")],
    )
    general = f"{STAGES}/1/pretrain_runs"
    cases.rejected(
        rule, "two-stages", "The same receipt is held by two stages.", put(general, [0]),
        copy(RECEIPT, f"{general}/0"), put("/program/completions/1/pretrain_run_count", 1),
        at=[f"{general}/0/receipt_digest"],
        also=[("receipt-not-admitted", f"{general}/0"), ("receipt-stage-mismatch", f"{general}/0/stage_id")],
        on=(*PLAN, "program"),
    )
    cases.rejected(
        "receipt-digest-mismatch", "in-a-program",
        "The summary of a receipt that a program holds was changed after the receipt was sealed.",
        put(f"{RECEIPT}/summary", "x"), at=[f"{RECEIPT}/receipt_digest"], on=(*PLAN, "program"),
        then=unchanged,
    )
    cases.rejected(
        "unresolved-reference", "in-a-program", "The config of a receipt that a program holds is not given.",
        *recording_receipt(), drop("/config"), at=[f"{RECEIPT}/run_id"], on=run,
    )


def _evidence(cases: Group) -> None:
    rule = "missing-receipt"
    runs = f"{STAGES}/0/pretrain_runs"
    cases.accepted(rule, "active", "An active stage of pretrain has no receipt, and needs none.", program_of(PRETRAIN))
    cases.accepted(
        rule, "one", "A completed stage of pretrain has one receipt, which is enough.",
        *recording_receipt(completed(1)), on=(*PLAN, "receipt"),
    )
    cases.rejected(
        rule, "absent", "A completed stage of pretrain has no pretrain_runs.", program_of(PRETRAIN), completed(1),
        at=[f"{STAGES}/0"],
    )
    cases.rejected(
        rule, "empty", "The pretrain_runs of a completed stage of pretrain are an empty list.", program_of(PRETRAIN),
        put(runs, []), completed(1), at=[runs],
    )

    rule = "missing-trace"
    traces = f"{STAGES}/0/ingested_traces"
    cases.accepted(
        rule, "active", "An active stage of general_sft has no traces, and needs none.", program_of(GENERAL),
        drop(traces),
    )
    cases.accepted(
        rule, "rl", "A completed stage of rl has no traces, and needs none.", program_of(GENERAL, AGENTIC, RL),
        completed(3),
    )
    cases.accepted(
        rule, "one", "A completed stage of general_sft has one trace, which is enough.", program_of(GENERAL),
        drop(f"{traces}/0"), completed(1),
    )
    cases.rejected(
        rule, "absent", "A completed stage of general_sft has no ingested_traces.", program_of(GENERAL), drop(traces),
        completed(1), at=[f"{STAGES}/0"],
    )
    cases.rejected(
        rule, "empty", "The ingested_traces of a completed stage of general_sft are an empty list.",
        program_of(GENERAL), put(traces, []), completed(1), at=[traces],
    )
    cases.rejected(
        rule, "agentic", "The ingested_traces of a completed stage of agentic_sft are an empty list.",
        program_of(GENERAL, AGENTIC),
        put(f"{STAGES}/1/ingested_traces", []), completed(2), at=[f"{STAGES}/1/ingested_traces"],
    )


def _run(cases: Group) -> None:
    rule = "program-run-mismatch"
    cases.accepted(
        rule, "another-run", "The program and all that it holds are of the run β.", program_of(PRETRAIN),
        renamed("quay", "β"), renamed("quay-stage-1-pretrain", "β-stage-1-pretrain"),
    )
    trace_run = f"{STAGES}/0/ingested_traces/1/run_id"
    cases.rejected(
        rule, "trace", "A trace is of another run than the program that holds it.", program_of(GENERAL),
        put(trace_run, "x"), at=[trace_run],
    )
    cases.rejected(
        rule, "receipt",
        "A receipt and its config are of another run than the program that holds the receipt.", *recording_receipt(),
        put("/config/run_id", "x"), put(f"{RECEIPT}/run_id", "x"), at=[f"{RECEIPT}/run_id"],
        on=(*PLAN, "receipt"),
    )
    for records in ("completions", "promotions", "transitions"):
        pointer = f"/program/{records}/0/run_id"
        cases.rejected(
            rule, records[:-1], f"A {records[:-1]} is of another run than the program that holds it.",
            program_of(GENERAL, AGENTIC), put(pointer, "x"), at=[pointer],
        )
    cases.rejected(
        rule, "program", "The program itself is of another run than all that it holds.", program_of(GENERAL, AGENTIC),
        put("/program/run_id", "x"),
        at=[f"{STAGES}/{stage}/ingested_traces/{index}/run_id" for stage in (0, 1) for index in (0,
            1)] + [f"/program/{record}/run_id" for record in ("completions/0", "promotions/0",
            "transitions/0", "transitions/1")],
        also=[("stage-id-mismatch", f"{STAGES}/{stage}/stage_id") for stage in (0, 1)],
    )


def _family(cases: Group) -> None:
    rule, name = "program-family-mismatch", "checkpoint_family"
    other = promoted(1) | {name: "β"}
    cases.accepted(
        rule, "another", "The program and all its checkpoints are of the family β.", program_of(GENERAL, AGENTIC),
        renamed("quay.decoder", "β"),
    )
    cases.rejected(
        rule, "handed-on",
        "The checkpoint handed from the first stage to the second is of another family than the program.",
        program_of(GENERAL, AGENTIC), put(f"{STAGES}/1/base_checkpoint", other),
        put("/program/promotions/0/checkpoint", other), put("/program/transitions/1/base_checkpoint", other),
        at=[f"{STAGES}/1/base_checkpoint/{name}", f"/program/promotions/0/checkpoint/{name}",
            f"/program/transitions/1/base_checkpoint/{name}"],
    )
    cases.rejected(
        rule, "first-base",
        "The checkpoint that the first stage starts from is of another family than the program.",
        program_of(PRETRAIN),
        put(f"{STAGES}/0/base_checkpoint", other), put("/program/transitions/0/base_checkpoint", other),
        at=[f"{STAGES}/0/base_checkpoint/{name}", f"/program/transitions/0/base_checkpoint/{name}"],
    )
    promoted_family = f"{RECEIPT}/checkpoint_lineage/promoted_checkpoint/{name}"
    cases.rejected(
        rule, "receipt", "The checkpoint that a receipt promotes is of another family than the program.",
        *recording_receipt(put(promoted_family, "β")), at=[promoted_family], on=(*PLAN, "receipt"),
    )
