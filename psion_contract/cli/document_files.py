"""Reads and writes single documents, for the commands that create or change them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import click

from psion_contract.atomic_file import create_file, write_file
from psion_contract.cli.replacing import refuse_to_replace
from psion_contract.cli.terminal import STDOUT, emit
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, gather, is_lines
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import shown

_EXISTS = "already exists; use --force to replace it"


def one_source(path: str, bounds: Limits) -> Source:
    """The document in the file `path`, or in standard input.

    Raises:
        click.ClickException: the file cannot be read, or is not a single document."""
    try:
        sources = list(gather([path], bounds))
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if len(sources) == 1 and (path == STDIN or sources[0].name == shown(path)):
        return sources[0]
    has_lines = not os.path.isdir(path) and is_lines(path)
    found = "JSON Lines, a document on each line" if has_lines else "a folder"
    raise click.ClickException(
        f"{printable(shown(path))}: expected a file with one document; this is {found}"
    )


def refuse_output(output: str | None, force: bool) -> None:
    """Refuse a place where a document cannot be written, before it is made, which may take hours.

    Raises:
        click.ClickException: it exists, and `force` is not given; its folder does not; it is not a file, is one that the
            command reads, or would be read as JSON Lines."""
    if output in (None, STDOUT):
        return
    name = printable(output)
    if is_lines(output):
        raise click.ClickException(f"{name}: a document takes several lines; use a name that ends with .json")
    if os.path.lexists(output) and not os.path.isfile(output):
        what = "a special file" if os.path.exists(output) else "a broken link"
        what = "a folder" if os.path.isdir(output) else what
        raise click.ClickException(f"{name}: is {what}; expected a file, or - for standard output")
    refuse_to_replace(output, _read_paths())
    if os.path.lexists(output) and not force:
        raise click.ClickException(f"{name}: {_EXISTS}")
    folder = os.path.dirname(output)
    if folder and not os.path.isdir(folder):
        raise click.ClickException(f"{name}: there is no folder {printable(folder)}")


def _read_paths() -> Iterator[str]:
    """The paths that the command line names, but for the output."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if isinstance(parameter.type, click.Path) and parameter.name != "output":
            value = context.params.get(parameter.name or "") or ()
            yield from (value,) if isinstance(value, str) else value


def write_new(text: str, output: str | None, force: bool) -> None:
    """Write a document to standard output or to a file; replaces an existing one only with `force`."""
    if output in (None, STDOUT):
        emit(text)
        return
    write = write_file if force else create_file
    try:
        write(output, text.encode())
    except FileExistsError:
        raise click.ClickException(f"{printable(output)}: {_EXISTS}") from None
    except OSError as error:
        raise click.ClickException(f"{printable(output)}: {error.strerror}") from error
