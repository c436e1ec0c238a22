"""The entry point: ``psion-contract`` and ``python -m psion_contract``.

Exit codes: 0 consistent, 1 findings, 2 could not run, 70 internal error, 130 interrupted. Every exception that
escapes a command ends here, so an internal error is never reported as a verdict.
"""

from __future__ import annotations

import gc
import os
import sys
from errno import EDQUOT, EFBIG, ENOSPC

from psion_contract import interruption

TYPE_CHECKING = (
    False  # as type checkers read it; an interruption while typing is imported would not be handled
)
if TYPE_CHECKING:
    from typing import TextIO

_GC_THRESHOLD = 100_000
"""Modules and documents are many objects and no garbage; with the default, looking for some is a twentieth of a short run."""

CONSISTENT, FINDINGS, COULD_NOT_RUN, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 70, 130


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(_GC_THRESHOLD)
    try:
        interruption.start()
        from psion_contract.cli import run

        code = run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = COULD_NOT_RUN  # nothing reads the output any more
    except BaseException as error:  # a library in Rust that panics raises what is no Exception
        code = INTERRUPTED if interruption.happened() else _report(error)
    interruption.stop()
    unwritten = _flush(sys.stdout)
    if unwritten is not None:
        if code in (CONSISTENT, FINDINGS) and not isinstance(unwritten, BrokenPipeError):
            _print_error(f"Error: standard output: {unwritten.strerror}")
        code = COULD_NOT_RUN
    _flush(sys.stderr)
    gc.disable()  # the interpreter would collect once more, for a process that ends
    sys.exit(code)


def _report(error: BaseException) -> int:
    """Report an exception that escaped from a command; returns the exit code."""
    cause = None
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT, EFBIG):
        cause = f"standard output: {error.strerror}"
    elif isinstance(error, MemoryError):
        cause = "out of memory; there is no verdict"
    elif isinstance(error, FileNotFoundError) and not _has_folder():
        cause = "the current folder does not exist any more; change to one that does"
    if cause is not None:
        _print_error(f"Error: {cause}")
        return COULD_NOT_RUN
    if os.environ.get("PSION_CONTRACT_TRACEBACK"):
        from traceback import format_exception

        _print_error("".join(format_exception(error)))  # an empty line follows
    _print_error(
        f"psion-contract: internal error, no verdict: {type(error).__name__}: {error}\n"
        "This is a bug in psion-contract, not in your documents. "
        "Set PSION_CONTRACT_TRACEBACK=1 for a traceback, and please report it."
    )
    return INTERNAL_ERROR


def _has_folder() -> bool:
    """Whether the current folder exists."""
    try:
        return bool(os.getcwd())
    except FileNotFoundError:
        return False


def _print_error(text: str) -> None:
    """Print to standard error. If that is closed or full, only the exit code remains."""
    from contextlib import suppress

    if sys.stderr is not None:
        with suppress(OSError):
            print(text, file=sys.stderr)


def _flush(stream: TextIO | None) -> OSError | None:
    """Write what a standard stream still holds; returns why that failed.

    Then the stream is redirected. Otherwise the interpreter would flush it again at exit, fail, and exit with another
    code.
    """
    if stream is None:  # closed from the start
        return None
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


if __name__ == "__main__":
    main()
