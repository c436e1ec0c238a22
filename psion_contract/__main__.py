"""The entry point: ``psion-contract`` and ``python -m psion_contract``.

Exit codes: 0 consistent, 1 findings, 2 could not run, 70 a fault of our own. An exception of ours may not
look like a verdict, so every one that escapes a command ends here.
"""

from __future__ import annotations

import os
import sys

CONSISTENT, FINDINGS, COULD_NOT_RUN, OUR_FAULT, INTERRUPTED = 0, 1, 2, 70, 130


def main() -> None:
    """Run the command line and exit."""
    try:
        from psion_contract.cli import run

        code = run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away: there is nobody left to tell, and no verdict was given.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = COULD_NOT_RUN
    except Exception as error:
        if os.environ.get("PSION_CONTRACT_TRACEBACK"):
            raise
        print(
            f"psion-contract: internal error, no verdict: {type(error).__name__}: {error}\n"
            "This is a fault of psion-contract, not of your documents. "
            "Set PSION_CONTRACT_TRACEBACK=1 to see where, and please report it.",
            file=sys.stderr,
        )
        code = OUR_FAULT
    sys.exit(code)


if __name__ == "__main__":
    main()
