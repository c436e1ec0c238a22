"""The tensor layout of a model descriptor: as its config implies, with its parameter count and digest."""

from collections.abc import Iterator
from itertools import chain
from math import prod
from typing import Any, NamedTuple

from psion_contract.documents import digests
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.pointers import value_at
from psion_contract.rules.checks import Check, Flaw, Subject, check

_LAYOUT = "/checkpoint_contract/tensor_layout"
_NAMESPACE = "/checkpoint_contract/state_dict_namespace"
_LAYERS = "/config/layer_count"
_MAX_U64 = 2**64 - 1


def _layout_digest(descriptor: dict[str, Any]) -> str:
    return digests.sha256(digests.tensor_layout_preimage(descriptor["checkpoint_contract"]["tensor_layout"]))


def _stored_digest(part: str) -> Check:
    @check(f"tensor-layout-digest-mismatch.{part.removesuffix('_contract')}")
    def stored(s: Subject) -> Iterator[Flaw]:
        actual, expected = s.descriptor[part]["tensor_layout_digest"], s.of("descriptor", _layout_digest)
        if actual != expected:
            message = f"digest D6 of the tensor layout is {expected}"
            pointer = f"/{part}/tensor_layout_digest"
            yield Flaw("descriptor", pointer, message, expected, actual, (("descriptor", _LAYOUT),))

    return stored


def _elements(dims: list[int]) -> int:
    """The product of the dimensions; any number beyond u64 if it is not a u64."""
    if 0 in dims:
        return 0
    product = 1
    for length in dims:
        product *= length
        if product > _MAX_U64:
            break  # the product of thousands of large dimensions would take minutes
    return product


def parameters(layout: list[dict[str, Any]]) -> int:
    """The number of elements of all tensors of a layout; any number beyond u64 if it is not a u64."""
    return sum(_elements(tensor["shape"]["dims"]) for tensor in layout)


@check("parameter-count-mismatch")
def parameter_count(s: Subject) -> Iterator[Flaw]:
    """The parameter count is the number of elements of all tensors."""
    actual = s.descriptor["parameter_count_estimate"]
    total = parameters(s.descriptor["checkpoint_contract"]["tensor_layout"])
    if actual != total:
        expected = total if total <= _MAX_U64 else None
        many = f"more than {_MAX_U64}" if expected is None else expected
        message = f"the tensors of the layout have {many} elements in total"
        other = (("descriptor", _LAYOUT),)
        yield Flaw("descriptor", "/parameter_count_estimate", message, expected, actual, other)


Factors = tuple[str, ...]
"""Pointers to the numbers in a config whose product is the length of a dimension."""

_HIDDEN: Factors = ("/config/hidden_size",)
_VOCAB: Factors = ("/config/vocab_size",)
_CONTEXT: Factors = ("/config/max_context",)
_INNER: Factors = ("/config/block/feed_forward/intermediate_size",)
_KEYS: Factors = ("/config/block/attention/kv_head_count", "/config/block/attention/head_dim")


class Tensor(NamedTuple):
    """A tensor that a config implies: its name and, of each dimension, the factors."""

    name: str
    dims: tuple[Factors, ...]


def _dense(name: str, inputs: Factors, outputs: Factors) -> tuple[Tensor, Tensor]:
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
"""The output head has only its bias, outside the namespace; it shares the weight of the embedding."""


def implied(namespace: str, layers: int) -> Iterator[Tensor]:
    """The tensors of a model with that many layers, in order, with their full names; generated lazily."""
    for name, dims in _EMBEDDINGS:
        yield Tensor(f"{namespace}.{name}", dims)
    for layer in range(layers):
        for name, dims in _LAYER:
            yield Tensor(f"{namespace}.layers.{layer}.{name}", dims)
    for name, dims in _FINAL_NORM:
        yield Tensor(f"{namespace}.{name}", dims)
    yield _HEAD


