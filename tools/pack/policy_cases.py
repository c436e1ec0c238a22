"""Cases of the rules on a sampling policy, by itself and with the corpus."""

from __future__ import annotations

from tools.edits import Edit, drop, put, repeat, swap
from tools.pack.case_builder import Group

_WEIGHTS, _CAPS = "/policy/source_family_weights", "/policy/source_contribution_caps"
_REGIONS, _CLASSES = "/policy/repetitive_region_controls", "/policy/content_class_token_share_report"
_THRESHOLDS = "/policy/regression_thresholds"
_SHARE, _MOST = "observed_token_share_bps", "maximum_family_token_share_bps"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases of the policy by itself, in the order of the rules."""
    cases = Group("policy", "A sampling policy by itself.", on=("policy",))
    _duplicates(cases)
    _weights(cases)
    _classes(cases)
    _class_caps(cases)
    _code_caps(cases)
    _thresholds(cases)
    _regions(cases)
    return cases


def class_shares(prose: int, spec_text: int, code: int) -> list[Edit]:
    """The shares of the three classes."""
    return [put(f"{_CLASSES}/{row}/{_SHARE}", share) for row, share in enumerate((prose, spec_text, code))]


def _duplicates(cases: Group) -> None:
    rule = "duplicate-id"
    for member in ("source_id", "document_id", "section_id"):
        value = "letters" if member == "source_id" else "other"
        cases.accepted(
            rule, f"region-{member.replace('_', '-')}",
            f"Two regions differ in {member} alone, which is enough.",
            repeat(f"{_REGIONS}/0", **{member: value}),
        )
    cases.rejected(
        rule, "weight", "The policy has two weights for one family.",
        put(f"{_WEIGHTS}/1/sampling_weight_bps", 2700),
        repeat(f"{_WEIGHTS}/1", sampling_weight_bps=100), put("/policy/maximum_code_token_ratio_bps", 7000),
        at=[f"{_WEIGHTS}/2/source_family_id"],
    )
    cases.rejected(
        rule, "cap", "The policy has two caps for one source.", repeat(f"{_CAPS}/1"),
        at=[f"{_CAPS}/5/source_id"],
    )
    cases.rejected(
        rule, "region", "The policy has two different controls for one region.",
        repeat(f"{_REGIONS}/0", downweight_multiplier_bps=1), at=[f"{_REGIONS}/1"],
    )


def _weights(cases: Group) -> None:
    rule, first = "weight-total-mismatch", f"{_WEIGHTS}/0/sampling_weight_bps"
    cases.accepted(
        rule, "moved",
        "A basis point of weight moves from one family to another, so that the sum stays 10000.",
        put(first, 7201), put(f"{_WEIGHTS}/1/sampling_weight_bps", 2799),
    )
    cases.rejected(
        rule, "less", "The sampling weights are a basis point short of 10000.", put(first, 7199),
        at=[_WEIGHTS],
    )
    cases.rejected(
        rule, "more", "The sampling weights are a basis point over 10000.", put(first, 7201), at=[_WEIGHTS],
    )


def _classes(cases: Group) -> None:
    rule = "content-class-mismatch"
    cases.accepted(
        rule, "order", "The rows for content classes are in another order, which makes no difference.",
        swap(_CLASSES, 0, 2),
    )
    cases.rejected(
        rule, "no-prose", "The content class report has no row for prose.",
        put("/policy/maximum_code_token_ratio_bps", 10000),
        put(f"{_WEIGHTS}/1/{_MOST}", 10000), *class_shares(0, 0, 10000), drop(f"{_CLASSES}/0"), at=[_CLASSES],
    )
    cases.rejected(
        rule, "no-spec-text", "The content class report has no row for spec_text.", drop(f"{_CLASSES}/1"),
        at=[_CLASSES],
    )
    cases.rejected(
        rule, "no-code", "The content class report has no row for code.", put(f"{_WEIGHTS}/0/{_MOST}", 10000),
        *class_shares(10000, 0, 0), drop(f"{_CLASSES}/2"), at=[_CLASSES],
    )
    cases.rejected(
        rule, "second", "The content class report has a second row for code, with a share of 0.",
        repeat(f"{_CLASSES}/2", **{_SHARE: 0}), at=[f"{_CLASSES}/3/content_class"],
    )
    cases.rejected(
        rule, "instead",
        "The content class report has a second row for spec_text in the place of that for code.",
        put(f"{_WEIGHTS}/0/{_MOST}", 10000), *class_shares(10000, 0, 0),
        put(f"{_CLASSES}/2/content_class", "spec_text"), at=[_CLASSES, f"{_CLASSES}/2/content_class"],
    )
    cases.rejected(
        rule, "none", "The content class report is an empty list.", put(_CLASSES, []), at=[_CLASSES],
        also=[("content-class-total-mismatch", _CLASSES)],
    )

    rule = "content-class-total-mismatch"
    cases.accepted(
        rule, "moved",
        "A basis point moves from code to prose, so that the shares of content classes still sum to 10000.",
        *class_shares(7001, 0, 2999),
    )
    cases.rejected(
        rule, "less", "The shares of content classes are a basis point short of 10000.",
        *class_shares(6999, 0, 3000), at=[_CLASSES],
    )
    cases.rejected(
        rule, "more", "The shares of content classes are a basis point over 10000.",
        *class_shares(7001, 0, 3000), at=[_CLASSES],
    )


def _class_caps(cases: Group) -> None:
    rule, code, prose = "content-class-cap-exceeded", f"{_CLASSES}/2/{_SHARE}", f"{_CLASSES}/0/{_SHARE}"
    ratio = "/policy/maximum_code_token_ratio_bps"
    cases.accepted(
        rule, "at-the-cap", "The share of prose is exactly the cap of its only family.",
        *class_shares(8000, 0, 2000),
    )
    two = [
        put(f"{_WEIGHTS}/0/{_MOST}", 6999),
        put(f"{_WEIGHTS}/0/sampling_weight_bps", 7100),
        repeat(f"{_WEIGHTS}/0", source_family_id="more", sampling_weight_bps=100, **{_MOST: 1}),
    ]
    cases.accepted(
        rule, "two-families", "The share of prose is exactly the sum of the caps of its two families.", *two,
    )
    cases.rejected(
        rule, "two-families-more",
        "The share of prose is a basis point above the sum of the caps of its two families.",
        *two, *class_shares(7001, 0, 2999), at=[prose],
    )
    cases.rejected(
        rule, "prose", "The share of prose is a basis point above the cap of its only family.",
        *class_shares(8001, 0, 1999), at=[prose],
    )
    cases.rejected(
        rule, "ratio", "The share of code is a basis point above maximum_code_token_ratio_bps.",
        put(ratio, 2999), at=[code], also=[("code-cap-exceeded", ratio)],
    )
    cases.rejected(
        rule, "code", "The share of code is a basis point above the cap of its only family.",
        put(f"{_WEIGHTS}/1/{_MOST}", 2999), at=[code],
    )
    cases.rejected(
        rule, "code-and-ratio",
        "The share of code is above the cap of its family and the ratio of code, which is one finding.",
        put(ratio, 0), put(f"{_WEIGHTS}/1/{_MOST}", 1), at=[code], also=[("code-cap-exceeded", ratio)],
    )
    cases.accepted(
        rule, "ratio-for-code",
        "A maximum_code_token_ratio_bps of 0 limits code only, not prose and spec_text.", put(ratio, 0),
        put(f"{_WEIGHTS}/0/sampling_weight_bps", 7100), *class_shares(8000, 2000, 0),
        put(f"{_WEIGHTS}/1/content_class", "prose"),
        repeat(f"{_WEIGHTS}/0", source_family_id="s", content_class="spec_text", sampling_weight_bps=100),
    )
    cases.rejected(
        rule, "no-family", "The share of spec_text is 1, and no family is of that class.",
        *class_shares(6999, 1, 3000), at=[f"{_CLASSES}/1/{_SHARE}"],
    )


def _code_caps(cases: Group) -> None:
    rule, ratio = "code-cap-exceeded", "/policy/maximum_code_token_ratio_bps"
    two = [
        put(f"{_WEIGHTS}/1/sampling_weight_bps", 2700),
        repeat(f"{_WEIGHTS}/1", source_family_id="more", sampling_weight_bps=100, **{_MOST: 500}),
    ]
    cases.accepted(rule, "equal", "The cap of the only code family is exactly maximum_code_token_ratio_bps.", swap(_WEIGHTS, 0, 1))
    cases.accepted(rule, "two-equal", "The caps of two code families add up to exactly maximum_code_token_ratio_bps.", *two, put(ratio, 4000))
    cases.rejected(
        rule, "one", "The cap of the only code family is a basis point above maximum_code_token_ratio_bps.",
        put(ratio, 3499), at=[ratio], related={ratio: [f"{_WEIGHTS}/1/{_MOST}"]},
    )
    cases.rejected(
        rule, "two", "Each code family's cap is below maximum_code_token_ratio_bps, but their sum is a basis point above.",
        *two, put(ratio, 3999), at=[ratio], related={ratio: [f"{_WEIGHTS}/1/{_MOST}", f"{_WEIGHTS}/2/{_MOST}"]},
    )
    cases.rejected(
        rule, "same-family", "Both weights of one code family count.", put(f"{_WEIGHTS}/1/sampling_weight_bps", 2700),
        repeat(f"{_WEIGHTS}/1", sampling_weight_bps=100, **{_MOST: 1}), at=[ratio],
        also=[("duplicate-id", f"{_WEIGHTS}/2/source_family_id")],
    )
    cases.accepted(
        rule, "no-code", "A policy without code families may allow no code.", put(ratio, 0),
        put(f"{_WEIGHTS}/1/content_class", "spec_text"), *class_shares(7000, 3000, 0),
    )


def _thresholds(cases: Group) -> None:
    rule = "regression-threshold-mismatch"
    cases.accepted(
        rule, "order", "The regression thresholds are in another order, which makes no difference.",
        swap(_THRESHOLDS, 0, 4), swap(_THRESHOLDS, 1, 2),
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
        cases.rejected(
            rule, f"no-{name.replace('_', '-')}", f"There is no regression threshold for {name}.",
            drop(f"{_THRESHOLDS}/{row}"), at=[_THRESHOLDS],
        )
    cases.rejected(
        rule, "none", "The regression thresholds are an empty list.", put(_THRESHOLDS, []), at=[_THRESHOLDS],
    )
    cases.rejected(
        rule, "second", "There is a second regression threshold for explanation_quality.",
        repeat(f"{_THRESHOLDS}/0"), at=[f"{_THRESHOLDS}/5/regression_kind"],
    )
    cases.rejected(
        rule, "instead",
        "A second threshold for coding_fluency replaces the one for spec_interpretation.",
        put(f"{_THRESHOLDS}/1/regression_kind", "coding_fluency"),
        at=[_THRESHOLDS, f"{_THRESHOLDS}/4/regression_kind"],
    )


def _regions(cases: Group) -> None:
    rule = "cap-coverage-mismatch"
    cases.accepted(
        rule, "other-source", "A region is of another source, which has a cap too.",
        put(f"{_REGIONS}/0/source_id", "kernel"),
    )
    cases.rejected(
        rule, "region", "A region is of a source that has no cap.", put(f"{_REGIONS}/0/source_id", "ghost"),
        at=[f"{_REGIONS}/0/source_id"],
    )
    cases.rejected(
        rule, "two-regions", "Two regions are of a source that has no cap, which is a finding at each.",
        put(f"{_REGIONS}/0/source_id", "ghost"),
        repeat(f"{_REGIONS}/0", section_id="x", maximum_region_token_share_bps=10000),
        at=[f"{_REGIONS}/0/source_id", f"{_REGIONS}/1/source_id"],
    )

    rule, pointer = "cap-order-mismatch", f"{_REGIONS}/0/maximum_region_token_share_bps"
    cases.accepted(
        rule, "region-equal", "The cap of a region is exactly that of its source, which is allowed.",
        put(pointer, 6000),
    )
    cases.rejected(
        rule, "region", "The cap of a region is a basis point above that of its source.", put(pointer, 6001),
        at=[pointer],
    )
    cases.rejected(
        rule, "region-first-cap",
        "A region's cap is above the first of two caps of its source, which counts, not above the second.",
        put(pointer, 6001), repeat(f"{_CAPS}/0", maximum_source_token_share_bps=7000), at=[pointer],
        also=[("duplicate-id", f"{_CAPS}/5/source_id")],
    )
    cases.rejected(
        rule, "region-twice", "A region is given twice, and the second time its cap is above that of its source, which is checked too.",
        repeat(f"{_REGIONS}/0", maximum_region_token_share_bps=6001), at=[f"{_REGIONS}/1/maximum_region_token_share_bps"],
        also=[("duplicate-id", f"{_REGIONS}/1")],
    )
