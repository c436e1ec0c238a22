"""What several commands share: options, and where output goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from psion_contract.reading.json_reader import DEEPEST, DEFAULT_LIMITS, Limits

F = TypeVar("F", bound=Callable[..., Any])


def limit_options(command: F) -> F:
    """Options for what the reader accepts at most; the command gets ``max_bytes`` and so on."""
    for name, default, highest, text in (
        ("--max-lines", DEFAULT_LIMITS.max_lines, None, "Lines of one JSON Lines file."),
        ("--max-members", DEFAULT_LIMITS.max_members, None, "Members and items of one document."),
        ("--max-depth", DEFAULT_LIMITS.max_depth, DEEPEST, "Levels of nesting of one document."),
        ("--max-bytes", DEFAULT_LIMITS.max_bytes, None, "Bytes of one document."),
    ):
        kind = click.IntRange(1, highest)
        command = click.option(name, type=kind, default=default, show_default=True, help=text)(command)
    return command


def limits(options: dict[str, Any]) -> Limits:
    """The limits that the options of `limit_options` give; takes them out of `options`."""
    return Limits(*(options.pop(name) for name in Limits._fields))


def color_wanted(output: str | None = None) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set to something."""
    return (
        output is None and not os.environ.get("NO_COLOR") and sys.stdout is not None and sys.stdout.isatty()
    )


def emit(text: str, output: str | None = None) -> None:
    """Write to standard output, or to a file, as UTF-8 whatever the locale."""
    data = text.encode("utf-8", "backslashreplace")
    try:
        if output is not None:
            with open(output, "wb") as file:
                file.write(data)
            return
        if sys.stdout is None:
            raise click.ClickException("standard output is closed")
        sys.stdout.flush()
        rest = memoryview(data)
        while rest:  # an unbuffered standard output may take less than it is given
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"{output or 'standard output'}: {error.strerror}") from error
