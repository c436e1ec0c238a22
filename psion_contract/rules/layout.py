"""The tensors of a model descriptor: those that its config implies, counted and digested as it says."""

from collections.abc import Iterator
from itertools import chain
from math import prod
from typing import Any, NamedTuple

from psion_contract import digests
from psion_contract.pointers import value_at
from psion_contract.quoting import shown
from psion_contract.rules.base import Body, Flaw, Subject, check

_LAYOUT = "/checkpoint_contract/tensor_layout"
_NAMESPACE = "/checkpoint_contract/state_dict_namespace"
_LAYERS = "/config/layer_count"
_MAX_U64 = 2**64 - 1


def _layout_digest(descriptor: dict[str, Any]) -> str:
    return digests.sha256(digests.tensor_layout_preimage(descriptor["checkpoint_contract"]["tensor_layout"]))


def _stored_digest(part: str) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        stands, right = s.descriptor[part]["tensor_layout_digest"], s.of("descriptor", _layout_digest)
        if stands != right:
            message = f"the digest D6 of the tensor layout is {right}"
            pointer = f"/{part}/tensor_layout_digest"
            yield Flaw("descriptor", pointer, message, right, stands, (("descriptor", _LAYOUT),))

    return body


for _part in ("checkpoint_contract", "export_contract"):
    check(
        "tensor-layout-digest-mismatch",
        "descriptor",
        descriptor=(_LAYOUT, f"/{_part}/tensor_layout_digest"),
    )(_stored_digest(_part))


def _elements(dims: list[int]) -> int:
    """The product of the dimensions; where no u64 can hold it, only some number that none can hold."""
    if 0 in dims:
        return 0
    product = 1
    for length in dims:
        product *= length
        if product > _MAX_U64:
            break  # thousands of large dimensions would take minutes to multiply, and the result to print
    return product


@check("parameter-count-mismatch", "descriptor", descriptor=(_LAYOUT, "/parameter_count_estimate"))
def parameter_count(s: Subject) -> Iterator[Flaw]:
    """The parameters are the elements of the tensors."""
    stands, contract = s.descriptor["parameter_count_estimate"], s.descriptor["checkpoint_contract"]
    total = sum(_elements(tensor["shape"]["dims"]) for tensor in contract["tensor_layout"])
    if stands != total:
        right = total if total <= _MAX_U64 else None
        many = f"more than {_MAX_U64}" if right is None else right
        message = f"the tensors of the layout have {many} elements together"
        other = (("descriptor", _LAYOUT),)
        yield Flaw("descriptor", "/parameter_count_estimate", message, right, stands, other)


Members = tuple[str, ...]
"""Pointers to the numbers of a config whose product is the length of a dimension."""

_HIDDEN: Members = ("/config/hidden_size",)
_VOCAB: Members = ("/config/vocab_size",)
_CONTEXT: Members = ("/config/max_context",)
_INNER: Members = ("/config/block/feed_forward/intermediate_size",)
_KEYS: Members = ("/config/block/attention/kv_head_count", "/config/block/attention/head_dim")


class Tensor(NamedTuple):
    """A tensor that a config implies: its name and what its dimensions are."""

    name: str
    dims: tuple[Members, ...]


def _dense(name: str, inputs: Members, outputs: Members) -> tuple[Tensor, Tensor]:
    return Tensor(f"{name}.weight", (inputs, outputs)), Tensor(f"{name}.bias", (outputs,))


def _norm(name: str) -> tuple[Tensor, Tensor]:
    return Tensor(f"{name}.gamma", (_HIDDEN,)), Tensor(f"{name}.beta", (_HIDDEN,))


_EMBEDDINGS = (
    Tensor("embed_tokens.weight", (_VOCAB, _HIDDEN)),
    Tensor("embed_positions.weight", (_CONTEXT, _HIDDEN)),
)
_LAYER = (
    *_norm("attention_norm"),
    *_dense("attention.q_proj", _HIDDEN, _HIDDEN),
    *_dense("attention.k_proj", _HIDDEN, _KEYS),
    *_dense("attention.v_proj", _HIDDEN, _KEYS),
    *_dense("attention.o_proj", _HIDDEN, _HIDDEN),
    *_norm("feed_forward_norm"),
    *_dense("feed_forward.gate_proj", _HIDDEN, _INNER),
    *_dense("feed_forward.up_proj", _HIDDEN, _INNER),
    *_dense("feed_forward.down_proj", _INNER, _HIDDEN),
)
_FINAL_NORM = _norm("final_norm")
_HEAD = Tensor("lm_head.bias", (_VOCAB,))
"""The output head has only a bias of its own, outside the namespace; its weight is that of the embedding."""


