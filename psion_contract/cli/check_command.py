"""``psion-contract check``."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.cli.check_settings import check_options, examine, settings_of, show
from psion_contract.cli.options import PATH
from psion_contract.cli.report_targets import (
    DiscardingCommand,
    ReportFiles,
    discard,
    format_options,
    targets_of,
)
from psion_contract.cli.terminal import emit, emit_error
from psion_contract.exceptions import ConfigurationError
from psion_contract.findings import Report
from psion_contract.reading.escaping import counted


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
    type=PATH,
    metavar="FILE",
    help="Findings that were there before, which do not count in the outcome; `psion-contract baseline` writes it.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever the findings.")
@click.option(
    "--show-config", is_flag=True, help="Show every setting and where it comes from, and check nothing."
)
@click.pass_context
def command(context: click.Context, /, **options: Any) -> int:
    """Check documents against each other.

    PATH is a file, a directory (every .json, .jsonl and .ndjson file below it) or - for standard input.
    Documents are recognised by their schema_version, even inside larger documents. What is ignored is listed.
    """
    try:
        settings = settings_of(context)
        if options["show_config"]:
            emit(show(settings))
            return 0
        targets = targets_of(settings["formats"] or (), options["outputs"])
        files = ReportFiles(targets, [*settings["paths"], *settings["inputs"]])
        if settings.changed and not settings["inputs"]:
            raise click.UsageError("--changed requires --inputs: the tree that the changed files belong to")
        if not settings["paths"] and not settings.canonical and not settings.changed:
            raise click.UsageError("name at least one PATH to check, or --canonical")
        examination = examine(settings)
    except ConfigurationError as error:
        for _, path in targets_of(options["formats"], options["outputs"]):
            if path is not None:
                discard(path)
        raise click.ClickException(str(error)) from error
    if examination is None:
        return 0
    files.write(examination)
    code = _exit_code(examination.report, settings["fail-on-ignored"])
    return 0 if options["exit_zero"] else code


def _exit_code(report: Report, fail_on_ignored: bool) -> int:
    ignored = [each for each in report.left_alone if each.reason != "excluded"]
    if fail_on_ignored and ignored:
        emit_error(f"--fail-on-ignored: {counted(len(ignored), 'text')} ignored, listed in the report\n")
        return 1
    return 1 if report.outcome == "inconsistent" else 0
