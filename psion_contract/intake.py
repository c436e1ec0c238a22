"""Sources to documents: reads each, finds the contract documents in it, holds them to their schemas."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from psion_contract import kinds, schemas
from psion_contract.findings import Finding, LeftAlone, Related
from psion_contract.jsontext import MAX_PROBLEMS, Problem, Text
from psion_contract.library import Document
from psion_contract.pointers import overlaps
from psion_contract.quoting import shown
from psion_contract.rules import RULES
from psion_contract.strictjson import Limits, Reading, read, to_bytes


class Source(NamedTuple):
    """Bytes to check, with their name.

    Attributes:
        name: by which findings call it.
        data: the bytes of one JSON document.
        named: whether it was named on purpose; then it must hold a contract document.
        first_line: the line of the file on which the data starts.
        located: False where the bytes are not what the user wrote, so that positions would mislead.
        group: several sources of one file, of which one contract document is enough; empty for none.
        fault: what kept the bytes from being read or written, such as an object that is no JSON.
    """

    name: str
    data: bytes
    named: bool = True
    first_line: int = 1
    located: bool = True
    group: str = ""
    fault: Problem | None = None


class Intake:
    """The documents of some sources, and what is wrong with the sources.

    Args:
        sources: what to read.
        limits: what the reader accepts at most.
        judged: False for inputs, which are only there to be referred to.

    Attributes:
        documents: those found, in order.
        findings: what the reader and the schema refuse, by document.
        loose: what is wrong with sources that hold no document.
        left_alone: sources that hold no document and need not.
    """

    def __init__(self, sources: Iterable[Source], limits: Limits, judged: bool) -> None:
        self.documents: list[Document] = []
        self.findings: dict[Document, list[Finding]] = {}
        self.loose: list[Finding] = []
        self.left_alone: list[LeftAlone] = []
        self._judged = judged
        fruitless: dict[str, bool] = {}
        plain = _is_plain if limits.max_depth >= _DEEPEST_DOCUMENT else None
        for source in sources:
            if len(self.loose) >= MAX_PROBLEMS:
                self.loose.append(_enough(source.name))
                break
            found = self._take(source, read(source.data, limits, source.first_line, plain))
            if source.group and source.named:
                fruitless[source.group] = fruitless.get(source.group, True) and not found
        for name, nothing in fruitless.items():
            if nothing and judged:
                self.loose.append(_unknown_kind(name, Reading(None, Text(b""))))

    def _take(self, source: Source, reading: Reading) -> bool:
        """Take in what one source holds; whether that was a document, or a finding in place of one."""
        text = reading.text if source.located else None
        if source.fault is not None:
            reading = Reading(None, reading.text, [source.fault])
        if not reading.readable:
            if source.named:
                self.loose += [_reading_finding(source.name, text, problem) for problem in reading.problems]
            else:
                beyond = reading.problems[-1].rule == "limit-exceeded"
                self.left_alone.append(LeftAlone(source.name, "limit-exceeded" if beyond else "not-json"))
            return source.named
        before = len(self.documents)
        for pointer, kind, value in kinds.find(reading.value):
            self._hold(reading, Document(source.name, pointer, kind, value, text, self._judged))
        if len(self.documents) > before:
            return True
        ambiguous = [each for each in reading.problems if each.pointer.endswith("/schema_version")]
        if ambiguous and not source.named:  # another reader may well see a contract document here
            self.loose += [_reading_finding(source.name, text, problem) for problem in ambiguous]
            return True
        if source.named and self._judged and not source.group:
            self.loose.append(_unknown_kind(source.name, reading, text))
        else:
            self.left_alone.append(LeftAlone(source.name, "other-kind", _version(reading.value)))
        return False

    def _hold(self, reading: Reading, document: Document) -> None:
        """Hold one document to its schema, and note what the reader or the schema refuses of it."""
        self.documents.append(document)
        if reading.plain:  # as a whole: the schema of a program holds the receipts in it to theirs
            return
        document.unsafe = reading.unsafe
        version, here = document.kind.version, document.pointer
        problems = [each for each in reading.problems if overlaps(each.pointer, here)]
        if not problems and schemas.is_valid(version, document.value):
            return
        findings = [_reading_finding(document.name, document.text, each) for each in problems]
        # A problem above the document, such as a member that holds it and is repeated, breaks all of it.
        refused = dict.fromkeys(each.pointer[len(here) :] for each in problems)
        violations = schemas.violations(version, document.value, MAX_PROBLEMS)
        listed = violations[:MAX_PROBLEMS]
        findings += [_schema_finding(document, each) for each in listed if each.touches not in refused]
        document.broken = tuple(refused | dict.fromkeys(each.touches for each in listed))
        if len(violations) > MAX_PROBLEMS:
            findings.append(too_many(document, "schema-violation"))
            document.broken = ("",)  # what is no longer listed may be anywhere
        self.findings[document] = findings


def _enough(name: str) -> Finding:
    message = f"more than {MAX_PROBLEMS} texts could not be read; this one and what follows was not tried"
    rule = RULES["limit-exceeded"]
    return Finding(rule.name, rule.severity, name, "", message)


def too_many(document: Document, name: str) -> Finding:
    """Says that a rule is broken in more places than are listed, so that no list is endless."""
    rule = RULES["limit-exceeded"]
    message = (
        f"the document breaks {name} in more than {MAX_PROBLEMS} places; the rest of them are not listed"
    )
    return Finding(rule.name, rule.severity, document.name, document.pointer, message, source=document.text)


_DEEPEST_DOCUMENT = 32
"""No contract document without an open object is nested deeper: the schemas see to it."""


def _is_plain(value: Any) -> bool:
    kind = kinds.recognise(value) if isinstance(value, dict) else None
    return kind is not None and schemas.is_plain(kind.version, value)


def sources_of(documents: Mapping[str, Any] | Iterable[Source]) -> Iterable[Source]:
    """The sources that a mapping of names to bytes, text or already parsed objects stands for."""
    return _written(documents) if isinstance(documents, Mapping) else documents


def _written(documents: Mapping[str, Any]) -> Iterator[Source]:
    for name, value in documents.items():
        located = isinstance(value, (bytes, str, bytearray, memoryview))
        try:
            data = value if isinstance(value, bytes) else to_bytes(value)
        except ValueError as error:
            yield Source(name, b"", located=False, fault=Problem("invalid-json", str(error)))
        else:
            yield Source(name, data, True, 1, located)


def _reading_finding(name: str, text: Text | None, problem: Problem) -> Finding:
    rule = RULES[problem.rule]
    first = problem.other
    return Finding(
        rule.name,
        rule.severity,
        name,
        problem.pointer,
        problem.message,
        actual=problem.actual,
        related=() if first is None else (Related(name, problem.pointer, None, text, first),),
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


def _unknown_kind(name: str, reading: Reading, text: Text | None = None) -> Finding:
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
        source=text,
    )


def _version(value: Any) -> str | None:
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, str) else None