@check("tensor-layout-mismatch")
def tensor_layout(s: Subject) -> Iterator[Flaw]:
    """The tensors are those that the config implies, by name, order and shape."""
    contract, layers = s.descriptor["checkpoint_contract"], s.descriptor["config"]["layer_count"]
    layout, namespace = contract["tensor_layout"], contract["state_dict_namespace"]
    pairs = zip(layout, implied(namespace, layers), strict=False)
    count = len(_EMBEDDINGS) + layers * len(_LAYER) + len(_FINAL_NORM) + 1
    if len(layout) != count:
        # After the first missing or extra tensor, positions no longer identify tensors.
        message = f"the layout has {len(layout)} tensors, but {layers} layers imply {count}"
        for position, (tensor, expected) in enumerate(pairs):
            if tensor["name"] != expected.name:
                named, implied_name = excerpt(tensor["name"]), excerpt(expected.name)
                message += f"; first difference at position {position}: {named} instead of {implied_name}"
                break
        yield Flaw("descriptor", _LAYOUT, message, related=(("descriptor", _LAYERS),))
        return
    for position, (tensor, expected) in enumerate(pairs):
        yield from _tensor_flaws(s, tensor, expected, f"{_LAYOUT}/{position}")


def _tensor_flaws(s: Subject, tensor: dict[str, Any], expected: Tensor, pointer: str) -> Iterator[Flaw]:
    """The flaws of one tensor."""
    namespace = s.descriptor["checkpoint_contract"]["state_dict_namespace"]
    if tensor["name"] != expected.name:
        yield _name(tensor["name"], expected.name, namespace, pointer)
    yield from _shape(tensor["shape"]["dims"], expected, s.of("descriptor", widths_of), pointer)


def _name(actual: str, expected: str, namespace: str, pointer: str) -> Flaw:
    """The flaw of a tensor's name: only its namespace, or all of it."""
    inner = expected.removeprefix(namespace)
    if inner != expected and actual.endswith(inner):
        prefix = actual.removesuffix(inner)
        message, other = f"the name starts with {excerpt(prefix)}; expected {excerpt(namespace)}", _NAMESPACE
    else:
        message, other = f"the tensor is {excerpt(actual)}; the config implies {excerpt(expected)}", _LAYERS
    return Flaw("descriptor", f"{pointer}/name", message, expected, actual, (("descriptor", other),))


def _shape(actual: list[int], expected: Tensor, widths: dict[Factors, int], pointer: str) -> Iterator[Flaw]:
    """The flaws of a tensor's shape: its number of dimensions, or some of their lengths."""
    if len(actual) != len(expected.dims):
        wanted = [widths[factors] for factors in expected.dims]
        message = f"the tensor has the dimensions {excerpt(actual)}; the config implies {wanted}"
        others = tuple(("descriptor", each) for each in dict.fromkeys(chain(*expected.dims)))
        yield Flaw("descriptor", f"{pointer}/shape/dims", message, wanted, actual, others)
        return
    for index, (length, factors) in enumerate(zip(actual, expected.dims, strict=True)):
        if length != widths[factors]:
            meaning = " times ".join(each.rpartition("/")[2] for each in factors)
            message = f"the dimension is {length}, but {meaning} is {widths[factors]}"
            others = tuple(("descriptor", each) for each in factors)
            dims_pointer = f"{pointer}/shape/dims/{index}"
            yield Flaw("descriptor", dims_pointer, message, widths[factors], length, others)


def widths_of(descriptor: dict[str, Any]) -> dict[Factors, int]:
    """The lengths of the dimensions that a descriptor's config implies, by their factors."""
    return {
        factors: prod(value_at(descriptor, each) for each in factors)
        for factors in (_HIDDEN, _VOCAB, _CONTEXT, _INNER, _KEYS)
    }


CHECKS: tuple[Check, ...] = (
    _stored_digest("checkpoint_contract"),
    _stored_digest("export_contract"),
    parameter_count,
    tensor_layout,
)
