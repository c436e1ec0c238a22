"""The command line, run inside the process of the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class CommandResult(NamedTuple):
    """What one run of a command gave.

    Attributes:
        code: the exit code.
        out: standard output.
        err: standard error.
    """

    code: int
    out: str
    err: str


RunCommand = Callable[..., CommandResult]
"""Runs ``psion-contract`` with the given arguments, and with ``stdin`` (bytes) as standard input."""
