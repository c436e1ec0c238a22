"""``psion-contract report``."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.cli.check_settings import check_options, examine, settings_of
from psion_contract.cli.options import OUTPUT
from psion_contract.cli.report_targets import DiscardingCommand, ReportFiles
from psion_contract.exceptions import ConfigurationError
from psion_contract.reading.files import STDIN


@click.command("report", cls=DiscardingCommand)
@check_options
@click.option(
    "-o",
    "--output",
    "output",
    type=OUTPUT,
    metavar="FILE",
    help="Write the page to FILE instead of standard output.",
)
@click.option("--baseline", type=OUTPUT, metavar="FILE", help="Findings that were there before.")
@click.pass_context
def command(context: click.Context, /, output: str | None, **options: Any) -> int:
    """Check documents and write a page about them: the same as `check --format html --exit-zero`."""
    path = None if output == STDIN else output
    try:
        settings = settings_of(context)
        files = ReportFiles([("html", path)], [*settings["paths"], *settings["inputs"]])
        if not settings["paths"] and not settings.canonical:
            raise click.UsageError("name at least one PATH to check, or --canonical")
        examination = examine(settings)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    assert examination is not None
    files.write(examination)
    return 0
