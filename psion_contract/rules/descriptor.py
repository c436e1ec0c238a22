"""A model descriptor by itself: architecture and tokenizer agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.reading.escaping import excerpt
from psion_contract.reading.pointers import value_at
from psion_contract.rules.checks import Check, Flaw, Subject, check

_ATTENTION = "/config/block/attention"


@check("vocabulary-size-mismatch")
def vocabulary_size(s: Subject) -> Iterator[Flaw]:
    """The model embeds the vocabulary of its tokenizer."""
    actual, expected = s.descriptor["config"]["vocab_size"], s.descriptor["tokenizer_binding"]["vocab_size"]
    if actual != expected:
        message = f"the model embeds a vocabulary of {actual}, but its tokenizer has {expected}"
        other = (("descriptor", "/tokenizer_binding/vocab_size"),)
        yield Flaw("descriptor", "/config/vocab_size", message, expected, actual, other)


@check("attention-shape-mismatch.hidden-size")
def hidden_size(s: Subject) -> Iterator[Flaw]:
    """The heads together are as wide as the model."""
    attention, actual = s.descriptor["config"]["block"]["attention"], s.descriptor["config"]["hidden_size"]
    heads, width = attention["head_count"], attention["head_dim"]
    if actual != heads * width:
        message = f"hidden_size is {actual}, but {heads} heads of {width} make {heads * width}"
        others = (("descriptor", f"{_ATTENTION}/head_count"), ("descriptor", f"{_ATTENTION}/head_dim"))
        yield Flaw("descriptor", "/config/hidden_size", message, heads * width, actual, others)


@check("attention-shape-mismatch.key-value-heads")
def key_heads(s: Subject) -> Iterator[Flaw]:
    """Each key-value head serves the same number of query heads."""
    attention = s.descriptor["config"]["block"]["attention"]
    heads, actual = attention["head_count"], attention["kv_head_count"]
    if heads % actual:
        message = f"{heads} query heads cannot be divided evenly among {actual} key-value heads"
        other = (("descriptor", f"{_ATTENTION}/head_count"),)
        yield Flaw("descriptor", f"{_ATTENTION}/kv_head_count", message, None, actual, other)


@check("attention-shape-mismatch.rotary-width")
def rotary_width(s: Subject) -> Iterator[Flaw]:
    """Rotary embeddings cover the whole head."""
    attention = s.descriptor["config"]["block"]["attention"]
    actual, expected = attention["rotary_dim"], attention["head_dim"]
    if actual != expected:
        message = f"rotary_dim is {actual}, but head_dim is {expected}"
        other = (("descriptor", f"{_ATTENTION}/head_dim"),)
        yield Flaw("descriptor", f"{_ATTENTION}/rotary_dim", message, expected, actual, other)


ANCHORED: dict[str, dict[str, Any]] = {
    "/config/hidden_size": {"pilot32m": 384, "internal128m": 768},
    "/config/layer_count": {"pilot32m": 8, "internal128m": 12},
    f"{_ATTENTION}/head_count": {"pilot32m": 6, "internal128m": 12},
    "/config/block/feed_forward/intermediate_size": {"pilot32m": 1536, "internal128m": 3072},
    "/config/block/feed_forward/activation": {"pilot32m": "Silu", "internal128m": "Silu"},
}
"""What each size anchor fixes: by the pointer of a value, the value by anchor."""


def _anchored(pointer: str) -> Check:
    name = pointer.rpartition("/")[2]

    @check(f"size-anchor-mismatch.{name.replace('_', '-')}")
    def member(s: Subject) -> Iterator[Flaw]:
        anchor, actual = s.descriptor["size_anchor"], value_at(s.descriptor, pointer)
        expected = ANCHORED[pointer][anchor]
        if actual != expected:
            message = f"{name} is {excerpt(actual)}, but the size anchor {anchor} fixes {excerpt(expected)}"
            yield Flaw("descriptor", pointer, message, expected, actual, (("descriptor", "/size_anchor"),))

    return member


CHECKS: tuple[Check, ...] = (
    vocabulary_size,
    hidden_size,
    key_heads,
    rotary_width,
    *map(_anchored, ANCHORED),
)
