"""The checkpoint lineage of a receipt: one model, one family, its order and its digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psion_contract.documents import digests
from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check, check_equal, check_parts

_LINEAGE = "/checkpoint_lineage"


_model = check_equal(
    "lineage-model-mismatch",
    ("model_id", "model_descriptor_digest"),
    ("receipt", _LINEAGE),
    ("receipt", ""),
    "the lineage's {name} is {actual}, but the receipt's is {expected}",
)


@check("checkpoint-family-mismatch")
def checkpoint_family(s: Subject) -> Iterable[Flaw]:
    """Base and promoted checkpoint belong to one family."""
    lineage = s.receipt["checkpoint_lineage"]
    base = lineage.get("base_checkpoint")
    if base is None:
        return ()
    actual, expected = base["checkpoint_family"], lineage["promoted_checkpoint"]["checkpoint_family"]
    if actual == expected:
        return ()
    message = f"the base checkpoint belongs to the family {excerpt(actual)}, the promoted one to {excerpt(expected)}"
    other = (("receipt", f"{_LINEAGE}/promoted_checkpoint/checkpoint_family"),)
    return (
        Flaw("receipt", f"{_LINEAGE}/base_checkpoint/checkpoint_family", message, expected, actual, other),
    )


@check("lineage-digest-mismatch")
def lineage_digest(s: Subject) -> Iterable[Flaw]:
    """The lineage states its digest D4."""
    lineage = s.receipt["checkpoint_lineage"]
    actual = lineage["checkpoint_lineage_digest"]
    expected = digests.sha256(digests.checkpoint_lineage_preimage(lineage))
    if actual == expected:
        return ()
    message = f"digest D4 of the lineage is {expected}"
    other = (("receipt", _LINEAGE),)
    return (Flaw("receipt", f"{_LINEAGE}/checkpoint_lineage_digest", message, expected, actual, other),)


@check("checkpoint-order")
def checkpoint_order(s: Subject) -> Iterable[Flaw]:
    """The base precedes the promoted checkpoint, and each is started before it is durable."""
    lineage = s.receipt["checkpoint_lineage"]
    promoted, base = lineage["promoted_checkpoint"], lineage.get("base_checkpoint")
    flaws = _times("promoted_checkpoint", promoted)
    return flaws if base is None else [*flaws, *_times("base_checkpoint", base), *_succession(base, promoted)]


def _times(name: str, checkpoint: dict[str, Any]) -> Sequence[Flaw]:
    """A checkpoint is durable after it was started."""
    started, durable = checkpoint["started_at_ms"], checkpoint.get("durable_at_ms")
    if durable is None or durable >= started:
        return ()
    message = f"the {name} was durable at {durable} ms, before it was started at {started} ms"
    other = (("receipt", f"{_LINEAGE}/{name}/started_at_ms"),)
    return (Flaw("receipt", f"{_LINEAGE}/{name}/durable_at_ms", message, None, durable, other),)


def _succession(base: dict[str, Any], promoted: dict[str, Any]) -> Iterator[Flaw]:
    """The promoted checkpoint differs from the base and has a later step."""
    if _is_same(base, promoted):
        message = "the base checkpoint is the promoted one: the stage trained nothing"
        other = (("receipt", f"{_LINEAGE}/promoted_checkpoint"),)
        yield Flaw("receipt", f"{_LINEAGE}/base_checkpoint", message, related=other)
    first, last = base.get("step"), promoted.get("step")
    if first is not None and last is not None and first >= last:
        message = f"the base checkpoint has step {first}, not below step {last} of the promoted one"
        other = (("receipt", f"{_LINEAGE}/promoted_checkpoint/step"),)
        yield Flaw("receipt", f"{_LINEAGE}/base_checkpoint/step", message, None, first, other)


def _is_same(base: dict[str, Any], promoted: dict[str, Any]) -> bool:
    return all(base[name] == promoted[name] for name in ("checkpoint_family", "stream_id", "object_digest"))


@check("time-order.receipt")
def base_time(s: Subject) -> Iterable[Flaw]:
    """The base is durable when the promoted checkpoint, if it is another one, is started."""
    lineage = s.receipt["checkpoint_lineage"]
    base, started = lineage.get("base_checkpoint"), lineage["promoted_checkpoint"]["started_at_ms"]
    if base is None:
        return ()
    member = "started_at_ms" if base.get("durable_at_ms") is None else "durable_at_ms"
    if base[member] <= started or _is_same(base, lineage["promoted_checkpoint"]):
        return ()
    event = member.split("_", maxsplit=1)[0]
    message = f"the base checkpoint was {event} at {base[member]} ms, after the promoted one was started at {started} ms"
    other = (("receipt", f"{_LINEAGE}/promoted_checkpoint/started_at_ms"),)
    return (Flaw("receipt", f"{_LINEAGE}/base_checkpoint/{member}", message, None, base[member], other),)


def _is_fresh(s: Subject) -> bool:
    """Whether there is no base checkpoint and the promoted one has its times in order."""
    lineage = s.receipt["checkpoint_lineage"]
    return lineage.get("base_checkpoint") is None and not _times(
        "promoted_checkpoint", lineage["promoted_checkpoint"]
    )


CHECKS: tuple[Check, ...] = (
    _model,
    lineage_digest,
    check_parts(checkpoint_family, checkpoint_order, base_time, passes=_is_fresh),
)
