"""Compares documents with files, with a progress bar on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import monotonic
from typing import Any

import click

from psion_contract.artifacts.references import Roots
from psion_contract.checker import Examination
from psion_contract.cli.terminal import emit_error
from psion_contract.evidence.file_claims import with_files
from psion_contract.exceptions import ArgumentError

_BAR_AFTER = 1.0
_BAR_EVERY = 0.2
"""Seconds until the progress is shown, and between two times."""


def roots_of(files: Sequence[str]) -> Roots:
    """The folders that ``--files`` names.

    Raises:
        click.UsageError: a path does not exist, or two contradict each other.
    """
    try:
        return Roots(files)
    except ArgumentError as error:
        raise click.UsageError(f"--{error}") from error


def compared(examination: Examination, roots: Roots) -> Examination:
    """An examination with what the files say, and a bar on a terminal meanwhile.

    Args:
        examination: of the documents.
        roots: where the files are.
    """
    bar = FileBar()
    try:
        return with_files(examination, roots, progress=bar.show)
    finally:
        bar.clear()


class FileBar:
    """A bar on a terminal, from one second on."""

    def __init__(self) -> None:
        self._start = self._last = monotonic()
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._bar: Any = None

    def show(self, read: int, total: int) -> None:
        """Show how many bytes were read, if it is time."""
        now = monotonic()
        if not self._is_terminal or now - self._start < _BAR_AFTER or now - self._last < _BAR_EVERY:
            return
        self._last = now
        if self._bar is None:
            self._bar = click.progressbar(
                length=total,
                file=sys.stderr,
                show_eta=True,
                bar_template="%(bar)s  %(info)s",
                item_show_func=str,
                width=20,
            )
            self._bar.__enter__()
        said = f"{read / 1e9:,.1f} of {total / 1e9:,.1f} GB, {read / (now - self._start) / 1e6:,.0f} MB/s"
        self._bar.update(read - self._bar.pos, said)
        self._bar.render_progress()

    def clear(self) -> None:
        """Remove the bar before something else is written, and show the cursor, which a bar hides."""
        if self._bar is not None:
            emit_error("\r\033[K\033[?25h")
