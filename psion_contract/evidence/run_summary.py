"""What documents say about a run, as plain values for pages and dashboards: shares, losses, coverage, lineage, digests.

A summary judges nothing and raises nothing: what a broken document or a missing reference leaves unknown is None, and
a list that cannot be read is empty. The findings of a check say what is wrong.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from psion_contract.documents.stage_kinds import NextStep
from psion_contract.evidence.stored_digests import State as DigestState

RowState = Literal["reported", "missing", "unknown"]
"""Of a family in a split: reported; in the corpus but not reported; reported but not in the corpus. Without a corpus to
compare with, whatever is reported is ``reported``."""

ROLES = ("config", "descriptor", "corpus", "policy")
"""The documents that a receipt refers to, by their roles."""


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


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return {name: _json(item) for name, item in zip(value._fields, value, strict=True)}
        return [_json(item) for item in value]
    return value
