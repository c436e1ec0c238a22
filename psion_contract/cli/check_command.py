"""``psion-contract check``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.options import OUTPUT, PATH, format_option, inputs_option, limit_options, limits
from psion_contract.cli.terminal import emit, style_of
from psion_contract.exceptions import UnreadableError
from psion_contract.output import text
from psion_contract.reading.escaping import counted
from psion_contract.reading.files import gather
from psion_contract.reading.source import Source
from psion_contract.resources import data_path


@click.command("check")
@click.argument("paths", nargs=-1, type=PATH, metavar="PATH...")
@inputs_option("Documents that the PATHs may refer to; judged only if they are referred to.")
@click.option("--canonical", is_flag=True, help="Check the canonical documents that ship with the package.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors in the verdict.")
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
def command(paths: tuple[str, ...], canonical: bool, **options: Any) -> int:
    """Check documents against each other.

    PATH is a file, a directory (every .json, .jsonl and .ndjson file below it) or - for standard input.
    Documents are recognised by their schema_version, even inside larger documents.
    """
    bounds = limits(options)
    if not paths and not canonical:
        raise click.UsageError("name at least one PATH to check, or --canonical")

    def documents() -> Iterator[Source]:
        yield from gather(list(paths), bounds, options["stdin_name"])
        if canonical:
            yield from gather([data_path("fixtures", "psion")], bounds)

    try:
        checker = Checker(gather(list(options["inputs"]), bounds), limits=bounds, strict=options["strict"])
        report = checker.check(documents())
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if not report.findings and not any(document.judged for document in report.documents):
        raise click.ClickException(_nothing_to_check(len(report.left_alone)))
    output = options["output"]
    if options["form"] == "json":
        from psion_contract.output import json_report

        emit(json_report.render(report), output)
    else:
        emit(text.render(report, style_of(None if output else sys.stdout)), output)
    return 0 if report.ok else 1


def _nothing_to_check(left_alone: int) -> str:
    ignored = f"; ignored {counted(left_alone, 'text')} of other kinds" if left_alone else ""
    return f"nothing to check: no contract document found{ignored}"
