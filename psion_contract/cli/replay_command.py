"""``psion-contract replay``."""

from __future__ import annotations

import click

from psion_contract.cli.options import PATH
from psion_contract.cli.terminal import emit
from psion_contract.exceptions import OrderLogError
from psion_contract.reading.escaping import counted, printable


@click.group("replay")
def command() -> None:
    """Compare the order of a run with a replay of it."""


@command.command("compare")
@click.argument("first", type=PATH, metavar="FIRST")
@click.argument("second", type=PATH, metavar="SECOND")
def compare(first: str, second: str) -> int:
    """Compare two orders of reading, and find the first place where they differ.

    FIRST and SECOND are logs of orders, or folders with rank-0.log and so on, a log for each process. Exit codes: 0 the
    same order, 1 another one, 2 could not run, such as for two copies of one log.
    """
    from psion_contract.record.replays import compare_orders

    try:
        compared = compare_orders(first, second)
    except OrderLogError as error:
        raise click.ClickException(str(error)) from error
    size = f"{counted(compared.sequences, 'sequence')} in {counted(compared.steps, 'step')}"
    if compared.divergence is None:
        emit(f"exact: {size}, digest {compared.digest}\n")
        if not compared.distinct:
            emit(
                "but one may be a copy of the other: logs of version 1 do not say which recording they are\n"
            )
        return 0
    emit(f"not exact: the first difference is at\n  {printable(str(compared.divergence))}\n")
    if not compared.complete:
        emit(f"{printable(second)} is not complete: the first order has {size}\n")
    return 1
