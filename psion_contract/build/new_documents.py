"""What a trainer calls: configs and receipts with everything filled in that can be derived.

The caller gives what the run alone knows. What comes back is checked first: against its model descriptor,
corpus, sampling policy and config, by every rule (docs/producing.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psion_contract.documents import digests, schemas
from psion_contract.documents.digests import Json
from psion_contract.build.inputs import Given, Input, refuse_unless_ok
from psion_contract.documents.kinds import CONFIG, RECEIPT, Kind
from psion_contract.reading.escaping import shown
from psion_contract.build.report_rows import MeasuredRow, report_rows
from psion_contract.build.sealing import PLACEHOLDER, put_digests, without_digest_findings
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, read, to_bytes


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
    """The config of a pretrain stage (section 1.1 of the contract), to be written before the run.

    Derived are the schema version, the model's id and digests (D1, D2) and context length, the identity of
    the data set, and the id and version of the sampling policy.

    Args:
        descriptor: of the model that the stage trains.
        corpus: the manifest of the data that it reads.
        policy: by which it mixes sources.
        run_id: of the run.
        stage_id: of the stage; ``{run_id}-stage-1-pretrain`` unless told.
        label_smoothing_bps: label smoothing in basis points, 0 to 10000.
        limits: what the reader accepts at most of each document.

    Returns:
        The config, members in contract order. It fits its schema and holds to every rule.

    Raises:
        InconsistentError: it would not; the error carries the report.
        WrongKindError: an input is another kind of document.
        ValueError: a value is not JSON.
    """
    given = Given(limits, descriptor=descriptor, corpus=corpus, policy=policy)
    model, data, mixture = given.values["descriptor"], given.values["corpus"], given.values["policy"]
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
    refuse_unless_ok(given.check("new config", config))
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
    """The receipt of a pretrain stage (section 1.2 of the contract), to be written after the run.

    Derived are the schema version, the members that the config declares, the kinds of splits, the replay
    contract of the corpus, the model of the lineage, and the digests D3, D4 and D5.

    Args:
        config: that the run was started with.
        descriptor: of the model that was trained.
        corpus: the manifest of the data that was read.
        policy: by which sources were mixed.
        reports: one row for each source family of each split of the corpus: what was measured (see
            `MeasuredRow`; tokens, sequences, nats), or finished rows as the contract spells them. Their
            order is kept.
        successful_replays: how many replays of the order of the data ran to their end, at least 1.
        exact_replay_observed: whether they gave exactly the same order.
        promoted_checkpoint: the checkpoint that came out, a checkpoint reference (times in milliseconds).
        promoted_checkpoint_label: what to call it.
        summary: the stage in words.
        base_checkpoint: the checkpoint that the stage started from; None for fresh weights.
        delivered_execution: on what the stage really ran; None where that is not said.
        accelerator_execution: optimizer steps and their mean latency; needs `delivered_execution`.
        replay_summary: the replays in words; where None, what the two members above say.
        replay_receipt_id: ``{run_id}-replay`` unless told.
        lineage_receipt_id: ``{run_id}-lineage`` unless told.
        limits: what the reader accepts at most of each document.

    Returns:
        The receipt, members in contract order. It fits its schema and holds to every rule; there may be
        warnings, which ``check_documents`` tells.

    Raises:
        InconsistentError: it would not; the error carries the report.
        RowsError: no rows of a receipt can be made of `reports`; the error carries every problem.
        WrongKindError: an input is another kind of document.
        ValueError: a value is not JSON.
    """
    given = Given(limits, config=config, descriptor=descriptor, corpus=corpus, policy=policy)
    declared, data = given.values["config"], given.values["corpus"]
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
    # The digests can be made only of a receipt that fits its schema, so everything else is checked first.
    refuse_unless_ok(without_digest_findings(given.check("new receipt", receipt)))
    put_digests(receipt)
    refuse_unless_ok(given.check("new receipt", receipt))
    return _plain(RECEIPT, receipt)


def _plain(kind: Kind, document: Json) -> Json:
    """A copy that shares nothing with the caller's objects: JSON types alone, members in contract order."""
    ordered: Json = schemas.in_contract_order(kind.version, read(to_bytes(document)).value)
    return ordered


def _object(value: Mapping[str, Any] | None) -> Any:
    """A mapping as a plain object; anything else as it is, for the schema to refuse."""
    return dict(value) if isinstance(value, Mapping) else value


def _replays_in_words(count: int, exact: bool) -> str:
    replays = f"{shown(count)} replay{'' if count == 1 else 's'} of the order of the data"
    return f"{replays}, {'exact' if exact else 'and not exact'}."
