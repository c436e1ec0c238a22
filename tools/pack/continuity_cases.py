"""Cases of the rules on a stage and its receipts, and on the order of times."""

from __future__ import annotations

from tools.edits import Edit, copy, drop, put, repeat
from tools.pack.base_documents import FULL, PLAN
from tools.pack.base_programs import (
    GENERAL,
    PRETRAIN,
    RECEIPT,
    STAGES,
    TRANSITIONS,
    completed,
    program_of,
    recording_receipt,
)
from tools.pack.base_receipts import checkpoint
from tools.pack.case_builder import ZEROS, Group

_RUN = (*PLAN, "receipt")
_RECEIPTS = f"{STAGES}/0/pretrain_runs"
_LINEAGE, _SECOND = f"{RECEIPT}/checkpoint_lineage", f"{_RECEIPTS}/1/checkpoint_lineage"
_BEFORE, _AFTER = checkpoint("quay-0", "a"), checkpoint("quay", "b", 200)
_BASE, _PROMOTED = "/full/checkpoint_lineage/base_checkpoint", "/full/checkpoint_lineage/promoted_checkpoint"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("continuity", "The receipts of a stage, and the order of times.", on=_RUN)
    _configs(cases)
    _bases(cases)
    _stage_times(cases)
    _checkpoint_times(cases)
    _broken(cases)
    return cases


def _recording_two(*edits: Edit) -> list[Edit]:
    """A pretrain stage that records the receipt and a second one, which promotes another checkpoint."""
    return recording_receipt(repeat(RECEIPT), put(f"{_SECOND}/promoted_checkpoint", _AFTER), *edits)


def _configs(cases: Group) -> None:
    rule, second = "stage-config-mismatch", f"{_RECEIPTS}/1"
    cases.accepted(rule, "same", "Two receipts of a stage were made under the same config.", *_recording_two())
    for member, value in (
        ("model_id", "other"),
        ("model_descriptor_digest", ZEROS),
        ("tokenizer_binding_digest", ZEROS),
        ("dataset_identity", "other"),
        ("sampling_policy_id", "other"),
        ("sampling_policy_version", "2"),
    ):
        lineage = {"model_id", "model_descriptor_digest"} & {member}
        also = [("config-mismatch", f"{second}/{member}")]
        cases.rejected(
            rule, member.replace("_", "-"), f"The second receipt of a stage has another {member} than the first.",
            *_recording_two(
                put(f"{second}/{member}", value), *(put(f"{_SECOND}/{name}", value) for name in lineage),
            ),
            at=[f"{second}/{member}"], also=also,
        )
    objective: tuple[tuple[str, object], ...] = (
        ("label_smoothing_bps", 0), ("max_context_tokens", 1024), ("dataset_identity", "other"),
        ("tokenizer_binding_digest", ZEROS),
    )
    for member, other in objective:
        pointer = f"{second}/objective_config/{member}"
        cases.rejected(
            rule, f"objective-{member.replace('_', '-')}",
            f"The second receipt of a stage has another {member} in its objective than the first.",
            *_recording_two(put(pointer, other)), at=[pointer], also=[("objective-config-mismatch", pointer)],
        )
    cases.rejected(
        rule, "first", "The first of two receipts is the one with another config, and the second is compared with it.",
        *_recording_two(put(f"{RECEIPT}/sampling_policy_version", "2")), at=[f"{second}/sampling_policy_version"],
        also=[("config-mismatch", f"{RECEIPT}/sampling_policy_version")],
    )
    cases.rejected(
        rule, "policies", "Each of two receipts of a stage has the policy of a phase of its own, and so has each of two configs.",
        *_recording_two(
            put(f"{second}/sampling_policy_version", "2"), copy("/policy", "/policy2"), put("/policy2/policy_version", "2"),
            copy("/config", "/config2"), put("/config2/sampling_policy_version", "2"),
        ),
        at=[f"{second}/sampling_policy_version"],
        also=[("ambiguous-reference", f"{RECEIPT}/run_id"), ("ambiguous-reference", f"{second}/run_id"),
            ("identity-conflict", "/config2/run_id")],
    )
    cases.rejected(
        rule, "another-run", "The second receipt of a stage is of another run, which is all that is reported.",
        *_recording_two(put(f"{second}/run_id", "other")), at=[],
        also=[("program-run-mismatch", f"{second}/run_id"), ("config-mismatch", f"{second}/run_id")],
    )
    cases.rejected(
        rule, "another-stage", "The second receipt of a stage is of another stage, which is all that is reported.",
        *_recording_two(put(f"{second}/stage_id", "other")), at=[],
        also=[("receipt-stage-mismatch", f"{second}/stage_id"), ("config-mismatch", f"{second}/stage_id")],
    )
    third = f"{_RECEIPTS}/2"
    cases.rejected(
        rule, "third", "Of three receipts of a stage the last has another config.",
        *_recording_two(
            repeat(RECEIPT), put(f"{third}/summary", "Third."), put(f"{third}/sampling_policy_id", "other"),
        ),
        at=[f"{third}/sampling_policy_id"], also=[("config-mismatch", f"{third}/sampling_policy_id")],
    )


