"""Cases of the rules on a model descriptor by itself, but for its tensors."""

from __future__ import annotations

from psion_contract.conformance.sources.editing import Edit, Tree, put
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.sealing import counted, relaid

_ATTENTION = "/descriptor/config/block/attention"
_INNER = "/descriptor/config/block/feed_forward"
_LAYOUT = "/descriptor/checkpoint_contract/tensor_layout"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    made = Group("descriptor", "A model descriptor by itself.", on=("descriptor",))
    _vocabulary(made)
    _attention(made)
    _anchor(made)
    _export(made)
    _layout_digest(made)
    _count(made)
    return made


def narrowed(width: int) -> Edit:
    """Make the tensors of keys and values that wide."""

    def edit(tree: Tree) -> None:
        for tensor in tree["descriptor"]["checkpoint_contract"]["tensor_layout"]:
            if ".k_proj." in tensor["name"] or ".v_proj." in tensor["name"]:
                tensor["shape"]["dims"][-1] = width

    return edit


def _vocabulary(made: Group) -> None:
    rule, place = "vocabulary-size-mismatch", "/descriptor/config/vocab_size"
    other = "/descriptor/tokenizer_binding/vocab_size"
    made.accepted(rule, "larger", "Both are larger.", put(place, 50000), put(other, 50000), then=relaid)
    made.rejected(rule, "tokenizer-larger", "The tokenizer has an entry more.", put(other, 49153), at=[place])
    made.rejected(
        rule, "model-smaller", "The model has an entry less.", put(place, 49151), at=[place], then=relaid,
    )


def _attention(made: Group) -> None:
    rule = "attention-shape-mismatch"
    keys, width, rotary = f"{_ATTENTION}/kv_head_count", f"{_ATTENTION}/head_dim", f"{_ATTENTION}/rotary_dim"
    made.accepted(
        rule, "shared", "Two query heads share each key head.", put(keys, 3), narrowed(192), then=counted,
    )
    made.rejected(
        rule, "narrow", "Six heads of 32 are not 384 wide.", put(width, 32), put(rotary, 32), narrowed(192),
        at=["/descriptor/config/hidden_size"], then=counted,
    )
    made.rejected(
        rule, "uneven", "Six query heads cannot be shared out among four key heads.", put(keys, 4),
        narrowed(256), at=[keys], then=counted,
    )
    made.rejected(
        rule, "more", "There are more key heads than query heads.", put(keys, 12), narrowed(768), at=[keys],
        then=counted,
    )
    made.rejected(rule, "half", "Half of each head rotates.", put(rotary, 32), at=[rotary])
    made.rejected(rule, "beyond", "More than each head rotates.", put(rotary, 65), at=[rotary])


def _anchor(made: Group) -> None:
    rule, anchor = "size-anchor-mismatch", "/descriptor/size_anchor"
    hidden, layers = "/descriptor/config/hidden_size", "/descriptor/config/layer_count"
    heads, keys = f"{_ATTENTION}/head_count", f"{_ATTENTION}/kv_head_count"
    inner, activation = f"{_INNER}/intermediate_size", f"{_INNER}/activation"
    internal = {anchor: "internal128m", hidden: 768, layers: 12, heads: 12, keys: 12, inner: 3072}
    larger = [put(place, value) for place, value in internal.items()]
    made.accepted(rule, "larger", "The larger size.", *larger, then=relaid)
    made.rejected(
        rule, "larger-by-name", "The larger size by name only.", larger[0], at=[hidden, layers, heads, inner],
    )
    made.rejected(
        rule, "smaller-by-name", "The smaller size by name only.", *larger[1:],
        at=[hidden, layers, heads, inner], then=relaid,
    )
    made.rejected(rule, "layers", "A layer less.", put(layers, 7), at=[layers], then=relaid)
    made.rejected(
        rule, "heads", "Half as many heads of twice the width.", put(heads, 3), put(keys, 3),
        put(f"{_ATTENTION}/head_dim", 128), put(f"{_ATTENTION}/rotary_dim", 128), at=[heads],
    )
    made.rejected(
        rule, "hidden", "One head of twice the width.", put(hidden, 768), put(f"{_ATTENTION}/head_dim", 128),
        put(f"{_ATTENTION}/rotary_dim", 128), at=[hidden], then=relaid,
    )
    made.rejected(rule, "inner", "A narrower inner layer.", put(inner, 1535), at=[inner], then=relaid)
    for word in ("Relu", "Identity"):
        made.rejected(
            rule, word.lower(), f"The activation is {word}.", put(activation, word), at=[activation],
        )
    made.rejected(
        rule, "larger-relu", "The larger size has an activation of its own, too.", *larger,
        put(activation, "Relu"), at=[activation], then=relaid,
    )


