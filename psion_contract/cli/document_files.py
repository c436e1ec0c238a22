"""Reads and writes single documents, for the commands that create or change them."""

from __future__ import annotations

import click

from psion_contract.atomic_file import create_file, replace_file
from psion_contract.cli.terminal import STDOUT, emit
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, gather
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source


def one_source(path: str, bounds: Limits) -> Source:
    """The document in the file `path`, or in standard input.

    Raises:
        click.ClickException: the file cannot be read, or is not a single document."""
    try:
        sources = list(gather([path], bounds))
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if len(sources) != 1 or (path != STDIN and sources[0].name != path):
        raise click.ClickException(f"{printable(path)}: expected one file with one document")
    return sources[0]


def write_new(text: str, output: str | None, force: bool) -> None:
    """Write a document to standard output or to a file; replaces an existing one only with `force`."""
    if output in (None, STDOUT):
        emit(text)
        return
    data = text.encode()
    try:
        try:
            create_file(output, data)
        except FileExistsError:
            if not force:
                raise click.ClickException(
                    f"{printable(output)}: already exists; use --force to replace it"
                ) from None
            replace_file(output, data)
    except OSError as error:
        raise click.ClickException(f"{printable(output)}: {error.strerror}") from error
