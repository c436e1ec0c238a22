"""Parse, hold to the schema, resolve references, apply the rules: documents in, a report out.

The order of the report is that of the documents; of one document, reading comes before schema, schema
before references, references before rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from psion_contract import kinds, schemas
from psion_contract.findings import DocumentEntry, Finding, LeftAlone, Related, Report, Skipped
from psion_contract.jsontext import Problem, Text
from psion_contract.library import Document, Library, Reference, Surroundings
from psion_contract.pointers import value_at
from psion_contract.quoting import listed, shown
from psion_contract.rules import CHECKS, RULES, Check, Flaw, Subject
from psion_contract.strictjson import DEFAULT_LIMITS, Limits, Reading, read, to_bytes


class Source(NamedTuple):
    """Bytes to check, with their name.

    Attributes:
        name: by which findings call it.
        data: the bytes of one JSON document.
        named: whether it was named on purpose; then it must hold a contract document.
        first_line: the line of the file on which the data starts.
        located: False where the bytes are not what the user wrote, so that positions would mislead.
        group: several sources of one file, of which one contract document is enough; empty for none.
    """

    name: str
    data: bytes
    named: bool = True
    first_line: int = 1
    located: bool = True
    group: str = ""


class _Intake:
    """What came of reading sources."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.findings: dict[Document, list[Finding]] = {}
        self.loose: list[Finding] = []
        self.left_alone: list[LeftAlone] = []


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
        self._inputs = self._take(_sources(inputs), judged=False)
        self._library = Library(self._inputs.documents)
        self._entries_of_inputs = tuple(map(_entry, self._inputs.documents))
        self._verdicts: dict[Document, tuple[list[Finding], list[Skipped]]] = {}

    def read(self, documents: Mapping[str, Any] | Iterable[Source]) -> tuple[list[Document], list[Finding]]:
        """Only read documents and hold them to their schemas: those found, and what is wrong with them."""
        intake = self._take(_sources(documents), judged=True)
        findings = [each for document in intake.documents for each in intake.findings.get(document, ())]
        return intake.documents, intake.loose + findings

    def check(self, documents: Mapping[str, Any] | Iterable[Source]) -> Report:
        """Check documents, which may refer to each other and to the inputs.

        Args:
            documents: name to bytes, text or an already parsed object; each counts as named on purpose.
                Or sources.
        """
        intake = self._take(_sources(documents), judged=True)
        library = self._library
        if any(document.kind.role in REFERABLE for document in intake.documents):
            library = library.extended(intake.documents)
        findings, skipped = self._inputs.loose + intake.loose, list[Skipped]()
        reached: dict[Document, None] = {}
        for document in intake.documents:
            findings += intake.findings.get(document, ())
            around = library.surroundings(document)
            reached.update(dict.fromkeys(around.documents.values()))
            _judge(document, around, findings, skipped)
        for document in reached:
            if not document.judged:
                own = self._verdict_of_input(document, library)
                findings += own[0]
                skipped += own[1]
        return Report(
            _distinct(findings),
            tuple(skipped),
            (*map(_entry, intake.documents), *self._entries_of_inputs),
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

    def _take(self, sources: Iterable[Source], judged: bool) -> _Intake:
        """Read sources and find the documents in them."""
        intake = _Intake()
        groups: dict[str, list[Source]] = {}
        for source in sources:
            reading = read(source.data, self._limits, source.first_line)
            held = list(kinds.find(reading.value)) if reading.readable else []
            if source.group and source.named and judged:
                groups.setdefault(source.group, [])
            if held:
                for pointer, kind, value in held:
                    text = reading.text if source.located else None
                    _hold(intake, reading, Document(source.name, pointer, kind, value, text, judged))
                groups.get(source.group, []).append(source)
            elif not reading.readable and source.named:
                text = reading.text if source.located else None
                intake.loose += [_reading_finding(source.name, text, problem) for problem in reading.problems]
                groups.get(source.group, []).append(source)
            elif not source.named or source.group or not judged:
                reason = "other-kind" if reading.readable else "not-json"
                intake.left_alone.append(LeftAlone(source.name, reason, _version(reading.value)))
            else:
                intake.loose.append(_unknown_kind(source.name, reading, source.located))
        for name, holding in groups.items():
            if not holding:
                intake.loose.append(_unknown_kind(name, Reading(None, Text(b"")), located=False))
        return intake


def _hold(intake: _Intake, reading: Reading, document: Document) -> None:
    """Hold one document to its schema, and note what the reader or the schema refuses of it."""
    intake.documents.append(document)
    document.unsafe = reading.unsafe
    value, version, here = document.value, document.kind.version, document.pointer
    problems = [each for each in reading.problems if each.pointer.startswith(here + "/")]
    if not problems and schemas.is_valid(version, value):
        return
    findings = [_reading_finding(document.name, document.text, each) for each in problems]
    refused = dict.fromkeys(each.pointer[len(here) :] for each in problems)
    for violation in schemas.violations(version, value):
        if violation.touches not in refused:
            findings.append(_schema_finding(document, violation))
            refused[violation.touches] = None
    document.broken = tuple(refused)
    intake.findings[document] = findings


def _judge(
    document: Document, around: Surroundings, findings: list[Finding], skipped: list[Skipped]
) -> None:
    """Apply to one document the rules about its references, then those that judge its kind."""
    for reference in around.failed:
        findings.append(_reference_finding(document, reference))
    subject = Subject(document, around.documents)
    role, documents = document.kind.role, subject.documents
    if documents.keys() >= _NEEDED_ROLES[role] and not any([each.broken for each in documents.values()]):
        applicable = CHECKS[role]
    else:
        applicable = list(_applicable(CHECKS[role], documents, document, skipped))
    for check in applicable:
        for flaw in check.body(subject):
            findings.append(_finding(flaw.rule or check.rules[0], flaw, documents))


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


_NEEDED_ROLES = {
    role: frozenset(needed for check in checks for needed in check.needs) for role, checks in CHECKS.items()
}
"""The roles that some check of a subject needs."""

REFERABLE = {"config", "descriptor", "corpus", "policy"}
"""The roles that other documents refer to."""


def check_documents(documents: Mapping[str, Any], *, strict: bool = False, limits: Limits = DEFAULT_LIMITS) -> Report:
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


def _sources(documents: Mapping[str, Any] | Iterable[Source]) -> Iterator[Source]:
    if not isinstance(documents, Mapping):
        yield from documents
        return
    for name, value in documents.items():
        located = isinstance(value, (str, bytes, bytearray, memoryview))
        try:
            data = to_bytes(value)
        except ValueError as error:
            # Not JSON at all: the reader says so in its own words, of the text we could not write.
            data = str(error).encode("utf-8", "replace")
        yield Source(name, data, located=located)


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


def _reading_finding(name: str, text: Text | None, problem: Problem) -> Finding:
    rule = RULES[problem.rule]
    return Finding(
        rule.name,
        rule.severity,
        name,
        problem.pointer,
        problem.message,
        actual=problem.actual,
        source=text,
        offset=problem.offset,
    )


def _schema_finding(document: Document, violation: schemas.Violation) -> Finding:
    rule = RULES["schema-violation"]
    return Finding(
        rule.name,
        rule.severity,
        document.name,
        document.pointer + violation.pointer,
        violation.message,
        violation.expected,
        violation.actual,
        keyword=violation.keyword,
        source=document.text,
    )


def _reference_finding(document: Document, reference: Reference) -> Finding:
    rule = RULES[reference.rule]
    title = kinds.ROLES[reference.role].title
    wanted = " and ".join(f"{name} {shown(value)}" for name, value in reference.wanted.items())
    if rule.name == "ambiguous-reference":
        message = f"{len(reference.candidates)} different documents claim to be the {title} with {wanted}"
    else:
        there = [" ".join((each.identity or {}).values()) for each in reference.candidates]
        at_hand = f"; at hand: {listed(sorted(set(there)))}" if there else "; no document of that kind is at hand"
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


def _unknown_kind(name: str, reading: Reading, located: bool) -> Finding:
    rule = RULES["unknown-kind"]
    value = reading.value
    version = value.get("schema_version") if isinstance(value, dict) else None
    known = ", ".join(kinds.KINDS)
    if isinstance(version, str):
        message = f"schema_version {shown(version)} is none that the contract knows: {known}"
        pointer = "/schema_version"
    else:
        message = f"no contract document stands in here; its schema_version would be one of {known}"
        pointer = ""
    return Finding(
        rule.name,
        rule.severity,
        name,
        pointer,
        message,
        actual=version if isinstance(version, str) else None,
        source=reading.text if located else None,
    )


def _version(value: Any) -> str | None:
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, str) else None


def _entry(document: Document) -> DocumentEntry:
    identity = kinds.identify(document.kind, document.value)
    return DocumentEntry(document.name, document.pointer, document.kind.version, identity, document.judged)


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    """Each finding once: a receipt inside a stage program is held to its schema twice."""
    if len(findings) < 2:
        return tuple(findings)
    seen: dict[tuple[Any, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.document, finding.pointer, finding.keyword, finding.message)
        seen.setdefault(key, finding)
    return tuple(seen.values())
