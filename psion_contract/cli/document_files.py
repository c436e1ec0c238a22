"""What the commands share that write documents: one file in, one file out, and why there is none."""

from __future__ import annotations

import os
import sys

import click

from psion_contract.atomic_file import create_file, replace_file
from psion_contract.cli.options import emit
from psion_contract.exceptions import UnreadableError
from psion_contract.findings import Report
from psion_contract.reading.files import STDIN, gather
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source


def one_source(path: str, bounds: Limits) -> Source:
    """The file `path`, or standard input, as the one source it must be."""
    try:
        sources = list(gather([path], bounds))
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if len(sources) != 1 or (path != STDIN and sources[0].name != path):
        raise click.ClickException(f"{path}: one file with one document is wanted")
    return sources[0]


def write_new(text: str, output: str | None, force: bool) -> None:
    """Write a document to standard output or to a file, which must not be there unless `force` says so."""
    if output is None or output == STDIN:
        emit(text)
        return
    data = text.encode()
    try:
        try:
            create_file(output, data)
        except FileExistsError:
            if not force:
                message = f"{output}: there is such a file already; --force replaces it"
                raise click.ClickException(message) from None
            replace_file(output, data)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error


def complain(report: Report, *remarks: str) -> None:
    """Show a report, and remarks on it, where the document does not go: on standard error."""
    from psion_contract.output import text as for_people

    color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    shown = for_people.render(report, color) + "".join(f"{remark}\n" for remark in remarks)
    click.echo(shown, nl=False, err=True, color=color)
