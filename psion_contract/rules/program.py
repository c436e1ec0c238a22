"""The stages of a program: their order and ids, what each admits, and the evidence that completed ones need."""

from collections.abc import Iterator
from typing import Any

from psion_contract.documents.stage_kinds import ADMITTED_TRACES, EVIDENCE, FIRST_KINDS, next_kind, stage_id
from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check


@check("stage-order-mismatch")
def order(s: Subject) -> Iterator[Flaw]:
    """The kinds of the stages follow each other, starting with one that a program may start with."""
    before = ""
    for position, stage in enumerate(s.program["stages"]):
        kind, pointer = stage["kind"], f"/stages/{position}/kind"
        if position == 0 and kind not in FIRST_KINDS:
            message = f"a program starts with {' or '.join(FIRST_KINDS)}, not with {kind}"
            yield Flaw("program", pointer, message, list(FIRST_KINDS), kind, (("program", "/stages"),))
        elif position > 0 and kind != next_kind(before):
            after = next_kind(before) or "nothing"
            message = f"a {kind} stage follows a {before} stage; expected {after}"
            other = (("program", f"/stages/{position - 1}/kind"),)
            yield Flaw("program", pointer, message, next_kind(before), kind, other)
        before = kind


@check("stage-id-mismatch")
def ids(s: Subject) -> Iterator[Flaw]:
    """The id of a stage is made of its run, number and kind."""
    for position, stage in enumerate(s.program["stages"]):
        actual, expected = stage["stage_id"], stage_id(s.program["run_id"], position + 1, stage["kind"])
        if actual != expected:
            message = f"the id of stage {position + 1}, a {stage['kind']} stage, is {excerpt(actual)}"
            others = (("program", "/run_id"), ("program", f"/stages/{position}/kind"))
            yield Flaw("program", f"/stages/{position}/stage_id", message, expected, actual, others)


@check("stage-still-active")
def still_active(s: Subject) -> Iterator[Flaw]:
    """Only the last stage may be active."""
    for position, stage in enumerate(s.program["stages"][:-1]):
        if stage["status"] == "active":
            message = f"the stage {excerpt(stage['stage_id'])} is active, but another one follows"
            other = (("program", f"/stages/{position + 1}"),)
            yield Flaw("program", f"/stages/{position}/status", message, "completed", "active", other)


@check("missing-base-checkpoint")
def base_checkpoint(s: Subject) -> Iterator[Flaw]:
    """Each stage that follows another starts from a checkpoint."""
    for position, stage in enumerate(s.program["stages"]):
        if position > 0 and stage.get("base_checkpoint") is None:
            message = f"the stage {excerpt(stage['stage_id'])} follows another but has no base checkpoint"
            other = (("program", f"/stages/{position - 1}"),)
            yield Flaw("program", f"/stages/{position}", message, related=other)


@check("trace-not-admitted")
def admitted_traces(s: Subject) -> Iterator[Flaw]:
    """A stage accepts traces of the kinds that its own kind admits."""
    for position, stage in enumerate(s.program["stages"]):
        kinds = ADMITTED_TRACES[stage["kind"]]
        admits = f"only {' and '.join(kinds)} traces" if kinds else "no traces"
        yield from (
            Flaw(
                "program",
                f"{pointer}/trace_kind",
                f"a {stage['kind']} stage admits {admits}; this is a {trace['trace_kind']} trace",
                list(kinds),
                trace["trace_kind"],
                (("program", f"/stages/{position}/kind"),),
            )
            for pointer, trace in entries(position, stage, "ingested_traces")
            if trace["trace_kind"] not in kinds
        )


@check("receipt-not-admitted")
def admitted_receipts(s: Subject) -> Iterator[Flaw]:
    """Only a pretrain stage records receipts."""
    for position, stage in enumerate(s.program["stages"]):
        if stage["kind"] != "pretrain":
            message = f"a {stage['kind']} stage admits no receipts"
            other = (("program", f"/stages/{position}/kind"),)
            for pointer, _ in entries(position, stage, "pretrain_runs"):
                yield Flaw("program", pointer, message, related=other)


@check("trace-stage-mismatch")
def stages_named(s: Subject) -> Iterator[Flaw]:
    """Traces and receipts name the stage that contains them."""
    for position, stage in enumerate(s.program["stages"]):
        expected = stage["stage_id"]
        for member, noun in (("ingested_traces", "trace"), ("pretrain_runs", "receipt")):
            yield from (
                Flaw(
                    "program",
                    f"{pointer}/stage_id",
                    f"the {noun} names the stage {excerpt(row['stage_id'])}, but {excerpt(expected)} holds it",
                    expected,
                    row["stage_id"],
                    (("program", f"/stages/{position}/stage_id"),),
                    f"{noun}-stage-mismatch",
                )
                for pointer, row in entries(position, stage, member)
                if row["stage_id"] != expected
            )


