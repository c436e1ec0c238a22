"""The steps of a check, in order: load documents, resolve references, apply the rules, report.

Findings are in the order of the documents. For each document, findings of the reader come first, then those of its
schema, its references and the rules. What concerns all documents together comes last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from psion_contract.catalog import MAX_RELATED, finding
from psion_contract.documents import kinds
from psion_contract.documents.confusables import confusables
from psion_contract.documents.differences import difference
from psion_contract.documents.document import Document
from psion_contract.documents.loading import LoadedDocuments, too_many
from psion_contract.exceptions import ArgumentError
from psion_contract.findings import (
    MAX_FINDINGS,
    NO_PLACE,
    NOTHING_UNLISTED,
    Finding,
    Related,
    Report,
    Skipped,
    Unlisted,
    distinct,
)
from psion_contract.identities import Conflict, Identities
from psion_contract.reading.escaping import excerpt, listed
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, checked_limits
from psion_contract.reading.pointers import value_at
from psion_contract.reading.source import Documents, sources_of
from psion_contract.resolution import MAX_CANDIDATES, Reference, Resolution, Resolver
from psion_contract.rules import CHECKS, NEEDED_ROLES
from psion_contract.rules.checks import Check, Flaw, Subject

_REFERABLE = frozenset({"config", "descriptor", "corpus", "policy"})

_REFERRING = (kinds.CONFIG, kinds.RECEIPT)
"""The kinds of documents that refer to others."""


class Examination(NamedTuple):
    """A check with what it was made from.

    Attributes:
        report: the result.
        documents: the documents that were judged, then the inputs.
        resolver: resolves the references between them.
    """

    report: Report
    documents: tuple[Document, ...]
    resolver: Resolver


class Checker:
    """Checks documents against each other and against a fixed set of inputs.

    Whatever depends only on the inputs (schema verdicts, digests, indexes) is computed once and reused by every
    check. See sections 2 and 3 of the contract.

    Args:
        inputs: documents that others may refer to, as `check` takes them. An input is judged only if a judged
            document refers to it. An unreadable input that the user named is always a finding.
        limits: the limits of the reader.
        strict: whether warnings make the verdict ``inconsistent`` too.

    Raises:
        ArgumentError: an argument has a form that is not accepted.
        UnreadableError: a file cannot be read.
    """

    def __init__(
        self,
        inputs: Documents = (),
        *,
        limits: Limits = DEFAULT_LIMITS,
        strict: bool = False,
    ) -> None:
        if not isinstance(strict, bool):  # "no" would be true
            raise ArgumentError(f"strict: expected True or False, found {strict!r:.100}")
        self.limits = checked_limits(limits)
        self.strict = strict
        self.inputs = LoadedDocuments(sources_of(inputs, "inputs", limits), limits, judged=False)
        self._resolver = Resolver(self.inputs.documents)
        self.identities = Identities(self.inputs.documents)
        self.input_conflicts = [(each.document, conflict_finding(each)) for each in self.identities.conflicts]
        self.input_entries = tuple(document.entry() for document in self.inputs.documents)
        self._ignored_inputs = self.inputs.ignored()
        self.input_findings = self.inputs.source_findings
        self._unusable_inputs = tuple(self.inputs.unusable)
        for document in self.inputs.documents:
            if document.kind.role in _REFERABLE and document.identity is None:
                # Nothing can refer to it, although it may be what a reference means.
                self.input_findings += self.inputs.findings[document]
        self._input_verdicts: dict[Document, Listing] = {}
        self._settled_inputs: set[Document] = set()
        """Inputs with an empty verdict, on which no other document has an influence."""

    def read(self, documents: Documents) -> tuple[list[Document], list[Finding]]:
        """Read and validate documents, without checking them.

        Args:
            documents: as for `check`.

        Returns:
            The documents, and the findings of the reader and the schemas."""
        loaded = LoadedDocuments(sources_of(documents, limits=self.limits), self.limits, judged=True)
        return loaded.documents, loaded.all_findings()

    def check(self, documents: Documents) -> Report:
        """Check documents, which may refer to each other and to the inputs.

        Args:
            documents: a mapping of names to documents, or a list of documents (see `check_documents`).

        Returns:
            The report. Nothing in a document raises an exception.

        Raises:
            ArgumentError: `documents` has a form that is not accepted.
            UnreadableError: a file cannot be read.
        """
        return self.examine(documents).report

    def examine(self, documents: Documents) -> Examination:
        """Check documents as `check` does, and keep them, for a report that shows more than findings."""
        loaded = LoadedDocuments(sources_of(documents, limits=self.limits), self.limits, judged=True)
        judged = loaded.documents
        resolver = self.resolver_with(judged)
        unusable = (*self._unusable_inputs, *loaded.unusable)
        listing = Listing(self.input_findings)
        inputs: dict[Document, None] = {}
        before = loaded.before
        non_ascii = False
        for number, document in enumerate(judged):
            if before and number in before:
                listing.findings += before[number]
            non_ascii = non_ascii or document.non_ascii
            resolution = resolver.resolve(document)
            inputs |= resolution.inputs
            listing.judge(document, resolution, loaded.findings.get(document, ()), unusable)
        listing.findings += before.get(len(judged), ())
        if resolver is not self._resolver or not self._settled_inputs.issuperset(inputs):
            self.judge_inputs(listing, inputs, resolver, unusable)
            non_ascii = non_ascii or any(document.non_ascii for document in inputs)
        if self.input_conflicts:
            listing.add(self.input_conflicts)
        if conflicts := self.identities.conflicts_with(judged):
            listing.add((each.document, conflict_finding(each)) for each in conflicts)
        if non_ascii:
            listing.add(confusable_findings([*judged, *self.in_order(inputs)]))
        listing.finish()
        (ignored, more), (ignored_inputs, more_inputs) = loaded.ignored(), self._ignored_inputs
        report = Report(
            distinct(listing.findings),
            tuple(listing.skipped),
            (*[document.entry() for document in judged], *self.input_entries),
            (*ignored, *ignored_inputs),
            self.strict,
            Unlisted(left_alone=tuple((more + more_inputs).items()))
            if more or more_inputs
            else NOTHING_UNLISTED,
        )
        return Examination(report, (*judged, *self.inputs.documents), resolver)

    # The steps of a check, for checks of streams too.

    def resolver_with(self, documents: Sequence[Document]) -> Resolver:
        """Resolves references to the inputs and to these documents."""
        for document in documents:
            if document.kind.role in _REFERABLE:
                return self._resolver.extended(documents)
        return self._resolver

    def judge_inputs(
        self, listing: Listing, inputs: Iterable[Document], resolver: Resolver, unusable: Sequence[str]
    ) -> None:
        """Add the findings on inputs that judged documents refer to."""
        # Verdicts on inputs are cached, unless the inputs may refer to the judged documents.
        own_verdicts: dict[Document, Listing] = {}
        for document in inputs:
            refers = document.kind in _REFERRING and resolver is not self._resolver
            verdicts = own_verdicts if refers else self._input_verdicts
            if document not in verdicts:
                own = self.inputs.findings.get(document, ())
                verdicts[document] = Listing()
                verdicts[document].judge(document, resolver.resolve(document), own, unusable)
            if verdicts[document].is_empty:
                if not refers and not document.non_ascii:
                    self._settled_inputs.add(document)
                continue
            listing.include(verdicts[document])

    def in_order(self, inputs: Collection[Document]) -> list[Document]:
        """Inputs in the order in which they were given."""
        return [document for document in self.inputs.documents if document in inputs]


def check_documents(documents: Documents, *, strict: bool = False, limits: Limits = DEFAULT_LIMITS) -> Report:
    """Check documents against each other (sections 2 and 3 of the contract).

    Args:
        documents: a mapping of names to documents, or a list of documents, which are then called ``documents[0]`` and
            so on, unless they are pairs of a name and a document. A document is JSON text (``str`` or bytes), a
            ``Source``, the path of a file or folder (``os.PathLike``, read as by the command line), or a Python value:
            mappings, dataclasses, lists, and the scalars and arrays of numpy and torch. A value without a contract
            document is an ``unknown-kind`` finding, one without a JSON form an ``invalid-json`` finding.
        strict: whether warnings make the verdict ``inconsistent`` too.
        limits: the limits of the reader, per document.

    Returns:
        The report. Nothing in a document raises an exception. Findings on text have line and column; findings on
        Python values do not.

    Raises:
        ArgumentError: `documents` has another form, or a name is not a string, is empty or occurs twice.
        UnreadableError: a file cannot be read.
    """
    return Checker(limits=limits, strict=strict).check(documents)


class Listing:
    """Findings and skipped rules, as far as they are listed.

    After `MAX_FINDINGS` of either, only the first finding of each severity is listed of each further document. So
    the list is bounded, and the verdict on every document is the same as without the bound.
    """

    def __init__(self, findings: Iterable[Finding] = (), room: int = MAX_FINDINGS) -> None:
        self.findings = list(findings)
        self.skipped: list[Skipped] = []
        self._room = room  # for skipped rules
        self._taken = 0
        self._unlisted = 0
        self._unlisted_skipped = 0
        self._first_unlisted: tuple[str, str] | None = None

    def judge(
        self,
        document: Document,
        resolution: Resolution,
        own: Iterable[Finding],
        unusable: Sequence[str],
    ) -> None:
        """Add the findings on one document: its own, those on its references, then those of the rules.

        Args:
            document: the document.
            resolution: what it refers to.
            own: the findings of the reader and the schema.
            unusable: names of texts that may be what a reference means, but could not be used.
        """
        if self._taken + len(self.findings) >= MAX_FINDINGS:
            alone = Listing(room=MAX_FINDINGS - len(self.skipped))
            alone.judge(document, resolution, own, unusable)
            self.include(alone, document.pointer)
            return
        findings = self.findings
        findings += own
        if resolution.failed:
            findings += [_reference_finding(document, each, unusable) for each in resolution.failed]
        role = document.kind.role
        subject = Subject(document, resolution)
        checks: Iterable[Check] = CHECKS[role]
        if document.broken or not resolution.sound or not resolution.roles >= NEEDED_ROLES[role]:
            checks = self._applicable(checks, subject.documents, document)
        for check in checks:
            flaws = check.body(subject)
            if not flaws:  # nearly always
                continue
            for number, flaw in enumerate(flaws, 1):
                findings.append(_finding(flaw.rule or check.rules[0], flaw, subject.documents))
                if number == MAX_FINDINGS:
                    findings.append(too_many(document, flaw.rule or check.rules[0]))
                    break

    def include(self, other: Listing, pointer: str = "") -> None:
        """Add what the list of one document has.

        Args:
            other: the list.
            pointer: of the document.
        """
        if other.is_empty:
            return
        start = len(self.findings)
        self.findings += other.findings
        if self._taken + start >= MAX_FINDINGS:
            self._shorten(start, pointer)
        room = max(0, MAX_FINDINGS - len(self.skipped))
        self.skipped += other.skipped[:room]
        if len(other.skipped) > room:
            self._unlisted_skipped += len(other.skipped) - room
            self._note(other.skipped[0].document, pointer)
        if other._unlisted_skipped and other._first_unlisted:
            self._unlisted_skipped += other._unlisted_skipped
            self._note(*other._first_unlisted)

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a finding nor a skipped rule."""
        return not self.findings and not self.skipped and not self._unlisted_skipped

    def take(self) -> list[Finding]:
        """The findings since the last call, which the list keeps no longer."""
        taken, self.findings = self.findings, []
        self._taken += len(taken)
        return taken

    def add(self, findings: Iterable[tuple[Document, Finding]]) -> None:
        """Add the findings of a rule on all documents together, each with its document."""
        for number, (document, found) in enumerate(findings):
            if number == MAX_FINDINGS:
                self.findings.append(too_many(document, found.rule))
                break
            self.findings.append(found)

    def finish(self) -> None:
        """Say what is not listed."""
        if self._first_unlisted is not None:
            message = (
                f"from this document on, at least {self._unlisted} findings and {self._unlisted_skipped} skipped rules are "
                "not listed, only the first finding of each document; check a document alone to see all of its own"
            )
            self.findings.append(finding("unlisted-findings", *self._first_unlisted, message))

    def _shorten(self, start: int, pointer: str) -> None:
        """Keep of the findings from `start` on only the first of each severity."""
        added = self.findings[start:]
        if len(added) < 2:
            return
        kept = {each.severity: each for each in reversed(added)}
        self.findings[start:] = kept.values()
        if len(added) > len(kept):
            self._unlisted += len(added) - len(kept)
            self._note(added[0].document, pointer)

    def _note(self, name: str, pointer: str) -> None:
        self._first_unlisted = self._first_unlisted or (name, pointer)

    def _applicable(
        self, checks: Iterable[Check], documents: dict[str, Document], document: Document
    ) -> Iterator[Check]:
        """The checks that can be applied, or such parts of them; the rules of all others are added to `skipped`."""
        for check in checks:
            reason = _skip_reason(check, documents)
            if reason is None:
                yield check
            elif check.parts:
                yield from self._applicable(check.parts, documents, document)
            elif len(self.skipped) < self._room:
                self.skipped += [
                    Skipped(rule, document.name, document.pointer, reason) for rule in check.rules
                ]
            else:
                self._unlisted_skipped += len(check.rules)
                self._note(document.name, document.pointer)


