"""Builds configs and receipts, and derives every value that can be derived.

The caller provides what only the run knows. Before it is returned, the result is checked by every rule against its
model descriptor, corpus, sampling policy and config.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psion_contract.build.inputs import Input, Inputs, refuse_unless_ok
from psion_contract.build.report_rows import MeasuredRow, report_rows
from psion_contract.build.sealing import PLACEHOLDER, put_digests, without_digest_findings
from psion_contract.documents import digests
from psion_contract.documents.kinds import CONFIG, RECEIPT, Kind
from psion_contract.documents.serialising import in_contract_order
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits, read, to_bytes


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

    Args:
        descriptor: the model that the stage trains.
        corpus: the manifest of the data that it reads.
        policy: the policy by which it mixes sources.
        run_id: id of the run.
        stage_id: id of the stage; ``{run_id}-stage-1-pretrain`` by default.
        label_smoothing_bps: label smoothing in basis points, from 0 to 10000.
        limits: the limits of the reader, per document.

    Returns:
        The config, with its members in contract order. It breaks no rule.

    Raises:
        InconsistentError: the result or an input breaks a rule; the error has the report.
        WrongKindError: an input is another kind of document.
        ValueError: an argument is not a JSON value.
    """
    inputs = Inputs(limits, descriptor=descriptor, corpus=corpus, policy=policy)
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
            "label_smoothing_bps": label_smoothing_bps,
            "tokenizer_binding_digest": tokenizer,
            "dataset_identity": dataset,
            "max_context_tokens": model["config"]["max_context"],
        },
    }
    refuse_unless_ok(inputs.check("new config", config))
    return _plain(CONFIG, config)


def new_receipt(
    config: Input,
    descriptor: Input,
    corpus: Input,
    policy: Input,
    *,
    reports: Iterable[MeasuredRow | Mapping[str, Any]],
    successful_replays: int,
    exact_replay_observed: bool,
    promoted_checkpoint: Mapping[str, Any],
    promoted_checkpoint_label: str,
    summary: str,
    base_checkpoint: Mapping[str, Any] | None = None,
    delivered_execution: Mapping[str, Any] | None = None,
    accelerator_execution: Mapping[str, Any] | None = None,
    replay_summary: str | None = None,
    replay_receipt_id: str | None = None,
    lineage_receipt_id: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Json:
    """Build the receipt of a pretrain stage (section 1.2 of the contract), after the run.

    The schema version, the members of the config, the kinds of splits, the replay contract of the corpus, the
    model of the lineage, and the digests D3, D4 and D5 are derived.

    Args:
        config: the config that the run started with.
        descriptor: the model that was trained.
        corpus: the manifest of the data that was read.
        policy: the policy by which sources were mixed.
        reports: one row for each source family of each split of the corpus: what was measured (see
            `MeasuredRow`; tokens, sequences, nats), or finished rows as section 1.2 of the contract describes
            them, in the order of the receipt.
        successful_replays: number of completed replays of the data order, at least 1.
        exact_replay_observed: whether all of them reproduced the order exactly.
        promoted_checkpoint: checkpoint reference of the result, with times in milliseconds since the Unix epoch.
        promoted_checkpoint_label: label of the result.
        summary: the stage in words.
        base_checkpoint: checkpoint reference that the stage resumed from; None for fresh weights.
        delivered_execution: what the stage ran on, if it is recorded.
        accelerator_execution: optimizer steps and their mean latency; needs `delivered_execution`.
        replay_summary: the replays in words; by default, derived from the two arguments above.
        replay_receipt_id: ``{run_id}-replay`` by default.
        lineage_receipt_id: ``{run_id}-lineage`` by default.
        limits: the limits of the reader, per document.

    Returns:
        The receipt, with its members in contract order. It breaks no rule of severity error;
        ``check_documents`` reports warnings, if any.

    Raises:
        InconsistentError: the result or an input breaks a rule; the error has the report.
        RowsError: `reports` cannot become rows of a receipt; the error has every problem.
        WrongKindError: an input is another kind of document.
        ValueError: an argument is not a JSON value.
    """
    inputs = Inputs(limits, config=config, descriptor=descriptor, corpus=corpus, policy=policy)
    declared, data = inputs.values["config"], inputs.values["corpus"]
    run_id = declared["run_id"]
    if replay_summary is None:
        replay_summary = _replays_in_words(successful_replays, exact_replay_observed)
    receipt = {
        **declared,
        "schema_version": RECEIPT.version,
        "source_family_reports": report_rows(reports, data),
        "replay_receipt": {
            "receipt_id": f"{run_id}-replay" if replay_receipt_id is None else replay_receipt_id,
            **data["replay_contract"],
            "successful_replays": successful_replays,
            "exact_replay_observed": exact_replay_observed,
            "replay_digest": PLACEHOLDER,
            "summary": replay_summary,
        },
        "checkpoint_lineage": {
            "receipt_id": f"{run_id}-lineage" if lineage_receipt_id is None else lineage_receipt_id,
            "promoted_checkpoint": _object(promoted_checkpoint),
            "base_checkpoint": _object(base_checkpoint),
            "promoted_checkpoint_label": promoted_checkpoint_label,
            "model_id": declared["model_id"],
            "model_descriptor_digest": declared["model_descriptor_digest"],
            "checkpoint_lineage_digest": PLACEHOLDER,
        },
        "delivered_execution": _object(delivered_execution),
        "accelerator_execution": _object(accelerator_execution),
        "summary": summary,
        "receipt_digest": PLACEHOLDER,
    }
    # Digests need a receipt that matches its schema, so everything else is checked first.
    refuse_unless_ok(without_digest_findings(inputs.check("new receipt", receipt)))
    put_digests(receipt)
    refuse_unless_ok(inputs.check("new receipt", receipt))
    return _plain(RECEIPT, receipt)


def _plain(kind: Kind, document: Json) -> Json:
    """A copy that shares nothing with the caller's objects: only JSON types, members in contract order."""
    ordered: Json = in_contract_order(kind.version, read(to_bytes(document)).value)
    return ordered


def _object(value: Mapping[str, Any] | None) -> Any:
    """A mapping as a plain object; anything else unchanged, for the schema to refuse."""
    return dict(value) if isinstance(value, Mapping) else value


def _replays_in_words(count: int, exact: bool) -> str:
    replays = f"{excerpt(count)} replay{'' if count == 1 else 's'} of the data order"
    return f"{replays}, {'exact' if exact else 'and not exact'}."
