"""The entry point: ``psion-contract`` and ``python -m psion_contract``.

Exit codes: 0 consistent, 1 findings, 2 could not run, 70 internal error. Every exception that escapes a
command ends here, so an internal error is never reported as a verdict.
"""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, ENOSPC

CONSISTENT, FINDINGS, COULD_NOT_RUN, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 70, 130


def main() -> None:
    """Run the command line and exit."""
    try:
        from psion_contract.cli import run

        code = run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = COULD_NOT_RUN  # nothing reads the output any more
    except Exception as error:
        code = _report(error)
    sys.exit(code if _flush(code) else COULD_NOT_RUN)


def _report(error: Exception) -> int:
    """Report an exception that escaped from a command; returns the exit code."""
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
        print(f"psion-contract: standard output: {error.strerror}", file=sys.stderr)
        return COULD_NOT_RUN
    if os.environ.get("PSION_CONTRACT_TRACEBACK"):
        raise error
    print(
        f"psion-contract: internal error, no verdict: {type(error).__name__}: {error}\n"
        "This is a bug in psion-contract, not in your documents. "
        "Set PSION_CONTRACT_TRACEBACK=1 for a traceback, and please report it.",
        file=sys.stderr,
    )
    return INTERNAL_ERROR


def _flush(code: int) -> bool:
    """Whether all output has been written.

    If not, standard output is redirected. Otherwise the interpreter would flush it again at exit, fail, and exit with
    another code.
    """
    try:
        if sys.stdout is not None:  # None if it was closed from the start
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code in (CONSISTENT, FINDINGS) and not isinstance(error, BrokenPipeError):
            print(f"psion-contract: standard output: {error.strerror}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    main()
