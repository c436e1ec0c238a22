"""``psion-contract program``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import click

from psion_contract.cli.document_files import one_source
from psion_contract.cli.options import PATH, F, Seconds, format_option, inputs_option, limit_options, limits
from psion_contract.cli.terminal import emit, emit_error, style_of
from psion_contract.documents.stage_kinds import STAGE_KINDS
from psion_contract.exceptions import (
    ArgumentError,
    ContractWarning,
    StageRefusalError,
    StateChangedError,
    StateFileError,
    TraceFileError,
    UnreadableError,
)
from psion_contract.findings import Finding, Report
from psion_contract.output import program_view
from psion_contract.output.text import blocks
from psion_contract.program.machine import Clock, now_ms
from psion_contract.program.repetition import (
    difference_of_starts,
    has_completed,
    has_entered,
    has_ingested,
)
from psion_contract.program.stage_program import StageProgram
from psion_contract.program.state_file import DEFAULT_WAIT
from psion_contract.program.trace_file import read_traces
from psion_contract.reading.files import gather
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source, json_object

_COULD_NOT_RUN = (ArgumentError, StateFileError, UnreadableError, TraceFileError)


@click.group("program")
def command() -> None:
    """Manage the stage program of a run.

    STATE is the file of the program. Changes are atomic, and made by one process at a time. A command whose answer was
    lost can be repeated: what was done before changes nothing. Exit codes: 0 done, 1 refused, with the findings on
    standard error (with --format json on standard output), 2 could not run.
    """


class Invocation(NamedTuple):
    """The arguments that all these commands share.

    Attributes:
        state: path of the state file.
        json: whether the output is JSON.
        wait: seconds to wait for another process.
        limits: the limits of the reader.
        clock: returns the time to record.
        caught: the warnings that the library issues.
    """

    state: str
    json: bool
    wait: float
    limits: Limits
    clock: Clock
    caught: list[warnings.WarningMessage]


def _program_command(name: str, summary: str) -> Callable[[Callable[..., int]], click.Command]:
    """A decorator for commands on a state file, which get an `Invocation` and their own options.

    Args:
        name: of the command.
        summary: its line in the list of commands."""

    def decorate(function: Callable[..., int]) -> click.Command:
        @wraps(function)
        def run(state: str, form: str, wait: float = 0, at_ms: int | None = None, **options: Any) -> int:
            clock = now_ms if at_ms is None else lambda: at_ms
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", ContractWarning)
                call = Invocation(state, form == "json", wait, limits(options), clock, caught)
                try:
                    return function(call, **options)
                except StageRefusalError as refusal:
                    if call.json:
                        emit(program_view.refusal_as_json(refusal))
                    else:
                        emit_error(program_view.refusal_as_text(refusal, style_of(sys.stderr)))
                    return 1
                except _COULD_NOT_RUN as error:
                    raise click.ClickException(str(error)) from error

        state_argument = click.argument("state", type=PATH, metavar="STATE")
        result = command.command(name, short_help=summary)(state_argument(format_option(limit_options(run))))
        result.params.sort(key=lambda parameter: parameter.name in Limits._fields)  # options for limits last
        return result

    return decorate


_WAIT = click.option(
    "--wait",
    type=Seconds(0),
    default=DEFAULT_WAIT,
    show_default=True,
    metavar="SECONDS",
    help="Seconds to wait for another process to finish its change.",
)

_AT = click.option(
    "--at-ms",
    type=click.IntRange(0),
    metavar="MS",
    help="The time to record, in milliseconds since the Unix epoch.  [default: now]",
)


def _change_options(function: F) -> F:
    """A decorator for commands that record the time of a change: adds their common options."""
    return _WAIT(_AT(function))


def _environment(function: F) -> F:
    """Options that name the environment of the stage to be entered."""
    for member in ("version", "ref"):
        names = f"--environment-{member}", f"environment_{member}"
        help_text = (
            "Environment of the stage to be entered." if member == "ref" else "Version of that environment."
        )
        function = click.option(*names, required=True, metavar="ID", help=help_text)(function)
    return function


def _stage_kind(function: F) -> F:
    """An option that names the kind of the stage that is meant."""
    return click.option(
        "--kind", type=click.Choice(STAGE_KINDS), help="Expected kind of the stage, as a safeguard."
    )(function)


@_program_command("start", "Start a program and enter its first stage.")
@click.option("--run-id", required=True, metavar="ID", help="The run.")
@click.option("--checkpoint-family", required=True, metavar="ID", help="Family of all its checkpoints.")
@click.option("--kind", type=click.Choice(STAGE_KINDS), required=True, help="Kind of the first stage.")
@_environment
@click.option(
    "--base-checkpoint",
    type=PATH,
    metavar="FILE",
    help="Checkpoint reference that the stage starts from, if any.",
)
@_change_options
def start(
    call: Invocation,
    environment_ref: str,
    environment_version: str,
    base_checkpoint: str | None,
    **options: Any,
) -> int:
    """Start a program in a new STATE and enter its first stage, pretrain or general_sft.

    A program that was started with the same options stays as it is.
    """
    program = StageProgram.start(
        environment={"environment_ref": environment_ref, "version": environment_version},
        base_checkpoint=_file(base_checkpoint, call.limits),
        limits=call.limits,
        clock=call.clock,
        **options,
    )
    try:
        program.save(call.state, wait=call.wait)
    except StateChangedError as error:
        known = _known(call)
        if known is None:
            raise
        if differing := difference_of_starts(known.state, program.state):
            raise StateFileError(f"{error}, as a program with another start: {differing}") from error
        return _unchanged(call, known, "the program was started")
    return _done(call, program, "entered")


@_program_command("record", "Record a receipt in the pretrain stage.")
@click.argument("receipt", type=PATH, metavar="RECEIPT")
@inputs_option("The receipt's config, model descriptor, corpus and sampling policy.", required=True)
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@_WAIT
def record(call: Invocation, receipt: str, inputs: tuple[str, ...], strict: bool) -> int:
    """Record a pretrain RECEIPT in the active stage, if it breaks no rule against its inputs.

    A receipt that was recorded before changes nothing, so that a command whose answer was lost can be repeated.
    """
    source, input_sources = one_source(receipt, call.limits), list(gather(list(inputs), call.limits))
    with _locked(call) as program:
        before = program.state
        report = program.record_pretrain_receipt(source, input_sources, strict=strict)
    if program.state == before:
        return _unchanged(call, program, "the receipt was recorded", report)
    return _done(call, program, "recorded the receipt in", report)


@_program_command("ingest", "Accept traces into the active stage.")
@click.option(
    "--trace",
    "traces",
    type=(str, str, str),
    multiple=True,
    metavar="ID KIND DIGEST",
    help="A trace: id, kind and lineage digest.",
)
@click.option(
    "--traces",
    "file",
    type=PATH,
    metavar="FILE",
    help="Traces as JSON or JSON Lines: objects with trace_id, trace_kind and lineage_digest.",
)
@_stage_kind
@_change_options
def ingest(
    call: Invocation, traces: tuple[tuple[str, str, str], ...], file: str | None, kind: str | None
) -> int:
    """Accept traces into the active stage, all of them or none.

    If the stage has accepted all of them before, nothing changes.
    """
    accepted = list(traces)
    if file is not None:
        accepted += read_traces(gather([file], call.limits), call.limits)
    if not accepted:
        raise click.UsageError("give at least one trace, with --trace or --traces")
    count = "1 trace" if len(accepted) == 1 else f"{len(accepted)} traces"
    with _locked(call) as program:
        if has_ingested(program.state, accepted, kind):
            were = "was" if len(accepted) == 1 else "were"
            return _unchanged(call, program, f"{count} {were} ingested")
        program.ingest_traces(accepted, kind=kind)
    return _done(call, program, f"ingested {count} into")


@_program_command("complete", "Complete the active stage.")
@_stage_kind
@_change_options
def complete(call: Invocation, kind: str | None) -> int:
    """Complete the active stage.

    If it is already completed, nothing changes. With --kind, this also holds after the program has left the stage.
    """
    with _locked(call) as program:
        if has_completed(program.state, kind):
            return _unchanged(call, program, "the stage was completed")
        program.complete(kind=kind)
    return _done(call, program, "completed")


@_program_command("advance", "Enter the next stage with a promoted checkpoint.")
@_environment
@click.option("--checkpoint", type=PATH, metavar="FILE", help="The checkpoint reference to promote.")
@click.option(
    "--receipt-digest",
    metavar="DIGEST",
    help="Promote the checkpoint of this receipt; required if receipts promote different ones.",
)
@click.option(
    "--kind", type=click.Choice(STAGE_KINDS), help="Expected kind of the next stage, as a safeguard."
)
@_change_options
def advance(
    call: Invocation, environment_ref: str, environment_version: str, checkpoint: str | None, **options: Any
) -> int:
    """Promote a checkpoint from the completed stage and enter the next one with it.

    If the active stage was entered with the same options, nothing changes. With --kind, this also holds once that stage is
    completed.
    """
    if checkpoint is not None and options["receipt_digest"] is not None:
        raise click.UsageError("give either --checkpoint or --receipt-digest, not both")
    environment = {"environment_ref": environment_ref, "version": environment_version}
    promoted = _file(checkpoint, call.limits)
    with _locked(call) as program:
        given = None if promoted is None else json_object("checkpoint", promoted, call.limits)
        if has_entered(program.state, environment, given, **options):
            return _unchanged(call, program, "the stage was entered")
        program.advance(environment, promoted, **options)
    return _done(call, program, "entered")


@_program_command("show", "Show the stages and the next step.")
def show(call: Invocation) -> int:
    """Show the stages, their contents, and what the next step needs."""
    state = StageProgram.load(call.state, limits=call.limits).state
    emit(program_view.as_json(state) if call.json else program_view.as_text(state, style_of(sys.stdout)))
    return 0


def _locked(call: Invocation) -> Any:
    return StageProgram.locked(call.state, wait=call.wait, limits=call.limits, clock=call.clock)


def _known(call: Invocation) -> StageProgram | None:
    """The program in the state file; None if there is none."""
    try:
        return StageProgram.load(call.state, limits=call.limits)
    except StageRefusalError:
        return None


def _unchanged(call: Invocation, program: StageProgram, what: str, report: Report | None = None) -> int:
    """Say that a step was taken before."""
    return _done(call, program, f"{what} before; nothing changed in", report, "unchanged")


def _file(path: str | None, bounds: Limits) -> Source | None:
    return None if path is None else one_source(path, bounds)


def _done(
    call: Invocation, program: StageProgram, action: str, report: Report | None = None, outcome: str = "done"
) -> int:
    """Print what was done, and the warnings: those of the report, or else those about the new state."""
    report = Report(_warned(call)) if report is None else report
    if call.json:
        emit(program_view.done_as_json(program.stage_id, program.state, report, outcome))
        return 0
    shown = "\n\n".join(blocks(report.findings, style_of(sys.stderr)))
    if shown:
        emit_error(f"{shown}\n\n")
    emit(program_view.done_as_text(f"{action} {program.stage_id}", program.state))
    return 0


def _warned(call: Invocation) -> tuple[Finding, ...]:
    """The findings of the warnings that the library has issued."""
    issued = [each.message for each in call.caught if isinstance(each.message, ContractWarning)]
    return tuple(found for each in issued if each.report is not None for found in each.report.findings)