def _skip_reason(check: Check, documents: dict[str, Document]) -> str | None:
    """Why a check cannot be applied; None if it can."""
    for role, needed in check.reads.items():
        document = documents.get(role)
        if document is None:
            return f"no {kinds.ROLES[role].title} to compare with"
        if document.broken:
            pointer = document.broken_at(needed)
            if pointer is not None:
                return (
                    f"the {kinds.ROLES[role].title} {document.name} is broken at {document.pointer}{pointer}"
                )
    return None


def _finding(rule: str, flaw: Flaw, documents: dict[str, Document]) -> Finding:
    document = documents[flaw.role]
    return finding(
        rule,
        document.name,
        document.pointer + flaw.pointer,
        flaw.message,
        expected=flaw.expected,
        actual=flaw.actual,
        related=tuple(_related(documents[role], pointer) for role, pointer in flaw.related[:MAX_RELATED]),
        place=document.place(flaw.pointer),
    )


def _related(document: Document, pointer: str) -> Related:
    """The other side of a contradiction, with its value unless that is an object or an array."""
    value = value_at(document.value, pointer)
    scalar = None if isinstance(value, (dict, list)) else value
    return Related(document.name, document.pointer + pointer, scalar, *(document.place(pointer) or NO_PLACE))


def _reference_finding(document: Document, reference: Reference, unusable: Sequence[str]) -> Finding:
    rule = reference.rule or "unresolved-reference"
    title = kinds.ROLES[reference.role].title
    wanted = _named(reference.wanted)
    if rule == "ambiguous-reference":
        message = (
            f"{reference.candidate_count} different documents claim to be the {title} with {wanted}; "
            f"the first two differ in {reference.difference}"
        )
    else:
        identities = [" ".join((each.identity or {}).values()) for each in reference.candidates]
        more = reference.candidate_count - len(identities)
        available = (
            f"; available: {listed(identities, unlisted=more)}"
            if identities
            else f"; no {title} is available"
        )
        message = f"no {title} with {wanted} among the documents{available}"
    message += not_usable(unusable[:MAX_CANDIDATES], len(unusable))
    return finding(
        rule,
        document.name,
        document.pointer + reference.pointer,
        message,
        actual=next(iter(reference.wanted.values())),
        related=tuple(
            Related(each.name, each.pointer, None, *(each.place() or NO_PLACE))
            for each in reference.candidates
        ),
        place=document.place(reference.pointer),
    )


