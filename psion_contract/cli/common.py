"""What several commands share: options, and where output goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from psion_contract.strictjson import DEEPEST, DEFAULT_LIMITS, Limits

F = TypeVar("F", bound=Callable[..., Any])


def limit_options(command: F) -> F:
    """Options for what the reader accepts at most; the command gets ``max_bytes`` and so on."""
    for name, default, highest, text in (
        ("--max-members", DEFAULT_LIMITS.max_members, None, "Members and items of one document."),
        ("--max-depth", DEFAULT_LIMITS.max_depth, DEEPEST, "Levels of nesting of one document."),
        ("--max-bytes", DEFAULT_LIMITS.max_bytes, None, "Bytes of one document."),
    ):
        kind = click.IntRange(1, highest)
        command = click.option(name, type=kind, default=default, show_default=True, help=text)(command)
    return command


def limits(options: dict[str, Any]) -> Limits:
    """The limits that the options of `limit_options` give; takes them out of `options`."""
    return Limits(options.pop("max_bytes"), options.pop("max_depth"), options.pop("max_members"))


def color_wanted(output: str | None = None) -> bool:
    """Colour only on a terminal, and never where NO_COLOR is set to something."""
    return output is None and not os.environ.get("NO_COLOR") and sys.stdout.isatty()


def emit(text: str, output: str | None = None) -> None:
    """Write to standard output, or to a file, as UTF-8 whatever the locale."""
    data = text.encode("utf-8", "backslashreplace")
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        with open(output, "wb") as file:
            file.write(data)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error
