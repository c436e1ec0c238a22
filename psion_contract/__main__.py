"""The entry point: ``psion-contract`` and ``python -m psion_contract``.

Exit codes: 0 consistent, 1 findings, 2 could not run, 70 a fault of our own. An exception of ours may not
look like a verdict, so every one that escapes a command ends here.
"""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, ENOSPC

CONSISTENT, FINDINGS, COULD_NOT_RUN, OUR_FAULT, INTERRUPTED = 0, 1, 2, 70, 130


def main() -> None:
    """Run the command line and exit."""
    try:
        from psion_contract.cli import run

        code = run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = COULD_NOT_RUN  # whoever read our output went away: there is nobody left to tell
    except Exception as error:
        code = _excused(error)
    sys.exit(code if _written(code) else COULD_NOT_RUN)


def _excused(error: Exception) -> int:
    """Say what kept a command from its end; the exit code."""
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
        print(f"psion-contract: standard output: {error.strerror}", file=sys.stderr)
        return COULD_NOT_RUN
    if os.environ.get("PSION_CONTRACT_TRACEBACK"):
        raise error
    print(
        f"psion-contract: internal error, no verdict: {type(error).__name__}: {error}\n"
        "This is a fault of psion-contract, not of your documents. "
        "Set PSION_CONTRACT_TRACEBACK=1 to see where, and please report it.",
        file=sys.stderr,
    )
    return OUR_FAULT


def _written(code: int) -> bool:
    """Whether all output has left the process; if not, the interpreter is kept from trying once more.

    It would try at the very end, and exit with a code of its own where that fails.
    """
    try:
        if sys.stdout is not None:  # it is where standard output was closed from the start
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code in (CONSISTENT, FINDINGS) and not isinstance(error, BrokenPipeError):
            print(f"psion-contract: standard output: {error.strerror}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    main()
