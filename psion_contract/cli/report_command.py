"""``psion-contract report``."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.cli.check_settings import check_options, examine, settings_of
from psion_contract.cli.options import OUTPUT, SETTINGS
from psion_contract.cli.report_targets import DiscardingCommand, ReportFiles
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
@click.option("--baseline", type=SETTINGS, metavar="FILE", help="Findings that were there before.")
@click.pass_context
def command(context: click.Context, /, output: str | None, **options: Any) -> int:
    """Check documents and write a page about them: short for `check --format html --exit-zero`."""
    settings = settings_of(context)
    path = None if output == STDIN else output
    files = ReportFiles([("html", path)], settings.read_paths, settings.folders)
    settings.require_paths()
    examination = examine(settings)
    assert examination is not None
    files.write(examination)
    return 0
