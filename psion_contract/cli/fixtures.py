"""``psion-contract fixtures``."""

from __future__ import annotations

import click

from psion_contract.cli.common import emit


@click.command("fixtures")
@click.option("--check/--write", "check", default=True, help="Compare the files, or write them anew.")
def command(check: bool) -> int:
    """Hold the canonical documents under fixtures/ to the code that builds them."""
    from psion_contract import canonical

    if not check:
        written = canonical.write()
        emit("".join(f"wrote {path}\n" for path in written) or "every fixture is as it should be\n")
        return 0
    differing = canonical.differences()
    emit("".join(f"differs: {path}\n" for path in differing) or "every fixture is as it should be\n")
    return 1 if differing else 0
