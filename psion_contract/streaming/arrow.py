"""Checks of documents in rows of Arrow, wherever the rows are: a table, a dataset, a cluster.

Whoever has the rows gives a function that applies a step to each batch of them (`Apply`). `check_archive` does the whole
check with it. Its steps are public too: `referable_texts` and `inputs_of` find what others may refer to, `check_batch` checks a
batch, `merge` finishes what concerns all documents. docs/reference/arrow.md describes the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from psion_contract.checker import Checker
from psion_contract.documents.confusables import identifiers_seen_as, is_suspicious, skeletons
from psion_contract.documents.document import Document
from psion_contract.documents.loading import LoadedDocuments, findings_on_empty
from psion_contract.exceptions import StreamError
from psion_contract.findings import Finding, Report
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits
from psion_contract.reading.source import Documents, Source
from psion_contract.streaming.archives import Content, contents_of, may_be_referable, referable_in
from psion_contract.streaming.arrow_columns import (
    ALIKE,
    CHECKED,
    CONTENTS,
    TEXTS,
    Key,
    Results,
    Text,
    alike_in,
    batch_of,
    checked_batch,
    claim_rows,
    claims_in,
    texts_in,
)
from psion_contract.streaming.check import StreamCheck
from psion_contract.streaming.conflicts import Keys
from psion_contract.streaming.parts import Judge, Part

_FEW = 1000
"""So many texts are kept that are looked at again."""


class Step:
    """A step of a check, for one batch; can be pickled.

    Attributes:
        schema: of the results.
    """

    schema: pa.Schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results on a batch of documents.

        Raises:
            ArgumentError: the batch lacks a column, or a name.
        """
        return self.of(texts_in(batch))

    def of(self, texts: Sequence[Text]) -> pa.RecordBatch:
        """The results on texts."""
        raise NotImplementedError

    def concerns(self, data: bytes) -> bool:
        """Whether there can be results on texts that are these bytes together."""
        return True


Apply = Callable[[Step], Iterable[pa.RecordBatch]]
"""Applies a step to each batch of an archive, and gives the results, in any order."""


class _Referable(Step):
    """Keeps the texts with documents that others may refer to."""

    schema = TEXTS

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def of(self, texts: Sequence[Text]) -> pa.RecordBatch:
        return batch_of(each for each in texts if referable_in([each[1]], self._limits))

    def concerns(self, data: bytes) -> bool:
        return may_be_referable(data)


class _Check(Step):
    """Judges texts."""

    schema = CHECKED

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def of(self, texts: Sequence[Text]) -> pa.RecordBatch:
        return checked_batch((key, self._judge.judge([source])) for key, source in texts)


class _Contents(Step):
    """Finds the contents of the documents with certain claims."""

    schema = CONTENTS

    def __init__(self, limits: Limits, wanted: Collection[Key], claims: Keys) -> None:
        self._limits = limits
        self._wanted = wanted
        self._claims = claims

    def of(self, texts: Sequence[Text]) -> pa.RecordBatch:
        return claim_rows(
            (key, claim, high.to_bytes(8) + low.to_bytes(8))
            for key, source in texts
            if key in self._wanted
            for claim, (high, low) in contents_of(_documents([source], self._limits), self._claims)
        )


class _Chosen(Step):
    """Keeps certain texts."""

    schema = TEXTS

    def __init__(self, wanted: Collection[Key]) -> None:
        self._wanted = wanted

    def of(self, texts: Sequence[Text]) -> pa.RecordBatch:
        return batch_of(each for each in texts if each[0] in self._wanted)