def implied(namespace: str, layers: int) -> Iterator[Tensor]:
    """The tensors, in order and by full name, of a model of that many layers; made one by one."""
    for name, dims in _EMBEDDINGS:
        yield Tensor(f"{namespace}.{name}", dims)
    for layer in range(layers):
        for name, dims in _LAYER:
            yield Tensor(f"{namespace}.layers.{layer}.{name}", dims)
    for name, dims in _FINAL_NORM:
        yield Tensor(f"{namespace}.{name}", dims)
    yield _HEAD


@check("tensor-layout-mismatch", "descriptor", descriptor=("/config", _NAMESPACE, _LAYOUT))
def tensor_layout(s: Subject) -> Iterator[Flaw]:
    """The tensors are those that the config implies, by name, order and shape."""
    contract, layers = s.descriptor["checkpoint_contract"], s.descriptor["config"]["layer_count"]
    layout, namespace = contract["tensor_layout"], contract["state_dict_namespace"]
    pairs = zip(layout, implied(namespace, layers), strict=False)
    count = len(_EMBEDDINGS) + layers * len(_LAYER) + len(_FINAL_NORM) + 1
    if len(layout) != count:
        # From the first tensor that is missing or too many on, a position does not say which one is meant.
        message = f"the layout has {len(layout)} tensors, but {layers} layers imply {count}"
        for position, (tensor, right) in enumerate(pairs):
            if tensor["name"] != right.name:
                message += (
                    f"; from position {position} on: {shown(tensor['name'])} instead of {shown(right.name)}"
                )
                break
        yield Flaw("descriptor", _LAYOUT, message, related=(("descriptor", _LAYERS),))
        return
    for position, (tensor, right) in enumerate(pairs):
        yield from _departures(s, tensor, right, f"{_LAYOUT}/{position}")


def _departures(s: Subject, tensor: dict[str, Any], right: Tensor, pointer: str) -> Iterator[Flaw]:
    """What is wrong with one tensor."""
    namespace = s.descriptor["checkpoint_contract"]["state_dict_namespace"]
    if tensor["name"] != right.name:
        yield _name(tensor["name"], right.name, namespace, pointer)
    yield from _shape(tensor["shape"]["dims"], right, s.of("descriptor", _widths), pointer)


def _name(stands: str, right: str, namespace: str, pointer: str) -> Flaw:
    """What is wrong with the name of a tensor: the namespace alone, or all of it."""
    inner = right.removeprefix(namespace)
    if inner != right and stands.endswith(inner):
        prefix = stands.removesuffix(inner)
        message, other = f"the name starts with {shown(prefix)}, not with {shown(namespace)}", _NAMESPACE
    else:
        message, other = f"{shown(stands)} stands where the config implies {shown(right)}", _LAYERS
    return Flaw("descriptor", f"{pointer}/name", message, right, stands, (("descriptor", other),))


def _shape(stands: list[int], right: Tensor, widths: dict[Members, int], pointer: str) -> Iterator[Flaw]:
    """What is wrong with the shape of a tensor: the number of its dimensions, or the length of some."""
    if len(stands) != len(right.dims):
        wanted = [widths[members] for members in right.dims]
        message = f"the tensor's dimensions are {shown(stands)}, but the config implies {wanted}"
        others = tuple(("descriptor", each) for each in dict.fromkeys(chain(*right.dims)))
        yield Flaw("descriptor", f"{pointer}/shape/dims", message, wanted, stands, others)
        return
    for place, (length, members) in enumerate(zip(stands, right.dims, strict=True)):
        if length != widths[members]:
            meaning = " times ".join(each.rpartition("/")[2] for each in members)
            message = f"the dimension is {length} long, but {meaning} is {widths[members]}"
            others = tuple(("descriptor", each) for each in members)
            there = f"{pointer}/shape/dims/{place}"
            yield Flaw("descriptor", there, message, widths[members], length, others)


def _widths(descriptor: dict[str, Any]) -> dict[Members, int]:
    return {
        members: prod(value_at(descriptor, each) for each in members)
        for members in (_HIDDEN, _VOCAB, _CONTEXT, _INNER, _KEYS)
    }
