"""``psion-contract replay``."""

from __future__ import annotations

import os

import click

from psion_contract.cli.options import PATH
from psion_contract.cli.terminal import emit
from psion_contract.exceptions import ArgumentError, OrderLogError, PsionContractError
from psion_contract.reading.escaping import counted, printable


@click.group("replay")
def command() -> None:
    """Compare the order of a run with replays of it."""


@command.command("compare")
@click.argument("first", type=PATH, metavar="FIRST")
@click.argument("second", type=PATH, metavar="SECOND")
def compare(first: str, second: str) -> int:
    """Compare two orders of reading, and find the first place where they differ.

    FIRST and SECOND are logs of orders, or folders with one log per process: rank-0.log, rank-1.log and so on. Exit codes:
    0 the orders are the same, 1 they differ, 2 could not run, for example because one log is a copy of the other.
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


@command.command("check")
@click.argument("receipt", type=PATH, metavar="RECEIPT")
@click.option(
    "--order", type=PATH, metavar="PATH", help="The order of the run.  [default: order beside RECEIPT]"
)
@click.option(
    "--replays",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="The order of a replay; can be repeated.  [default: every replay-N beside RECEIPT]",
)
def check(receipt: str, order: str | None, replays: tuple[str, ...]) -> int:
    """Compare what a receipt says about its replays with their logs.

    Logs are named as for compare. Exit codes: 0 the receipt agrees with the logs, 1 it does not, 2 could not run, for
    example because one log is a copy of another.
    """
    from pathlib import Path

    from psion_contract.build.inputs import Inputs
    from psion_contract.reading.json_reader import DEFAULT_LIMITS
    from psion_contract.record.replays import replay_flaws

    folder = os.path.dirname(receipt) or os.curdir
    order = os.path.join(folder, "order") if order is None else order
    try:
        value = Inputs(DEFAULT_LIMITS, receipt=Path(receipt)).values["receipt"]
        flaws = replay_flaws(value, order, replays or _beside(folder))
    except PsionContractError as error:
        raise click.ClickException(str(error)) from error
    if flaws:
        emit("".join(f"{printable(receipt)}: {each}\n" for each in flaws))
        return 1
    emit(f"{printable(receipt)}: says what the logs say\n")
    return 0


def _beside(folder: str) -> list[str]:
    """The orders of replays in the folder of a run."""
    try:
        names = sorted(each for each in os.listdir(folder) if each.startswith("replay-"))
    except OSError as error:
        raise ArgumentError(f"{printable(folder)}: {error.strerror}") from error
    return [os.path.join(folder, each) for each in names]
