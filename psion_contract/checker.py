"""Resolve references and apply the rules: documents in, a report out.

The order of the report is that of the documents; of one document, reading comes before schema, schema
before references, references before rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from psion_contract import kinds
from psion_contract.findings import DocumentEntry, Finding, Related, Report, Skipped
from psion_contract.intake import Intake, Source, sources_of, too_many
from psion_contract.jsontext import MAX_PROBLEMS
from psion_contract.library import Document, Library, Reference, Surroundings
from psion_contract.pointers import value_at
from psion_contract.quoting import listed, shown
from psion_contract.rules import CHECKS, RULES, Check, Flaw, Subject
from psion_contract.strictjson import DEFAULT_LIMITS, Limits

_REFERABLE = frozenset({"config", "descriptor", "corpus", "policy"})

_NEEDED_ROLES = {
    role: frozenset(needed for check in checks for needed in check.needs) - {role}
    for role, checks in CHECKS.items()
}
"""By subject, the roles of other documents that some check of it needs."""


class Checker:
    """Checks documents against each other and against inputs that were given once.

    Everything that can be worked out of the inputs alone (their schema verdicts, digests, indexes) is worked
    out once, so that checking many receipts of one run costs only what is new in each.

    Args:
        inputs: documents that may be referred to and are not themselves judged: name to bytes, text or
            an already parsed object, or sources. They are held to their own schema and rules only where
            a judged document reaches them by its references: then what is wrong with them counts.
            A named input that cannot be read is always reported.
        limits: what the reader accepts at most.
        strict: whether warnings decide too.
    """

    def __init__(
        self,
        inputs: Mapping[str, Any] | Iterable[Source] = (),
        *,
        limits: Limits = DEFAULT_LIMITS,
        strict: bool = False,
    ) -> None:
        self._limits = limits
        self._strict = strict
        self._inputs = Intake(sources_of(inputs), limits, judged=False)
        self._library = Library(self._inputs.documents)
        self._entries_of_inputs = tuple(map(DocumentEntry, self._inputs.documents))
        self._verdicts: dict[Document, tuple[list[Finding], list[Skipped]]] = {}
        self._clean: set[Surroundings] = set()  # whose inputs have nothing wrong with them

    def read(self, documents: Mapping[str, Any] | Iterable[Source]) -> tuple[list[Document], list[Finding]]:
        """Only read documents and hold them to their schemas: those found, and what is wrong with them."""
        intake = Intake(sources_of(documents), self._limits, judged=True)
        findings = [each for document in intake.documents for each in intake.findings.get(document, ())]
        return intake.documents, intake.loose + findings

    def check(self, documents: Mapping[str, Any] | Iterable[Source]) -> Report:
        """Check documents, which may refer to each other and to the inputs.

        Args:
            documents: name to bytes, text or an already parsed object; each counts as named on purpose.
                Or sources.
        """
        intake = Intake(sources_of(documents), self._limits, judged=True)
        library, judged = self._library, intake.documents
        for document in judged:
            if document.kind.role in _REFERABLE:
                library = library.extended(judged)
                break
        findings, skipped = self._inputs.loose + intake.loose, list[Skipped]()
        reached: dict[Document, None] = {}
        for document in judged:
            if document.broken:
                findings += intake.findings[document]
            around = library.surroundings(document)
            if around not in self._clean:
                reached |= around.inputs
            _judge(document, around, findings, skipped)
        for document in reached:
            own = self._verdict_of_input(document, library)
            findings += own[0]
            skipped += own[1]
        if reached and library is self._library and not any(map(any, self._verdicts.values())):
            self._clean |= {around for around in map(library.surroundings, judged) if around.inputs}
        return Report(
            _distinct(findings) if findings else (),
            tuple(skipped),
            (*map(DocumentEntry, judged), *self._entries_of_inputs),
            tuple(intake.left_alone),
            self._strict,
        )

    def _verdict_of_input(self, document: Document, library: Library) -> tuple[list[Finding], list[Skipped]]:
        """What is wrong with an input by itself; remembered where nothing new can change it."""
        if library is self._library and document in self._verdicts:
            return self._verdicts[document]
        findings, skipped = list(self._inputs.findings.get(document, ())), list[Skipped]()
        _judge(document, library.surroundings(document), findings, skipped)
        if library is self._library:
            self._verdicts[document] = findings, skipped
        return findings, skipped


def check_documents(
    documents: Mapping[str, Any], *, strict: bool = False, limits: Limits = DEFAULT_LIMITS
) -> Report:
    """Check documents against each other (sections 2 and 3 of the contract; docs/rules.md).

    Args:
        documents: name to bytes, text or an already parsed object. Every entry counts as named on purpose:
            one that holds no contract document is an ``unknown-kind`` finding.
        strict: whether warnings decide the verdict too.
        limits: what the reader accepts at most, per document.

    Returns:
        The report. Nothing in the documents raises: what is wrong with them is a finding. Line and column
        are known where a document was given as bytes or text.
    """
    return Checker(limits=limits, strict=strict).check(documents)


def _judge(document: Document, around: Surroundings, findings: list[Finding], skipped: list[Skipped]) -> None:
    """Apply to one document the rules about its references, then those that judge its kind."""
    findings += [_reference_finding(document, reference) for reference in around.failed]
    subject, checks = Subject(document, around.documents), CHECKS[document.kind.role]
    if document.broken or not around.sound or not around.roles >= _NEEDED_ROLES[document.kind.role]:
        checks = list(_applicable(checks, subject.documents, document, skipped))
    for check in checks:
        enough = len(findings) + MAX_PROBLEMS
        for flaw in check.body(subject):
            findings.append(_finding(flaw.rule or check.rules[0], flaw, subject.documents))
            if len(findings) >= enough:
                findings.append(too_many(document, flaw.rule or check.rules[0]))
                break


def _applicable(
    checks: Iterable[Check], documents: dict[str, Document], document: Document, skipped: list[Skipped]
) -> Iterator[Check]:
    """The checks that can be applied, in parts where not as a whole; notes those that cannot."""
    for check in checks:
        reason = _why_not(check, documents)
        if reason is None:
            yield check
        elif check.parts:
            yield from _applicable(check.parts, documents, document, skipped)
        else:
            skipped += [Skipped(rule, document.name, document.pointer, reason) for rule in check.rules]


def _why_not(check: Check, documents: dict[str, Document]) -> str | None:
    """Why a check cannot be applied, or None."""
    for role, needed in check.needs.items():
        document = documents.get(role)
        if document is None:
            return f"no {kinds.ROLES[role].title} to hold it against"
        if document.broken:
            bad = document.broken_at(needed)
            if bad is not None:
                return f"the {kinds.ROLES[role].title} {document.name} is broken at {document.pointer}{bad}"
    return None


def _finding(rule_name: str, flaw: Flaw, documents: dict[str, Document]) -> Finding:
    document = documents[flaw.role]
    rule = RULES[rule_name]
    related = []
    for role, pointer in flaw.related:
        other = documents[role]
        value = _leaf(other, pointer)
        related.append(Related(other.name, other.pointer + pointer, value, other.text))
    return Finding(
        rule.name,
        rule.severity,
        document.name,
        document.pointer + flaw.pointer,
        flaw.message,
        flaw.expected,
        flaw.actual,
        tuple(related),
        source=document.text,
    )


def _leaf(document: Document, pointer: str) -> Any:
    """The value on the other side, where it is small enough to be worth quoting."""
    value = value_at(document.value, pointer)
    return None if isinstance(value, (dict, list)) else value


def _reference_finding(document: Document, reference: Reference) -> Finding:
    rule = RULES[reference.rule or "unresolved-reference"]
    title = kinds.ROLES[reference.role].title
    wanted = " and ".join(f"{name} {shown(value)}" for name, value in reference.wanted.items())
    if rule.name == "ambiguous-reference":
        message = f"{len(reference.candidates)} different documents claim to be the {title} with {wanted}"
    else:
        there = [" ".join((each.identity or {}).values()) for each in reference.candidates]
        at_hand = (
            f"; at hand: {listed(sorted(set(there)))}" if there else "; no document of that kind is at hand"
        )
        message = f"no {title} with {wanted} is among the documents{at_hand}"
    related = tuple(Related(each.name, each.pointer, None, each.text) for each in reference.candidates)
    return Finding(
        rule.name,
        rule.severity,
        document.name,
        document.pointer + reference.pointer,
        message,
        None,
        next(iter(reference.wanted.values())),
        related,
        source=document.text,
    )


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    """Each finding once: a receipt inside a stage program is held to its schema twice."""
    if len(findings) < 2:
        return tuple(findings)
    seen: dict[tuple[Any, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.document, finding.pointer, finding.keyword, finding.message)
        seen.setdefault(key, finding)
    return tuple(seen.values())
