"""``psion-contract new config`` and ``psion-contract new receipt``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.document_files import one_source, refuse_output, write_new
from psion_contract.cli.options import OUTPUT, PATH, F, limit_options, limits
from psion_contract.cli.terminal import emit_error, emit_error_report
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import ContractWarning
from psion_contract.reading.json_reader import Json, Limits
from psion_contract.reading.source import Source


@click.group("new")
def command() -> None:
    """Create a config or a receipt.

    The options provide what only the run knows; everything else is derived. A document that breaks the contract
    is not created. Exit codes: 0 created, 1 refused, with the findings on standard error, 2 could not run.
    """


def _file(*names: str, kind: click.Path = PATH, **options: Any) -> Callable[[F], F]:
    return click.option(*names, type=kind, metavar="FILE", **options)


def _shared_options(function: F) -> F:
    """Options of both commands: the input documents, and where the result is written."""
    for option in (
        click.option("--force", is_flag=True, help="Replace the output file if it exists."),
        _file("-o", "--output", kind=OUTPUT, help="Write to FILE instead of standard output."),
        _file("--policy", required=True, help="The sampling policy."),
        _file("--corpus", required=True, help="The tokenized corpus manifest."),
        _file("--descriptor", required=True, help="The model descriptor."),
    ):
        function = option(function)
    return function


@command.command("config")
@_shared_options
@click.option("--run-id", required=True, metavar="ID", help="Id of the run.")
@click.option("--stage-id", metavar="ID", help="Id of the stage.  [default: RUN_ID-stage-1-pretrain]")
@click.option(
    "--label-smoothing-bps",
    type=click.IntRange(0, 10_000),
    default=0,
    show_default=True,
    metavar="BPS",
    help="Label smoothing in basis points, at most 10000.",
)
@limit_options
def config(descriptor: str, corpus: str, policy: str, output: str | None, force: bool, **options: Any) -> int:
    """Create the config of a pretrain stage, before the run."""
    from psion_contract.build.new_documents import new_config

    bounds = limits(options)
    inputs = [one_source(path, bounds) for path in (descriptor, corpus, policy)]
    return _create(lambda: new_config(*inputs, limits=bounds, **options), inputs, bounds, output, force)


@command.command("receipt")
@_file("--config", required=True, help="The config that the run started with.")
@_shared_options
@_file("--reports", required=True, help="Measurements as JSON or CSV, one row per split and family.")
@_file("--promoted-checkpoint", required=True, help="Checkpoint reference of the result.")
@click.option(
    "--label",
    "promoted_checkpoint_label",
    required=True,
    metavar="ID",
    help="Label of the promoted checkpoint.",
)
@_file("--base-checkpoint", help="Checkpoint reference that the stage resumed from, if any.")
@_file("--execution", help="What the stage ran on: the receipt's delivered_execution.")
@_file("--accelerator", help="Steps and latency: the receipt's accelerator_execution.")
@_file("--order", help="The log of the order in which the run read its data; with --replays.")
@_file("--replays", multiple=True, help="The log of a replay of that order; can be repeated.")
@click.option(
    "--successful-replays",
    type=click.IntRange(1, 65_535),
    metavar="N",
    help="Instead of logs, the number of completed replays of the data order.",
)
@click.option("--not-exact", is_flag=True, help="These replays did not reproduce the order exactly.")
@click.option(
    "--replay-summary", metavar="TEXT", help="The replays in words.  [default: number and exactness]"
)
@click.option("--summary", required=True, metavar="TEXT", help="The stage in words.")
@limit_options
def receipt(
    config: str,
    descriptor: str,
    corpus: str,
    policy: str,
    reports: str,
    promoted_checkpoint: str,
    base_checkpoint: str | None,
    execution: str | None,
    accelerator: str | None,
    order: str | None,
    replays: tuple[str, ...],
    successful_replays: int | None,
    not_exact: bool,
    output: str | None,
    force: bool,
    **options: Any,
) -> int:
    """Create the receipt of a pretrain stage, after the run.

    The rows of --reports have the columns split, family, sources, tokens, sequences, loss and detail; sources
    and detail are optional, and sources are separated by ";". Counts are converted to basis points that add
    up to 10000 in every split, and losses from nats to thousandths of a nat.
    """
    from psion_contract.build.new_documents import new_receipt

    claimed = _replays(order, replays, successful_replays, not_exact)
    bounds = limits(options)
    inputs = [one_source(path, bounds) for path in (config, descriptor, corpus, policy)]
    files = {
        "reports": reports,
        "promoted_checkpoint": promoted_checkpoint,
        "base_checkpoint": base_checkpoint,
        "delivered_execution": execution,
        "accelerator_execution": accelerator,
    }
    arguments = {
        **{name: None if path is None else one_source(path, bounds) for name, path in files.items()},
        **claimed,
        **options,
    }
    return _create(lambda: new_receipt(*inputs, limits=bounds, **arguments), inputs, bounds, output, force)


def _replays(
    order: str | None, replays: tuple[str, ...], count: int | None, not_exact: bool
) -> dict[str, Any]:
    """The arguments of `new_receipt` about replays, observed in logs or claimed."""
    if (order is None) != (not replays):
        raise click.UsageError("--order and --replays need each other")
    if (order is None) == (count is None):
        raise click.UsageError("give either --order with --replays, or --successful-replays")
    if order is None:
        return {"successful_replays": count, "exact_replay_observed": not not_exact}
    if not_exact:
        raise click.UsageError("--not-exact belongs to --successful-replays; logs tell by themselves")
    from psion_contract.exceptions import ArgumentError, OrderLogError
    from psion_contract.record.replays import observed_replays

    try:
        return {"replays": observed_replays(order, replays)}
    except (ArgumentError, OrderLogError) as error:
        raise click.ClickException(str(error)) from error


def _create(
    create: Callable[[], Json], inputs: list[Source], bounds: Limits, output: str | None, force: bool
) -> int:
    """Create a document and write it; returns the exit code."""
    from psion_contract.exceptions import ArgumentError, InconsistentError, RowFileError, WrongKindError

    refuse_output(output)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ContractWarning)
        try:
            text = document_text(create())
        except (ArgumentError, RowFileError, WrongKindError) as error:
            raise click.ClickException(str(error)) from error
        except InconsistentError as error:
            emit_error_report(error.report, "no document was created")
            return 1
    write_new(text, output, force)
    for warning in caught:
        if isinstance(warning.message, ContractWarning) and warning.message.report is None:
            emit_error(f"{warning.message}\n")
    report = Checker(inputs, limits=bounds).check([Source(output or "<stdout>", text.encode())])
    if report.findings:  # warnings only
        emit_error_report(report)
    return 0
