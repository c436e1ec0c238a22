"""``psion-contract new config`` and ``psion-contract new receipt``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.document_files import one_source, write_new
from psion_contract.cli.options import OUTPUT, PATH, F, limit_options, limits
from psion_contract.cli.terminal import emit_error_report
from psion_contract.documents.serialising import document_text
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
@click.option(
    "--successful-replays",
    type=click.IntRange(1, 65_535),
    required=True,
    metavar="N",
    help="Number of completed replays of the data order.",
)
@click.option("--not-exact", is_flag=True, help="The replays did not reproduce the order exactly.")
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
    from psion_contract.build.row_files import read_object, read_rows
    from psion_contract.exceptions import RowFileError, RowsError

    bounds = limits(options)
    inputs = [one_source(path, bounds) for path in (config, descriptor, corpus, policy)]

    def object_of(path: str | None) -> dict[str, Any] | None:
        return None if path is None else read_object(one_source(path, bounds), bounds)

    try:
        measured = read_rows(one_source(reports, bounds), bounds)
        arguments = {
            "promoted_checkpoint": object_of(promoted_checkpoint),
            "base_checkpoint": object_of(base_checkpoint),
            "delivered_execution": object_of(execution),
            "accelerator_execution": object_of(accelerator),
            "exact_replay_observed": not not_exact,
            **options,
        }
    except RowFileError as error:
        raise click.ClickException(str(error)) from error

    def create() -> Json:
        try:
            return new_receipt(*inputs, reports=measured.rows, limits=bounds, **arguments)
        except RowsError as error:
            raise click.ClickException(str(measured.error(error.problems))) from error

    return _create(create, inputs, bounds, output, force)


def _create(
    create: Callable[[], Json], inputs: list[Source], bounds: Limits, output: str | None, force: bool
) -> int:
    """Create a document and write it; returns the exit code."""
    from psion_contract.exceptions import InconsistentError, WrongKindError

    try:
        text = document_text(create())
    except WrongKindError as error:
        raise click.ClickException(str(error)) from error
    except InconsistentError as error:
        emit_error_report(error.report, "no document was created")
        return 1
    write_new(text, output, force)
    report = Checker(inputs, limits=bounds).check([Source(output or "<stdout>", text.encode())])
    if report.findings:  # warnings only
        emit_error_report(report)
    return 0
