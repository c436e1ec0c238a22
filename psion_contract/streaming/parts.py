"""Judges a part of the sources: what can be said of it without the others, as plain values."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from psion_contract.checker import Checker, Listing
from psion_contract.documents.confusables import is_suspicious, skeletons
from psion_contract.documents.document import Document
from psion_contract.documents.loading import LoadedDocuments
from psion_contract.findings import DocumentEntry, Finding, LeftAlone
from psion_contract.identities import claim_key
from psion_contract.streaming.rereading import SourcePart, sources_in


class Part(NamedTuple):
    """What can be said of a part of the sources.

    Attributes:
        listings: findings and skipped rules: of each source or document that has any, with its pointer.
        entries: the entries of these documents.
        counts: how many documents of each kind there are besides.
        left_alone: what was ignored.
        groups: of each file that several sources come from, whether it has no document here.
        claims: the keys of the identities that the documents claim.
        reached: which inputs the documents refer to, by their positions among the inputs.
        skeletons: how identifiers that may look like others are seen.
        unusable: the names of texts that may be what a reference means, but cannot be used.
        files: the names of the files, without those that are excluded.
        size: bytes of the sources.
    """

    listings: list[tuple[str, Listing]]
    entries: list[DocumentEntry]
    counts: dict[str, int]
    left_alone: list[LeftAlone]
    groups: dict[str, bool]
    claims: array[int]
    reached: tuple[int, ...]
    skeletons: frozenset[str]
    unusable: tuple[str, ...]
    files: frozenset[str]
    size: int

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return len(self.entries) + sum(self.counts.values())


class Judge:
    """Judges parts of the sources.

    Args:
        checker: has the inputs.
        referable: the documents of all sources that others may refer to.
    """

    def __init__(self, checker: Checker, referable: Sequence[Document]) -> None:
        self.checker = checker
        self.referable = tuple(referable)
        self.resolver = checker.resolver_with(referable)
        self._positions = {document: number for number, document in enumerate(checker.inputs.documents)}

    def judge(self, part: SourcePart) -> Part:
        """Judge a part of the sources."""
        sources = sources_in(part, self.checker.limits)
        groups: dict[str, bool] = {}
        loaded = LoadedDocuments(sources, self.checker.limits, True, groups)
        listings: list[tuple[str, Listing]] = []
        entries: list[DocumentEntry] = []
        counts: dict[str, int] = {}
        claims = array("Q")
        reached: dict[Document, None] = {}
        seen_as: set[str] = set()
        before = loaded.before
        for number, document in enumerate(loaded.documents):
            if number in before:
                listings += _alone(before[number])
            resolution = self.resolver.resolve(document)
            reached |= resolution.inputs
            listing = Listing()
            listing.judge(document, resolution, loaded.findings.get(document, ()), ())
            if listing.findings or listing.skipped:
                listings.append((document.pointer, listing))
                entries.append(document.entry())
            else:
                kind = document.kind.version
                counts[kind] = counts.get(kind, 0) + 1
            if (key := claim_key(document)) is not None:
                claims.append(key)
            if not document.broken and is_suspicious(document):
                seen_as |= skeletons(document)
        listings += _alone(before.get(len(loaded.documents), ()))
        positions = tuple(self._positions[each] for each in reached)
        return Part(
            listings,
            entries,
            counts,
            loaded.left_alone,
            groups,
            claims,
            positions,
            frozenset(seen_as),
            tuple(loaded.unusable),
            frozenset(each.group or each.name for each in sources if each.ignored != "excluded"),
            sum(len(each.data) for each in sources),
        )


def _alone(findings: Iterable[Finding]) -> list[tuple[str, Listing]]:
    """Findings on sources, each in a list of its own source."""
    by_source: dict[str, Listing] = {}
    for each in findings:
        by_source.setdefault(each.document, Listing()).findings.append(each)
    return [("", listing) for listing in by_source.values()]
