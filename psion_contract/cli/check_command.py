"""``psion-contract check``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.options import color_wanted, emit, limit_options, limits
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.files import gather
from psion_contract.reading.source import Source
from psion_contract.resources import data_path


@click.command("check")
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--inputs",
    multiple=True,
    metavar="PATH",
    help="Documents that may be referred to and are not judged themselves, unless a judged one needs them.",
)
@click.option("--canonical", is_flag=True, help="Check the canonical documents that ship with the package.")
@click.option("--strict", is_flag=True, help="Let warnings decide too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write the report there instead of to standard output.")
@click.option(
    "--stdin-name",
    default="<stdin>",
    metavar="NAME",
    help="What to call standard input; a name that ends with .jsonl makes it JSON Lines.",
)
@limit_options
def command(paths: tuple[str, ...], canonical: bool, **options: Any) -> int:
    """Check documents against each other.

    PATH is a file, a directory (all .json, .jsonl and .ndjson files below it) or - for standard input.
    Documents are recognised by their schema_version, also inside larger documents.
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
        raise click.ClickException(_nothing(len(report.left_alone)))
    if options["form"] == "json":
        from psion_contract.output import json_report as jsonreport

        text = jsonreport.render(report)
    else:
        from psion_contract.output import text as for_people

        text = for_people.render(report, color_wanted(options["output"]))
    emit(text, options["output"])
    return 0 if report.ok else 1


def _nothing(left_alone: int) -> str:
    met = f"; {left_alone} documents and files of other kinds were left alone" if left_alone else ""
    return f"nothing to check: no contract document was found{met}"
