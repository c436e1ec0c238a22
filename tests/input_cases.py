"""Changes of the canonical model descriptor, corpus and sampling policy, and where which rule must fire.

Everything that a change makes untrue besides what its case is about is made true again, so that the one
rule fires alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

from edits import Edit, add, again, canonical_documents, drop, put, swap

from psion_contract import digests
from psion_contract.canonical.model import tensor_layout

LAYOUT = "/checkpoint_contract/tensor_layout"
ATTENTION = "/config/block/attention"
INNER = "/config/block/feed_forward"
WEIGHTS = "/source_family_weights"
CAPS = "/source_contribution_caps"
REGIONS = "/repetitive_region_controls"
CLASSES = "/content_class_token_share_report"
THRESHOLDS = "/regression_thresholds"
MAX_U64 = 2**64 - 1


def relaid(descriptor: Any) -> None:
    """Give the descriptor the tensors that its config implies, where all heads are alike."""
    descriptor["checkpoint_contract"]["tensor_layout"] = tensor_layout(descriptor["config"])


def every_tensor(change: Edit) -> Edit:
    """Change each tensor."""

    def edit(descriptor: Any) -> None:
        for tensor in descriptor["checkpoint_contract"]["tensor_layout"]:
            change(tensor)

    return edit


def every_shard(change: Edit) -> Edit:
    """Change each shard."""

    def edit(corpus: Any) -> None:
        for shard in corpus["shards"]:
            change(shard)

    return edit


def keys_of_width(width: int) -> Edit:
    """Make the tensors of keys and values that wide."""

    def edit(tensor: Any) -> None:
        if ".k_proj." in tensor["name"] or ".v_proj." in tensor["name"]:
            tensor["shape"]["dims"][-1] = width

    return every_tensor(edit)


def renamed(namespace: str) -> Edit:
    """Put all tensors but the head's bias into another namespace."""

    def edit(tensor: Any) -> None:
        tensor["name"] = tensor["name"].replace("decoder.", f"{namespace}.", 1)

    return every_tensor(edit)


def sealed(descriptor: Any) -> None:
    """Give the descriptor the digest and the number of parameters of its tensors."""
    layout = descriptor["checkpoint_contract"]["tensor_layout"]
    digest = digests.sha256(digests.tensor_layout_preimage(layout))
    for part in ("checkpoint_contract", "export_contract"):
        descriptor[part]["tensor_layout_digest"] = digest
    descriptor["parameter_count_estimate"] = sum(prod(tensor["shape"]["dims"]) for tensor in layout)


class Case(NamedTuple):
    """A canonical document with something changed, alone or with the others.

    Attributes:
        rule: that the case is about; it is the only one that fires.
        what: the change in words.
        role: of the document changed.
        edits: the changes.
        places: where the rule fires; nowhere for what is accepted.
        together: whether the config and all that it refers to are checked, not the one document alone.
    """

    rule: str
    what: str
    role: str
    edits: tuple[Edit, ...]
    places: tuple[str, ...] = ()
    together: bool = False

    def documents(self) -> dict[str, Any]:
        """The documents by role, changed."""
        roles = ("descriptor", "corpus", "policy", "config") if self.together else (self.role,)
        found = canonical_documents(*roles)
        for edit in self.edits:
            edit(found[self.role])
        return found


def cases() -> Iterator[Case]:
    yield from descriptor_cases()
    yield from layout_cases()
    yield from duplicate_cases()
    yield from corpus_cases()
    yield from policy_cases()
    yield from policy_and_corpus_cases()


