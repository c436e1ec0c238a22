"""Summaries of runs, made of their documents; `run_summary` has their form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from psion_contract.documents.document import Document
from psion_contract.documents.kinds import PROGRAM, RECEIPT
from psion_contract.documents.stage_kinds import next_step
from psion_contract.evidence.run_summary import (
    ROLES,
    Checkpoint,
    FamilyRow,
    Lineage,
    Objective,
    Place,
    ProgramSummary,
    ReceiptSummary,
    Reference,
    Replay,
    Split,
    Stage,
    StoredDigest,
    Summaries,
    TraceCount,
)
from psion_contract.evidence.stored_digests import Row as DigestRow
from psion_contract.evidence.stored_digests import rows as digest_rows
from psion_contract.reading.json_reader import MAX_SAFE_INTEGER
from psion_contract.reading.pointers import value_at
from psion_contract.resolution import Resolver

_MAX_INTEGER = 2**64 - 1


def summaries(documents: Iterable[Document], resolver: Resolver | None = None) -> Summaries:
    """Summarise the receipts and stage programs among some documents.

    Args:
        documents: the documents to summarise; other kinds than receipts and programs are passed over.
        resolver: resolves their references; without it, they are resolved among `documents`.
    """
    documents = list(documents)
    if resolver is None:
        resolver = Resolver(documents)
    promoters = _promoters(documents)
    return Summaries(
        tuple(_receipt(each, resolver, promoters) for each in documents if each.kind == RECEIPT),
        tuple(_program(each, resolver) for each in documents if each.kind == PROGRAM),
    )


_CheckpointKey = tuple[str | None, str | None, str | None]


def _promoters(documents: Iterable[Document]) -> dict[_CheckpointKey, Document]:
    """By checkpoint, the first receipt that promotes it."""
    found: dict[_CheckpointKey, Document] = {}
    for document in documents:
        if document.kind == RECEIPT:
            promoted = _checkpoint(value_at(document.value, "/checkpoint_lineage/promoted_checkpoint"))
            if promoted is not None:
                found.setdefault(promoted[:3], document)
    return found


def _receipt(
    document: Document, resolver: Resolver, promoters: dict[_CheckpointKey, Document]
) -> ReceiptSummary:
    value, found = document.value, resolver.resolve(document).documents
    splits = tuple(_splits(document, found.get("corpus"), found.get("policy")))
    return ReceiptSummary(
        _place(document),
        document.judged,
        bool(document.broken),
        _text(value, "run_id"),
        _text(value, "stage_id"),
        _text(value, "receipt_digest"),
        _text(value, "model_id"),
        _text(value, "dataset_identity"),
        _text(value, "sampling_policy_id"),
        _text(value, "sampling_policy_version"),
        _text(value, "summary"),
        _objective(value.get("objective_config")),
        _replay(value.get("replay_receipt")),
        tuple(Reference(role, _place(found[role]) if role in found else None) for role in ROLES),
        tuple(dict.fromkeys(row.family for split in splits for row in split.rows)),
        splits,
        _lineage(document, promoters),
        _digests(document, resolver),
    )


def _objective(value: Any) -> Objective:
    return Objective(
        _text(value, "objective_kind"),
        _text(value, "loss_normalization"),
        _integer(value, "label_smoothing_bps"),
        _integer(value, "max_context_tokens"),
    )


def _replay(value: Any) -> Replay:
    exact = value.get("exact_replay_observed") if isinstance(value, dict) else None
    return Replay(
        _text(value, "iteration_mode"),
        _text(value, "shard_ordering"),
        _integer(value, "deterministic_shuffle_seed"),
        _integer(value, "successful_replays"),
        exact if isinstance(exact, bool) else None,
    )


class _CorpusSplit(NamedTuple):
    kind: str | None
    token_count: int | None
    sequence_count: int | None
    families: dict[str, None]


def _corpus_splits(corpus: dict[str, Any]) -> dict[str, _CorpusSplit]:
    """The splits of a corpus by name; of splits with the same name, the first one."""
    found: dict[str, _CorpusSplit] = {}
    for split in _objects(corpus, "splits"):
        name = _text(split, "split_name")
        if name is not None:
            counts = _integer(split, "token_count"), _integer(split, "sequence_count")
            families = dict.fromkeys(_texts(split, "source_family_ids"))
            found.setdefault(name, _CorpusSplit(_text(split, "kind"), *counts, families))
    return found


_Weights = dict[str | None, tuple[int | None, int | None]]
_UNWEIGHTED = (None, None)


def _weights(policy: dict[str, Any]) -> _Weights:
    """By family, its weight and its cap; of weights of the same family, the first one."""
    found: _Weights = {}
    for weight in _objects(policy, "source_family_weights"):
        numbers = _integer(weight, "sampling_weight_bps"), _integer(weight, "maximum_family_token_share_bps")
        found.setdefault(_text(weight, "source_family_id"), numbers)
    return found


def _splits(receipt: Document, corpus: Document | None, policy: Document | None) -> Iterator[Split]:
    """The splits of a receipt and those that it lacks."""
    known: dict[str, _CorpusSplit] | None = None
    if corpus is not None and corpus.broken_at(("/splits",)) is None:
        known = corpus.remember(_corpus_splits)
    weights: _Weights = {} if policy is None else policy.remember(_weights)
    reported: dict[str | None, list[FamilyRow]] = {}
    kinds: dict[str | None, str | None] = {}
    train_losses: dict[str | None, int | None] = {}
    rows = list(_indexed_objects(receipt.value, "source_family_reports"))
    for _, row in rows:
        if _text(row, "split_kind") == "train":
            train_losses.setdefault(_text(row, "source_family_id"), _loss(row))
    for index, row in rows:
        name, family, kind = (
            _text(row, "split_name"),
            _text(row, "source_family_id"),
            _text(row, "split_kind"),
        )
        in_corpus = known.get(name) if known and name is not None else None
        is_known = known is None or (in_corpus is not None and family in in_corpus.families)
        pointer = f"{receipt.pointer}/source_family_reports/{index}"
        weight = weights.get(family, _UNWEIGHTED) if kind == "train" else _UNWEIGHTED
        train_loss = None if kind == "train" else train_losses.get(family)
        reported.setdefault(name, []).append(_row(row, family, is_known, pointer, weight, train_loss))
        kinds.setdefault(name, kind)
    for name, split in (known or {}).items():
        reported.setdefault(name, [])
        kinds.setdefault(name, split.kind)
    for name, of_split in reported.items():
        in_corpus = known.get(name) if known and name is not None else None
        if in_corpus is not None:
            seen = {row.family for row in of_split}
            for family in in_corpus.families:
                if family not in seen:
                    weight = weights.get(family, _UNWEIGHTED) if kinds[name] == "train" else _UNWEIGHTED
                    of_split.append(FamilyRow(family, "missing", weight_bps=weight[0], cap_bps=weight[1]))
        yield Split(
            name,
            kinds[name],
            None if known is None else in_corpus is not None,
            None if in_corpus is None else in_corpus.token_count,
            None if in_corpus is None else in_corpus.sequence_count,
            sum(row.token_share_bps or 0 for row in of_split),
            sum(row.sequence_share_bps or 0 for row in of_split),
            tuple(of_split),
        )


def _row(
    row: dict[str, Any],
    family: str | None,
    is_known: bool,
    pointer: str,
    weight: tuple[int | None, int | None],
    train_loss: int | None,
) -> FamilyRow:
    share, loss, cap = _integer(row, "token_share_bps_within_split"), _loss(row), weight[1]
    return FamilyRow(
        family,
        "reported" if is_known else "unknown",
        pointer,
        _texts(row, "source_ids"),
        share,
        _integer(row, "sequence_share_bps_within_split"),
        loss,
        None if loss is None or train_loss is None else loss - train_loss,
        *weight,
        share is not None and cap is not None and share > cap,
    )


def _loss(row: dict[str, Any]) -> int | None:
    return _integer(row, "mean_next_token_loss_milli")


def _lineage(receipt: Document, promoters: dict[_CheckpointKey, Document]) -> Lineage:
    lineage = receipt.value.get("checkpoint_lineage")
    base = _checkpoint(value_at(lineage, "/base_checkpoint"))
    promoter = None if base is None else promoters.get(base[:3])
    return Lineage(
        base,
        None if promoter is None or promoter is receipt else _place(promoter),
        _checkpoint(value_at(lineage, "/promoted_checkpoint")),
        _text(lineage, "promoted_checkpoint_label"),
    )


def _checkpoint(value: Any) -> Checkpoint | None:
    if not isinstance(value, dict):
        return None
    return Checkpoint(
        _text(value, "checkpoint_family"),
        _text(value, "stream_id"),
        _text(value, "object_digest"),
        _text(value, "checkpoint_ref"),
        _integer(value, "step"),
        _integer(value, "started_at_ms"),
        _integer(value, "durable_at_ms"),
    )


_STORED_IN_RECEIPTS = (
    ("D3", "replay", "/replay_receipt/replay_digest"),
    ("D4", "checkpoint lineage", "/checkpoint_lineage/checkpoint_lineage_digest"),
    ("D5", "receipt", "/receipt_digest"),
)
"""The digests of its own parts that a receipt stores, which are shown even if it is too broken to compute them."""


def _digests(document: Document, resolver: Resolver) -> tuple[StoredDigest, ...]:
    """The digests of a document; of a broken receipt, only what it stores."""
    if not document.broken:
        rows = digest_rows(document, resolver)
    elif document.kind == RECEIPT:
        rows = [
            DigestRow(digest_id, title, document.pointer + pointer, stored, None, None)
            for digest_id, title, pointer in _STORED_IN_RECEIPTS
            if isinstance(stored := value_at(document.value, pointer), str)
        ]
    else:
        rows = []
    return tuple(
        StoredDigest(row.id, row.name, row.pointer, row.stored, row.computed, row.state) for row in rows
    )


def _program(document: Document, resolver: Resolver) -> ProgramSummary:
    value = document.value
    return ProgramSummary(
        _place(document),
        document.judged,
        bool(document.broken),
        _text(value, "run_id"),
        _text(value, "checkpoint_family"),
        tuple(_stages(value)),
        None if document.broken else next_step(value),
        _digests(document, resolver),
    )


def _stages(program: dict[str, Any]) -> Iterator[Stage]:
    transitions = _by_stage(program, "transitions", "next_stage_id")
    completions = _by_stage(program, "completions", "stage_id")
    promotions = _by_stage(program, "promotions", "from_stage_id")
    for stage in _objects(program, "stages"):
        stage_id, environment = _text(stage, "stage_id"), stage.get("environment")
        traces = Counter(_text(trace, "trace_kind") for trace in _objects(stage, "ingested_traces"))
        yield Stage(
            stage_id,
            _text(stage, "kind"),
            _text(stage, "status"),
            _text(environment, "environment_ref"),
            _text(environment, "version"),
            _integer(transitions.get(stage_id), "transitioned_at_ms"),
            _integer(completions.get(stage_id), "completed_at_ms"),
            _checkpoint(stage.get("base_checkpoint")),
            _checkpoint(promotions.get(stage_id, {}).get("checkpoint")),
            tuple(_text(receipt, "receipt_digest") for receipt in _objects(stage, "pretrain_runs")),
            tuple(TraceCount(kind, number) for kind, number in traces.items()),
        )


def _by_stage(program: dict[str, Any], records: str, member: str) -> dict[str | None, dict[str, Any]]:
    """The records of one kind, by the stage that they are about; the first of each."""
    found: dict[str | None, dict[str, Any]] = {}
    for record in _objects(program, records):
        found.setdefault(_text(record, member), record)
    found.pop(None, None)
    return found


def _place(document: Document) -> Place:
    return Place(document.name, document.pointer)


def _text(holder: Any, name: str) -> str | None:
    """A member that is a string, or None."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def _integer(holder: Any, name: str) -> int | None:
    """A member that is an integer of the contract, from 0 to 2^64 - 1, or None."""
    value = holder.get(name) if isinstance(holder, dict) else None
    if type(value) is float and value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        value = int(value)  # 1.0, which is an error, has the value 1
    return value if type(value) is int and 0 <= value <= _MAX_INTEGER else None


def _texts(holder: dict[str, Any], name: str) -> tuple[str, ...]:
    """The strings of a member that is a list."""
    value = holder.get(name)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _objects(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a member that is a list."""
    return [item for _, item in _indexed_objects(holder, name)]


def _indexed_objects(holder: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a member that is a list, with their indices."""
    value = holder.get(name)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item
