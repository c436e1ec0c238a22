"""``psion-contract check``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.options import (
    OUTPUT,
    PATH,
    exclude_option,
    format_option,
    inputs_option,
    limit_options,
    limits,
)
from psion_contract.cli.report_file import DiscardingCommand, ReportFile
from psion_contract.cli.terminal import emit_error, style_of
from psion_contract.exceptions import UnreadableError
from psion_contract.findings import LeftAlone, Report
from psion_contract.output import text
from psion_contract.reading.escaping import counted
from psion_contract.reading.files import gather
from psion_contract.reading.source import Source
from psion_contract.resources import data_path


@click.command("check", cls=DiscardingCommand)
@click.argument("paths", nargs=-1, type=PATH, metavar="PATH...")
@inputs_option("Documents that the PATHs may refer to; judged only if they are referred to.")
@click.option("--canonical", is_flag=True, help="Check the canonical documents that ship with the package.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors in the verdict.")
@click.option(
    "--changed",
    is_flag=True,
    help="The PATHs are changed files: ignore other kinds, and also judge what in --inputs refers to them.",
)
@exclude_option
@click.option("--fail-on-ignored", is_flag=True, help="Exit with 1 if anything was ignored.")
@format_option
@click.option(
    "-o", "--output", type=OUTPUT, metavar="FILE", help="Write the report to FILE instead of standard output."
)
@click.option(
    "--stdin-name",
    default="<stdin>",
    metavar="NAME",
    help="Name of standard input in the report; .jsonl at its end means JSON Lines.",
)
@limit_options
def command(paths: tuple[str, ...], canonical: bool, changed: bool, **options: Any) -> int:
    """Check documents against each other.

    PATH is a file, a directory (every .json, .jsonl and .ndjson file below it) or - for standard input.
    Documents are recognised by their schema_version, even inside larger documents. What is ignored is listed.
    """
    bounds, inputs, excludes = limits(options), options["inputs"], options["excludes"]
    file = ReportFile(options["output"], [*paths, *inputs])
    if changed and not inputs:
        raise click.UsageError("--changed requires --inputs: the tree that the changed files belong to")
    if not paths and not canonical and not changed:
        raise click.UsageError("name at least one PATH to check, or --canonical")
    judged: Iterable[Source]
    available: Iterable[Source]
    try:
        if changed:
            from psion_contract.cli.changed_files import sources

            judged, available = sources(paths, inputs, bounds, excludes)
        else:

            def documents() -> Iterator[Source]:
                yield from gather(paths, bounds, options["stdin_name"], excludes)
                if canonical:
                    yield from gather([data_path("fixtures", "psion")], bounds)

            judged, available = documents(), gather(inputs, bounds, options["stdin_name"], excludes)
        report = Checker(available, limits=bounds, strict=options["strict"]).check(judged)
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if not report.findings and not any(document.judged for document in report.documents):
        if changed:
            emit_error("no changed file has a contract document\n")
            return 0
        raise click.ClickException(_nothing_to_check(report.left_alone))
    if options["form"] == "json":
        from psion_contract.output import json_report

        rendered = json_report.render(report)
    else:
        rendered = text.render(report, style_of(None if file.path else sys.stdout))
    file.write(rendered)
    return _exit_code(report, options["fail_on_ignored"])


def _exit_code(report: Report, fail_on_ignored: bool) -> int:
    ignored = [each for each in report.left_alone if each.reason != "excluded"]
    if fail_on_ignored and ignored:
        emit_error(f"--fail-on-ignored: {counted(len(ignored), 'text')} ignored, listed in the report\n")
        return 1
    return 0 if report.ok else 1


def _nothing_to_check(left_alone: tuple[LeftAlone, ...]) -> str:
    lines = ["nothing to check: no contract document found", *text.ignored(left_alone)]
    return "\n".join(lines)
