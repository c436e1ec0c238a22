"""Cases of the rules on a model descriptor by itself, but for its tensors."""

from __future__ import annotations

from tools.edits import Edit, Tree, put
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import counted, relaid

_ATTENTION = "/descriptor/config/block/attention"
_INNER = "/descriptor/config/block/feed_forward"
_LAYOUT = "/descriptor/checkpoint_contract/tensor_layout"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("descriptor", "A model descriptor by itself.", on=("descriptor",))
    _vocabulary(cases)
    _attention(cases)
    _anchor(cases)
    _layout_digest(cases)
    _count(cases)
    return cases


def narrowed(width: int) -> Edit:
    """Make the tensors of keys and values that wide."""

    def edit(tree: Tree) -> None:
        for tensor in tree["descriptor"]["checkpoint_contract"]["tensor_layout"]:
            if ".k_proj." in tensor["name"] or ".v_proj." in tensor["name"]:
                tensor["shape"]["dims"][-1] = width

    return edit


def _vocabulary(cases: Group) -> None:
    rule, pointer = "vocabulary-size-mismatch", "/descriptor/config/vocab_size"
    other = "/descriptor/tokenizer_binding/vocab_size"
    cases.accepted(
        rule, "larger", "Config and tokenizer binding both have a vocab_size of 50000.", put(pointer, 50000),
        put(other, 50000), then=relaid,
    )
    cases.rejected(
        rule, "tokenizer-larger", "The tokenizer binding's vocab_size is 49153, one more than the config's.",
        put(other, 49153), at=[pointer],
    )
    cases.rejected(
        rule, "model-smaller", "The config's vocab_size is 49151, one less than the tokenizer binding's.",
        put(pointer, 49151), at=[pointer], then=relaid,
    )


def _attention(cases: Group) -> None:
    rule = "attention-shape-mismatch"
    keys, width, rotary = f"{_ATTENTION}/kv_head_count", f"{_ATTENTION}/head_dim", f"{_ATTENTION}/rotary_dim"
    cases.accepted(
        rule, "shared", "Six query heads share three key heads, two each, which is allowed.", put(keys, 3),
        narrowed(192), then=counted,
    )
    cases.rejected(
        rule, "narrow", "Six heads of 32 are 192 wide, and the hidden_size is 384.", put(width, 32),
        put(rotary, 32), narrowed(192), at=["/descriptor/config/hidden_size"], then=counted,
    )
    cases.rejected(
        rule, "uneven", "Six query heads cannot be shared out among four key heads.", put(keys, 4),
        narrowed(256), at=[keys], then=counted,
    )
    cases.rejected(
        rule, "more", "There are twelve key heads for six query heads.", put(keys, 12), narrowed(768),
        at=[keys], then=counted,
    )
    cases.rejected(rule, "half", "The rotary_dim is half of the head_dim.", put(rotary, 32), at=[rotary])
    cases.rejected(
        rule, "beyond", "The rotary_dim is one more than the head_dim.", put(rotary, 65), at=[rotary],
    )


def _anchor(cases: Group) -> None:
    rule, anchor = "size-anchor-mismatch", "/descriptor/size_anchor"
    hidden, layers = "/descriptor/config/hidden_size", "/descriptor/config/layer_count"
    heads, keys = f"{_ATTENTION}/head_count", f"{_ATTENTION}/kv_head_count"
    inner, activation = f"{_INNER}/intermediate_size", f"{_INNER}/activation"
    internal = {anchor: "internal128m", hidden: 768, layers: 12, heads: 12, keys: 12, inner: 3072}
    larger = [put(pointer, value) for pointer, value in internal.items()]
    cases.accepted(
        rule, "larger", "The size_anchor is internal128m, and all sizes fit it.", *larger, then=relaid,
    )
    cases.rejected(
        rule, "larger-by-name", "The size_anchor is internal128m, and all sizes are those of pilot32m.",
        larger[0], at=[hidden, layers, heads, inner],
    )
    cases.rejected(
        rule, "smaller-by-name", "The size_anchor is pilot32m, and all sizes are those of internal128m.",
        *larger[1:], at=[hidden, layers, heads, inner], then=relaid,
    )
    cases.rejected(
        rule, "layers", "The layer_count is one less than that of the size_anchor.", put(layers, 7),
        at=[layers], then=relaid,
    )
    cases.rejected(
        rule, "heads", "The model has half as many heads as its size_anchor requires, of twice the width.",
        put(heads, 3), put(keys, 3),
        put(f"{_ATTENTION}/head_dim", 128), put(f"{_ATTENTION}/rotary_dim", 128), at=[heads],
    )
    cases.rejected(
        rule, "hidden", "The hidden_size is twice that of the size_anchor, with heads of twice the width.",
        put(hidden, 768), put(f"{_ATTENTION}/head_dim", 128),
        put(f"{_ATTENTION}/rotary_dim", 128), at=[hidden], then=relaid,
    )
    cases.rejected(
        rule, "inner", "The intermediate_size is one less than that of the size_anchor.", put(inner, 1535),
        at=[inner], then=relaid,
    )
    for word in ("Relu", "Identity"):
        cases.rejected(
            rule, word.lower(), f"The activation is {word}, where the size_anchor has Silu.",
            put(activation, word), at=[activation],
        )
    cases.rejected(
        rule, "larger-relu",
        "The size_anchor is internal128m, and all but the activation, Relu instead of Silu, fits it.",
        *larger, put(activation, "Relu"), at=[activation], then=relaid,
    )