class _Alike(Step):
    """Keeps texts with identifiers that are seen as certain others, and says which."""

    schema = ALIKE

    def __init__(self, limits: Limits, seen_as: Collection[str]) -> None:
        self._limits = limits
        self._seen_as = seen_as

    def of(self, texts: Sequence[Text]) -> pa.RecordBatch:
        kept: list[Text] = []
        first: list[list[str]] = []
        odd: list[bool] = []
        seen: set[str] = set()
        for each in texts:
            documents = [found for found in _documents([each[1]], self._limits) if not found.broken]
            new = {value for found in documents for value in identifiers_seen_as(found, self._seen_as)} - seen
            is_odd = any(map(is_suspicious, documents))
            if new or is_odd:
                kept.append(each)
                first.append(sorted(new))
                odd.append(is_odd)
                seen |= new
        return batch_of(kept, ALIKE, first=first, odd=odd)


class ArrowArchive:
    """Documents in rows of Arrow, as an archive for `StreamCheck`. Each text is a part.

    Args:
        apply: applies a step to all rows.
        limits: the limits of the reader.
        checked: the results of `check_batch`, if there are already.
        referable: the documents that others may refer to, if they are known.
    """

    def __init__(
        self,
        apply: Apply,
        limits: Limits,
        checked: Iterable[pa.RecordBatch] | None = None,
        referable: Sequence[Document] | None = None,
    ) -> None:
        self.looked = 0
        self._apply = apply
        self._limits = limits
        self._checked = checked
        self._referable = referable
        self._results = Results(())
        self._few: dict[int, Source] = {}
        self._skeletons: set[str] = set()

    def referable(self) -> Iterator[list[Document]]:
        """As for every archive."""
        if self._referable is None:
            self._referable = referable_among(self._apply(_Referable(self._limits)), self._limits)
        yield list(self._referable)

    def judged(self, judge: Judge) -> Iterator[Part]:
        """As for every archive, once all texts are judged."""
        self._results = Results(self._apply(_Check(judge)) if self._checked is None else self._checked)
        for part in self._results.parts():
            self._skeletons |= part.skeletons
            yield part

    def unusable(self) -> Iterator[str]:
        """As for every archive."""
        groups: dict[str, bool] = {}
        for part in self._results.parts():
            yield from part.unusable
            for name, is_empty in part.groups.items():
                groups[name] = groups.get(name, True) and is_empty
        yield from (each.document for each in findings_on_empty(groups))

    def contents(self, numbers: Collection[int], keys: Keys) -> Iterator[tuple[int, Content]]:
        """As for every archive."""
        if len(numbers) <= _FEW:  # they are kept for the step that follows
            for documents in self.documents(numbers):
                yield from contents_of(documents, keys)
            return
        step = _Contents(self._limits, frozenset(self._results.keys_of(sorted(numbers))), keys)
        found = [each for batch in self._apply(step) for each in claims_in(batch)]
        found.sort(key=itemgetter(0))
        for _, claim, content in found:
            yield claim, (int.from_bytes(content[:8]), int.from_bytes(content[8:]))

    def documents(self, numbers: Collection[int]) -> Iterator[list[Document]]:
        """As for every archive."""
        ordered = sorted(numbers)
        found = self._few
        if not found.keys() >= set(ordered):
            texts = _all_texts(self._apply(_Chosen(frozenset(self._results.keys_of(ordered)))))
            if len(texts) != len(ordered):
                raise StreamError("the rows changed between two steps; check them again")
            found = {number: source for number, (_, source) in zip(ordered, texts, strict=True)}
            if len(found) <= _FEW:
                self._few = found
        for number in ordered:
            yield _documents([found[number]], self._limits)

    def confusable(self, inputs: Sequence[Document]) -> Iterable[Document]:
        """As for every archive: those with odd identifiers, and of each identifier that is seen alike, the first."""
        seen_as = set(self._skeletons)
        for document in inputs:
            if not document.broken and is_suspicious(document):
                seen_as |= skeletons(document)
        if not seen_as:
            return []
        odd: dict[Key, Text] = {}
        first: dict[str, Text] = {}
        for batch in self._apply(_Alike(self._limits, seen_as)):
            for text, identifiers, is_odd in alike_in(batch):
                if is_odd:
                    odd[text[0]] = text
                for each in identifiers:
                    if each not in first or text[0] < first[each][0]:
                        first[each] = text
        texts = odd | {text[0]: text for text in first.values()}
        return [
            document
            for _, source in sorted(texts.values(), key=itemgetter(0))
            for document in _documents([source], self._limits)
        ]


