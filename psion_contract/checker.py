"""The steps of a check, in order: load documents, resolve references, apply the rules, report.

Findings are in the order of the documents. For each document, findings of the reader come first, then those of its
schema, its references and the rules. What concerns all documents together comes last.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from psion_contract.catalog import finding
from psion_contract.documents import kinds
from psion_contract.documents.differences import difference
from psion_contract.documents.document import Document
from psion_contract.documents.loading import LoadedDocuments, too_many
from psion_contract.findings import Finding, Related, Report, Skipped
from psion_contract.identities import Conflict, Identities
from psion_contract.reading.escaping import excerpt, listed
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, checked_limits
from psion_contract.reading.json_text import MAX_PROBLEMS
from psion_contract.reading.pointers import value_at
from psion_contract.reading.source import Documents, sources_of
from psion_contract.resolution import Reference, Resolution, Resolver
from psion_contract.rules import CHECKS, NEEDED_ROLES
from psion_contract.rules.checks import Check, Flaw, Subject

_REFERABLE = frozenset({"config", "descriptor", "corpus", "policy"})


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
        self._limits = checked_limits(limits)
        self._strict = strict
        self._inputs = LoadedDocuments(sources_of(inputs, "inputs", limits), limits, judged=False)
        self._resolver = Resolver(self._inputs.documents)
        self._identities = Identities(self._inputs.documents)
        self._input_conflicts = list(map(_conflict_finding, self._identities.conflicts))
        self._input_entries = tuple(document.entry() for document in self._inputs.documents)
        self._input_verdicts: dict[Document, tuple[list[Finding], list[Skipped]]] = {}

    def read(self, documents: Documents) -> tuple[list[Document], list[Finding]]:
        """Read and validate documents, without checking them.

        Args:
            documents: as for `check`.

        Returns:
            The documents, and the findings of the reader and the schemas."""
        loaded = LoadedDocuments(sources_of(documents, limits=self._limits), self._limits, judged=True)
        findings = [each for document in loaded.documents for each in loaded.findings.get(document, ())]
        return loaded.documents, loaded.source_findings + findings

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
        loaded = LoadedDocuments(sources_of(documents, limits=self._limits), self._limits, judged=True)
        judged, resolver = loaded.documents, self._resolver
        if not _REFERABLE.isdisjoint([document.kind.role for document in judged]):
            resolver = resolver.extended(judged)
        findings = self._inputs.source_findings + loaded.source_findings
        skipped: list[Skipped] = []
        inputs: dict[Document, None] = {}
        for document in judged:
            if document.broken:
                findings += loaded.findings[document]
            resolution = resolver.resolve(document)
            inputs |= resolution.inputs
            _judge(document, resolution, findings, skipped)
        # Verdicts on inputs are cached, unless the inputs may refer to the judged documents.
        verdicts = self._input_verdicts if resolver is self._resolver else {}
        for document in inputs:
            if document not in verdicts:
                verdicts[document] = self._input_verdict(document, resolver)
            own_findings, own_skipped = verdicts[document]
            findings += own_findings
            skipped += own_skipped
        findings += self._input_conflicts
        findings += map(_conflict_finding, self._identities.conflicts_with(judged))
        return Report(
            _distinct(findings),
            tuple(skipped),
            (*[document.entry() for document in judged], *self._input_entries),
            tuple(loaded.left_alone),
            self._strict,
        )

    def _input_verdict(self, document: Document, resolver: Resolver) -> tuple[list[Finding], list[Skipped]]:
        """The findings on an input, and the rules skipped for it."""
        findings = list(self._inputs.findings.get(document, ()))
        skipped: list[Skipped] = []
        _judge(document, resolver.resolve(document), findings, skipped)
        return findings, skipped


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


def _judge(
    document: Document, resolution: Resolution, findings: list[Finding], skipped: list[Skipped]
) -> None:
    """Apply to one document the rules about its references, then those that judge its kind."""
    if resolution.failed:
        findings += [_reference_finding(document, reference) for reference in resolution.failed]
    role = document.kind.role
    subject, checks = Subject(document, resolution.documents), CHECKS[role]
    if document.broken or not resolution.sound or not resolution.roles >= NEEDED_ROLES[role]:
        checks = tuple(_applicable(checks, subject.documents, document, skipped))
    for check in checks:
        maximum = len(findings) + MAX_PROBLEMS
        for flaw in check.body(subject):
            findings.append(_finding(flaw.rule or check.rules[0], flaw, subject.documents))
            if len(findings) >= maximum:
                findings.append(too_many(document, flaw.rule or check.rules[0]))
                break


def _applicable(
    checks: Iterable[Check], documents: dict[str, Document], document: Document, skipped: list[Skipped]
) -> Iterator[Check]:
    """The checks that can be applied, or such parts of them; the rules of all others are added to `skipped`."""
    for check in checks:
        reason = _skip_reason(check, documents)
        if reason is None:
            yield check
        elif check.parts:
            yield from _applicable(check.parts, documents, document, skipped)
        else:
            skipped += [Skipped(rule, document.name, document.pointer, reason) for rule in check.rules]


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
        related=tuple(_related(documents[role], pointer) for role, pointer in flaw.related),
        position=document.position(flaw.pointer),
    )


def _related(document: Document, pointer: str) -> Related:
    """The other side of a contradiction, with its value unless that is an object or an array."""
    value = value_at(document.value, pointer)
    scalar = None if isinstance(value, (dict, list)) else value
    return Related(
        document.name, document.pointer + pointer, scalar, *(document.position(pointer) or (None, None))
    )


def _reference_finding(document: Document, reference: Reference) -> Finding:
    rule = reference.rule or "unresolved-reference"
    title = kinds.ROLES[reference.role].title
    wanted = _named(reference.wanted)
    if rule == "ambiguous-reference":
        message = (
            f"{len(reference.candidates)} different documents claim to be the {title} with {wanted}; "
            f"the first two differ in {reference.difference}"
        )
    else:
        identities = sorted({" ".join((each.identity or {}).values()) for each in reference.candidates})
        available = f"; available: {listed(identities)}" if identities else f"; no {title} is available"
        message = f"no {title} with {wanted} among the documents{available}"
    return finding(
        rule,
        document.name,
        document.pointer + reference.pointer,
        message,
        actual=next(iter(reference.wanted.values())),
        related=tuple(
            Related(each.name, each.pointer, None, *(each.position() or (None, None)))
            for each in reference.candidates
        ),
        position=document.position(reference.pointer),
    )


def _conflict_finding(conflict: Conflict) -> Finding:
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
        position=document.position(pointer),
    )


def _named(members: Mapping[str, str]) -> str:
    """Members that identify a document, in words."""
    return " and ".join(f"{name} {excerpt(value)}" for name, value in members.items())


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    """Each finding once: a receipt inside a stage program is validated twice."""
    if len(findings) < 2:
        return tuple(findings)
    seen: dict[tuple[Any, ...], Finding] = {}
    for each in findings:
        seen.setdefault((each.rule, each.document, each.pointer, each.keyword, each.message), each)
    return tuple(seen.values())
