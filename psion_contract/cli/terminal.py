"""Writes to standard output, standard error and files, with colours on terminals."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

import click

from psion_contract.findings import Report
from psion_contract.output.text import Look, Style, plain, render
from psion_contract.reading.escaping import printable

STDOUT = "-"

_LOOKS: dict[Look, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "good": {"fg": "green", "bold": True},
    "bold": {"bold": True},
    "dim": {"dim": True},
}


def style_of(stream: TextIO | None) -> Style:
    """How to mark up text for a stream: only on a terminal, and never if NO_COLOR is set."""
    if stream is None or os.environ.get("NO_COLOR") or not stream.isatty():
        return plain
    return lambda look, text: click.style(text, **_LOOKS[look])


def width_of(stream: TextIO | None) -> int | None:
    """The columns of a terminal; None for a stream that is none."""
    if stream is None or not stream.isatty():
        return None
    with suppress(ValueError):
        return max(int(os.environ.get("COLUMNS", "")), 1)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def emit(content: str | bytes, output: str | None = None) -> None:
    """Write to standard output or, unless it is ``-``, to the file `output`; text as UTF-8 in any locale.

    Only a terminal with another encoding gets that.

    Raises:
        click.ClickException: the output cannot be written."""
    data = content if isinstance(content, bytes) else _encoded(content, output)
    try:
        if output not in (None, STDOUT):
            with open(output, "wb") as file:
                file.write(data)
            return
        if sys.stdout is None:
            raise click.ClickException("standard output is closed")
        sys.stdout.flush()
        rest = memoryview(data)
        while rest:  # an unbuffered standard output may write only a part
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "standard output" if output in (None, STDOUT) else printable(output)
        raise click.ClickException(f"{name}: {error.strerror}") from error


def _encoded(text: str, output: str | None) -> bytes:
    encoding = _encoding(output)
    if not encoding.lower().startswith("utf"):
        text = text.replace("…", "...")
    return text.encode(encoding, "backslashreplace")


def _encoding(output: str | None) -> str:
    stream = sys.stdout if output in (None, STDOUT) else None
    return stream.encoding or "utf-8" if stream is not None and stream.isatty() else "utf-8"


def emit_error(text: str) -> None:
    """Write text for people to standard error. If that is closed or full, only the exit code remains."""
    with suppress(OSError):
        click.echo(text, nl=False, err=True, color=style_of(sys.stderr) is not plain)


def emit_error_report(report: Report, *remarks: str) -> None:
    """Write a report, followed by remarks, to standard error."""
    emit_error(render(report, style_of(sys.stderr)) + "".join(f"{remark}\n" for remark in remarks))
