"""Documents that claim the same identity (docs/reference/rules, "Documents beside each other").

This concerns all documents together, judged ones and inputs, whether or not one refers to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from psion_contract.documents import digests, kinds
from psion_contract.documents.document import Document

Claim = tuple[str, ...]
"""The role of a document, and the members that identify it."""


class Conflict(NamedTuple):
    """A document that claims the identity of another one with other content.

    Attributes:
        document: the later one.
        first: the first one that claims the identity.
    """

    document: Document
    first: Document

    @property
    def members(self) -> dict[str, str]:
        """The members that make the identity, by their pointers."""
        kind = self.document.kind
        pointers = ("/receipt_digest",) if kind == kinds.RECEIPT else kind.identity_pointers
        return dict(zip(pointers, _claim(self.document)[1:], strict=True))


def _claim(document: Document) -> Claim:
    """The identity that a document claims; empty if it claims none.

    A broken document claims nothing. Of receipts, the digest alone counts. A model descriptor is identified by its
    digest D2 too, which binds all of it, so two descriptors never conflict.
    """
    kind = document.kind
    if document.broken or kind == kinds.DESCRIPTOR:
        return ()
    if kind == kinds.RECEIPT:
        return (kind.role, document.value["receipt_digest"])
    identity = kinds.identify(kind, document.value)
    return (kind.role, *identity.values()) if identity else ()


def claim_key(document: Document) -> int | None:
    """A number of 64 bits for the identity that a document claims; None if it claims none.

    Documents with the same claim have the same number, and nearly never others.
    """
    claim = _claim(document)
    return int(digests.sha256("\n".join(claim))[:16], 16) if claim else None


class Identities:
    """The identities that a fixed set of documents claims.

    Args:
        documents: the documents.

    Attributes:
        conflicts: the conflicts between them.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        by_claim = _by_claim(documents)
        self._known: dict[Claim, list[Document]] = {}
        self.conflicts = self._conflicts(by_claim)
        self._known = {claim: _distinct(in_order(claimants)) for claim, claimants in by_claim.items()}

    def known_keys(self) -> set[int]:
        """The keys of the claims of the set."""
        return {key for known in self._known.values() if (key := claim_key(known[0])) is not None}

    def conflicts_with(
        self, documents: Sequence[Document], before: Sequence[Document] = ()
    ) -> list[Conflict]:
        """The conflicts of further documents with each other, with those of the set, and with those before them.

        Args:
            documents: the documents.
            before: earlier ones, whose own conflicts are known.
        """
        if len(documents) == 1 and not before:  # nearly always, and it conflicts with nothing
            known = self._known.get(_claim(documents[0]))
            if not known or _is_copy(documents[0], known[0]):
                return []
        return self._conflicts(_by_claim(documents), before)

    def _conflicts(
        self, by_claim: dict[Claim, list[Document]], before: Sequence[Document] = ()
    ) -> list[Conflict]:
        found: list[Conflict] = []
        for claim, further in by_claim.items():
            known = self._known.get(claim, [])
            if before:
                known = _distinct([*known, *before])
            if len(known) + len(further) < 2:
                continue
            distinct = _distinct([*known, *in_order(further)])
            found += [Conflict(each, distinct[0]) for each in distinct[max(len(known), 1) :]]
        return found


def _by_claim(documents: Iterable[Document]) -> dict[Claim, list[Document]]:
    """The documents by the identity that they claim."""
    found: dict[Claim, list[Document]] = {}
    for document in documents:
        if claim := _claim(document):
            found.setdefault(claim, []).append(document)
    return found


def in_order(documents: Sequence[Document]) -> list[Document]:
    """The documents in the order of their texts, and in a text in that of their pointers.

    The order of members in a text is left aside, because readers need not keep it.
    """
    if len(documents) == 1:
        return list(documents)
    texts: dict[str, int] = {}
    for document in documents:
        texts.setdefault(document.name, len(texts))
    return sorted(documents, key=lambda each: (texts[each.name], digests.utf16_order(each.pointer)))


def _distinct(documents: Sequence[Document]) -> list[Document]:
    """The first document of each content."""
    if all(_is_copy(each, documents[0]) for each in documents[1:]):
        return [documents[0]]  # the digest of a receipt takes longer than the rest of its check
    first: dict[str, Document] = {}
    for document in documents:
        first.setdefault(document.remember(digests.content_digest), document)
    return list(first.values())


def _is_copy(document: Document, other: Document) -> bool:
    """Whether two receipts are equal; false also for other documents, whose digests decide.

    For Python, True equals 1. Only the open object of a receipt may have either, so its representation decides.
    """
    if document.kind != kinds.RECEIPT or document.value != other.value:
        return False
    return not document.value.get("delivered_execution") or _open_object(document) == _open_object(other)


def _open_object(receipt: Document) -> str:
    return repr(receipt.value["delivered_execution"].get("cluster_execution"))
