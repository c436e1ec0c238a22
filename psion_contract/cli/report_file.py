"""The file that a report is written to, which never holds an old report or a part of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from stat import S_ISREG

import click

from psion_contract.atomic_file import create_file
from psion_contract.cli.terminal import emit
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN


class ReportFile:
    """A file for a report, or standard output.

    An old report is removed at once: whatever happens later, it cannot be taken for the new one.

    Args:
        path: as the user wrote it; None or ``-`` for standard output.
        read: the paths that the command reads.

    Raises:
        click.UsageError: the report would replace what is read.
    """

    def __init__(self, path: str | None, read: Iterable[str]) -> None:
        self.path = None if path in (None, STDIN) else path
        if self.path is None:
            return
        if any(_is_same_file(self.path, other) for other in read):
            raise click.UsageError(f"--output {printable(self.path)} would replace what is read")
        discard(self.path)

    def write(self, text: str) -> None:
        """Write the report, all of it or nothing.

        Raises:
            click.ClickException: it cannot be written."""
        if self.path is None or os.path.lexists(self.path):  # a device, a pipe or a link to one
            emit(text, self.path)
            return
        try:
            create_file(self.path, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise click.ClickException(f"{printable(self.path)}: {error.strerror}") from error


def discard(path: str) -> None:
    """Remove an old report, if there is one.

    Raises:
        click.ClickException: it cannot be removed.
    """
    try:
        if S_ISREG(os.stat(path).st_mode):
            os.unlink(os.path.realpath(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise click.ClickException(f"{printable(path)}: {error.strerror}") from error


class DiscardingCommand(click.Command):
    """A command with ``--output`` that removes the old report even if its arguments are wrong."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; before an error, remove the report that they name, unless they also name it otherwise."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError:
            path = _output(given)
            if path is not None and not any(_is_same_file(path, each) for each in given if each != path):
                discard(path)
            raise


def _output(args: list[str]) -> str | None:
    """The last value of ``-o`` or ``--output`` in arguments that cannot be parsed."""
    found = None
    for index, arg in enumerate(args):
        if arg in ("-o", "--output"):
            found = args[index + 1] if index + 1 < len(args) else None
        elif arg.startswith("--output="):
            found = arg.partition("=")[2]
        elif arg.startswith("-o") and not arg.startswith("--"):
            found = arg[2:]
    return found


def _is_same_file(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False