@check("duplicate-trace")
def distinct_traces(s: Subject) -> Iterator[Flaw]:
    """A stage accepts a trace once."""
    for position, stage in enumerate(s.program["stages"]):
        seen: dict[str, str] = {}
        for pointer, trace in entries(position, stage, "ingested_traces"):
            name = trace["trace_id"]
            if (first := seen.setdefault(name, pointer)) != pointer:
                message = f"the stage already accepted the trace {excerpt(name)}"
                other = (("program", f"{first}/trace_id"),)
                yield Flaw("program", f"{pointer}/trace_id", message, None, name, other)


@check("duplicate-receipt")
def distinct_receipts(s: Subject) -> Iterator[Flaw]:
    """A program records a receipt once."""
    seen: dict[str, str] = {}
    for position, stage in enumerate(s.program["stages"]):
        for pointer, receipt in entries(position, stage, "pretrain_runs"):
            digest = receipt["receipt_digest"]
            if (first := seen.setdefault(digest, pointer)) != pointer:
                message = "the program already recorded a receipt with this digest"
                other = (("program", f"{first}/receipt_digest"),)
                yield Flaw("program", f"{pointer}/receipt_digest", message, None, digest, other)


@check("missing-receipt")
def evidence(s: Subject) -> Iterator[Flaw]:
    """No stage is completed without the evidence that its kind requires."""
    for position, stage in enumerate(s.program["stages"]):
        member, noun = EVIDENCE.get(stage["kind"], ("", ""))
        if member and stage["status"] == "completed" and not stage.get(member):
            message = f"the {stage['kind']} stage {excerpt(stage['stage_id'])} is completed without a {noun}"
            pointer = f"/stages/{position}" + ("" if stage.get(member) is None else f"/{member}")
            other = (("program", f"/stages/{position}/status"),)
            yield Flaw("program", pointer, message, related=other, rule=f"missing-{noun}")


@check("program-run-mismatch.stages")
def runs_within_stages(s: Subject) -> Iterator[Flaw]:
    """Traces and receipts belong to the program's run."""
    for position, stage in enumerate(s.program["stages"]):
        for member in ("ingested_traces", "pretrain_runs"):
            yield from other_runs(s, entries(position, stage, member))


@check("program-family-mismatch.stages")
def families_within_stages(s: Subject) -> Iterator[Flaw]:
    """Base checkpoints of stages, and promoted ones of receipts, belong to the program's family."""
    for position, stage in enumerate(s.program["stages"]):
        pointer = f"/stages/{position}/base_checkpoint"
        yield from other_family(s, pointer, stage.get("base_checkpoint"))
        for pointer, receipt in entries(position, stage, "pretrain_runs"):
            promoted = receipt["checkpoint_lineage"]["promoted_checkpoint"]
            yield from other_family(s, f"{pointer}/checkpoint_lineage/promoted_checkpoint", promoted)


def other_runs(s: Subject, rows: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[Flaw]:
    """A flaw for each row, given with its pointer, that belongs to another run."""
    expected = s.program["run_id"]
    for pointer, row in rows:
        if row["run_id"] != expected:
            message = f"belongs to the run {excerpt(row['run_id'])}; the program is of {excerpt(expected)}"
            yield Flaw(
                "program", f"{pointer}/run_id", message, expected, row["run_id"], (("program", "/run_id"),)
            )


def other_family(s: Subject, pointer: str, checkpoint: dict[str, Any] | None) -> Iterator[Flaw]:
    """A flaw where the checkpoint, if any, belongs to another family than the program."""
    expected = s.program["checkpoint_family"]
    if checkpoint is not None and checkpoint["checkpoint_family"] != expected:
        actual = checkpoint["checkpoint_family"]
        message = (
            f"the checkpoint belongs to the family {excerpt(actual)}; the program's is {excerpt(expected)}"
        )
        other = (("program", "/checkpoint_family"),)
        yield Flaw("program", f"{pointer}/checkpoint_family", message, expected, actual, other)


def entries(position: int, stage: dict[str, Any], member: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a list of a stage, with their pointers."""
    for index, entry in enumerate(stage.get(member) or ()):
        yield f"/stages/{position}/{member}/{index}", entry


CHECKS: tuple[Check, ...] = (
    order,
    ids,
    still_active,
    base_checkpoint,
    admitted_traces,
    admitted_receipts,
    stages_named,
    distinct_traces,
    distinct_receipts,
    evidence,
    runs_within_stages,
    families_within_stages,
)
