"""The check of a stream: the steps of `checker`, part by part.

The sources are read twice. First, documents that others may refer to are looked for, and kept. Then all documents are
judged, in parts, and forgotten. What concerns all documents together comes last, for which some are read again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from psion_contract.checker import Checker, Listing, conflict_finding, confusable_findings, not_usable
from psion_contract.documents.document import Document
from psion_contract.documents.loading import findings_on_empty
from psion_contract.exceptions import ArgumentError
from psion_contract.findings import (
    MAX_FINDINGS,
    DocumentEntry,
    Finding,
    LeftAlone,
    Report,
    Unlisted,
)
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits
from psion_contract.reading.python_values import checked_jobs
from psion_contract.reading.source import Documents, Source, sources_of
from psion_contract.resolution import MAX_CANDIDATES
from psion_contract.streaming.archives import Archive, SourceArchive
from psion_contract.streaming.conflicts import Claims
from psion_contract.streaming.parts import Judge, Part
from psion_contract.streaming.rereading import Again, Files, Kept

_UNRESOLVED = frozenset({"unresolved-reference", "ambiguous-reference"})


class StreamCheck:
    """The check of a stream, iterated over once.

    Args:
        checker: has the inputs, the limits and the strictness.
        sources: what to check; it can be iterated over several times, and gives the same each time. Or an archive.
        jobs: of sources, how many processes judge; with 1, this one does; by default all cores if the sources are large.
        marked: called with each finding before it is given out, to mark it as suppressed.
        keep_files: whether to keep the names of all files.

    Attributes:
        looked: how many bytes were looked at so far for documents that others may refer to.
        size: how many bytes were judged so far.
        documents: how many documents were judged so far.
        findings: how many findings were given out so far.
        files: the names of the files that are not excluded, if they are kept.
    """

    def __init__(
        self,
        checker: Checker,
        sources: Iterable[Source] | Archive,
        jobs: int | None = 1,
        marked: Callable[[Finding], Finding] | None = None,
        keep_files: bool = False,
    ) -> None:
        self.looked = 0
        self.size = 0
        self.files: set[str] = set()
        self._marked = marked
        self._keep_files = keep_files
        self.documents = 0
        self.findings = 0
        self._checker = checker
        self._archive: Archive = (
            SourceArchive(sources, checker.limits, jobs) if isinstance(sources, Iterable) else sources
        )
        self._listing = Listing(checker.input_findings)
        self._seen: set[int] = set()
        self._unlisted = Unlisted()
        self._unusable: tuple[list[str], int] | None = None

    def __iter__(self) -> Iterator[Finding | Report]:
        """The findings, as they are found, then the report, which counts them and lists everything else.

        Raises:
            UnreadableError: a path cannot be read.
            StreamError: the check cannot be finished.
        """
        for found in self.parts():
            if isinstance(found, Report):
                yield found
            else:
                yield from found

    def parts(self) -> Iterator[list[Finding] | Report]:
        """The same, with the findings of each part of the sources in a list, which may be empty."""
        checker, archive, listing = self._checker, self._archive, self._listing
        yield self._found()
        referable: list[Document] = []
        for found in archive.referable():
            referable += found
            self.looked = archive.looked
            yield []
        judge = Judge(checker, referable)
        claims = Claims(checker.identities)
        contents = _Contents()
        reached: dict[int, None] = {}
        groups: dict[str, bool] = {}
        suspicious = False
        for number, judgement in enumerate(archive.judged(judge)):
            for pointer, each in judgement.listings:
                listing.include(each, pointer)
            claims.add(number, judgement.claims)
            contents.add(judgement)
            reached |= dict.fromkeys(judgement.reached)
            suspicious = suspicious or bool(judgement.skeletons)
            for name, is_empty in judgement.groups.items():
                groups[name] = groups.get(name, True) and is_empty
            if self._keep_files:
                self.files |= judgement.files
            self.size += judgement.size
            self.documents += judgement.documents
            yield self._found()
        listing.findings += findings_on_empty(groups)
        yield self._found()
        inputs = [checker.inputs.documents[position] for position in reached]
        checker.judge_inputs(listing, inputs, judge.resolver, ())
        if checker.input_conflicts:
            listing.add(checker.input_conflicts)
        conflicts = ((each.document, conflict_finding(each)) for each in claims.conflicts(archive))
        listing.add(contents.noting(conflicts))
        if suspicious or any(document.non_ascii for document in inputs):
            ordered = checker.in_order(inputs)
            confusable = confusable_findings(_All(archive.confusable(ordered), ordered))
            listing.add(contents.noting(confusable))
        listing.finish()
        yield self._found()
        yield Report(
            (),
            tuple(listing.skipped),
            (*contents.entries, *checker.input_entries),
            (*contents.left_alone, *checker.inputs.left_alone),
            checker.strict,
            self._unlisted._replace(
                documents=tuple(each for each in contents.counts.items() if each[1]),
                left_alone=tuple(contents.left_alone_counts.items()),
            ),
        )

    def _found(self) -> list[Finding]:
        """The findings that are new, complete."""
        found = []
        for each in self._listing.take():
            key = hash((each.rule, each.document, each.pointer, each.keyword, each.message))
            if key in self._seen:
                continue
            self._seen.add(key)
            if each.rule in _UNRESOLVED:
                each = each._replace(message=each.message + not_usable(*self._not_usable()))  # noqa: PLW2901
            found.append(each if self._marked is None else self._marked(each))
        self.findings += len(found)
        self._unlisted = self._unlisted.with_findings(found)
        return found

    def _not_usable(self) -> tuple[list[str], int]:
        """The names of the first texts that may be what a reference means, but could not be used, and how many there are.

        They are looked for, in all sources, when a reference cannot be resolved.
        """
        if self._unusable is None:
            names = list(self._checker.inputs.unusable)
            seen = {hash(name) for name in names}
            for name in self._archive.unusable():
                seen.add(hash(name))
                if len(names) < MAX_CANDIDATES and name not in names:
                    names.append(name)
            self._unusable = names[:MAX_CANDIDATES], len(seen)
        return self._unusable


class _All:
    """Documents, then inputs, which can be iterated over several times."""

    def __init__(self, documents: Iterable[Document], inputs: Sequence[Document]) -> None:
        self._documents = documents
        self._inputs = inputs

    def __iter__(self) -> Iterator[Document]:
        yield from self._documents
        yield from self._inputs


class _Contents:
    """What a stream has: documents with findings and what was ignored, as far as they are listed, and numbers of the rest."""

    def __init__(self) -> None:
        self.entries: list[DocumentEntry] = []
        self.counts: Counter[str] = Counter()
        self.left_alone: list[LeftAlone] = []
        self.left_alone_counts: Counter[Any] = Counter()

    def add(self, part: Part) -> None:
        room = max(0, MAX_FINDINGS - len(self.entries))
        self.entries += part.entries[:room]
        self.counts.update(part.counts)
        self.counts.update(each.kind for each in part.entries[room:])
        room = max(0, MAX_FINDINGS - len(self.left_alone))
        self.left_alone += part.left_alone[:room]
        self.left_alone_counts.update(each.reason for each in part.left_alone[room:])

    def noting(self, found: Iterable[tuple[Document, Finding]]) -> Iterator[tuple[Document, Finding]]:
        """The same findings, whose documents are listed from now on, if they are judged."""
        listed = {(each.name, each.pointer) for each in self.entries}
        for document, each in found:
            place = document.name, document.pointer
            if document.judged and place not in listed and len(self.entries) < MAX_FINDINGS:
                listed.add(place)
                self.entries.append(document.entry())
                self.counts[document.kind.version] -= 1
            yield document, each


def check_stream(
    documents: Documents, checker: Checker | None = None, *, jobs: int | None = 1
) -> Iterator[Finding | Report]:
    """Check documents in bounded memory.

    Args:
        documents: as for `Checker.check`, or an iterator of sources. What can be iterated over only once is kept in a
            temporary file.
        checker: has the inputs, the limits and the strictness; by default there are no inputs.
        jobs: how many processes judge; with 1, this one does.

    Yields:
        The findings, as they are found, then the report, which counts them and lists everything else.

    Raises:
        ArgumentError: `documents` has a form that is not accepted.
        UnreadableError: a file cannot be read.
        StreamError: the check cannot be finished.
    """
    checker = Checker() if checker is None else checker
    return iter(StreamCheck(checker, _sources(documents, checker.limits), checked_jobs(jobs)))


def check_files(
    paths: Iterable[str | os.PathLike[str]],
    inputs: Documents = (),
    *,
    jobs: int | None = None,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    stdin_name: str = "<stdin>",
) -> Iterator[Finding | Report]:
    """Check files in bounded memory, as the command line reads them.

    Args:
        paths: files, folders, URLs as text, and ``-`` for standard input.
        inputs: documents that others may refer to, as for `Checker`.
        jobs: how many processes judge; with 1, this one does; by default all cores if the files are large.
        strict: whether warnings make the verdict ``inconsistent`` too.
        limits: the limits of the reader.
        stdin_name: the name of standard input; with ``.jsonl`` at its end it is JSON Lines.

    Yields:
        The findings, as they are found, then the report, which counts them and lists everything else.

    Raises:
        ArgumentError: an argument has a form that is not accepted.
        UnreadableError: a file cannot be read.
        StreamError: the check cannot be finished.
    """
    if isinstance(paths, (str, bytes, os.PathLike)):
        raise ArgumentError("paths: found one path; put it in a list: [path]")
    try:
        named = [os.fsdecode(path) for path in paths]
    except TypeError as error:
        raise ArgumentError(f"paths: expected paths of files in a list; {error}") from error
    checker = Checker(inputs, limits=limits, strict=strict)
    files = Files(named, limits, stdin_name)
    return iter(StreamCheck(checker, files, checked_jobs(jobs)))


def _sources(documents: Documents, limits: Limits) -> Iterable[Source]:
    if isinstance(documents, Iterator):
        return Kept(sources_of(documents, limits=limits))
    sources = Again(lambda: sources_of(documents, limits=limits))
    iter(
        sources
    )  # raises now, not when findings are asked for, if `documents` has a form that is not accepted
    return sources
