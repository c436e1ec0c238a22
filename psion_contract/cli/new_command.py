"""``psion-contract new``: its group, and the commands for configs and receipts."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.cli.creating import create, file_option, output_options
from psion_contract.cli.document_files import one_source
from psion_contract.cli.new_inputs import corpus, descriptor, policy
from psion_contract.cli.options import F, limit_options, limits


@click.group("new")
def command() -> None:
    """Create a model descriptor, a corpus manifest, a sampling policy, a config or a receipt.

    The options and sidecars provide what only you know; everything else is derived. A document that breaks the contract
    is not created. Exit codes: 0 created, 1 refused, with the findings on standard error, 2 could not run.
    """


def _shared_options(function: F) -> F:
    """Options of both commands: the input documents, and where the result is written."""
    for option in (
        output_options,
        file_option("--policy", required=True, help="The sampling policy."),
        file_option("--corpus", required=True, help="The tokenized corpus manifest."),
        file_option("--descriptor", required=True, help="The model descriptor."),
    ):
        function = option(function)
    return function


for _command in (descriptor, corpus, policy):
    command.add_command(_command)


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
    return create(lambda: new_config(*inputs, limits=bounds, **options), inputs, bounds, output, force)


@command.command("receipt")
@file_option("--config", required=True, help="The config that the run started with.")
@_shared_options
@file_option("--reports", required=True, help="Measurements as JSON or CSV, one row per split and family.")
@file_option("--promoted-checkpoint", required=True, help="Checkpoint reference of the result.")
@click.option(
    "--label",
    "promoted_checkpoint_label",
    required=True,
    metavar="ID",
    help="Label of the promoted checkpoint.",
)
@file_option("--base-checkpoint", help="Checkpoint reference that the stage resumed from, if any.")
@file_option("--execution", help="What the stage ran on: the receipt's delivered_execution.")
@file_option("--accelerator", help="Steps and latency: the receipt's accelerator_execution.")
@file_option("--order", help="The log of the order in which the run read its data; with --replays.")
@file_option("--replays", multiple=True, help="The log of a replay of that order; can be repeated.")
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
    return create(lambda: new_receipt(*inputs, limits=bounds, **arguments), inputs, bounds, output, force)


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
