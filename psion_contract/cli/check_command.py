"""``psion-contract check``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import click

from psion_contract.cli.check_settings import Settings, check_options, examine, settings_of, show
from psion_contract.cli.options import SETTINGS
from psion_contract.cli.report_targets import (
    DiscardingCommand,
    ReportFiles,
    Target,
    format_options,
    targets_of,
)
from psion_contract.cli.terminal import emit, emit_error
from psion_contract.exceptions import UnreadableError
from psion_contract.findings import Report
from psion_contract.reading.escaping import counted
from psion_contract.reading.files import STDIN, is_lines, is_parquet
from psion_contract.reading.urls import is_remote


@click.command("check", cls=DiscardingCommand)
@check_options
@click.option(
    "--changed",
    is_flag=True,
    help="The PATHs are changed files: ignore other kinds, and also judge what in --inputs refers to them.",
)
@click.option(
    "--fail-on-ignored/--no-fail-on-ignored", default=False, help="Exit with 1 if anything was ignored."
)
@format_options[0]
@format_options[1]
@click.option(
    "--baseline",
    type=SETTINGS,
    metavar="FILE",
    help="Findings that were there before, which do not count in the outcome; `psion-contract baseline` writes it.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Judge in N processes, and show findings as they are found.  [default: all cores if JSON Lines are large]",
)
@click.option(
    "--engine",
    type=click.Choice(["ray", "dask", "spark"]),
    help="Judge on a cluster of this engine, which finds the files under the same paths.",
)
@click.option(
    "--address",
    metavar="ADDRESS",
    help="Address of the cluster of --engine.  [default: a cluster on this machine, with --jobs cores]",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever the findings.")
@click.option(
    "--show-config", is_flag=True, help="Show every setting and where it comes from, and check nothing."
)
@click.pass_context
def command(context: click.Context, /, **options: Any) -> int:
    """Check documents against each other.

    PATH is a file, a directory (every .json, .jsonl, .ndjson and .parquet file below it), a URL such as
    s3://bucket/folder/, or - for standard input. Documents are recognised by their schema_version, even inside larger
    documents. What is ignored is listed.
    """
    settings = settings_of(context)
    if options["show_config"]:
        emit(show(settings))
        return 0
    targets = targets_of(settings["formats"], options["outputs"])
    engine, address = options["engine"], options["address"]
    streams = _streams(settings, targets, engine)
    if address is not None and engine is None:
        raise click.UsageError("--address requires --engine")
    if address is not None and settings.values["jobs"][1] == "command line":
        raise click.UsageError("--address and --jobs exclude each other")
    if streams:
        from psion_contract.cli import stream

    files = ReportFiles(
        stream.waiting(targets) if streams else targets, settings.read_paths, settings.folders
    )
    if settings.changed and not settings["inputs"]:
        raise click.UsageError("--changed requires --inputs: the tree that the changed files belong to")
    settings.require_paths()
    if streams:
        report = stream.check(settings, targets, files, engine and (engine, address))
    else:
        examination = examine(settings)
        if examination is None:
            return 0
        files.write(examination)
        report = examination.report
    code = _exit_code(report, settings["fail-on-ignored"])
    return 0 if options["exit_zero"] else code


def _streams(settings: Settings, targets: Sequence[Target], engine: str | None) -> bool:
    """Whether to show findings as they are found, because the input is large or it is asked for.

    Raises:
        click.UsageError: the command line asks for it, and it is not possible.
    """
    jobs, origin = settings.values["jobs"]
    needs_all = "--changed" if settings.changed else "--files" if settings.files else "--format html"
    possible = not settings.changed and not settings.files and not any(form == "html" for form, _ in targets)
    asked = "--engine" if engine else "--jobs" if origin == "command line" else None
    if asked and not possible:
        raise click.UsageError(f"{needs_all} needs all documents at once, so {asked} cannot be used with it")
    if not possible or asked or jobs is not None:
        return possible
    if not any(map(_may_be_large, settings["paths"] or ())):
        return False
    from psion_contract.cli.input_size import is_large

    try:
        return is_large(settings["paths"], settings.stdin_name)
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error


def _may_be_large(path: str) -> bool:
    """Whether a path may have JSON Lines or Parquet; tells quickly of most."""
    return path == STDIN or is_lines(path) or is_parquet(path) or is_remote(path) or os.path.isdir(path)


def _exit_code(report: Report, fail_on_ignored: bool) -> int:
    ignored = sum(each.reason != "excluded" for each in report.left_alone)
    ignored += sum(count for reason, count in report.unlisted.left_alone if reason != "excluded")
    if fail_on_ignored and ignored:
        emit_error(f"--fail-on-ignored: {counted(ignored, 'text')} ignored, listed in the report\n")
        return 1
    return 1 if report.outcome == "inconsistent" else 0