def _entered_from(base: object, *edits: Edit) -> list[Edit]:
    """The stage is entered from a checkpoint."""
    return [
        put(f"{STAGES}/0/base_checkpoint", base), put(f"{TRANSITIONS}/0/base_checkpoint", base), *edits,
    ]


def _bases(cases: Group) -> None:
    rule, base = "stage-base-mismatch", f"{_LINEAGE}/base_checkpoint"
    cases.accepted(
        rule, "same", "A pretrain stage was entered from the checkpoint that its receipt starts from.",
        *recording_receipt(*_entered_from(_BEFORE, put(base, _BEFORE))),
    )
    cases.accepted(
        rule, "null-member", "A null step in the base checkpoint of the receipt is the same as none in that of the stage.",
        *recording_receipt(*_entered_from(_BEFORE, put(base, _BEFORE), put(f"{base}/step", None))),
    )
    cases.accepted(
        rule, "fresh", "A pretrain stage was entered without a checkpoint, and its receipt may still start from one.",
        *recording_receipt(put(base, _BEFORE)),
    )
    cases.accepted(
        rule, "no-receipt", "A pretrain stage was entered from a checkpoint and has no receipt yet.",
        program_of(PRETRAIN), *_entered_from(_BEFORE),
    )
    cases.accepted(
        rule, "general", "A general_sft stage that was entered from a checkpoint has no receipts to compare.",
        program_of(GENERAL), *_entered_from(_BEFORE),
    )
    cases.rejected(
        rule, "none", "A pretrain stage was entered from a checkpoint, but its receipt starts from fresh weights.",
        *recording_receipt(*_entered_from(_BEFORE)), at=[_LINEAGE],
    )
    cases.rejected(
        rule, "null", "A pretrain stage was entered from a checkpoint, but the base checkpoint of its receipt is null.",
        *recording_receipt(*_entered_from(_BEFORE, put(base, None))), at=[_LINEAGE],
    )
    for member, value in (("object_digest", "object-x"), ("stream_id", "x"), ("manifest_digest", "x"), ("step", 1)):
        cases.rejected(
            rule, member.replace("_", "-"),
            f"The receipt starts from a checkpoint that differs in its {member} from that of the stage.",
            *recording_receipt(*_entered_from(_BEFORE, put(base, _BEFORE), put(f"{base}/{member}", value))), at=[base],
        )
    second = f"{_SECOND}/base_checkpoint"
    started = [put(base, _BEFORE)]
    for slug, description, source in (
        ("second-from-base", "Both receipts of a stage start from the checkpoint that it was entered from.", base),
        ("second-from-first", "The second receipt of a stage starts from what the first one promoted.", f"{_LINEAGE}/promoted_checkpoint"),
    ):
        cases.accepted(
            rule, slug, description,
            *recording_receipt(
                *_entered_from(_BEFORE, *started), repeat(RECEIPT), put(f"{_SECOND}/promoted_checkpoint", _AFTER),
                copy(source, second),
            ),
        )
    cases.rejected(
        rule, "second-from-another", "The second receipt of a stage starts from a checkpoint that nothing promoted.",
        *recording_receipt(
            *_entered_from(_BEFORE, *started), repeat(RECEIPT), put(f"{_SECOND}/promoted_checkpoint", _AFTER),
            put(second, checkpoint("quay", "c")),
        ),
        at=[second],
    )
    cases.rejected(
        rule, "second-from-none", "The second receipt of a stage starts from fresh weights.",
        *recording_receipt(
            *_entered_from(_BEFORE, *started), repeat(RECEIPT), put(f"{_SECOND}/promoted_checkpoint", _AFTER),
            drop(second),
        ),
        at=[_SECOND],
    )
    cases.rejected(
        rule, "first-from-second", "The first receipt of a stage starts from what only the second one promoted.",
        *recording_receipt(
            *_entered_from(_BEFORE, put(base, checkpoint("quay", "c"))), repeat(RECEIPT),
            put(f"{_SECOND}/promoted_checkpoint", checkpoint("quay", "c")), put(second, _BEFORE),
        ),
        at=[base],
    )


