"""Loads documents: reads sources, finds the contract documents in them and validates these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from psion_contract.catalog import finding
from psion_contract.documents import kinds, schemas
from psion_contract.documents.document import Document
from psion_contract.findings import Finding, LeftAlone, Related
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import Limits, Reading, read
from psion_contract.reading.json_text import MAX_PROBLEMS, Problem, Text
from psion_contract.reading.pointers import overlaps
from psion_contract.reading.source import Source

if TYPE_CHECKING:
    from psion_contract.documents.explanation import Violation

_MAX_DOCUMENT_DEPTH = 32
"""Contract documents are not nested deeper outside the open object, which the schemas ensure."""


class LoadedDocuments:
    """The documents of some sources, and what is wrong with the sources.

    Args:
        sources: the sources to read.
        limits: the limits of the reader.
        judged: False for inputs, which are only referred to.

    Attributes:
        documents: the documents, in the order of the sources.
        findings: of each document, the findings of the reader and the schema.
        source_findings: the findings on sources without a document.
        left_alone: ignored sources, which have no contract document and need none.
    """

    def __init__(self, sources: Iterable[Source], limits: Limits, judged: bool) -> None:
        self.documents: list[Document] = []
        self.findings: dict[Document, list[Finding]] = {}
        self.source_findings: list[Finding] = []
        self.left_alone: list[LeftAlone] = []
        self._judged = judged
        empty_groups: dict[str, bool] = {}
        plain = _is_plain if limits.max_depth >= _MAX_DOCUMENT_DEPTH else None
        for source in sources:
            if len(self.source_findings) >= MAX_PROBLEMS:
                self.source_findings.append(_too_many_unreadable(source.name))
                break
            found = self._load(source, read(source.data, limits, source.first_line, plain))
            if source.group and source.named:
                empty_groups[source.group] = empty_groups.get(source.group, True) and not found
        for name, is_empty in empty_groups.items():
            if is_empty and judged:
                self.source_findings.append(_unknown_kind(name, Reading(None, Text(b""))))

    def _load(self, source: Source, reading: Reading) -> bool:
        """Load one source; returns whether it has a document, or a finding instead of one."""
        text = reading.text if source.located else None
        if source.fault is not None:
            reading = Reading(None, reading.text, [source.fault])
        if not reading.readable:
            if source.named:
                self.source_findings += [
                    _reading_finding(source.name, text, problem) for problem in reading.problems
                ]
            else:
                over_limit = reading.problems[-1].rule == "limit-exceeded"
                self.left_alone.append(LeftAlone(source.name, "limit-exceeded" if over_limit else "not-json"))
            return source.named
        before = len(self.documents)
        for pointer, kind, value in kinds.find(reading.value):
            self._validate(reading, Document(source.name, pointer, kind, value, text, self._judged))
        if len(self.documents) > before:
            return True
        ambiguous = [each for each in reading.problems if each.pointer.endswith("/schema_version")]
        if ambiguous and not source.named:  # another reader may see a contract document here
            self.source_findings += [_reading_finding(source.name, text, problem) for problem in ambiguous]
            return True
        if source.named and self._judged and not source.group:
            self.source_findings.append(_unknown_kind(source.name, reading, text))
        else:
            self.left_alone.append(LeftAlone(source.name, "other-kind", _version(reading.value)))
        return False

    def _validate(self, reading: Reading, document: Document) -> None:
        """Add one document, with the findings of the reader and the schema."""
        self.documents.append(document)
        if reading.plain:  # valid as a whole: the schema of a program also validates its receipts
            return
        document.unsafe = reading.unsafe
        version, pointer = document.kind.version, document.pointer
        problems = [each for each in reading.problems if overlaps(each.pointer, pointer)]
        violations = _violations(version, document.value)
        if not problems and not violations:
            return
        findings = [_reading_finding(document.name, document.text, each) for each in problems]
        # A problem above the document, such as a duplicate key, breaks all of it.
        refused = dict.fromkeys(each.pointer[len(pointer) :] for each in problems)
        listed = violations[:MAX_PROBLEMS]
        findings += [_schema_finding(document, each) for each in listed if each.touches not in refused]
        document.broken = tuple(refused | dict.fromkeys(each.touches for each in listed))
        if len(violations) > MAX_PROBLEMS:
            findings.append(too_many(document, "schema-violation"))
            document.broken = ("",)  # violations that are not listed can be anywhere
        self.findings[document] = findings


def _violations(version: str, value: Any) -> list[Violation]:
    """The violations of the schema, at most `MAX_PROBLEMS` + 1."""
    if schemas.is_valid(version, value):
        return []
    from psion_contract.documents.explanation import violations  # imports jsonschema

    return violations(version, value, MAX_PROBLEMS)


def too_many(document: Document, rule: str) -> Finding:
    """The finding that ends a list of findings that is too long."""
    message = f"{rule} is broken in more than {MAX_PROBLEMS} places; the rest are not listed"
    return finding("limit-exceeded", document.name, document.pointer, message, position=document.position())


def _too_many_unreadable(name: str) -> Finding:
    message = f"more than {MAX_PROBLEMS} texts could not be read; this one and the rest were skipped"
    return finding("limit-exceeded", name, "", message)


def _is_plain(value: Any) -> bool:
    kind = kinds.recognise(value) if isinstance(value, dict) else None
    return kind is not None and schemas.is_plain(kind.version, value)


def _reading_finding(name: str, text: Text | None, problem: Problem) -> Finding:
    related: tuple[Related, ...] = ()
    if problem.other is not None:
        position = text.position_of_offset(problem.other) if text else (None, None)
        related = (Related(name, problem.pointer, None, *position),)
    return finding(
        problem.rule,
        name,
        problem.pointer,
        problem.message,
        actual=problem.actual,
        related=related,
        position=text.position_of_offset(problem.offset) if text else None,
    )


def _schema_finding(document: Document, violation: Violation) -> Finding:
    return finding(
        "schema-violation",
        document.name,
        document.pointer + violation.pointer,
        violation.message,
        expected=violation.expected,
        actual=violation.actual,
        keyword=violation.keyword,
        position=document.position(violation.pointer),
    )


def _unknown_kind(name: str, reading: Reading, text: Text | None = None) -> Finding:
    version = _version(reading.value)
    known = ", ".join(kinds.KINDS)
    pointer = "" if version is None else "/schema_version"
    if version is None:
        message = f"no contract document found; its schema_version would be one of {known}"
    else:
        message = f"unknown schema_version {excerpt(version)}; expected one of {known}"
    position = text.position(pointer) if text else None
    return finding("unknown-kind", name, pointer, message, actual=version, position=position)


def _version(value: Any) -> str | None:
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, str) else None
