"""Cases of the rules on replay, checkpoint lineage and execution of a receipt."""

from __future__ import annotations

from psion_contract.conformance.sources import replay
from psion_contract.conformance.sources.base import FULL, RUN
from psion_contract.conformance.sources.editing import copy, drop, put
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.sealing import as_it_is, resealed

_LINEAGE = "/receipt/checkpoint_lineage"
_FULL = "/full/checkpoint_lineage"
_BASE, _PROMOTED = f"{_FULL}/base_checkpoint", f"{_FULL}/promoted_checkpoint"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    made = Group("lineage", "Replay, checkpoint lineage and execution of a receipt.", on=RUN)
    replay.add(made)
    _model(made)
    _family(made)
    _digest(made)
    _order(made)
    _backend(made)
    return made


def _model(made: Group) -> None:
    rule = "lineage-model-mismatch"
    made.accepted(rule, "full", "The lineage of a receipt with everything that is optional.", on=FULL)
    for member, value in (("model_id", "other"), ("model_descriptor_digest", ZEROS)):
        place = f"{_LINEAGE}/{member}"
        made.rejected(
            rule, member.replace("_", "-"), f"The lineage has another {member}.", put(place, value),
            at=[place],
        )
    made.rejected(
        rule, "receipt", "The receipt itself has another name for the model than its lineage and the config.",
        put("/receipt/model_id", "other"), at=[f"{_LINEAGE}/model_id"],
        also=[("config-mismatch", "/receipt/model_id")],
    )


def _family(made: Group) -> None:
    rule, place = "checkpoint-family-mismatch", f"{_BASE}/checkpoint_family"
    made.accepted(
        rule, "another", "Both checkpoints are of another family.", put(place, "β"),
        put(f"{_PROMOTED}/checkpoint_family", "β"), on=FULL,
    )
    made.accepted(
        rule, "null", "Null for the base checkpoint is as good as none.",
        put(f"{_LINEAGE}/base_checkpoint", None),
    )
    made.rejected(
        rule, "base", "The base checkpoint is of another family.", put(place, "β"), at=[place], on=FULL,
    )
    made.rejected(
        rule, "promoted", "The promoted checkpoint is of another family.",
        put(f"{_PROMOTED}/checkpoint_family", "β"), at=[place], on=FULL,
    )