def _stage_times(cases: Group) -> None:
    rule, program = "time-order", [program_of(GENERAL, "agentic_sft"), completed(2)]
    trace = f"{STAGES}/0/ingested_traces/0/accepted_at_ms"
    ends = ["/program/completions/0/completed_at_ms", "/program/completions/1/completed_at_ms"]
    starts = [f"{TRANSITIONS}/0/transitioned_at_ms", f"{TRANSITIONS}/1/transitioned_at_ms"]
    traces = [f"{STAGES}/{stage}/ingested_traces/{number}/accepted_at_ms" for stage in (0, 1) for number in (0, 1)]
    at_once = [put(pointer, 1000) for pointer in (*starts, *ends, *traces)]
    cases.accepted(rule, "at-once", "Everything in a program happens in one millisecond, which is allowed.", *program, *at_once)
    cases.accepted(
        rule, "active", "A trace of a stage that is still active is accepted late.", program_of(GENERAL), put(trace, 10**12),
    )
    cases.warned(
        rule, "completed-before-entered", "A stage without traces is completed a millisecond before it is entered.",
        program_of("pretrain"), completed(1), put(ends[0], 999), put(f"{STAGES}/0/pretrain_runs", [0]),
        copy("/receipt", RECEIPT), drop("/receipt"), put("/program/completions/0/pretrain_run_count", 1), at=[ends[0]],
    )
    cases.warned(
        rule, "entered-before-completed", "A stage is entered a millisecond before the one before is completed.",
        *program, put(starts[1], 1899), at=[starts[1]],
    )
    cases.warned(
        rule, "trace-before", "A trace is accepted a millisecond before its stage is entered.", *program, put(trace, 999), at=[trace],
    )
    cases.warned(
        rule, "trace-after", "A trace is accepted a millisecond after its stage is completed.", *program, put(trace, 1901), at=[trace],
    )
    cases.warned(
        rule, "seconds", "The traces of the second stage are in seconds, not in milliseconds.", *program,
        put(traces[2], 2), put(traces[3], 2), at=traces[2:],
    )
    cases.warned(
        rule, "records-swapped", "The transitions are in another order than the stages, and the late one is still found.",
        *program, put(starts[1], 1899), copy(f"{TRANSITIONS}/1", "/spare"), copy(f"{TRANSITIONS}/0", f"{TRANSITIONS}/1"),
        copy("/spare", f"{TRANSITIONS}/0"), drop("/spare"), at=[starts[0]],
    )


def _checkpoint_times(cases: Group) -> None:
    rule, durable, started = "time-order", f"{_BASE}/durable_at_ms", f"{_BASE}/started_at_ms"
    cases.accepted(
        rule, "base-just-durable", "The base checkpoint is durable in the millisecond in which the promoted one is started.",
        put(durable, 600), on=FULL,
    )
    cases.warned(
        rule, "base-durable-late", "The base checkpoint is durable a millisecond after the promoted one is started.",
        put(durable, 601), at=[durable], on=FULL,
    )
    cases.accepted(
        rule, "base-just-started", "The base checkpoint has no durable_at_ms and is started together with the promoted one.",
        put(started, 600), drop(durable), on=FULL,
    )
    for slug, description, edit in (
        ("base-started-late", "The base checkpoint has no durable_at_ms and is started after the promoted one.", drop(durable)),
        ("base-null-late", "The base checkpoint has a null durable_at_ms and is started after the promoted one.", put(durable, None)),
    ):
        cases.warned(rule, slug, description, put(started, 601), edit, at=[started], on=FULL)
    cases.warned(
        rule, "base-both-late", "The base checkpoint is started and durable after the promoted one is started.",
        put(started, 700), put(durable, 700), at=[durable], on=FULL,
    )


def _broken(cases: Group) -> None:
    """What a rule reads is broken, and the rule is skipped."""
    rule, program = "time-order", [program_of(GENERAL, "agentic_sft")]
    for pointer in ("/program/completions/0/completed_at_ms", f"{TRANSITIONS}/1/transitioned_at_ms"):
        cases.rejected(
            rule, f"broken-{pointer.split('/')[2]}", f"A {pointer.split('/')[4]} is below 0, and no times are compared.", *program,
            put(pointer, -1), put(f"{STAGES}/0/ingested_traces/0/accepted_at_ms", 10**12), at=[],
            also=[("schema-violation", pointer)],
        )
    started = f"{_PROMOTED}/started_at_ms"
    cases.rejected(
        rule, "broken-start", "The promoted checkpoint was started before 1970, and the base checkpoint is not compared with it.",
        put(started, -1), put(f"{_BASE}/durable_at_ms", 601), at=[], also=[("schema-violation", started)], on=FULL,
    )