def _layout_digest(cases: Group) -> None:
    rule = "tensor-layout-digest-mismatch"
    own, other = (
        f"/descriptor/{part}/tensor_layout_digest" for part in ("checkpoint_contract", "export_contract")
    )
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 4608}
    cases.accepted(
        rule, "laid-out", "A tensor has a quantized_layout, and both digests of the layout are right.",
        put(f"{_LAYOUT}/4/quantized_layout", blocks), then=counted,
    )
    cases.rejected(
        rule, "checkpoint", "The checkpoint's tensor_layout_digest is all zeros.", put(own, ZEROS), at=[own],
    )
    cases.rejected(
        rule, "export", "The export's tensor_layout_digest is all zeros.", put(other, ZEROS), at=[other],
    )
    cases.rejected(
        rule, "stale", "A tensor was renamed after both digests of the layout were made.",
        put(f"{_LAYOUT}/4/name", "decoder.x"), at=[own, other],
        also=[("tensor-layout-mismatch", f"{_LAYOUT}/4/name")],
    )
    cases.rejected(
        rule, "blocks", "A tensor got a quantized_layout after both digests of the layout were made.",
        put(f"{_LAYOUT}/4/quantized_layout", blocks), at=[own, other],
    )


def _count(cases: Group) -> None:
    rule, pointer = "parameter-count-mismatch", "/descriptor/parameter_count_estimate"
    dims = f"{_LAYOUT}/0/shape/dims"
    mismatch = "tensor-layout-mismatch"
    digests = [
        ("tensor-layout-digest-mismatch", f"/descriptor/{part}/tensor_layout_digest")
        for part in ("checkpoint_contract", "export_contract")
    ]
    cases.accepted(
        rule, "longer-context", "A longer context has more parameters, and they are counted right.",
        put("/descriptor/config/max_context", 4096), then=relaid,
    )
    cases.rejected(
        rule, "zero", "The parameter_count_estimate is 0, though the model has tensors.", put(pointer, 0),
        at=[pointer],
    )
    cases.rejected(
        rule, "one-more", "The parameter_count_estimate is one more than the elements of all tensors.",
        put(pointer, 38637313), at=[pointer],
    )
    cases.rejected(
        rule, "one-less", "The parameter_count_estimate is one less than the elements of all tensors.",
        put(pointer, 38637311), at=[pointer],
    )
    cases.rejected(
        rule, "scalar",
        "A scalar counts as one element, and a dimension of length 0 as none, however long the others are.",
        put(f"{_LAYOUT}/3/shape/dims", []), put(f"{_LAYOUT}/4/shape/dims/0", 0),
        put(f"{_LAYOUT}/5/shape/dims", [2**63, 2**63, 0]), at=[],
        also=[(mismatch, f"{_LAYOUT}/3/shape/dims"), (mismatch, f"{_LAYOUT}/4/shape/dims/0"), (mismatch,
            f"{_LAYOUT}/5/shape/dims"), ("unsafe-integer", f"{_LAYOUT}/5/shape/dims/0"), ("unsafe-integer",
            f"{_LAYOUT}/5/shape/dims/1")], then=counted,
    )
    cases.rejected(
        rule, "beyond-64-bits",
        "A tensor has more elements than 64 bits hold, and the count is right only modulo 2^64.",
        put(dims, [2**63, 384]), put(pointer, 38637312 - 49152 * 384), at=[pointer],
        also=[*digests, (mismatch, f"{dims}/0"), ("unsafe-integer", f"{dims}/0")],
    )
