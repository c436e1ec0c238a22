"""Cases of the rule on the tensors of a model descriptor."""

from __future__ import annotations

from psion_contract.conformance.sources.editing import Edit, Tree, append, drop, put, repeat, swap
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.model import narrowed
from psion_contract.conformance.sources.sealing import counted

_LAYOUT = "/descriptor/checkpoint_contract/tensor_layout"
_NAMESPACE = "/descriptor/checkpoint_contract/state_dict_namespace"
_RULE = "tensor-layout-mismatch"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases: what may be changed, then number, names and shapes of tensors."""
    made = Group("layout", "The tensors of a model descriptor.", on=("descriptor",), then=counted)
    _free(made)
    _number(made)
    _names(made)
    _shapes(made)
    return made


def renamed(namespace: str) -> Edit:
    """Put all tensors but the bias of the output head into another namespace."""

    def edit(tree: Tree) -> None:
        for tensor in tree["descriptor"]["checkpoint_contract"]["tensor_layout"]:
            tensor["name"] = tensor["name"].replace("decoder.", f"{namespace}.", 1)

    return edit


def _dims(tensor: int) -> str:
    return f"{_LAYOUT}/{tensor}/shape/dims"


def _free(made: Group) -> None:
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 4608}
    made.accepted(
        _RULE, "quantized", "Precision and quantization are free.", put(f"{_LAYOUT}/4/dtype", "F16"),
        put(f"{_LAYOUT}/4/quantization", "ggml_q4_0"), put(f"{_LAYOUT}/4/quantized_layout", blocks),
    )
    made.accepted(
        _RULE, "namespace", "Another namespace in the contract and in all names.", put(_NAMESPACE, "a.β"),
        renamed("a.β"),
    )


def _number(made: Group) -> None:
    made.rejected(_RULE, "none", "No tensors.", put(_LAYOUT, []), at=[_LAYOUT])
    made.rejected(_RULE, "one-less", "A tensor is missing.", drop(f"{_LAYOUT}/3"), at=[_LAYOUT])
    made.rejected(_RULE, "last-less", "The last tensor is missing.", drop(f"{_LAYOUT}/148"), at=[_LAYOUT])
    made.rejected(_RULE, "one-more", "A tensor stands there twice.", repeat(f"{_LAYOUT}/148"), at=[_LAYOUT])
    made.rejected(
        _RULE, "layer-more", "The config has a layer more than the tensors.",
        put("/descriptor/config/layer_count", 9), at=[_LAYOUT],
        also=[("size-anchor-mismatch", "/descriptor/config/layer_count")],
    )
    made.rejected(
        _RULE, "number-first", "Where the number is wrong, names and shapes are not looked at.",
        drop(f"{_LAYOUT}/3"), put(f"{_LAYOUT}/0/name", "x"), put(_dims(1), [1]), at=[_LAYOUT],
    )


def _names(made: Group) -> None:
    name = f"{_LAYOUT}/{{}}/name".format
    made.rejected(
        _RULE, "exchanged", "Two tensors changed places.", swap(_LAYOUT, 2, 3), at=[name(2), name(3)],
    )
    made.rejected(
        _RULE, "kinds-exchanged", "A weight and its bias changed places, so that their shapes are wrong too.",
        swap(_LAYOUT, 4, 5), at=[name(4), name(5), _dims(4), _dims(5)],
    )
    made.rejected(_RULE, "mistyped", "A name is mistyped.", put(name(4), "decoder.x"), at=[name(4)])
    made.rejected(
        _RULE, "three-mistyped", "Each mistyped name is a finding of its own.", put(name(4), "decoder.x"),
        put(name(6), "decoder.x"), put(name(8), "decoder.y"), at=[name(4), name(6), name(8)],
    )
    made.rejected(
        _RULE, "contract-elsewhere",
        "The contract says another namespace than all tensors but the last are in.", put(_NAMESPACE, "x"),
        at=[name(tensor) for tensor in range(148)],
    )
    made.rejected(
        _RULE, "head", "The bias of the output head is in no namespace.",
        put(name(148), "decoder.lm_head.bias"), at=[name(148)],
    )
    made.rejected(
        _RULE, "layer", "A tensor names another layer.",
        put(name(20), "decoder.layers.0.attention_norm.gamma"), at=[name(20)],
    )


def _shapes(made: Group) -> None:
    made.rejected(
        _RULE, "longer", "A dimension is one longer.", put(f"{_dims(14)}/1", 1537), at=[f"{_dims(14)}/1"],
    )
    made.rejected(
        _RULE, "turned", "A matrix is turned.", put(_dims(14), [1536, 384]),
        at=[f"{_dims(14)}/0", f"{_dims(14)}/1"],
    )
    made.rejected(_RULE, "flattened", "A matrix is flattened.", put(_dims(4), [384 * 384]), at=[_dims(4)])
    made.rejected(_RULE, "scalar", "A vector is a scalar.", put(_dims(3), []), at=[_dims(3)])
    made.rejected(_RULE, "added", "A vector has a dimension of 1 more.", append(_dims(3), 1), at=[_dims(3)])
    weights = [6 + 18 * layer for layer in range(8)]
    made.rejected(
        _RULE, "keys", "Keys and values are narrower than the config says.", narrowed(64),
        at=[f"{_dims(weight + more)}/1" for weight in weights for more in (0,
            2)] + [f"{_dims(weight + more)}/0" for weight in weights for more in (1, 3)],
    )
    made.rejected(
        _RULE, "values", "Only the values of one layer are.", put(f"{_dims(8)}/1", 64),
        put(f"{_dims(9)}/0", 64), at=[f"{_dims(8)}/1", f"{_dims(9)}/0"],
    )
    made.rejected(
        _RULE, "context", "The config has another context than the tensor of positions.",
        put("/descriptor/config/max_context", 4096), at=[f"{_dims(1)}/0"],
    )
