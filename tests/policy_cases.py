"""Changes of the canonical sampling policy, and where which rule must fire."""

from __future__ import annotations

from collections.abc import Iterator

from edits import Case, Edit, add, again, drop, put, swap

WEIGHTS = "/source_family_weights"
CAPS = "/source_contribution_caps"
REGIONS = "/repetitive_region_controls"
CLASSES = "/content_class_token_share_report"
THRESHOLDS = "/regression_thresholds"


def policy_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "policy", edits, at)

    rule = "duplicate-id"
    yield case("two regions of one document", again(f"{REGIONS}/0", section_id="elsewhere"))
    weight = again(f"{WEIGHTS}/2", sampling_weight_bps=200), put(f"{WEIGHTS}/2/sampling_weight_bps", 1000)
    yield case("a family weighted twice", *weight, at=(f"{WEIGHTS}/3/source_family_id",))
    yield case("a source capped twice", again(f"{CAPS}/0"), at=(f"{CAPS}/6/source_id",))
    yield case("a region controlled twice", again(f"{REGIONS}/1"), at=(f"{REGIONS}/2",))

    rule = "weight-total-mismatch"
    moved = put(f"{WEIGHTS}/0/sampling_weight_bps", 5099), put(f"{WEIGHTS}/1/sampling_weight_bps", 3701)
    yield case("a basis point moved", *moved)
    yield case("a weight too small", moved[0], at=(WEIGHTS,))
    yield case("a weight too large", moved[1], at=(WEIGHTS,))

    rule = "content-class-mismatch"
    yield case("rows in another order", swap(CLASSES, 0, 2))
    shares = (
        put(f"{CLASSES}/0/observed_token_share_bps", 5600),
        put(f"{CLASSES}/1/observed_token_share_bps", 4400),
    )
    no_code = drop(f"{CLASSES}/2"), *shares, put(f"{WEIGHTS}/1/maximum_family_token_share_bps", 4400)
    yield case("no row for code", *no_code, at=(CLASSES,))
    second = again(f"{CLASSES}/2", observed_token_share_bps=0)
    yield case("a second row for code", second, at=(f"{CLASSES}/3/content_class",))

    rule = "content-class-total-mismatch"
    moved = (
        put(f"{CLASSES}/0/observed_token_share_bps", 5191),
        put(f"{CLASSES}/1/observed_token_share_bps", 3619),
    )
    yield case("a basis point moved", *moved)
    yield case("a basis point too few", put(f"{CLASSES}/0/observed_token_share_bps", 5189), at=(CLASSES,))
    yield case("a basis point too many", put(f"{CLASSES}/2/observed_token_share_bps", 1191), at=(CLASSES,))

    rule = "content-class-cap-exceeded"
    place = f"{CLASSES}/2/observed_token_share_bps"
    code = put(place, 1500), put(f"{CLASSES}/0/observed_token_share_bps", 4880)
    yield case("as much code as allowed", *code)
    yield case("less code allowed", *code, put("/maximum_code_token_ratio_bps", 1499), at=(place,))
    yield case(
        "lower cap for code", *code, put(f"{WEIGHTS}/2/maximum_family_token_share_bps", 1499), at=(place,)
    )
    yield case(
        "both",
        *code,
        put("/maximum_code_token_ratio_bps", 0),
        put(f"{WEIGHTS}/2/maximum_family_token_share_bps", 1),
        at=(place, place),
    )
    two = again(
        f"{WEIGHTS}/2", source_family_id="more_code", sampling_weight_bps=1, maximum_family_token_share_bps=1
    )
    weight = put(f"{WEIGHTS}/2/sampling_weight_bps", 1199)
    yield case(
        "two families of code", *code, put(f"{WEIGHTS}/2/maximum_family_token_share_bps", 1499), two, weight
    )
    none = put(f"{WEIGHTS}/2/content_class", "prose")
    yield case("code without a family", none, at=(place,))

    rule = "regression-threshold-mismatch"
    yield case("thresholds in another order", swap(THRESHOLDS, 0, 4))
    yield case("one left out", drop(f"{THRESHOLDS}/2"), at=(THRESHOLDS,))
    yield case("all left out", put(THRESHOLDS, []), at=(THRESHOLDS,) * 5)
    yield case("one twice", again(f"{THRESHOLDS}/0"), at=(f"{THRESHOLDS}/5/regression_kind",))
    changed = put(f"{THRESHOLDS}/1/regression_kind", "coding_fluency")
    yield case("one instead of another", changed, at=(f"{THRESHOLDS}/4/regression_kind", THRESHOLDS))

    rule = "cap-coverage-mismatch"
    yield case("two regions of one source", put(f"{REGIONS}/1/source_id", "harbour_handbook"))
    for source in ("short_answers", "nowhere"):
        yield case(
            f"a region of {source}", put(f"{REGIONS}/1/source_id", source), at=(f"{REGIONS}/1/source_id",)
        )

    rule, place = "cap-order-mismatch", f"{REGIONS}/0/maximum_region_token_share_bps"
    yield case("a region as large as its source", put(place, 3400))
    yield case("a region larger than its source", put(place, 3401), at=(place,))
    yield case(
        "a source smaller than its region", put(f"{CAPS}/0/maximum_source_token_share_bps", 299), at=(place,)
    )


