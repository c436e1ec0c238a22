"""Cases of the rule on the tensors of a model descriptor."""

from __future__ import annotations

from tools.edits import Edit, Tree, append, drop, put, repeat, swap
from tools.pack.case_builder import Group
from tools.pack.model_cases import narrowed
from tools.pack.restoring import counted

_LAYOUT = "/descriptor/checkpoint_contract/tensor_layout"
_RULE = "tensor-layout-mismatch"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases: number, names and shapes of tensors."""
    cases = Group("layout", "The tensors of a model descriptor.", on=("descriptor",), then=counted)
    cases.accepted(
        _RULE, "laid-out", "A tensor has a quantized_layout, which a config does not imply.",
        put(f"{_LAYOUT}/4/quantized_layout", {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 1}),
    )
    _number(cases)
    _names(cases)
    _shapes(cases)
    return cases


def renamed(namespace: str) -> Edit:
    """Put all tensors but the bias of the output head into another namespace."""

    def edit(tree: Tree) -> None:
        for tensor in tree["descriptor"]["checkpoint_contract"]["tensor_layout"]:
            tensor["name"] = tensor["name"].replace("decoder.", f"{namespace}.", 1)

    return edit


def _dims(tensor: int) -> str:
    return f"{_LAYOUT}/{tensor}/shape/dims"


def _number(cases: Group) -> None:
    cases.rejected(_RULE, "none", "The tensor_layout is an empty list.", put(_LAYOUT, []), at=[_LAYOUT])
    cases.rejected(
        _RULE, "one-less", "The fourth tensor of the layout is missing.", drop(f"{_LAYOUT}/3"), at=[_LAYOUT],
    )
    cases.rejected(
        _RULE, "last-less", "The last tensor of the layout is missing.", drop(f"{_LAYOUT}/148"), at=[_LAYOUT],
    )
    cases.rejected(
        _RULE, "one-more", "The last tensor of the layout is given twice.", repeat(f"{_LAYOUT}/148"),
        at=[_LAYOUT],
    )
    cases.rejected(
        _RULE, "layer-more", "The config has a layer more than there are tensors for.",
        put("/descriptor/config/layer_count", 9), at=[_LAYOUT],
        also=[("size-anchor-mismatch", "/descriptor/config/layer_count")],
    )
    cases.rejected(
        _RULE, "number-first",
        "A tensor is missing, so that the wrong name and shape of others are not looked at.",
        drop(f"{_LAYOUT}/3"), put(f"{_LAYOUT}/0/name", "x"), put(_dims(1), [1]), at=[_LAYOUT],
    )


def _names(cases: Group) -> None:
    name = f"{_LAYOUT}/{{}}/name".format
    cases.rejected(
        _RULE, "exchanged", "Two tensors of the same shape changed places.", swap(_LAYOUT, 2, 3),
        at=[name(2), name(3)],
    )
    cases.rejected(
        _RULE, "kinds-exchanged", "A weight and its bias changed places, so that their shapes are wrong too.",
        swap(_LAYOUT, 4, 5), at=[name(4), name(5), _dims(4), _dims(5)],
    )
    cases.rejected(
        _RULE, "mistyped", "The name of one tensor is mistyped.", put(name(4), "decoder.x"), at=[name(4)],
    )
    cases.rejected(
        _RULE, "three-mistyped", "The names of three tensors are mistyped, and each is a finding of its own.",
        put(name(4), "decoder.x"),
        put(name(6), "decoder.x"), put(name(8), "decoder.y"), at=[name(4), name(6), name(8)],
    )
    cases.rejected(
        _RULE, "namespace",
        "All tensors but the last, which has no namespace, are in another namespace than the contract gives.",
        renamed("a.β"), at=[name(tensor) for tensor in range(148)],
    )
    cases.rejected(
        _RULE, "head", "The name of the output head's bias has a namespace, which it must not have.",
        put(name(148), "decoder.lm_head.bias"), at=[name(148)],
    )
    cases.rejected(
        _RULE, "layer", "A tensor of the second layer is named as one of the first.",
        put(name(20), "decoder.layers.0.attention_norm.gamma"), at=[name(20)],
    )


def _shapes(cases: Group) -> None:
    cases.rejected(
        _RULE, "longer", "A dimension of a matrix is one longer than the config says.",
        put(f"{_dims(14)}/1", 1537), at=[f"{_dims(14)}/1"],
    )
    cases.rejected(
        _RULE, "turned", "A matrix of 384 by 1536 is given as one of 1536 by 384.",
        put(_dims(14), [1536, 384]), at=[f"{_dims(14)}/0", f"{_dims(14)}/1"],
    )
    cases.rejected(
        _RULE, "flattened", "A matrix is given as a vector of as many elements.", put(_dims(4), [384 * 384]),
        at=[_dims(4)],
    )
    cases.rejected(
        _RULE, "scalar", "A vector is given as a scalar, with no dimensions.", put(_dims(3), []),
        at=[_dims(3)],
    )
    cases.rejected(
        _RULE, "added", "A vector is given a second dimension, of length 1.", append(_dims(3), 1),
        at=[_dims(3)],
    )
    weights = [6 + 18 * layer for layer in range(8)]
    cases.rejected(
        _RULE, "keys", "The keys and values of all layers are narrower than the config says.", narrowed(64),
        at=[f"{_dims(weight + more)}/1" for weight in weights for more in (0,
            2)] + [f"{_dims(weight + more)}/0" for weight in weights for more in (1, 3)],
    )
    cases.rejected(
        _RULE, "values", "Only the values of one layer are narrower than the config says.",
        put(f"{_dims(8)}/1", 64), put(f"{_dims(9)}/0", 64), at=[f"{_dims(8)}/1", f"{_dims(9)}/0"],
    )
    cases.rejected(
        _RULE, "context", "The config has a longer context than the tensor of positions.",
        put("/descriptor/config/max_context", 4096), at=[f"{_dims(1)}/0"],
    )
