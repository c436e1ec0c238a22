"""Where the times of records come from."""

from __future__ import annotations

from collections.abc import Callable
from time import time_ns

Clock = Callable[[], int]
"""Gives the time in milliseconds since the Unix epoch."""


def now_ms() -> int:
    """The system's time in milliseconds since the Unix epoch."""
    return time_ns() // 1_000_000