def descriptor_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "descriptor", edits, at)

    rule, place = "vocabulary-size-mismatch", "/config/vocab_size"
    yield case("both larger", put(place, 50000), put("/tokenizer_binding/vocab_size", 50000), relaid, sealed)
    yield case("tokenizer larger", put("/tokenizer_binding/vocab_size", 49153), at=(place,))
    yield case("model smaller", put(place, 49151), relaid, sealed, at=(place,))

    rule = "attention-shape-mismatch"
    shared = put(f"{ATTENTION}/kv_head_count", 3), keys_of_width(192), sealed
    yield case("two query heads share each key head", *shared)
    yield case(
        "heads too narrow",
        put(f"{ATTENTION}/head_dim", 32),
        put(f"{ATTENTION}/rotary_dim", 32),
        keys_of_width(192),
        sealed,
        at=("/config/hidden_size",),
    )
    uneven = put(f"{ATTENTION}/kv_head_count", 4), keys_of_width(256), sealed
    yield case("six query heads, four key heads", *uneven, at=(f"{ATTENTION}/kv_head_count",))
    more = put(f"{ATTENTION}/kv_head_count", 12), keys_of_width(768), sealed
    yield case("more key heads than query heads", *more, at=(f"{ATTENTION}/kv_head_count",))
    yield case(
        "half of each head rotates", put(f"{ATTENTION}/rotary_dim", 32), at=(f"{ATTENTION}/rotary_dim",)
    )

    rule = "size-anchor-mismatch"
    internal = {
        "/size_anchor": "internal128m",
        "/config/hidden_size": 768,
        "/config/layer_count": 12,
        f"{ATTENTION}/head_count": 12,
        f"{ATTENTION}/kv_head_count": 12,
        f"{INNER}/intermediate_size": 3072,
    }
    larger = [put(pointer, value) for pointer, value in internal.items()]
    yield case("the larger size", *larger, relaid, sealed)
    yield case(
        "the larger size by name only",
        larger[0],
        at=(
            "/config/hidden_size",
            "/config/layer_count",
            f"{ATTENTION}/head_count",
            f"{INNER}/intermediate_size",
        ),
    )
    yield case("one layer more", put("/config/layer_count", 9), relaid, sealed, at=("/config/layer_count",))
    for word in ("Relu", "Identity"):
        yield case(f"activation {word}", put(f"{INNER}/activation", word), at=(f"{INNER}/activation",))

    rule = "export-contract-mismatch"
    both = ("/checkpoint_contract", "/export_contract")
    yield case("both are Gguf", *(put(f"{part}/checkpoint_format", "Gguf") for part in both))
    for part in both:
        name, form = f"{part}/checkpoint_file_name", f"{part}/checkpoint_format"
        yield case(f"another file in {part}", put(name, "x"), at=("/export_contract/checkpoint_file_name",))
        yield case(f"another format in {part}", put(form, "Gguf"), at=("/export_contract/checkpoint_format",))


def layout_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "descriptor", edits, at)

    rule = "tensor-layout-digest-mismatch"
    places = tuple(f"/{part}/tensor_layout_digest" for part in ("checkpoint_contract", "export_contract"))
    half = every_tensor(put("/dtype", "F16"))
    yield case("all tensors halved and sealed", half, sealed)
    yield case("all tensors halved", half, at=places)
    yield case("one tensor quantized", put(f"{LAYOUT}/4/quantization", "int8_symmetric"), at=places)
    for place in places:
        yield case(f"another {place}", put(place, "0" * 64), at=(place,))

    rule, place = "parameter-count-mismatch", "/parameter_count_estimate"
    count = canonical_documents("descriptor")["descriptor"]["parameter_count_estimate"]
    for number in (0, count - 1, count + 1, MAX_U64):
        yield case(f"{number} parameters", put(place, number), at=(place,))

    rule = "tensor-layout-mismatch"
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 4608}
    quantized = {"dtype": "F16", "quantization": "ggml_q4_0", "quantized_layout": blocks}
    yield case(
        "mixed precision", *(put(f"{LAYOUT}/4/{name}", value) for name, value in quantized.items()), sealed
    )
    yield case(
        "another namespace", put("/checkpoint_contract/state_dict_namespace", "a.b"), renamed("a.b"), sealed
    )
    yield case("no tensor", put(LAYOUT, []), sealed, at=(LAYOUT,))
    yield case("one tensor left out", drop(f"{LAYOUT}/3"), sealed, at=(LAYOUT,))
    yield case("the last tensor left out", drop(f"{LAYOUT}/148"), sealed, at=(LAYOUT,))
    yield case("one tensor too many", again(f"{LAYOUT}/148"), sealed, at=(LAYOUT,))
    places = tuple(f"{LAYOUT}/{position}/name" for position in (2, 3))
    yield case("two tensors exchanged", swap(LAYOUT, 2, 3), sealed, at=places)
    yield case("a name mistyped", put(f"{LAYOUT}/4/name", "decoder.x"), sealed, at=(f"{LAYOUT}/4/name",))
    yield case("all names in another namespace", renamed("model"), sealed, at=(f"{LAYOUT}/0/name",))
    yield case(
        "a namespace that no name has",
        put("/checkpoint_contract/state_dict_namespace", "x"),
        at=(f"{LAYOUT}/0/name",),
    )
    yield case(
        "a head in the namespace",
        put(f"{LAYOUT}/148/name", "decoder.lm_head.bias"),
        sealed,
        at=(f"{LAYOUT}/148/name",),
    )
    yield case(
        "one dimension longer",
        put(f"{LAYOUT}/14/shape/dims/1", 1537),
        sealed,
        at=(f"{LAYOUT}/14/shape/dims/1",),
    )
    turned = put(f"{LAYOUT}/14/shape/dims", [1536, 384]), sealed
    yield case("a matrix turned", *turned, at=(f"{LAYOUT}/14/shape/dims/0", f"{LAYOUT}/14/shape/dims/1"))
    yield case(
        "a matrix flattened", put(f"{LAYOUT}/4/shape/dims", [384 * 384]), at=(f"{LAYOUT}/4/shape/dims",)
    )
    yield case(
        "keys narrower than the config says", keys_of_width(64), sealed, at=(f"{LAYOUT}/6/shape/dims/1",)
    )
    yield case("another context", put("/config/max_context", 4096), at=(f"{LAYOUT}/1/shape/dims/0",))


