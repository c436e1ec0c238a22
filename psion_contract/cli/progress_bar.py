"""A progress bar on a terminal, from one second on."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any

import click

from psion_contract.cli.terminal import emit_error

_AFTER = 1.0
_EVERY = 0.2
"""Seconds until the progress is shown, and between two times."""


class ProgressBar:
    """A bar on standard error, if that is a terminal."""

    def __init__(self) -> None:
        self._start = self._last = monotonic()
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._bar: Any = None

    def seconds(self) -> float | None:
        """The seconds since the start, if it is time to show the bar, else None."""
        now = monotonic()
        if not self._is_terminal or now - self._start < _AFTER or now - self._last < _EVERY:
            return None
        self._last = now
        return now - self._start

    def draw(self, done: int, total: int | None, said: str) -> None:
        """Show how much of the total is done, and say so; without a total, only say it."""
        if self._bar is None:
            has_total = total is not None
            self._bar = click.progressbar(
                length=total if total is not None else sys.maxsize,
                file=sys.stderr,
                show_percent=has_total,
                show_eta=has_total,
                bar_template="%(bar)s  %(info)s" if has_total else "%(info)s",
                item_show_func=str,
                width=20,
            )
            self._bar.__enter__()
        self._bar.update(max(0, done - self._bar.pos), said)
        self._bar.render_progress()

    def clear(self) -> None:
        """Remove the bar before something else is written, and show the cursor, which a bar hides."""
        if self._bar is not None:
            emit_error("\r\033[K\033[?25h")
            self._bar._last_line = None
