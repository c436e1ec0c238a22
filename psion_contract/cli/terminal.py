"""Where output goes, and how it looks there."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click

from psion_contract.findings import Report
from psion_contract.output.text import Look, Style, plain, render

_LOOKS: dict[Look, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "good": {"fg": "green", "bold": True},
    "bold": {"bold": True},
    "dim": {"dim": True},
}


def style_of(stream: TextIO | None) -> Style:
    """How to mark up text for a stream: only on a terminal, and never where NO_COLOR is set."""
    if stream is None or os.environ.get("NO_COLOR") or not stream.isatty():
        return plain
    return lambda look, text: click.style(text, **_LOOKS[look])


def emit(text: str, output: str | None = None) -> None:
    """Write to standard output, or to a file, as UTF-8 in any locale."""
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


def complain(text: str) -> None:
    """Write to standard error, for people."""
    click.echo(text, nl=False, err=True, color=style_of(sys.stderr) is not plain)


def complain_of(report: Report, *remarks: str) -> None:
    """Write a report, and remarks on it, to standard error: the document goes elsewhere."""
    complain(render(report, style_of(sys.stderr)) + "".join(f"{remark}\n" for remark in remarks))
