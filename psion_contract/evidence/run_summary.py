"""What documents say about a run, as plain values for pages and dashboards: shares, losses, coverage, lineage, digests.

A summary judges nothing and raises nothing: what a broken document or a missing reference leaves unknown is None, and
a list that cannot be read is empty. The findings of a check say what is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from psion_contract.documents.document import Document
from psion_contract.documents.kinds import PROGRAM, RECEIPT
from psion_contract.documents.stage_kinds import NextStep, next_step
from psion_contract.evidence.stored_digests import Row as DigestRow
from psion_contract.evidence.stored_digests import State as DigestState
from psion_contract.evidence.stored_digests import rows as digest_rows
from psion_contract.reading.pointers import value_at
from psion_contract.resolution import Resolver

RowState = Literal["reported", "missing", "unknown"]
"""Of a family in a split: reported; in the corpus but not reported; reported but not in the corpus. Without a corpus to
compare with, whatever is reported is ``reported``."""

ROLES = ("config", "descriptor", "corpus", "policy")
"""The documents that a receipt refers to, by their roles."""

_MAX_INTEGER = 2**64 - 1


class Place(NamedTuple):
    """Where a document is.

    Attributes:
        name: name of the file or entry, as given to the checker.
        pointer: pointer of the document in that file; empty for the root.
    """

    name: str
    pointer: str


class Reference(NamedTuple):
    """A document that a receipt refers to.

    Attributes:
        role: ``config``, ``descriptor``, ``corpus`` or ``policy``.
        place: where it is; None if it was not found.
    """

    role: str
    place: Place | None


class Objective(NamedTuple):
    """What the stage trained for, as the receipt repeats it from its config.

    Attributes:
        objective_kind: such as ``next_token_prediction``.
        loss_normalization: such as ``by_target_token``.
        label_smoothing_bps: in basis points.
        max_context_tokens: in tokens.
    """

    objective_kind: str | None
    loss_normalization: str | None
    label_smoothing_bps: int | None
    max_context_tokens: int | None


class Replay(NamedTuple):
    """How the order of the data was shown to be reproducible.

    Attributes:
        iteration_mode: such as ``repeat``.
        shard_ordering: such as ``deterministic_shuffle``.
        deterministic_shuffle_seed: the seed of the order.
        successful_replays: how often the order was replayed.
        exact_replay_observed: whether the replays were exact.
    """

    iteration_mode: str | None
    shard_ordering: str | None
    deterministic_shuffle_seed: int | None
    successful_replays: int | None
    exact_replay_observed: bool | None


class FamilyRow(NamedTuple):
    """One source family in one split.

    Attributes:
        family: its id.
        state: whether it is reported, missing or unknown.
        pointer: of the row in the file; None if it is missing.
        source_ids: the sources that the row counts.
        token_share_bps: share of the split's tokens, in basis points.
        sequence_share_bps: share of the split's sequences, in basis points.
        loss_milli: mean next-token loss, in thousandths.
        gap_milli: how much higher the loss is than the family's in the train split; None for the train split itself.
        weight_bps: the weight that the policy gives the family, in basis points; only in train splits.
        cap_bps: the largest token share that the policy allows, in basis points; only in train splits.
        above_cap: whether the token share is above the cap.
    """

    family: str | None
    state: RowState
    pointer: str | None = None
    source_ids: tuple[str, ...] = ()
    token_share_bps: int | None = None
    sequence_share_bps: int | None = None
    loss_milli: int | None = None
    gap_milli: int | None = None
    weight_bps: int | None = None
    cap_bps: int | None = None
    above_cap: bool = False


class Split(NamedTuple):
    """One split of the corpus, as a receipt reports it.

    Attributes:
        name: its name.
        kind: ``train``, ``validation``, ``test`` or ``held_out``, as the first of its rows says; of a split without
            rows, as the corpus says.
        in_corpus: whether the corpus has it; None without a corpus to compare with.
        token_count: tokens of the split, as the corpus says.
        sequence_count: sequences of the split, as the corpus says.
        token_total_bps: sum of the token shares; 10000 if the split is complete.
        sequence_total_bps: sum of the sequence shares.
        rows: its families: the reported ones in the order of the receipt, then the missing ones in that of the corpus.
    """

    name: str | None
    kind: str | None
    in_corpus: bool | None
    token_count: int | None
    sequence_count: int | None
    token_total_bps: int
    sequence_total_bps: int
    rows: tuple[FamilyRow, ...]


class Checkpoint(NamedTuple):
    """A checkpoint reference; each member as the document has it.

    Attributes:
        checkpoint_family: its family.
        stream_id: the stream that it was written to.
        object_digest: digest of its object, computed by the producer.
        checkpoint_ref: where it is stored.
        step: the optimizer's step.
        started_at_ms: when it was started, in milliseconds since the Unix epoch.
        durable_at_ms: when it was durable, in milliseconds since the Unix epoch.
    """

    checkpoint_family: str | None
    stream_id: str | None
    object_digest: str | None
    checkpoint_ref: str | None
    step: int | None
    started_at_ms: int | None
    durable_at_ms: int | None


class Lineage(NamedTuple):
    """The checkpoints of a receipt.

    Attributes:
        base_checkpoint: what the stage started from; None for fresh weights.
        base_promoted_by: a receipt that promotes the base, if there is one.
        promoted_checkpoint: what came out.
        promoted_checkpoint_label: its label.
    """

    base_checkpoint: Checkpoint | None
    base_promoted_by: Place | None
    promoted_checkpoint: Checkpoint | None
    promoted_checkpoint_label: str | None


class StoredDigest(NamedTuple):
    """A digest that a document stores, implies or quotes.

    Attributes:
        id: ``D1`` to ``D9``, or ``content``.
        name: of what is hashed.
        pointer: of the stored value in the file; None if it is not stored.
        stored: the stored value.
        computed: the computed value; None if what is hashed is broken or not available.
        state: ``agrees``, ``differs``, ``not-stored`` or ``not-computed``.
    """

    id: str
    name: str
    pointer: str | None
    stored: str | None
    computed: str | None
    state: DigestState


class ReceiptSummary(NamedTuple):
    """What one receipt says.

    Attributes:
        place: where it is.
        judged: False for an input.
        broken: whether it does not match its schema, so that any part of the summary may be missing.
        run_id: id of the run.
        stage_id: id of the stage.
        receipt_digest: the digest that it stores.
        model_id: id of the model.
        dataset_identity: identity of the corpus.
        sampling_policy_id: id of the policy.
        sampling_policy_version: version of the policy.
        summary: its own summary, in prose.
        objective: what the stage trained for.
        replay: how the order of the data was replayed.
        references: what it refers to, one entry for each of `ROLES`.
        families: every family of `splits` once, in the order in which they first appear.
        splits: its splits: those with rows in the order of the receipt, then the missing ones in that of the corpus.
        lineage: its checkpoints.
        digests: its digests, those that it quotes first.
    """

    place: Place
    judged: bool
    broken: bool
    run_id: str | None
    stage_id: str | None
    receipt_digest: str | None
    model_id: str | None
    dataset_identity: str | None
    sampling_policy_id: str | None
    sampling_policy_version: str | None
    summary: str | None
    objective: Objective
    replay: Replay
    references: tuple[Reference, ...]
    families: tuple[str | None, ...]
    splits: tuple[Split, ...]
    lineage: Lineage
    digests: tuple[StoredDigest, ...]


class TraceCount(NamedTuple):
    """How many traces of one kind a stage accepted.

    Attributes:
        trace_kind: the kind of trace.
        number: how many.
    """

    trace_kind: str | None
    number: int


class Stage(NamedTuple):
    """One stage of a program.

    Attributes:
        stage_id: its id.
        kind: ``pretrain``, ``general_sft``, ``agentic_sft`` or ``rl``.
        status: ``active`` or ``completed``.
        environment_ref: its environment.
        environment_version: the version of that.
        entered_at_ms: when it was entered, in milliseconds since the Unix epoch.
        completed_at_ms: when it was completed, in milliseconds since the Unix epoch.
        base_checkpoint: what it started from.
        promoted_checkpoint: what was promoted from it into the next stage.
        receipt_digests: of the receipts recorded in it.
        traces: the traces accepted into it, by kind.
    """

    stage_id: str | None
    kind: str | None
    status: str | None
    environment_ref: str | None
    environment_version: str | None
    entered_at_ms: int | None
    completed_at_ms: int | None
    base_checkpoint: Checkpoint | None
    promoted_checkpoint: Checkpoint | None
    receipt_digests: tuple[str | None, ...]
    traces: tuple[TraceCount, ...]


class ProgramSummary(NamedTuple):
    """Where the run of a stage program has got to.

    Attributes:
        place: where it is.
        judged: False for an input.
        broken: whether it does not match its schema, so that any part of the summary may be missing.
        run_id: id of the run.
        checkpoint_family: family of its checkpoints.
        stages: the stages entered so far, in order.
        next_step: what it can do next and what that still needs; None if it is broken.
        digests: the digests of its records.
    """

    place: Place
    judged: bool
    broken: bool
    run_id: str | None
    checkpoint_family: str | None
    stages: tuple[Stage, ...]
    next_step: NextStep | None
    digests: tuple[StoredDigest, ...]


class Summaries(NamedTuple):
    """The summaries of a set of documents.

    Attributes:
        receipts: of each receipt, in the order of the documents.
        programs: of each stage program, in the order of the documents.
    """

    receipts: tuple[ReceiptSummary, ...] = ()
    programs: tuple[ProgramSummary, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The summaries as JSON: an object for each tuple with names, with the same members, and a list for any other.

        So ``{"receipts": [{"place": {"name": …, "pointer": …}, "judged": true, …, "splits": [{"name": "train", …,
        "rows": [{"family": …, "state": "reported", …}]}]}], "programs": [{…, "next_step": {"step": …, "kind": …,
        "missing": […]}}]}``. Every member is present; what is unknown is null. Shares, weights and caps are in basis
        points, losses in thousandths, times in milliseconds since the Unix epoch.
        """
        members: dict[str, Any] = _json(self)
        return members


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


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return {name: _json(item) for name, item in zip(value._fields, value, strict=True)}
        return [_json(item) for item in value]
    return value
