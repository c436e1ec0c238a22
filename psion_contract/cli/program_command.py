"""``psion-contract program``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import click

from psion_contract.build.row_files import read_object
from psion_contract.cli.document_files import one_source
from psion_contract.cli.options import F, color_wanted, emit, limit_options, limits
from psion_contract.documents.digests import Json
from psion_contract.documents.stage_kinds import KINDS
from psion_contract.exceptions import (
    RowFileError,
    StageRefusalError,
    StateFileError,
    TraceFileError,
    UnreadableError,
)
from psion_contract.findings import Report
from psion_contract.output import program_view as render
from psion_contract.output.text import Paint, blocks
from psion_contract.program.clock import Clock, now_ms
from psion_contract.program.stage_program import StageProgram
from psion_contract.program.state_file import DEFAULT_WAIT
from psion_contract.program.trace_file import read_traces
from psion_contract.reading.files import gather
from psion_contract.reading.json_reader import Limits

_COULD_NOT_RUN = (StateFileError, UnreadableError, RowFileError, TraceFileError)


@click.group("program")
def command() -> None:
    """Keep the stage program of a run.

    STATE is the file that holds the program, as docs/documents.md describes it. It is replaced
    whole at every change, and changed by one process at a time. Exit codes: 0 done, 1 refused with the
    findings on standard error (with --format json on standard output), 2 could not run.
    """


class Asked(NamedTuple):
    """What all these commands are asked with.

    Attributes:
        state: path of the state file.
        json: whether programs read the output.
        wait: seconds to wait for another process.
        limits: what the reader accepts at most.
        clock: gives the time to record.
    """

    state: str
    json: bool
    wait: float
    limits: Limits
    clock: Clock


def _program_command(name: str) -> Callable[[Callable[..., int]], click.Command]:
    """Make a function a command on a state file: it is called with `Asked` and its own options."""

    def make(function: Callable[..., int]) -> click.Command:
        @wraps(function)
        def run(state: str, form: str, wait: float = 0, at_ms: int | None = None, **options: Any) -> int:
            clock = now_ms if at_ms is None else lambda: at_ms
            asked = Asked(state, form == "json", wait, limits(options), clock)
            try:
                return function(asked, **options)
            except StageRefusalError as refusal:
                if asked.json:
                    emit(render.refusal_as_json(refusal))
                else:
                    click.echo(render.refusal_as_text(refusal, _color()), nl=False, err=True, color=_color())
                return 1
            except _COULD_NOT_RUN as error:
                raise click.ClickException(str(error)) from error

        formats = click.Choice(["text", "json"])
        run = limit_options(run)
        run = click.option("--format", "form", type=formats, default="text", show_default=True)(run)
        return command.command(name)(click.argument("state", metavar="STATE")(run))

    return make


def _changing(function: F) -> F:
    """Options of the commands that change the state."""
    for option in (
        click.option(
            "--at-ms", type=click.IntRange(0), metavar="MS", help="The time to record.  [default: now]"
        ),
        click.option(
            "--wait",
            type=click.FloatRange(0),
            default=DEFAULT_WAIT,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for another process that is changing the state.",
        ),
    ):
        function = option(function)
    return function


def _environment(function: F) -> F:
    """Options that name the environment of the stage to be entered."""
    for member in ("version", "ref"):
        names = f"--environment-{member}", f"environment_{member}"
        help_text = "The environment that the stage runs in." if member == "ref" else "Its version."
        function = click.option(*names, required=True, metavar="ID", help=help_text)(function)
    return function


@_program_command("start")
@click.option("--run-id", required=True, metavar="ID", help="The run.")
@click.option("--checkpoint-family", required=True, metavar="ID", help="Of all checkpoints that it hands on.")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Of the first stage.")
@_environment
@click.option("--base-checkpoint", metavar="FILE", help="The checkpoint that the stage starts from.")
@_changing
def start(
    asked: Asked, environment_ref: str, environment_version: str, base_checkpoint: str | None, **options: Any
) -> int:
    """Start a program in a new STATE and enter its first stage: pretrain or general_sft."""
    program = StageProgram.start(
        environment={"environment_ref": environment_ref, "version": environment_version},
        base_checkpoint=_object_in(base_checkpoint, asked.limits),
        limits=asked.limits,
        clock=asked.clock,
        **options,
    )
    program.save(asked.state, wait=asked.wait)
    return _done(asked, program, "entered")


@_program_command("record")
@click.argument("receipt", metavar="RECEIPT")
@click.option(
    "--inputs",
    multiple=True,
    required=True,
    metavar="PATH",
    help="Where the receipt's config, model descriptor, corpus and sampling policy are.",
)
@click.option("--strict", is_flag=True, help="Let warnings refuse the receipt too.")
@_changing
def record(asked: Asked, receipt: str, inputs: tuple[str, ...], strict: bool) -> int:
    """Record a pretrain RECEIPT in the active stage, if every rule accepts it against its inputs."""
    given, sources = one_source(receipt, asked.limits), list(gather(list(inputs), asked.limits))
    with _locked(asked) as program:
        report = program.record_pretrain_receipt(given, sources, strict=strict)
    return _done(asked, program, "recorded the receipt in", report)


@_program_command("ingest")
@click.option(
    "--trace",
    "traces",
    type=(str, str, str),
    multiple=True,
    metavar="ID KIND DIGEST",
    help="A trace: its id, its kind and its lineage digest.",
)
@click.option(
    "--traces",
    "file",
    metavar="FILE",
    help="Many, as JSON or JSON Lines: objects with trace_id, trace_kind and lineage_digest.",
)
@_changing
def ingest(asked: Asked, traces: tuple[tuple[str, str, str], ...], file: str | None) -> int:
    """Accept traces into the active stage: all of them or none."""
    accepted = list(traces)
    if file is not None:
        accepted += read_traces(gather([file], asked.limits), asked.limits)
    if not accepted:
        raise click.UsageError("name at least one trace, with --trace or --traces")
    with _locked(asked) as program:
        program.ingest_traces(accepted)
    count = "1 trace" if len(accepted) == 1 else f"{len(accepted)} traces"
    return _done(asked, program, f"ingested {count} into")


@_program_command("complete")
@_changing
def complete(asked: Asked) -> int:
    """Complete the active stage."""
    with _locked(asked) as program:
        program.complete()
    return _done(asked, program, "completed")


@_program_command("advance")
@_environment
@click.option("--checkpoint", metavar="FILE", help="The checkpoint reference to promote.")
@click.option(
    "--receipt-digest",
    metavar="DIGEST",
    help="Promote the checkpoint of this receipt. Not needed where all receipts promote the same one.",
)
@click.option("--kind", type=click.Choice(KINDS), help="Of the next stage, only to be sure.")
@_changing
def advance(
    asked: Asked, environment_ref: str, environment_version: str, checkpoint: str | None, **options: Any
) -> int:
    """Promote a checkpoint out of the completed stage and enter the next one with it."""
    if checkpoint is not None and options["receipt_digest"] is not None:
        raise click.UsageError("give --checkpoint or --receipt-digest, not both")
    environment = {"environment_ref": environment_ref, "version": environment_version}
    promoted = _object_in(checkpoint, asked.limits)
    with _locked(asked) as program:
        program.advance(environment, promoted, **options)
    return _done(asked, program, "entered")


@_program_command("show")
def show(asked: Asked) -> int:
    """Show the stages, what they hold, and what is missing before the next step."""
    state = StageProgram.load(asked.state, limits=asked.limits).state
    emit(render.as_json(state) if asked.json else render.as_text(state, color_wanted()))
    return 0


def _locked(asked: Asked) -> Any:
    return StageProgram.locked(asked.state, wait=asked.wait, limits=asked.limits, clock=asked.clock)


def _object_in(path: str | None, bounds: Limits) -> Json | None:
    return None if path is None else read_object(one_source(path, bounds), bounds)


def _done(asked: Asked, program: StageProgram, what: str, report: Report | None = None) -> int:
    """Say what was done, and of the report the warnings."""
    report = report or Report()
    if asked.json:
        emit(render.done_as_json(program.stage_id, program.state, report))
        return 0
    warnings = "\n\n".join(blocks(report.findings, Paint(_color())))
    if warnings:
        click.echo(f"{warnings}\n", err=True, color=_color())
    emit(render.done_as_text(f"{what} {program.stage_id}", program.state))
    return 0


def _color() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")
