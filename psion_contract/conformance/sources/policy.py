"""Cases of the rules on a sampling policy, by itself and with the corpus."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.base import PLAN
from psion_contract.conformance.sources.corpus import source
from psion_contract.conformance.sources.editing import Edit, append, drop, each, put, repeat, swap
from psion_contract.conformance.sources.making import Group

_WEIGHTS, _CAPS = "/policy/source_family_weights", "/policy/source_contribution_caps"
_REGIONS, _CLASSES = "/policy/repetitive_region_controls", "/policy/content_class_token_share_report"
_THRESHOLDS = "/policy/regression_thresholds"
_SHARE, _MOST = "observed_token_share_bps", "maximum_family_token_share_bps"

# A case reads best as a few full lines.
# fmt: off


def alone() -> Group:
    """The cases of the policy by itself, in the order of the rules."""
    made = Group("policy", "A sampling policy by itself.", on=("policy",))
    _duplicates(made)
    _weights(made)
    _classes(made)
    _class_caps(made)
    _thresholds(made)
    _regions(made)
    return made


def with_corpus() -> Group:
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


def _shares(prose: int, spec_text: int, code: int) -> list[Edit]:
    """The shares of the three classes."""
    return [put(f"{_CLASSES}/{row}/{_SHARE}", share) for row, share in enumerate((prose, spec_text, code))]


def _duplicates(made: Group) -> None:
    rule = "duplicate-id"
    for member in ("source_id", "document_id", "section_id"):
        value = "letters" if member == "source_id" else "other"
        made.accepted(
            rule, f"region-{member.replace('_', '-')}", f"Two regions differ in {member} alone.",
            repeat(f"{_REGIONS}/0", **{member: value}),
        )
    made.rejected(
        rule, "weight", "A family is weighted twice.", put(f"{_WEIGHTS}/1/sampling_weight_bps", 2700),
        repeat(f"{_WEIGHTS}/1", sampling_weight_bps=100), at=[f"{_WEIGHTS}/2/source_family_id"],
    )
    made.rejected(rule, "cap", "A source is capped twice.", repeat(f"{_CAPS}/1"), at=[f"{_CAPS}/3/source_id"])
    made.rejected(
        rule, "region", "A region is controlled twice, in two ways.",
        repeat(f"{_REGIONS}/0", downweight_multiplier_bps=1), at=[f"{_REGIONS}/1"],
    )


def _weights(made: Group) -> None:
    rule, first = "weight-total-mismatch", f"{_WEIGHTS}/0/sampling_weight_bps"
    made.accepted(
        rule, "moved", "A basis point moves from one family to the other.", put(first, 7201),
        put(f"{_WEIGHTS}/1/sampling_weight_bps", 2799),
    )
    made.rejected(rule, "less", "The weights are a basis point short.", put(first, 7199), at=[_WEIGHTS])
    made.rejected(rule, "more", "The weights are a basis point over.", put(first, 7201), at=[_WEIGHTS])


def _classes(made: Group) -> None:
    rule = "content-class-mismatch"
    made.accepted(rule, "order", "Rows may stand in any order.", swap(_CLASSES, 0, 2))
    made.rejected(
        rule, "no-prose", "There is no row for prose.", put("/policy/maximum_code_token_ratio_bps", 10000),
        put(f"{_WEIGHTS}/1/{_MOST}", 10000), *_shares(0, 0, 10000), drop(f"{_CLASSES}/0"), at=[_CLASSES],
    )
    made.rejected(
        rule, "no-spec-text", "There is no row for spec_text.", drop(f"{_CLASSES}/1"), at=[_CLASSES],
    )
    made.rejected(
        rule, "no-code", "There is no row for code.", put(f"{_WEIGHTS}/0/{_MOST}", 10000),
        *_shares(10000, 0, 0), drop(f"{_CLASSES}/2"), at=[_CLASSES],
    )
    made.rejected(
        rule, "second", "There is a second row for code, with nothing in it.",
        repeat(f"{_CLASSES}/2", **{_SHARE: 0}), at=[f"{_CLASSES}/3/content_class"],
    )
    made.rejected(
        rule, "instead", "A second row for spec_text stands in the place of that for code.",
        put(f"{_WEIGHTS}/0/{_MOST}", 10000), *_shares(10000, 0, 0),
        put(f"{_CLASSES}/2/content_class", "spec_text"), at=[_CLASSES, f"{_CLASSES}/2/content_class"],
    )
    made.rejected(
        rule, "none", "There are no rows.", put(_CLASSES, []), at=[_CLASSES],
        also=[("content-class-total-mismatch", _CLASSES)],
    )

    rule = "content-class-total-mismatch"
    made.accepted(rule, "moved", "A basis point moves from one class to the other.", *_shares(7001, 0, 2999))
    made.rejected(rule, "less", "The shares are a basis point short.", *_shares(6999, 0, 3000), at=[_CLASSES])
    made.rejected(rule, "more", "The shares are a basis point over.", *_shares(7001, 0, 3000), at=[_CLASSES])


def _class_caps(made: Group) -> None:
    rule, code, prose = "content-class-cap-exceeded", f"{_CLASSES}/2/{_SHARE}", f"{_CLASSES}/0/{_SHARE}"
    ratio = "/policy/maximum_code_token_ratio_bps"
    made.accepted(rule, "at-the-cap", "Prose is exactly at its cap.", *_shares(8000, 0, 2000))
    two = [
        put(f"{_WEIGHTS}/0/{_MOST}", 6999),
        put(f"{_WEIGHTS}/0/sampling_weight_bps", 7100),
        repeat(f"{_WEIGHTS}/0", source_family_id="more", sampling_weight_bps=100, **{_MOST: 1}),
    ]
    made.accepted(rule, "two-families", "The caps of two families of one class add up.", *two)
    made.rejected(
        rule, "two-families-more", "Two families of one class are a basis point above their caps together.",
        *two, *_shares(7001, 0, 2999), at=[prose],
    )
    made.rejected(rule, "prose", "Prose is a basis point above its cap.", *_shares(8001, 0, 1999), at=[prose])
    made.rejected(rule, "ratio", "Code is a basis point above its ratio.", put(ratio, 2999), at=[code])
    made.rejected(
        rule, "code", "Code is a basis point above the cap of its family.",
        put(f"{_WEIGHTS}/1/{_MOST}", 2999), at=[code],
    )
    made.rejected(
        rule, "code-and-ratio", "Code is above both, which is one finding at one place.", put(ratio, 0),
        put(f"{_WEIGHTS}/1/{_MOST}", 1), at=[code],
    )
    made.accepted(
        rule, "ratio-for-code", "The ratio of code is nothing to the other classes.", put(ratio, 0),
        put(f"{_WEIGHTS}/0/sampling_weight_bps", 7100), *_shares(8000, 2000, 0),
        repeat(f"{_WEIGHTS}/0", source_family_id="s", content_class="spec_text", sampling_weight_bps=100),
    )
    made.rejected(
        rule, "no-family", "A class without a family has no share.", *_shares(6999, 1, 3000),
        at=[f"{_CLASSES}/1/{_SHARE}"],
    )


def _thresholds(made: Group) -> None:
    rule = "regression-threshold-mismatch"
    made.accepted(
        rule, "order", "Thresholds may stand in any order.", swap(_THRESHOLDS, 0, 4), swap(_THRESHOLDS, 1, 2),
    )
    for row, name in enumerate(
        (
            "explanation_quality",
            "spec_interpretation",
            "tradeoff_reasoning",
            "invariant_articulation",
            "coding_fluency",
        )
    ):
        made.rejected(
            rule, f"no-{name.replace('_', '-')}", f"There is no threshold for {name}.",
            drop(f"{_THRESHOLDS}/{row}"), at=[_THRESHOLDS],
        )
    made.rejected(rule, "none", "There is no threshold.", put(_THRESHOLDS, []), at=[_THRESHOLDS])
    made.rejected(
        rule, "second", "There is a second threshold of one kind.", repeat(f"{_THRESHOLDS}/0"),
        at=[f"{_THRESHOLDS}/5/regression_kind"],
    )
    made.rejected(
        rule, "instead", "One kind stands in the place of another.",
        put(f"{_THRESHOLDS}/1/regression_kind", "coding_fluency"),
        at=[_THRESHOLDS, f"{_THRESHOLDS}/4/regression_kind"],
    )


def _regions(made: Group) -> None:
    rule = "cap-coverage-mismatch"
    made.accepted(
        rule, "other-source", "The region is of another source.", put(f"{_REGIONS}/0/source_id", "kernel"),
    )
    made.rejected(
        rule, "region", "A region is of a source without a cap.", put(f"{_REGIONS}/0/source_id", "ghost"),
        at=[f"{_REGIONS}/0/source_id"],
    )
    made.rejected(
        rule, "two-regions", "Two regions are.", put(f"{_REGIONS}/0/source_id", "ghost"),
        repeat(f"{_REGIONS}/0", section_id="x", maximum_region_token_share_bps=10000),
        at=[f"{_REGIONS}/0/source_id", f"{_REGIONS}/1/source_id"],
    )

    rule, place = "cap-order-mismatch", f"{_REGIONS}/0/maximum_region_token_share_bps"
    made.accepted(rule, "region-equal", "A region may be as large as its source.", put(place, 6000))
    made.rejected(
        rule, "region", "A region is a basis point larger than its source.", put(place, 6001), at=[place],
    )
    made.rejected(
        rule, "region-first-cap", "Of two caps of one source the first counts.", put(place, 6001),
        repeat(f"{_CAPS}/0", maximum_source_token_share_bps=7000), at=[place],
        also=[("duplicate-id", f"{_CAPS}/3/source_id")],
    )


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
        *_shares(10000, 0, 0), at=[_WEIGHTS],
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
