"""A model descriptor by itself: the numbers of its architecture, its tokenizer and its export agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.pointers import value_at
from psion_contract.quoting import shown
from psion_contract.rules.base import Body, Flaw, Subject, check, check_equal

_ATTENTION = "/config/block/attention"


@check(
    "vocabulary-size-mismatch",
    "descriptor",
    descriptor=("/config/vocab_size", "/tokenizer_binding/vocab_size"),
)
def vocabulary_size(s: Subject) -> Iterator[Flaw]:
    """The model embeds the vocabulary of its tokenizer."""
    stands, right = s.descriptor["config"]["vocab_size"], s.descriptor["tokenizer_binding"]["vocab_size"]
    if stands != right:
        message = f"the model embeds {stands} vocabulary entries, but its tokenizer has {right}"
        other = (("descriptor", "/tokenizer_binding/vocab_size"),)
        yield Flaw("descriptor", "/config/vocab_size", message, right, stands, other)


@check(
    "attention-shape-mismatch",
    "descriptor",
    descriptor=("/config/hidden_size", f"{_ATTENTION}/head_count", f"{_ATTENTION}/head_dim"),
)
def hidden_size(s: Subject) -> Iterator[Flaw]:
    """The heads side by side are as wide as the model."""
    attention, stands = s.descriptor["config"]["block"]["attention"], s.descriptor["config"]["hidden_size"]
    heads, width = attention["head_count"], attention["head_dim"]
    if stands != heads * width:
        message = f"the model is {stands} wide, but {heads} heads of {width} are {heads * width} wide"
        others = (("descriptor", f"{_ATTENTION}/head_count"), ("descriptor", f"{_ATTENTION}/head_dim"))
        yield Flaw("descriptor", "/config/hidden_size", message, heads * width, stands, others)


@check(
    "attention-shape-mismatch",
    "descriptor",
    descriptor=(f"{_ATTENTION}/head_count", f"{_ATTENTION}/kv_head_count"),
)
def key_heads(s: Subject) -> Iterator[Flaw]:
    """Each key and value head serves the same number of query heads."""
    attention = s.descriptor["config"]["block"]["attention"]
    heads, stands = attention["head_count"], attention["kv_head_count"]
    if heads % stands:
        message = f"{heads} query heads cannot be shared out evenly among {stands} key and value heads"
        other = (("descriptor", f"{_ATTENTION}/head_count"),)
        yield Flaw("descriptor", f"{_ATTENTION}/kv_head_count", message, None, stands, other)


@check(
    "attention-shape-mismatch",
    "descriptor",
    descriptor=(f"{_ATTENTION}/head_dim", f"{_ATTENTION}/rotary_dim"),
)
def rotary_width(s: Subject) -> Iterator[Flaw]:
    """The rotary part is the whole head."""
    attention = s.descriptor["config"]["block"]["attention"]
    stands, right = attention["rotary_dim"], attention["head_dim"]
    if stands != right:
        message = f"the rotary part of each head is {stands} wide, but the head is {right} wide"
        other = (("descriptor", f"{_ATTENTION}/head_dim"),)
        yield Flaw("descriptor", f"{_ATTENTION}/rotary_dim", message, right, stands, other)


_ANCHORED: dict[str, dict[str, Any]] = {
    "/config/hidden_size": {"pilot32m": 384, "internal128m": 768},
    "/config/layer_count": {"pilot32m": 8, "internal128m": 12},
    f"{_ATTENTION}/head_count": {"pilot32m": 6, "internal128m": 12},
    "/config/block/feed_forward/intermediate_size": {"pilot32m": 1536, "internal128m": 3072},
    "/config/block/feed_forward/activation": {"pilot32m": "Silu", "internal128m": "Silu"},
}
"""What each size anchor fixes."""


def _anchored(pointer: str) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        anchor, stands = s.descriptor["size_anchor"], value_at(s.descriptor, pointer)
        right = _ANCHORED[pointer][anchor]
        if stands != right:
            name = pointer.rpartition("/")[2]
            message = f"{name} is {shown(stands)}, but the size {anchor} has {shown(right)}"
            yield Flaw("descriptor", pointer, message, right, stands, (("descriptor", "/size_anchor"),))

    return body


for _pointer in _ANCHORED:
    check("size-anchor-mismatch", "descriptor", descriptor=("/size_anchor", _pointer))(_anchored(_pointer))


check_equal(
    "export-contract-mismatch",
    ("checkpoint_file_name", "checkpoint_format"),
    ("descriptor", "/export_contract"),
    ("descriptor", "/checkpoint_contract"),
    "the export's {name} is {stands}, but the checkpoint contract's is {right}",
)
