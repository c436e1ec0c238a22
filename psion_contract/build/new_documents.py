"""Builds configs and receipts, and derives every value that can be derived.

The caller provides what only the run knows. Before it is returned, the result is checked by every rule against its
model descriptor, corpus, sampling policy and config.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from psion_contract.build.inputs import Input, Inputs, in_order, refuse_unless_ok, warn_of
from psion_contract.build.report_rows import MeasuredRow, implausible, report_rows
from psion_contract.build.row_files import read_rows
from psion_contract.build.sealing import PLACEHOLDER, put_digests, without_digest_findings
from psion_contract.documents import digests
from psion_contract.documents.kinds import CONFIG, RECEIPT
from psion_contract.exceptions import ArgumentError, ContractWarning, RowsError
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.reading.python_values import plain
from psion_contract.reading.source import Source, json_object, source_of


class Replays(NamedTuple):
    """Replays of the order in which a run read its data, as ``record.observed_replays`` found them.

    Attributes:
        successful_replays: number of completed replays.
        exact_replay_observed: whether all replays gave the order of the run.
        summary: the replays in words.
        stable_dataset_identity: of the corpus that was read.
    """

    successful_replays: int
    exact_replay_observed: bool
    summary: str
    stable_dataset_identity: str


def new_config(
    descriptor: Input,
    corpus: Input,
    policy: Input,
    *,
    run_id: str,
    stage_id: str | None = None,
    label_smoothing_bps: int = 0,
    limits: Limits = DEFAULT_LIMITS,
) -> Json:
    """Build the config of a pretrain stage (section 1.1 of the contract), before the run.

    The schema version, the model's id, digests (D1, D2) and context length, the identity of the dataset, and
    the id and version of the sampling policy are derived.

    Documents and values come in any form that `check_documents` takes.

    Args:
        descriptor: the model that the stage trains.
        corpus: the manifest of the data that it reads.
        policy: the policy by which it mixes sources.
        run_id: id of the run.
        stage_id: id of the stage; ``{run_id}-stage-1-pretrain`` by default.
        label_smoothing_bps: label smoothing in basis points, from 0 to 10000.
        limits: the limits of the reader, per document.

    Returns:
        The config, with its members in contract order. It breaks no rule of severity error.

    Warns:
        ContractWarning: the config has findings of severity warning.

    Raises:
        ArgumentError: an argument has no JSON form; the message names the argument and the member.
        InconsistentError: the result or an input breaks a rule; the error has the report.
        UnreadableError: a file cannot be read.
        WrongKindError: an input is another kind of document.
    """
    inputs = Inputs(limits, descriptor=descriptor, corpus=corpus, policy=policy)
    run_id, stage_id = plain(run_id, "run_id"), plain(stage_id, "stage_id")
    model, data, mixture = inputs.values["descriptor"], inputs.values["corpus"], inputs.values["policy"]
    tokenizer = digests.tokenizer_binding_digest(model)
    dataset = data["replay_contract"]["stable_dataset_identity"]
    config = {
        "schema_version": CONFIG.version,
        "run_id": run_id,
        "stage_id": f"{run_id}-stage-1-pretrain" if stage_id is None else stage_id,
        "stage_kind": "pretrain",
        "model_id": model["model"]["model_id"],
        "model_descriptor_digest": digests.model_descriptor_digest(model),
        "tokenizer_binding_digest": tokenizer,
        "dataset_identity": dataset,
        "sampling_policy_id": mixture["policy_id"],
        "sampling_policy_version": mixture["policy_version"],
        "objective_config": {
            "objective_kind": "next_token_prediction",
            "loss_normalization": "by_target_token",
            "label_smoothing_bps": plain(label_smoothing_bps, "label_smoothing_bps"),
            "tokenizer_binding_digest": tokenizer,
            "dataset_identity": dataset,
            "max_context_tokens": model["config"]["max_context"],
        },
    }
    report = inputs.check("new config", config)
    refuse_unless_ok(report)
    warn_of(report)
    return in_order(CONFIG, config)


def new_receipt(
    config: Input,
    descriptor: Input,
    corpus: Input,
    policy: Input,
    *,
    reports: Iterable[MeasuredRow | Mapping[str, Any]] | Input,
    replays: Replays | None = None,
    successful_replays: int | None = None,
    exact_replay_observed: bool | None = None,
    promoted_checkpoint: Input,
    promoted_checkpoint_label: str,
    summary: str,
    base_checkpoint: Input | None = None,
    delivered_execution: Input | None = None,
    accelerator_execution: Input | None = None,
    replay_summary: str | None = None,
    replay_receipt_id: str | None = None,
    lineage_receipt_id: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Json:
    """Build the receipt of a pretrain stage (section 1.2 of the contract), after the run.

    The schema version, the members of the config, the kinds of splits, the replay contract of the corpus, the
    model of the lineage, and the digests D3, D4 and D5 are derived.

    Documents and values come in any form that `check_documents` takes.

    Args:
        config: the config that the run started with.
        descriptor: the model that was trained.
        corpus: the manifest of the data that was read.
        policy: the policy by which sources were mixed.
        reports: one row for each source family of each split of the corpus: what was measured (see
            `MeasuredRow`; tokens, sequences, nats), or finished rows as section 1.2 of the contract describes
            them, in the order of the receipt; or the path of a file of rows.
        replays: the replays as they were observed, from ``record.observed_replays``; or else the next two:
        successful_replays: number of completed replays of the data order, at least 1.
        exact_replay_observed: whether all of them reproduced the order exactly.
        promoted_checkpoint: checkpoint reference of the result, with times in milliseconds since the Unix epoch;
            this and the three objects below can also be the path of a JSON file.
        promoted_checkpoint_label: label of the result.
        summary: the stage in words.
        base_checkpoint: checkpoint reference that the stage resumed from; None for fresh weights.
        delivered_execution: what the stage ran on, if it is recorded.
        accelerator_execution: optimizer steps and their mean latency; needs `delivered_execution`.
        replay_summary: the replays in words; by default, derived from the arguments above.
        replay_receipt_id: ``{run_id}-replay`` by default.
        lineage_receipt_id: ``{run_id}-lineage`` by default.
        limits: the limits of the reader, per document.

    Returns:
        The receipt, with its members in contract order. It breaks no rule of severity error.

    Warns:
        ContractWarning: the receipt has findings of severity warning, or a loss is implausibly large.

    Raises:
        ArgumentError: an argument has no JSON form, or a file no JSON object; the message names the argument and the
            member, or the file and the line.
        InconsistentError: the result or an input breaks a rule; the error has the report.
        RowFileError: a file of rows cannot be used; the message has file, line and column.
        RowsError: `reports` cannot become rows of a receipt; the error has the first 100 problems.
        UnreadableError: a file cannot be read.
        WrongKindError: an input is another kind of document.
    """
    inputs = Inputs(limits, config=config, descriptor=descriptor, corpus=corpus, policy=policy)
    declared, data = inputs.values["config"], inputs.values["corpus"]
    run_id = declared["run_id"]
    identity = data["replay_contract"]["stable_dataset_identity"]
    replays = _replays(replays, successful_replays, exact_replay_observed, identity)
    rows = _rows(reports, data, limits)
    receipt = {
        **declared,
        "schema_version": RECEIPT.version,
        "source_family_reports": rows,
        "replay_receipt": {
            "receipt_id": _given(f"{run_id}-replay", replay_receipt_id, "replay_receipt_id"),
            **data["replay_contract"],
            "successful_replays": replays.successful_replays,
            "exact_replay_observed": replays.exact_replay_observed,
            "replay_digest": PLACEHOLDER,
            "summary": _given(replays.summary, replay_summary, "replay_summary"),
        },
        "checkpoint_lineage": {
            "receipt_id": _given(f"{run_id}-lineage", lineage_receipt_id, "lineage_receipt_id"),
            "promoted_checkpoint": json_object("promoted_checkpoint", promoted_checkpoint, limits),
            "base_checkpoint": json_object("base_checkpoint", base_checkpoint, limits),
            "promoted_checkpoint_label": plain(promoted_checkpoint_label, "promoted_checkpoint_label"),
            "model_id": declared["model_id"],
            "model_descriptor_digest": declared["model_descriptor_digest"],
            "checkpoint_lineage_digest": PLACEHOLDER,
        },
        "delivered_execution": json_object("delivered_execution", delivered_execution, limits),
        "accelerator_execution": json_object("accelerator_execution", accelerator_execution, limits),
        "summary": plain(summary, "summary"),
        "receipt_digest": PLACEHOLDER,
    }
    # Digests need a receipt that matches its schema, so everything else is checked first.
    refuse_unless_ok(without_digest_findings(inputs.check("new receipt", receipt)))
    put_digests(receipt)
    report = inputs.check("new receipt", receipt)
    refuse_unless_ok(report)
    warn_of(report)
    return in_order(RECEIPT, receipt)


def _rows(reports: Any, corpus: Json, limits: Limits) -> list[Json]:
    """The rows of a receipt, from measured rows or a file of them. Warns of implausible losses."""
    file = None
    if isinstance(reports, (Source, os.PathLike)):
        file = read_rows(source_of("reports", reports, limits), limits)
        reports = file.rows
    elif isinstance(reports, Iterator):
        reports = list(reports)
    try:
        rows = report_rows(reports, corpus)
    except RowsError as error:
        raise (file.error(error.problems) if file else error) from None
    if problems := implausible(reports):
        text = str(file.error(problems) if file else RowsError(problems))
        warnings.warn(ContractWarning(text), stacklevel=3)
    return rows


def _given(default: str, value: str | None, argument: str) -> Any:
    return default if value is None else plain(value, argument)


def _replays(observed: Replays | None, successful: Any, exact: Any, identity: str) -> Replays:
    """The replays of a corpus, observed or claimed."""
    claimed = {"successful_replays": successful, "exact_replay_observed": exact}
    if observed is not None:
        if given := [name for name, value in claimed.items() if value is not None]:
            raise ArgumentError(f"{given[0]}: already in replays; give only one of the two")
        if not isinstance(observed, Replays):
            raise ArgumentError(
                f"replays: expected what record.observed_replays returns, found a {type(observed).__name__}"
            )
        if observed.stable_dataset_identity != identity:
            raise ArgumentError(
                f"replays: the order is of {excerpt(observed.stable_dataset_identity)}; expected the corpus {excerpt(identity)}"
            )
        return observed
    for name, value in claimed.items():
        if value is None:
            raise ArgumentError(
                f"{name}: missing; give replays, or both successful_replays and exact_replay_observed"
            )
    successful, exact = (plain(value, name) for name, value in claimed.items())
    return Replays(successful, exact, _replays_in_words(successful, exact), identity)


def _replays_in_words(count: int, exact: bool) -> str:
    replays = f"{excerpt(count)} replay{'' if count == 1 else 's'} of the data order"
    return f"{replays}, {'exact' if exact else 'and not exact'}."