def not_usable(names: Sequence[str], count: int) -> str:
    """How the message on a reference that could not be resolved ends.

    Args:
        names: of texts that may be what it means, but could not be used; the first `MAX_CANDIDATES`.
        count: how many there are.
    """
    return f"; could not be used: {listed(list(names), unlisted=count - len(names))}" if names else ""


def conflict_finding(conflict: Conflict) -> Finding:
    """The finding on a document that claims the identity of another one."""
    document, first = conflict
    members = conflict.members
    pointer = next(iter(members))
    wanted = _named({each.rpartition("/")[2]: value for each, value in members.items()})
    message = (
        f"another {document.kind.title} with {wanted} has other content; "
        f"they differ in {difference(document.value, first.value)}"
    )
    return finding(
        "identity-conflict",
        document.name,
        document.pointer + pointer,
        message,
        actual=members[pointer],
        related=(_related(first, pointer),),
        place=document.place(pointer),
    )


def confusable_findings(documents: Iterable[Document]) -> Iterator[tuple[Document, Finding]]:
    """The findings on identifiers that are easily taken for others, each with its document.

    Args:
        documents: all documents, which can be iterated over several times.
    """
    for document, pointer, value, message, other in confusables(documents):
        yield (
            document,
            finding(
                "confusable-identifier",
                document.name,
                document.pointer + pointer,
                message,
                actual=value,
                related=() if other is None else (_related(*other),),
                place=document.place(pointer),
            ),
        )


def _named(members: Mapping[str, str]) -> str:
    """Members that identify a document, in words."""
    return " and ".join(f"{name} {excerpt(value)}" for name, value in members.items())
