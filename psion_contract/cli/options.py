"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isnan
from typing import Any, TypeVar

import click

from psion_contract.reading.files import STDIN
from psion_contract.reading.json_reader import DEFAULT_LIMITS, MAX_DEPTH, Limits
from psion_contract.reading.urls import is_remote

F = TypeVar("F", bound=Callable[..., Any])


class _Path(click.Path):
    """A path that shells complete, and that is not checked before it is used, except that it is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("the path is empty", param, ctx)
        return super().convert(value, param, ctx)


class _InputPath(_Path):
    """A path to read from. Standard input can be only one of those of a command."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == STDIN and ctx is not None:
            if _STDIN_IS_TAKEN in ctx.meta:
                self.fail("standard input (-) can be named only once", param, ctx)
            ctx.meta[_STDIN_IS_TAKEN] = True
        return super().convert(value, param, ctx)


class _LocalPath(_Path):
    """A path that is no URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and is_remote(value):
            self.fail("must be a local file; only documents can be remote", param, ctx)
        return super().convert(value, param, ctx)


class _SettingsPath(_LocalPath):
    """A path of a file that is part of the settings."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == STDIN:
            self.fail("must be a file; only documents come from standard input", param, ctx)
        return super().convert(value, param, ctx)


_STDIN_IS_TAKEN = f"{__name__}.stdin_is_taken"

PATH = _InputPath(readable=False, allow_dash=True)
"""A path to read from."""

OUTPUT = _LocalPath(readable=False, allow_dash=True)
"""A path to write to."""

SETTINGS = _SettingsPath(readable=False)
"""A path of a file that is part of the settings: a configuration or a baseline."""

FILE = _Path(readable=False)
"""A path of a file or folder that documents are about, such as a shard or a checkpoint."""


LOCAL_FILE = _LocalPath(readable=False)
"""The same, where a name with ``://`` can only be a mistake."""


def completing(names: Callable[[], Iterable[str]]) -> Callable[..., list[str]]:
    """Completes names in the shell; `names` is called only for a completion."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return complete


class Seconds(click.FloatRange):
    """A range without NaN, which click's range check accepts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, unless it is not one or out of range."""
        seconds: float = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the output.",
)


def inputs_option(text: str, *, required: bool = False) -> Callable[[F], F]:
    """The option ``--inputs``, which can be repeated."""
    return click.option("--inputs", multiple=True, required=required, type=PATH, metavar="PATH", help=text)


exclude_option = click.option(
    "--exclude",
    "excludes",
    multiple=True,
    metavar="GLOB",
    help="Skip files and folders that have this name, or this path below a directory. "
    "Version-control folders and .ipynb_checkpoints are always skipped.",
)


def limit_options(command: F) -> F:
    """Options for the limits of the reader; the command gets ``max_bytes`` and so on."""
    for name, default, highest, text in (
        (
            "--max-lines",
            DEFAULT_LIMITS.max_lines,
            None,
            "Maximum number of lines of a JSON Lines file.  [default: unlimited]",
        ),
        (
            "--max-members",
            DEFAULT_LIMITS.max_members,
            None,
            "Maximum number of members and items of a document.",
        ),
        ("--max-depth", DEFAULT_LIMITS.max_depth, MAX_DEPTH, "Maximum nesting of a document."),
        ("--max-bytes", DEFAULT_LIMITS.max_bytes, None, "Maximum size of a document in bytes."),
    ):
        kind = click.IntRange(1, highest)
        command = click.option(name, type=kind, default=default, show_default=True, help=text)(command)
    return command


def limits(options: dict[str, Any]) -> Limits:
    """The limits from the options of `limit_options`, which are removed from `options`."""
    return Limits(*(options.pop(name) for name in Limits._fields))
