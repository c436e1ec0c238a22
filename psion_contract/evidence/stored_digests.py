"""The digests of documents (section 2 of the contract), stored and computed."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from psion_contract.documents import digests
from psion_contract.documents.document import Document
from psion_contract.documents.kinds import CONFIG, DESCRIPTOR, RECEIPT
from psion_contract.reading.json_reader import Json
from psion_contract.reading.pointers import value_at
from psion_contract.resolution import Resolver

State = Literal["agrees", "differs", "not-stored", "not-computed"]

_QUOTED = {
    CONFIG: (
        ("D1", "tokenizer binding", "/tokenizer_binding_digest"),
        ("D1", "tokenizer binding", "/objective_config/tokenizer_binding_digest"),
        ("D2", "model descriptor", "/model_descriptor_digest"),
    ),
    RECEIPT: (
        ("D1", "tokenizer binding", "/tokenizer_binding_digest"),
        ("D1", "tokenizer binding", "/objective_config/tokenizer_binding_digest"),
        ("D2", "model descriptor", "/model_descriptor_digest"),
        ("D2", "model descriptor", "/checkpoint_lineage/model_descriptor_digest"),
    ),
}
"""The digests of the model that configs and receipts quote; they need the model descriptor."""


class Row(NamedTuple):
    """One digest of one document.

    Attributes:
        id: ``D1`` to ``D9``, or ``content``.
        name: of what is hashed.
        pointer: pointer of the stored value, from the root of the file; None if it is not stored.
        stored: the stored value; None if it is not stored.
        computed: the computed value; None if the hashed document is not available.
        preimage: the hashed text; None if it is not available.
    """

    id: str
    name: str
    pointer: str | None
    stored: str | None
    computed: str | None
    preimage: str | None

    @property
    def state(self) -> State:
        """How the stored and the computed value compare."""
        if self.computed is None:
            return "not-computed"
        if self.stored is None:
            return "not-stored"
        return "agrees" if self.stored == self.computed else "differs"


def rows(document: Document, resolver: Resolver) -> list[Row]:
    """The digests that a valid document stores, implies or quotes."""
    return [*_quoted(document, resolver), *_own(document)]


def _own(document: Document) -> Iterator[Row]:
    for each in digests.digests_of(document.kind, document.value):
        pointer = None if each.pointer is None else document.pointer + each.pointer
        yield Row(each.id, each.name, pointer, each.stored, each.computed, each.preimage)


def _quoted(document: Document, resolver: Resolver) -> Iterator[Row]:
    descriptor = resolver.resolve(document).documents.get("descriptor")
    available = {}
    if descriptor is not None and not descriptor.broken:
        available = descriptor.remember(_quotable)
    for name, title, pointer in _QUOTED.get(document.kind, ()):
        computed, preimage = available.get(name, (None, None))
        stored = value_at(document.value, pointer)
        yield Row(name, title, document.pointer + pointer, stored, computed, preimage)


def _quotable(descriptor: Json) -> dict[str, tuple[str, str]]:
    """The digests of a model descriptor that others quote, with their preimages."""
    found = digests.digests_of(DESCRIPTOR, descriptor)
    return {each.id: (each.computed, each.preimage) for each in found if each.id in ("D1", "D2")}


def listing(documents: Iterable[Document]) -> list[tuple[Document, list[Row]]]:
    """The rows of every valid document, with references resolved among them."""
    documents = list(documents)
    resolver = Resolver(documents)
    return [(document, [] if document.broken else rows(document, resolver)) for document in documents]