def referable_texts(batch: pa.RecordBatch, limits: Limits = DEFAULT_LIMITS) -> pa.RecordBatch:
    """The texts of a batch with documents that others may refer to: configs, descriptors, corpora and policies.

    Args:
        batch: documents, with the columns ``name`` and ``text`` (docs/reference/arrow.md).
        limits: the limits of the reader.

    Raises:
        ArgumentError: the batch lacks a column, or a name.
    """
    return _Referable(limits)(batch)


def inputs_of(checker: Checker, texts: Iterable[pa.RecordBatch] = ()) -> Judge:
    """What the documents of an archive may refer to, for `check_batch`; can be pickled.

    Args:
        checker: has the inputs, the limits and the strictness.
        texts: what `referable_texts` finds in each batch of the archive, in any order.
    """
    return Judge(checker, referable_among(texts, checker.limits))


def referable_among(texts: Iterable[pa.RecordBatch], limits: Limits) -> list[Document]:
    """The documents in texts that others may refer to, in order."""
    return referable_in([source for _, source in _all_texts(texts)], limits)


def check_batch(batch: pa.RecordBatch, inputs: Judge | Documents = ()) -> pa.RecordBatch:
    """Check a batch of documents, as far as that is possible without the other batches.

    Args:
        batch: documents, with the columns ``name`` and ``text`` (docs/reference/arrow.md).
        inputs: what `inputs_of` gives; or documents, as for `Checker`, which takes longer if there are many batches.

    Returns:
        A row for each finding, with the columns of a finding in the JSON report, and a row for each text, with the state
        that `merge` needs. What a finding says of a reference is complete after `merge`.

    Raises:
        ArgumentError: the batch lacks a column, or a name.
    """
    return _Check(inputs if isinstance(inputs, Judge) else inputs_of(Checker(inputs)))(batch)


def merge(checked: Iterable[pa.RecordBatch], inputs: Judge, apply: Apply) -> Iterator[Finding | Report]:
    """Finish the check of an archive whose batches are checked.

    Args:
        checked: what `check_batch` gives for each batch, in any order.
        inputs: the inputs that the batches were checked with.
        apply: applies a step to each batch of the archive. It is called if documents have to be looked at again: those
            that claim the same identity, and those with identifiers that look like others.

    Yields:
        The findings, in order, then the report, as `psion_contract.streaming.check_stream` does.

    Raises:
        ArgumentError: two texts have the same position and name.
        StreamError: the rows are not the same as before.
    """
    checker = inputs.checker
    return iter(StreamCheck(checker, ArrowArchive(apply, checker.limits, checked, inputs.referable)))


def check_archive(apply: Apply, checker: Checker | None = None) -> Iterator[Finding | Report]:
    """Check documents in rows of Arrow.

    Args:
        apply: applies a step to each batch of the archive, each time to the same rows.
        checker: has the inputs, the limits and the strictness; by default there are no inputs.

    Yields:
        The findings, in order, then the report, as `psion_contract.streaming.check_stream` does.

    Raises:
        ArgumentError: a batch lacks a column or a name, or two texts have the same position and name.
        StreamError: the rows are not the same each time.
    """
    checker = Checker() if checker is None else checker
    return iter(StreamCheck(checker, ArrowArchive(apply, checker.limits)))


def _all_texts(batches: Iterable[pa.RecordBatch]) -> list[Text]:
    """The texts of batches, in order."""
    return sorted((each for batch in batches for each in texts_in(batch)), key=itemgetter(0))


def _documents(sources: Any, limits: Limits) -> list[Document]:
    return LoadedDocuments(sources, limits, True, {}).documents