def policy_and_corpus_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "policy", edits, at, together=True)

    letters = {"content_class": "prose", "sampling_weight_bps": 100, "rationale": "Letters."}
    letters |= {"source_family_id": "letters", "maximum_family_token_share_bps": 100}

    rule = "weight-coverage-mismatch"
    yield case("weights in another order", swap(WEIGHTS, 0, 2))
    less = put(f"{WEIGHTS}/0/sampling_weight_bps", 5000)
    yield case(
        "a family that is not there", less, add(WEIGHTS, letters), at=(f"{WEIGHTS}/3/source_family_id",)
    )
    for family in ("comprehension_probes", "held_out_examinations"):
        row = letters | {"source_family_id": family}
        yield case(
            f"{family}, not trained on", less, add(WEIGHTS, row), at=(f"{WEIGHTS}/3/source_family_id",)
        )
    without = drop(f"{WEIGHTS}/1"), put(f"{WEIGHTS}/0/sampling_weight_bps", 8800)
    merged = put(f"{WEIGHTS}/0/maximum_family_token_share_bps", 10000)
    classes = put(
        CLASSES,
        [
            {"content_class": "prose", "observed_token_share_bps": 8810},
            {"content_class": "spec_text", "observed_token_share_bps": 0},
            {"content_class": "code", "observed_token_share_bps": 1190},
        ],
    )
    yield case("a family without a weight", *without, merged, classes, at=(WEIGHTS,))

    rule = "cap-coverage-mismatch"
    yield case("caps in another order", swap(CAPS, 0, 5))
    for source in ("short_answers", "examination_papers", "nowhere"):
        yield case(f"a cap for {source}", again(f"{CAPS}/5", source_id=source), at=(f"{CAPS}/6/source_id",))
    yield case("a source without a cap", drop(f"{CAPS}/5"), at=(CAPS,))

    rule, place = "cap-order-mismatch", f"{CAPS}/0/maximum_source_token_share_bps"
    yield case("a source as large as its family", put(place, 5600))
    yield case("a source larger than its family", put(place, 5601), at=(place,))
    small = put(f"{CAPS}/3/maximum_source_token_share_bps", 4201)
    yield case("another one", small, at=(f"{CAPS}/3/maximum_source_token_share_bps",))

    rule = "policy-input-mismatch"
    batched = put("/packing_policy/packing_mode", "batch_by_token_budget")
    yield Case(rule, "another way of packing under the same version", "corpus", (batched,), together=True)
    for name in ("tokenized_corpus_schema_version", "raw_source_schema_version", "packing_policy_version"):
        yield case(f"another {name}", put(f"/{name}", "x"), at=(f"/{name}",))
