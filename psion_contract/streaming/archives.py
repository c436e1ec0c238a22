"""Where the documents of a stream are: each archive can look at them several times, for the steps of `check`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from psion_contract.documents import digests, kinds
from psion_contract.documents.document import Document
from psion_contract.documents.loading import LoadedDocuments, findings_on_empty
from psion_contract.identities import claim_key
from psion_contract.reading.files import LARGE
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.streaming.conflicts import Keys
from psion_contract.streaming.parts import Judge, Part
from psion_contract.streaming.rereading import SourcePart, parts, sources_in
from psion_contract.streaming.slices import Slice
from psion_contract.streaming.workers import default_jobs, judged

_REFERABLE = (kinds.CONFIG, kinds.DESCRIPTOR, kinds.CORPUS, kinds.POLICY)
_COMMON = "psion."
# What all versions begin with comes first, and is looked for with the speed of a plain search.
_VERSIONS = re.compile(
    re.escape(_COMMON.encode())
    + b"(?:"
    + b"|".join(re.escape(kind.version.removeprefix(_COMMON).encode()) for kind in _REFERABLE)
    + b")"
)

Content = tuple[int, int]
"""The first 128 bits of a content digest."""


class Archive(Protocol):
    """Documents in parts, which have numbers from 0, in order."""

    @property
    def looked(self) -> int:
        """How many bytes were looked at so far for documents that others may refer to."""

    def referable(self) -> Iterator[list[Document]]:
        """The documents that others may refer to; an empty list where there is none."""

    def judged(self, judge: Judge) -> Iterator[Part]:
        """What the judge says of each part, in order."""

    def unusable(self) -> Iterator[str]:
        """The names of texts that may be what a reference means, but cannot be used; one may come several times."""

    def contents(self, numbers: Collection[int], keys: Keys) -> Iterator[tuple[int, Content]]:
        """The claims in the parts with these numbers that have one of these keys, in order, each with its content."""

    def documents(self, numbers: Collection[int]) -> Iterator[list[Document]]:
        """The documents of the parts with these numbers, in order."""

    def confusable(self, inputs: Sequence[Document]) -> Iterable[Document]:
        """Documents in order, at least all whose identifiers are taken for others, or others for them.

        Args:
            inputs: further documents with identifiers.

        Returns:
            What can be iterated over several times.
        """


class SourceArchive:
    """The documents of sources that this process reads.

    Args:
        sources: what can be iterated over several times, and gives the same each time.
        limits: the limits of the reader.
        jobs: how many processes judge; with 1, this one does; by default all cores if the sources are large.
    """

    def __init__(self, sources: Iterable[Source], limits: Limits, jobs: int | None) -> None:
        self.looked = 0
        self._sources = sources
        self._limits = limits
        self._jobs = jobs

    def referable(self) -> Iterator[list[Document]]:
        """As for every archive, a list for each part."""
        for part in parts(self._sources):
            if isinstance(part, Slice) and not may_be_referable(part.read()):
                self.looked += part.stop - part.start
                yield []
                continue
            sources = sources_in(part, self._limits)
            self.looked += sum(len(source.data) for source in sources)
            yield referable_in(sources, self._limits)

    def judged(self, judge: Judge) -> Iterator[Part]:
        """As for every archive."""
        jobs = self._jobs or (default_jobs() if self.looked >= LARGE else 1)
        return judged(judge, parts(self._sources), jobs)

    def unusable(self) -> Iterator[str]:
        """As for every archive; all sources are read for it."""
        groups: dict[str, bool] = {}
        for part in parts(self._sources):
            yield from LoadedDocuments(sources_in(part, self._limits), self._limits, True, groups).unusable
        yield from (each.document for each in findings_on_empty(groups))

    def contents(self, numbers: Collection[int], keys: Keys) -> Iterator[tuple[int, Content]]:
        """As for every archive."""
        for documents in self.documents(numbers):
            yield from contents_of(documents, keys)

    def documents(self, numbers: Collection[int]) -> Iterator[list[Document]]:
        """As for every archive."""
        # To the end: only there is it known that no file has changed.
        for number, part in enumerate(parts(self._sources)):
            if number in numbers:
                yield self._documents(part)

    def confusable(self, inputs: Sequence[Document]) -> Iterable[Document]:
        """All documents, loaded each time they are iterated over."""
        return self

    def __iter__(self) -> Iterator[Document]:
        """All documents again."""
        for part in parts(self._sources):
            yield from self._documents(part)

    def _documents(self, part: SourcePart) -> list[Document]:
        return LoadedDocuments(sources_in(part, self._limits), self._limits, True, {}).documents


def referable_in(sources: Iterable[Source], limits: Limits) -> list[Document]:
    """The documents in sources that others may refer to."""
    perhaps = [source for source in sources if may_be_referable(source.data)]
    if not perhaps:
        return []
    return [each for each in LoadedDocuments(perhaps, limits, True, {}).documents if each.kind in _REFERABLE]


def may_be_referable(data: bytes) -> bool:
    """Whether a text may have a document that others may refer to: it spells such a version, or can with escapes."""
    return _VERSIONS.search(data) is not None or _spells_a_character(data)


def _spells_a_character(data: bytes) -> bool:
    """Whether a text has an escape like ``\\u0041``; looking from escape to escape takes a third of a plain search."""
    at = data.find(b"\\")
    while at >= 0:
        if data.startswith(b"u", at + 1):
            return True
        at = data.find(b"\\", at + 2)
    return False


def contents_of(documents: Iterable[Document], keys: Keys) -> Iterator[tuple[int, Content]]:
    """The claims of documents that have one of these keys, each with its content."""
    for document in documents:
        key = claim_key(document)
        if key is not None and key in keys:
            content = document.remember(digests.content_digest)
            yield key, (int(content[:16], 16), int(content[16:32], 16))