def duplicate_cases() -> Iterator[Case]:
    def case(what: str, role: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case("duplicate-id", what, role, edits, at)

    lineage = "/shards/0/source_lineage"
    yield case(
        "shards of one digest",
        "corpus",
        put("/shards/1/shard_digest", "same"),
        put("/shards/0/shard_digest", "same"),
    )
    region = again(f"{REGIONS}/0", section_id="elsewhere")
    yield case("two regions of one document", "policy", region)
    yield case("a split twice", "corpus", again("/splits/0"), at=("/splits/4/split_name",))
    yield case("a shard twice", "corpus", again("/shards/0"), at=("/shards/8/shard_id",))
    yield case("a source twice in a shard", "corpus", again(f"{lineage}/0"), at=(f"{lineage}/2/source_id",))
    bindings = "/source_family_bindings"
    yield case(
        "a family bound twice", "corpus", again(f"{bindings}/0"), at=(f"{bindings}/5/source_family_id",)
    )
    weight = again(f"{WEIGHTS}/2", sampling_weight_bps=200), put(f"{WEIGHTS}/2/sampling_weight_bps", 1000)
    yield case("a family weighted twice", "policy", *weight, at=(f"{WEIGHTS}/3/source_family_id",))
    yield case("a source capped twice", "policy", again(f"{CAPS}/0"), at=(f"{CAPS}/6/source_id",))
    yield case("a region controlled twice", "policy", again(f"{REGIONS}/1"), at=(f"{REGIONS}/2",))


def corpus_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "corpus", edits, at)

    rule, place = "corpus-identity-mismatch", "/replay_contract/stable_dataset_identity"
    yield case("another version throughout", put("/dataset_version", "3"), put(place, "tidewater-corpus@3"))
    yield case("another version", put("/dataset_version", "3"), at=(place,))
    yield case("another name", put("/dataset_id", "Tidewater-corpus"), at=(place,))
    yield case("another identity", put(place, "tidewater-corpus-2026.02"), at=(place,))

    rule = "split-shards-mismatch"
    yield case("shards and splits in another order", swap("/shards", 0, 7), swap("/splits", 0, 3))
    unknown = put("/splits/3/shard_ids/0", "nowhere")
    yield case("a shard that is not there", unknown, at=("/splits/3/shard_ids/0", "/splits/3/shard_ids"))
    yield case(
        "a shard of another split",
        add("/splits/3/shard_ids", "tidewater-0007"),
        put(
            "/splits/3/source_family_ids",
            ["engineering_prose", "comprehension_probes", "held_out_examinations"],
        ),
        put("/splits/3/sequence_count", 3072),
        put("/splits/3/token_count", 5_177_344),
        at=("/splits/3/shard_ids/1",),
    )
    yield case(
        "a shard that no split lists",
        again("/shards/7", shard_id="tidewater-0009"),
        at=("/splits/3/shard_ids",),
    )
    yield case(
        "a shard of a split that is not there",
        put("/shards/7/split_name", "nowhere"),
        at=("/splits/3/shard_ids/0", "/shards/7/split_name"),
    )
    yield case("a shard of another kind", put("/shards/7/split_kind", "test"), at=("/shards/7/split_kind",))
    yield case("a split of another kind", put("/splits/0/kind", "custom"), at=("/shards/0/split_kind",))

    rule = "split-count-mismatch"
    yield case(
        "tokens moved", put("/shards/0/token_count", 421_527_551), put("/shards/1/token_count", 301_989_889)
    )
    yield case("a token more", put("/shards/7/token_count", 1_507_329), at=("/splits/3/token_count",))
    yield case("no sequence", put("/splits/2/sequence_count", 0), at=("/splits/2/sequence_count",))
    large = every_shard(put("/token_count", MAX_U64))
    yield case("more than 2^64 tokens", large, at=tuple(f"/splits/{split}/token_count" for split in range(4)))

    rule = "split-families-mismatch"
    yield case("families in another order", swap("/splits/0/source_family_ids", 0, 2))
    yield case(
        "a family left out", drop("/splits/0/source_family_ids/1"), at=("/splits/0/source_family_ids",)
    )
    extra = add("/splits/0/source_family_ids", "comprehension_probes")
    yield case("a family of another split", extra, at=("/splits/0/source_family_ids/3",))
    other = put("/splits/3/source_family_ids/0", "nowhere")
    yield case("another family", other, at=("/splits/3/source_family_ids/0", "/splits/3/source_family_ids"))

    rule = "source-binding-mismatch"
    bindings = "/source_family_bindings"
    yield case("bindings in another order", swap(bindings, 0, 4), swap(f"{bindings}/1/source_ids", 0, 1))
    yield case("a family unbound", drop(f"{bindings}/1"), at=("/shards/1/source_lineage/0/source_family_id",))
    yield case(
        "a source unbound", drop(f"{bindings}/1/source_ids/1"), at=("/shards/1/source_lineage/1/source_id",)
    )
    family = add(bindings, {"source_family_id": "letters", "source_ids": ["a", "b"]})
    yield case("a family that no shard holds", family, at=(f"{bindings}/5/source_family_id",))
    yield case(
        "a source that no shard holds",
        add(f"{bindings}/0/source_ids", "x"),
        at=(f"{bindings}/0/source_ids/2",),
    )

    rule = "shard-bounds-mismatch"
    equal = put("/shards/0/min_sequence_tokens", 2048), put("/packing_policy/max_sequence_tokens", 2048)
    yield case("all sequences as long as they may be", *equal)
    bounds = put("/shards/0/min_sequence_tokens", 2049)
    yield case("shortest above longest", bounds, at=("/shards/0/min_sequence_tokens",))
    longest = put("/shards/6/max_sequence_tokens", 47)
    yield case("longest below shortest", longest, at=("/shards/6/min_sequence_tokens",))
    longest = put("/shards/6/max_sequence_tokens", 2049)
    yield case("longer than the packing policy makes them", longest, at=("/shards/6/max_sequence_tokens",))
    packing = put("/packing_policy/max_sequence_tokens", 2047)
    yield case("packing policy for shorter ones", packing, at=("/shards/0/max_sequence_tokens",))

    rule = "shard-version-mismatch"
    again_packed = every_shard(put("/packing_policy_version", "4"))
    yield case("packed anew", put("/packing_policy/policy_version", "4"), again_packed)
    for place, name in {
        "/tokenizer/tokenizer_digest": "tokenizer_digest",
        "/raw_source_schema_version": "source_manifest_schema_version",
        "/preprocessing_version": "preprocessing_version",
        "/packing_policy/policy_version": "packing_policy_version",
    }.items():
        yield case(f"one shard with another {name}", put(f"/shards/5/{name}", "x"), at=(f"/shards/5/{name}",))
        yield case(f"all shards with another {name}", put(place, "x"), at=(f"/shards/0/{name}",))


def policy_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "policy", edits, at)

    rule = "weight-total-mismatch"
    moved = put(f"{WEIGHTS}/0/sampling_weight_bps", 5099), put(f"{WEIGHTS}/1/sampling_weight_bps", 3701)
    yield case("a basis point moved", *moved)
    yield case("a basis point too few", moved[0], at=(WEIGHTS,))
    yield case("a basis point too many", moved[1], at=(WEIGHTS,))

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
    for name in ("tokenized_corpus_schema_version", "raw_source_schema_version", "packing_policy_version"):
        yield case(f"another {name}", put(f"/{name}", "x"), at=(f"/{name}",))
