"""Cases of the rules on replay, checkpoint lineage and execution of a receipt."""

from __future__ import annotations

from tools.edits import copy, drop, put
from tools.pack import replay_cases as replay
from tools.pack.base_documents import FULL, RUN
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import resealed, unchanged

_LINEAGE = "/receipt/checkpoint_lineage"
_FULL = "/full/checkpoint_lineage"
_STEPS = "/full/accelerator_execution/optimizer_steps_completed"
_BASE, _PROMOTED = f"{_FULL}/base_checkpoint", f"{_FULL}/promoted_checkpoint"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("lineage", "Replay, checkpoint lineage and execution of a receipt.", on=RUN)
    replay.add(cases)
    _model(cases)
    _family(cases)
    _digest(cases)
    _order(cases)
    _backend(cases)
    return cases


def _model(cases: Group) -> None:
    rule = "lineage-model-mismatch"
    cases.accepted(
        rule, "full",
        "A receipt with everything that is optional names the same model as its checkpoint lineage.", on=FULL,
    )
    for member, value in (("model_id", "other"), ("model_descriptor_digest", ZEROS)):
        pointer = f"{_LINEAGE}/{member}"
        cases.rejected(
            rule, member.replace("_", "-"), f"The checkpoint lineage has another {member} than the receipt.",
            put(pointer, value), at=[pointer],
        )
    cases.rejected(
        rule, "receipt", "The receipt has another model_id than its checkpoint lineage and its config.",
        put("/receipt/model_id", "other"), at=[f"{_LINEAGE}/model_id"],
        also=[("config-mismatch", "/receipt/model_id")],
    )


def _family(cases: Group) -> None:
    rule, pointer = "checkpoint-family-mismatch", f"{_BASE}/checkpoint_family"
    cases.accepted(
        rule, "another", "Base and promoted checkpoint are both of the family β.", put(pointer, "β"),
        put(f"{_PROMOTED}/checkpoint_family", "β"), on=FULL,
    )
    cases.accepted(
        rule, "null", "The base checkpoint is null, which is as good as none.",
        put(f"{_LINEAGE}/base_checkpoint", None),
    )
    cases.rejected(
        rule, "base", "The base checkpoint was changed to another family than that of the promoted one.",
        put(pointer, "β"), at=[pointer], on=FULL,
    )
    cases.rejected(
        rule, "promoted", "The promoted checkpoint was changed to another family than that of the base.",
        put(f"{_PROMOTED}/checkpoint_family", "β"), at=[pointer], on=FULL,
    )


def _digest(cases: Group) -> None:
    rule, digest = "lineage-digest-mismatch", f"{_LINEAGE}/checkpoint_lineage_digest"
    cases.accepted(
        rule, "unbound",
        "Manifest, writer, epoch and step of a checkpoint were changed afterwards, which D4 does not bind.",
        put(f"{_LINEAGE}/promoted_checkpoint/manifest_digest", "β"),
        put(f"{_LINEAGE}/promoted_checkpoint/writer_node_id", "β"),
        put(f"{_LINEAGE}/promoted_checkpoint/membership_epoch", 0),
        put(f"{_LINEAGE}/promoted_checkpoint/step", 1), then=unchanged,
    )
    cases.accepted(
        rule, "base-family",
        "The manifest of the base checkpoint was changed afterwards, which D4 does not bind.",
        put(f"{_BASE}/manifest_digest", "β"), then=unchanged, on=FULL,
    )
    cases.rejected(
        rule, "zeros",
        "The checkpoint_lineage_digest is all zeros, and D5 is right, made from the digest that is stored.",
        put(digest, ZEROS), at=[digest], then=resealed,
    )
    for member, value in {
        "receipt_id": "other",
        "promoted_checkpoint/checkpoint_family": "other",
        "promoted_checkpoint/stream_id": "other",
        "promoted_checkpoint/object_digest": "other",
        "promoted_checkpoint_label": "other",
    }.items():
        slug = member.replace("/", "-").replace("_", "-")
        cases.rejected(
            rule, slug, f"The lineage's {member} was changed after D4 was made.",
            put(f"{_LINEAGE}/{member}", value), at=[digest], then=unchanged,
        )
    for member in ("stream_id", "object_digest"):
        cases.rejected(
            rule, f"base-{member.replace('_', '-')}",
            f"The base checkpoint's {member} was changed after D4 was made.",
            put(f"{_BASE}/{member}", "other"),
            at=[f"{_FULL}/checkpoint_lineage_digest"], then=unchanged, on=FULL,
        )
    cases.rejected(
        rule, "base-dropped", "The base checkpoint was left out after D4 was made.", drop(_BASE),
        at=[f"{_FULL}/checkpoint_lineage_digest"], then=unchanged, on=FULL,
        also=[("execution-mismatch", _STEPS)],
    )


