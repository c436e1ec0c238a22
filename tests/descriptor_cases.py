"""Changes of the canonical model descriptor, and where which rule must fire."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from edits import Case, Edit, again, canonical_documents, drop, put, swap

from psion_contract.documents import digests
from tools.canonical.canonical_model import tensor_layout

LAYOUT = "/checkpoint_contract/tensor_layout"
ATTENTION = "/config/block/attention"
INNER = "/config/block/feed_forward"
MAX_U64 = 2**64 - 1

NAMES = tuple(f"{LAYOUT}/{position}/name" for position in range(148))
"""The names of all tensors that are in the namespace: the last one, the head's bias, is not."""

KEY_WIDTHS = tuple(
    f"{LAYOUT}/{2 + 18 * layer + tensor}/shape/dims/{dimension}"
    for layer in range(8)
    for tensor, dimension in ((4, 1), (5, 0), (6, 1), (7, 0))
)
"""How wide keys and values are: weight and bias of both in each layer, of 18 tensors, after 2 embeddings."""


def relaid(descriptor: Any) -> None:
    """Give the descriptor the tensors that its config implies, where all heads are alike."""
    descriptor["checkpoint_contract"]["tensor_layout"] = tensor_layout(descriptor["config"])


def every_tensor(change: Edit) -> Edit:
    """Change each tensor."""

    def edit(descriptor: Any) -> None:
        for tensor in descriptor["checkpoint_contract"]["tensor_layout"]:
            change(tensor)

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
    yield case("a longer context", put("/config/max_context", 4096), relaid, sealed)
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
    yield case("all names in another namespace", renamed("model"), sealed, at=NAMES)
    other = put("/checkpoint_contract/state_dict_namespace", "x")
    yield case("a namespace that no name has", other, at=NAMES)
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
        "a matrix flattened",
        put(f"{LAYOUT}/4/shape/dims", [384 * 384]),
        sealed,
        at=(f"{LAYOUT}/4/shape/dims",),
    )
    yield case("keys narrower than the config says", keys_of_width(64), sealed, at=KEY_WIDTHS)
    yield case("another context", put("/config/max_context", 4096), at=(f"{LAYOUT}/1/shape/dims/0",))
