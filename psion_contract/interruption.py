"""How a command is ended from outside: whatever a person or a system sends for it interrupts the command as Ctrl-C does."""

from __future__ import annotations

import signal
from time import monotonic

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What Ctrl-C, a system and a terminal that is closed send."""

_AGAIN = 1.0
"""Seconds within which another signal means the same: many senders send one to the process and one to its group."""

_first: float | None = None


def start() -> None:
    """Have the signals interrupt this process; those that whoever started it has it ignore, as ``nohup`` does, do not."""
    global _first  # noqa: PLW0603 - one for each process
    _first = None
    for number in SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)


def stop() -> None:
    """Have a first signal end this process at once: its exit code is known, and there is nothing left to end properly."""
    for number in SIGNALS:
        if _first is None and signal.getsignal(number) is _interrupt:
            signal.signal(number, signal.SIG_DFL)


def happened() -> bool:
    """Whether a signal has come since the start."""
    return _first is not None


def _interrupt(number: int, _: object) -> None:
    """Interrupt the process once; if it has not ended after a while, end it."""
    global _first  # noqa: PLW0603 - one for each process
    if _first is None:
        _first = monotonic()
        raise KeyboardInterrupt
    if monotonic() - _first > _AGAIN:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