def _export(made: Group) -> None:
    rule, own, other = (
        "export-contract-mismatch",
        "/descriptor/export_contract",
        "/descriptor/checkpoint_contract",
    )
    name, form = "checkpoint_file_name", "checkpoint_format"
    made.accepted(
        rule, "gguf", "Both are another file in another format.",
        *(put(f"{part}/{form}", "Gguf") for part in (own, other)),
        *(put(f"{part}/{name}", "β.gguf") for part in (own, other)),
    )
    made.rejected(
        rule, "file", "The export names another file.", put(f"{own}/{name}", "x"), at=[f"{own}/{name}"],
    )
    made.rejected(
        rule, "format", "The export has another format.", put(f"{own}/{form}", "Gguf"), at=[f"{own}/{form}"],
    )
    made.rejected(
        rule, "checkpoint", "The checkpoint is another file in another format.", put(f"{other}/{name}", "x"),
        put(f"{other}/{form}", "ProgrammaticFixture"), at=[f"{own}/{name}", f"{own}/{form}"],
    )


def _layout_digest(made: Group) -> None:
    rule = "tensor-layout-digest-mismatch"
    own, other = (
        f"/descriptor/{part}/tensor_layout_digest" for part in ("checkpoint_contract", "export_contract")
    )
    made.accepted(
        rule, "half", "A tensor in half precision, sealed.", put(f"{_LAYOUT}/4/dtype", "F16"), then=counted,
    )
    made.rejected(rule, "checkpoint", "The checkpoint's digest is of nothing.", put(own, ZEROS), at=[own])
    made.rejected(rule, "export", "The export's digest is of nothing.", put(other, ZEROS), at=[other])
    made.rejected(
        rule, "stale", "A tensor was quantized afterwards.",
        put(f"{_LAYOUT}/4/quantization", "int8_symmetric"), at=[own, other],
    )
    made.rejected(
        rule, "blocks", "The blocks of a tensor were noted afterwards.",
        put(f"{_LAYOUT}/4/quantized_layout", {"elements_per_block": 32, "bytes_per_block": 18,
            "block_count": 4608}), at=[own, other],
    )


def _count(made: Group) -> None:
    rule, place = "parameter-count-mismatch", "/descriptor/parameter_count_estimate"
    dims = f"{_LAYOUT}/0/shape/dims"
    mismatch = "tensor-layout-mismatch"
    digests = [
        ("tensor-layout-digest-mismatch", f"/descriptor/{part}/tensor_layout_digest")
        for part in ("checkpoint_contract", "export_contract")
    ]
    made.accepted(
        rule, "longer-context", "A longer context has more parameters.",
        put("/descriptor/config/max_context", 4096), then=relaid,
    )
    made.rejected(rule, "zero", "No parameters.", put(place, 0), at=[place])
    made.rejected(rule, "one-more", "A parameter more.", put(place, 38637313), at=[place])
    made.rejected(rule, "one-less", "A parameter less.", put(place, 38637311), at=[place])
    made.rejected(
        rule, "scalar",
        "A scalar has one element, and a dimension of length 0 leaves none, however long the others are.",
        put(f"{_LAYOUT}/3/shape/dims", []), put(f"{_LAYOUT}/4/shape/dims/0", 0),
        put(f"{_LAYOUT}/5/shape/dims", [2**63, 2**63, 0]), at=[],
        also=[(mismatch, f"{_LAYOUT}/3/shape/dims"), (mismatch, f"{_LAYOUT}/4/shape/dims/0"), (mismatch,
            f"{_LAYOUT}/5/shape/dims"), ("unsafe-integer", f"{_LAYOUT}/5/shape/dims/0"), ("unsafe-integer",
            f"{_LAYOUT}/5/shape/dims/1")], then=counted,
    )
    made.rejected(
        rule, "beyond-64-bits", "A product that no 64 bits hold equals no number, also not modulo 2^64.",
        put(dims, [2**63, 384]), put(place, 38637312 - 49152 * 384), at=[place],
        also=[*digests, (mismatch, f"{dims}/0"), ("unsafe-integer", f"{dims}/0")],
    )