def _digest(made: Group) -> None:
    rule, digest = "lineage-digest-mismatch", f"{_LINEAGE}/checkpoint_lineage_digest"
    made.accepted(
        rule, "unbound", "D4 does not bind manifest, writer and times of a checkpoint.",
        put(f"{_LINEAGE}/promoted_checkpoint/manifest_digest", "β"),
        put(f"{_LINEAGE}/promoted_checkpoint/writer_node_id", "β"),
        put(f"{_LINEAGE}/promoted_checkpoint/membership_epoch", 0),
        put(f"{_LINEAGE}/promoted_checkpoint/step", 1), then=as_it_is,
    )
    made.accepted(
        rule, "base-family", "D4 binds stream and object of the base checkpoint, not its manifest.",
        put(f"{_BASE}/manifest_digest", "β"), then=as_it_is, on=FULL,
    )
    made.rejected(
        rule, "zeros", "The digest is of nothing; D5 is made from the digest that the receipt stores.",
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
        made.rejected(
            rule, slug, f"The {member.replace('/', ' ')} was changed afterwards.",
            put(f"{_LINEAGE}/{member}", value), at=[digest], then=as_it_is,
        )
    for member in ("stream_id", "object_digest"):
        made.rejected(
            rule, f"base-{member.replace('_', '-')}",
            f"The base checkpoint's {member} was changed afterwards.", put(f"{_BASE}/{member}", "other"),
            at=[f"{_FULL}/checkpoint_lineage_digest"], then=as_it_is, on=FULL,
        )
    made.rejected(
        rule, "base-dropped", "The base checkpoint was left out afterwards.", drop(_BASE),
        at=[f"{_FULL}/checkpoint_lineage_digest"], then=as_it_is, on=FULL,
    )


def _order(made: Group) -> None:
    rule = "checkpoint-order"
    made.accepted(
        rule, "at-once", "A checkpoint may be durable in the millisecond in which it was started.",
        put(f"{_PROMOTED}/durable_at_ms", 600), put(f"{_BASE}/durable_at_ms", 200), on=FULL,
    )
    made.accepted(
        rule, "one-step", "One step lies between the checkpoints.", put(f"{_PROMOTED}/step", 501), on=FULL,
    )
    made.accepted(
        rule, "no-steps", "Where a step is not given, none is compared.", drop(f"{_PROMOTED}/step"),
        put(f"{_PROMOTED}/durable_at_ms", None), on=FULL,
    )
    made.accepted(rule, "no-base-step", "Nor where the base has none.", drop(f"{_BASE}/step"), on=FULL)
    made.accepted(
        rule, "step-zero", "The base may be of step 0.", put(f"{_BASE}/step", 0), put(f"{_PROMOTED}/step", 1),
        on=FULL,
    )
    made.accepted(
        rule, "started-later", "When the two were started is not compared.",
        put(f"{_BASE}/started_at_ms", 700), put(f"{_BASE}/durable_at_ms", 700), on=FULL,
    )
    for name, place in (("promoted", _PROMOTED), ("base", _BASE)):
        early = 599 if name == "promoted" else 199
        made.warned(
            rule, f"{name}-durable-early", f"The {name} checkpoint was durable before it was started.",
            put(f"{place}/durable_at_ms", early), at=[f"{place}/durable_at_ms"], on=FULL,
        )
    made.warned(
        rule, "durable-at-zero", "A time of 0 is a time.", put(f"{_BASE}/durable_at_ms", 0),
        at=[f"{_BASE}/durable_at_ms"], on=FULL,
    )
    made.warned(
        rule, "promoted-alone", "The promoted checkpoint of a run from fresh weights is looked at too.",
        put(f"{_LINEAGE}/promoted_checkpoint/durable_at_ms", 99),
        at=[f"{_LINEAGE}/promoted_checkpoint/durable_at_ms"],
    )
    for slug, description, step in (
        ("same-step", "Both checkpoints are of one step.", 600),
        ("later-step", "The base is of a later step.", 601),
    ):
        made.warned(rule, slug, description, put(f"{_BASE}/step", step), at=[f"{_BASE}/step"], on=FULL)
    made.warned(
        rule, "step-zero-promoted", "A step of 0 is a step.", put(f"{_PROMOTED}/step", 0),
        at=[f"{_BASE}/step"], on=FULL,
    )
    made.warned(
        rule, "same", "The base is the promoted checkpoint.", copy(_PROMOTED, _BASE),
        at=[_BASE, f"{_BASE}/step"], on=FULL,
    )
    same = [copy(f"{_PROMOTED}/{member}", f"{_BASE}/{member}") for member in ("stream_id", "object_digest")]
    made.warned(
        rule, "same-object", "The base is the promoted checkpoint, whatever else is said of it.", *same,
        at=[_BASE], on=FULL,
    )
    made.rejected(
        rule, "same-but-family", "What is of another family is another checkpoint.", *same,
        put(f"{_BASE}/checkpoint_family", "β"), at=[], on=FULL,
        also=[("checkpoint-family-mismatch", f"{_BASE}/checkpoint_family")],
    )
    made.accepted(rule, "same-stream", "One stream holds both.", same[0], on=FULL)
    made.accepted(rule, "same-digest", "One object in two streams is two checkpoints.", same[1], on=FULL)


def _backend(made: Group) -> None:
    rule, delivered = "topology-backend-mismatch", "/full/delivered_execution"
    place = f"{delivered}/execution_topology/effective_backend"
    made.accepted(
        rule, "another", "Both are another backend.", put(place, "cpu"),
        put(f"{delivered}/runtime_backend", "cpu"), on=FULL,
    )
    made.accepted(
        rule, "no-topology", "Without a topology there is nothing to compare.",
        drop(f"{delivered}/execution_topology"), on=FULL,
    )
    made.accepted(
        rule, "no-execution", "Nor without anything on the execution.", put(delivered, None),
        drop("/full/accelerator_execution"), on=FULL,
    )
    made.rejected(
        rule, "topology", "The topology ran on another one.", put(place, "cpu"), at=[place], on=FULL,
    )
    made.rejected(
        rule, "delivered", "Another backend was delivered.", put(f"{delivered}/runtime_backend", "CUDA"),
        at=[place], on=FULL,
    )
