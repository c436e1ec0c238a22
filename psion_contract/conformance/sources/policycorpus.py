"""Cases of the rules on a sampling policy and the corpus that a config brings it together with."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.base import PLAN
from psion_contract.conformance.sources.editing import append, drop, each, put, repeat, swap
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.policy import class_shares
from psion_contract.conformance.sources.shards import source

_WEIGHTS, _CAPS = "/policy/source_family_weights", "/policy/source_contribution_caps"
_MOST = "maximum_family_token_share_bps"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases of policy and corpus together, in the order of the rules."""
    made = Group(
        "policy-and-corpus",
        "A sampling policy with the corpus that a config brings it together with.",
        on=PLAN,
    )
    _weighted(made)
    _capped(made)
    _cap_order(made)
    _inputs(made)
    return made


def _weight(family: str, share: int, **members: Any) -> dict[str, Any]:
    made = {"source_family_id": family, "content_class": "prose", "sampling_weight_bps": share, _MOST: 1}
    return {**made, "rationale": "So it was agreed.", **members}


def _weighted(made: Group) -> None:
    rule, place = "weight-coverage-mismatch", f"{_WEIGHTS}/2/source_family_id"
    less = put(f"{_WEIGHTS}/0/sampling_weight_bps", 7100)
    made.accepted(rule, "order", "Weights may stand in any order.", swap(_WEIGHTS, 0, 1))
    for slug, family, what in (
        ("nowhere", "ghost", "is not in the corpus"),
        ("held-out", "exams", "is held out"),
    ):
        made.rejected(
            rule, slug, f"A family is weighted that {what}.", less, append(_WEIGHTS, _weight(family, 100)),
            at=[place],
        )
    for kind in ("test", "validation", "preference", "replay", "custom"):
        called = [put("/corpus/splits/2/kind", kind), put("/corpus/shards/3/split_kind", kind)]
        cap = append(_CAPS, {"source_id": "papers", "maximum_source_token_share_bps": 1, "rationale": "x"})
        if kind == "test":
            made.rejected(
                rule, kind, "A family is weighted that is there for the test only.", *called, less,
                append(_WEIGHTS, _weight("exams", 100)), at=[place],
            )
            continue
        made.accepted(
            rule, kind, f"What stands in a {kind} split may be trained on.", *called, less, cap,
            append(_WEIGHTS, _weight("exams", 100)),
        )
        made.rejected(
            rule, f"{kind}-unweighted", f"So what stands in a {kind} split must have a weight.", *called, cap,
            at=[_WEIGHTS],
        )
    made.rejected(
        rule, "own-kind", "What a shard is for, it says itself, and not its split.",
        put("/corpus/shards/3/split_kind", "custom"),
        append(_CAPS, {"source_id": "papers", "maximum_source_token_share_bps": 1, "rationale": "x"}),
        at=[_WEIGHTS], also=[("split-shards-mismatch", "/corpus/shards/3/split_kind")],
    )
    made.rejected(
        rule, "unweighted", "A family that is trained on has no weight.", drop(f"{_WEIGHTS}/1"),
        put(f"{_WEIGHTS}/0/sampling_weight_bps", 10000), put(f"{_WEIGHTS}/0/{_MOST}", 10000),
        *class_shares(10000, 0, 0), at=[_WEIGHTS],
    )


def _capped(made: Group) -> None:
    rule = "cap-coverage-mismatch"
    made.accepted(rule, "order", "Caps may stand in any order.", swap(_CAPS, 0, 2))
    for slug, name, what in (
        ("held-out", "papers", "is held out"),
        ("nowhere", "ghost", "is not in the corpus"),
    ):
        made.rejected(
            rule, slug, f"A source is capped that {what}.", repeat(f"{_CAPS}/1", source_id=name),
            at=[f"{_CAPS}/3/source_id"],
        )
    made.rejected(rule, "uncapped", "A source that is trained on has no cap.", drop(f"{_CAPS}/2"), at=[_CAPS])
    made.rejected(
        rule, "twice-nowhere", "Of two caps of one unknown source the first says so.",
        repeat(f"{_CAPS}/1", source_id="ghost"), repeat(f"{_CAPS}/1", source_id="ghost"),
        at=[f"{_CAPS}/3/source_id"], also=[("duplicate-id", f"{_CAPS}/4/source_id")],
    )


def _cap_order(made: Group) -> None:
    rule, cap = "cap-order-mismatch", f"{_CAPS}/{{}}/maximum_source_token_share_bps".format
    made.accepted(rule, "source-equal", "A source may be as large as its family.", put(cap(0), 8000))
    made.rejected(
        rule, "source", "A source is a basis point larger than its family.", put(cap(0), 8001), at=[cap(0)],
    )
    made.rejected(rule, "code", "So is another, of another family.", put(cap(2), 3501), at=[cap(2)])
    made.rejected(
        rule, "untrained", "A source that is not trained on is not held to a family.",
        repeat(f"{_CAPS}/1", source_id="papers", maximum_source_token_share_bps=10000), at=[],
        also=[("cap-coverage-mismatch", f"{_CAPS}/3/source_id")],
    )
    made.rejected(
        rule, "unweighted", "Nor is one whose family has no weight.", put(cap(2), 10000),
        put(f"{_WEIGHTS}/1/source_family_id", "ghost"), at=[],
        also=[("weight-coverage-mismatch", _WEIGHTS), ("weight-coverage-mismatch",
            f"{_WEIGHTS}/1/source_family_id")],
    )
    made.rejected(
        rule, "first-family",
        "A source of two families is held to the one under which it is first trained on.",
        append("/corpus/source_family_bindings/1/source_ids", "handbook"),
        append("/corpus/shards/1/source_lineage", source("handbook", "code")), at=[],
        also=[("duplicate-id", "/corpus/source_family_bindings/1/source_ids/1")],
    )
    made.rejected(
        rule, "first-cap", "Of two caps of one source the first counts.",
        repeat(f"{_CAPS}/2", maximum_source_token_share_bps=10000), at=[],
        also=[("duplicate-id", f"{_CAPS}/3/source_id")],
    )
    made.rejected(
        rule, "first-weight", "Of two weights of one family the first counts.",
        put(f"{_WEIGHTS}/1/sampling_weight_bps", 2700),
        repeat(f"{_WEIGHTS}/1", sampling_weight_bps=100, **{_MOST: 10000}), put(cap(2), 3501), at=[cap(2)],
        also=[("duplicate-id", f"{_WEIGHTS}/2/source_family_id")],
    )


def _inputs(made: Group) -> None:
    rule = "policy-input-mismatch"
    made.accepted(
        rule, "another-way", "Another way of packing under the same version.",
        put("/corpus/packing_policy/packing_mode", "batch_by_token_budget"),
    )
    made.accepted(
        rule, "another-version", "Another packing policy, of which the policy knows.",
        put("/corpus/packing_policy/policy_version", "β"),
        each("/corpus/shards", "packing_policy_version", "β"), put("/policy/packing_policy_version", "β"),
    )
    for member in ("tokenized_corpus_schema_version", "raw_source_schema_version", "packing_policy_version"):
        made.rejected(
            rule, member.replace("_", "-"), f"The policy was written for another {member}.",
            put(f"/policy/{member}", "x"), at=[f"/policy/{member}"],
        )
