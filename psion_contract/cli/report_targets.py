"""The reports of one run: each a format, and a file or standard output. No file ever has an old report or a part of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from stat import S_ISREG

import click

from psion_contract.atomic_file import create_file
from psion_contract.checker import Examination
from psion_contract.cli.options import OUTPUT
from psion_contract.cli.replacing import is_same_file, refuse_report, refuse_to_replace
from psion_contract.cli.terminal import emit, style_of, width_of
from psion_contract.exceptions import ConfigurationError, MissingExtraError
from psion_contract.output.formats import FORMATS, format_problem, renderer
from psion_contract.output.text import Style, plain
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN

Target = tuple[str, "str | None"]
"""A report to write: the name of its format, and the path of its file, or None for standard output."""


class _FormatType(click.ParamType[str]):
    """``NAME`` or ``NAME=FILE``."""

    name = "format"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if problem := format_problem(str(value)):
            self.fail(problem)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        name, separator, path = incomplete.partition("=")
        if separator:
            return [click.shell_completion.CompletionItem(path, type="file")]
        return [click.shell_completion.CompletionItem(each) for each in FORMATS if each.startswith(name)]


format_options = (
    click.option(
        "--format",
        "formats",
        multiple=True,
        type=_FormatType(),
        metavar="FORMAT[=FILE]",
        help=f"Format of a report, and the file to write it to; can be repeated. One of {', '.join(FORMATS)}.  [default: text]",
    ),
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        type=OUTPUT,
        metavar="FILE",
        help="Write the report to FILE instead of standard output; repeated for several --format, in the same order.",
    ),
)


def targets_of(formats: Sequence[str], outputs: Sequence[str]) -> list[Target]:
    """The reports that the options ask for.

    Raises:
        click.UsageError: it is not clear which report goes to which file, or two would go to the same place.
    """
    named = [each.partition("=") for each in formats]
    bare = [name for name, separator, _ in named if not separator]
    if outputs and len(bare) != len(outputs):
        raise click.UsageError(
            f"{len(outputs)} --output for {len(bare)} --format without a file; write --format {named[-1][0]}=FILE"
        )
    files = iter(outputs)
    targets = [(name, _file(path if separator else next(files, None))) for name, separator, path in named]
    for number, (form, path) in enumerate(targets):
        for other_form, other in targets[:number]:
            if path == other or (path and other and _would_be_same_file(path, other)):
                place = printable(path) if path else "standard output"
                raise click.UsageError(
                    f"{other_form} and {form} would both be written to {place}; name a file: --format {form}=FILE"
                )
    return targets


class ReportFiles:
    """The files of the reports of a run.

    Old reports are removed at once: whatever happens later, none can be taken for a new one. A format that cannot be
    rendered here is refused at once, too.

    Args:
        targets: the reports.
        read: the paths that the command reads.
        folders: those of files that documents are about.

    Raises:
        click.ClickException: a report would replace what is read, a document, which may be below a folder that is read,
            or what is no old report below one of the folders; an old report cannot be removed, or a format needs what
            is not installed.
    """

    def __init__(self, targets: Sequence[Target], read: Sequence[str], folders: Sequence[str]) -> None:
        for _, path in targets:
            refuse_to_replace(path, read)
            if path is not None:
                refuse_report(path, folders)
        for _, path in targets:
            if path is not None:
                discard(path)
        try:
            self._renderers = [(renderer(form), path) for form, path in targets]
        except MissingExtraError as error:
            raise click.ClickException(str(error)) from error

    def write(self, examination: Examination) -> None:
        """Write all reports, each completely or not at all.

        Raises:
            click.ClickException: one cannot be written. The others are written nevertheless.
            BrokenPipeError: nothing reads standard output any more, likewise.
        """
        failures = [
            error for render, path in self._renderers if (error := _written(render, path, examination))
        ]
        if failures:
            raise failures[0]


Renderer = Callable[[Examination, Style, "int | None"], "str | bytes"]


def _written(
    render: Renderer, path: str | None, examination: Examination
) -> click.ClickException | BrokenPipeError | None:
    """Write one report; returns why that failed."""
    try:
        if path is None:
            emit(render(examination, style_of(sys.stdout), width_of(sys.stdout)))
        else:
            _write_file(path, render(examination, plain, None))
    except (click.ClickException, BrokenPipeError) as error:
        return error
    return None


def _write_file(path: str, content: str | bytes) -> None:
    if os.path.lexists(path):  # a device, a pipe or a link to one
        emit(content, path)
        return
    try:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        create_file(path, data, durable=False)  # it can be made again
    except OSError as error:
        raise click.ClickException(f"{printable(path)}: {error.strerror}") from error


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
    """A command with reports that removes the old ones even if its arguments or its configuration are wrong."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; before an error, remove the reports that they name."""
        ctx.meta[_GIVEN] = given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError:
            _discard_files_in(given)
            raise

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; before an error in the configuration, remove the reports that the arguments name."""
        try:
            return super().invoke(ctx)
        except ConfigurationError:
            _discard_files_in(ctx.meta[_GIVEN])
            raise


_GIVEN = f"{__name__}.given"


def _discard_files_in(args: list[str]) -> None:
    """Remove the reports that arguments name, unless they could not be written there."""
    from psion_contract.artifacts.references import split

    folders = [split(each.removeprefix("--files="))[1] for each in args]
    for path, place in _files_in(args).items():
        others = [each for number, each in enumerate(args) if number not in place]
        with suppress(click.ClickException):
            refuse_to_replace(path, others)
            refuse_report(path, folders)
            discard(path)


def _files_in(args: list[str]) -> dict[str, set[int]]:
    """The files of reports in arguments, each with the positions of the arguments that name it."""
    found: dict[str, set[int]] = {}
    for number, arg in enumerate(args):
        before = args[number - 1] if number else ""
        path = ""
        if before in ("-o", "--output"):
            path = arg
        elif before == "--format" or arg.startswith("--format="):
            path = arg.removeprefix("--format=").partition("=")[2]
        elif arg.startswith("--output="):
            path = arg.partition("=")[2]
        elif arg.startswith("-o") and not arg.startswith("--"):
            path = arg[2:]
        if path and path != STDIN:
            found.setdefault(path, set()).add(number)
    return found


def _file(path: str | None) -> str | None:
    return None if path == STDIN else path


def _would_be_same_file(path: str, other: str) -> bool:
    """Whether two paths are of one file, which need not exist yet."""
    return is_same_file(path, other) or os.path.realpath(path) == os.path.realpath(other)