def _order(cases: Group) -> None:
    rule = "checkpoint-order"
    cases.accepted(
        rule, "at-once",
        "Both checkpoints were durable in the millisecond in which they were started, which is allowed.",
        put(f"{_PROMOTED}/durable_at_ms", 600), put(f"{_BASE}/durable_at_ms", 200), on=FULL,
    )
    cases.accepted(
        rule, "one-step", "The promoted checkpoint is one step after the base, which is enough.",
        put(f"{_PROMOTED}/step", 501), put(_STEPS, 1), on=FULL,
    )
    cases.accepted(
        rule, "no-steps",
        "The promoted checkpoint has no step and a null durable_at_ms, so that neither is compared.",
        drop(f"{_PROMOTED}/step"), put(f"{_PROMOTED}/durable_at_ms", None), on=FULL,
    )
    cases.accepted(
        rule, "no-base-step", "The base checkpoint has no step, so that steps are not compared.",
        drop(f"{_BASE}/step"), on=FULL,
    )
    cases.accepted(
        rule, "zero-and-no-base-step", "The base checkpoint has no step and the promoted one step 0, so that steps are not compared.",
        drop(f"{_BASE}/step"), put(f"{_PROMOTED}/step", 0), on=FULL,
    )
    cases.accepted(
        rule, "zero-and-null-base-step", "The base checkpoint has a null step and the promoted one step 0, so that steps are not compared.",
        put(f"{_BASE}/step", None), put(f"{_PROMOTED}/step", 0), on=FULL,
    )
    cases.accepted(
        rule, "no-promoted-step", "The base checkpoint has step 0 and the promoted one none, so that steps are not compared.",
        put(f"{_BASE}/step", 0), drop(f"{_PROMOTED}/step"), on=FULL,
    )
    cases.accepted(
        rule, "step-zero", "The base checkpoint is of step 0 and the promoted one of step 1.",
        put(f"{_BASE}/step", 0), put(f"{_PROMOTED}/step", 1), put(_STEPS, 1), on=FULL,
    )
    for name, pointer in (("promoted", _PROMOTED), ("base", _BASE)):
        early = 599 if name == "promoted" else 199
        cases.warned(
            rule, f"{name}-durable-early", f"The {name} checkpoint was durable before it was started.",
            put(f"{pointer}/durable_at_ms", early), at=[f"{pointer}/durable_at_ms"], on=FULL,
        )
    cases.warned(
        rule, "durable-at-zero",
        "The base checkpoint has a durable_at_ms of 0, which counts as a time before its start.",
        put(f"{_BASE}/durable_at_ms", 0), at=[f"{_BASE}/durable_at_ms"], on=FULL,
    )
    cases.warned(
        rule, "promoted-alone",
        "The promoted checkpoint of a lineage without a base was durable before it was started.",
        put(f"{_LINEAGE}/promoted_checkpoint/durable_at_ms", 99),
        at=[f"{_LINEAGE}/promoted_checkpoint/durable_at_ms"],
    )
    for slug, description, step in (
        ("same-step", "Base and promoted checkpoint are of the same step.", 600),
        ("later-step", "The base checkpoint is of a later step than the promoted one.", 601),
    ):
        cases.warned(rule, slug, description, put(f"{_BASE}/step", step), at=[f"{_BASE}/step"], on=FULL)
    cases.warned(
        rule, "both-step-zero", "Base and promoted checkpoint are of step 0.", put(f"{_BASE}/step", 0), put(f"{_PROMOTED}/step", 0),
        at=[f"{_BASE}/step"], on=FULL,
    )
    cases.warned(
        rule, "step-zero-promoted",
        "The promoted checkpoint is of step 0, which counts as a step before that of the base.",
        put(f"{_PROMOTED}/step", 0), at=[f"{_BASE}/step"], on=FULL,
    )
    cases.warned(
        rule, "same", "The base checkpoint is a copy of the promoted one, with the same step.",
        copy(_PROMOTED, _BASE), at=[_BASE, f"{_BASE}/step"], on=FULL,
    )
    same = [copy(f"{_PROMOTED}/{member}", f"{_BASE}/{member}") for member in ("stream_id", "object_digest")]
    cases.warned(
        rule, "same-object",
        "Base and promoted checkpoint share family, stream and object, which makes them the same.", *same,
        at=[_BASE], on=FULL,
    )
    cases.rejected(
        rule, "same-but-family",
        "Base and promoted checkpoint share stream and object, and are two because of their families.", *same,
        put(f"{_BASE}/checkpoint_family", "β"), at=[], on=FULL,
        also=[("checkpoint-family-mismatch", f"{_BASE}/checkpoint_family")],
    )
    cases.accepted(
        rule, "same-stream",
        "Base and promoted checkpoint share a stream, and are two because of their objects.", same[0],
        on=FULL,
    )
    cases.accepted(
        rule, "same-digest",
        "Base and promoted checkpoint share an object, and are two because of their streams.", same[1],
        on=FULL,
    )


def _backend(cases: Group) -> None:
    rule, delivered = "topology-backend-mismatch", "/full/delivered_execution"
    pointer = f"{delivered}/execution_topology/effective_backend"
    cases.accepted(
        rule, "another", "Topology and delivered execution both name the backend cpu.", put(pointer, "cpu"),
        put(f"{delivered}/runtime_backend", "cpu"), on=FULL,
    )
    cases.accepted(
        rule, "no-topology",
        "The delivered execution has no topology, so there is no backend to compare.",
        drop(f"{delivered}/execution_topology"), on=FULL,
    )
    cases.accepted(
        rule, "no-execution", "The delivered execution is null, so there is no backend to compare.",
        put(delivered, None), drop("/full/accelerator_execution"), on=FULL,
    )
    cases.rejected(
        rule, "topology", "The topology names the backend cpu, the delivered execution cuda.",
        put(pointer, "cpu"), at=[pointer], on=FULL,
    )
    cases.rejected(
        rule, "delivered", "The delivered execution names the backend CUDA, the topology cuda.",
        put(f"{delivered}/runtime_backend", "CUDA"), at=[pointer], on=FULL,
    )
