"""Loads documents: reads sources, finds the contract documents in them and validates these.

Nothing that was shown disappears: each source has a document, a finding, or an entry in the list of what was ignored.
Section 3 of the contract, "What was shown and not judged".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from psion_contract.catalog import finding
from psion_contract.documents import kinds, schemas
from psion_contract.documents.document import Document
from psion_contract.documents.kinds import PROGRAM, RECEIPT, Kind
from psion_contract.findings import (
    MAX_FINDINGS,
    NO_PLACE,
    Finding,
    IgnoredReason,
    LeftAlone,
    Related,
    distinct,
)
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import Limits, Reading, read
from psion_contract.reading.json_text import Problem, Text
from psion_contract.reading.pointers import Path, ancestors, child, inner_containers, pointer_to
from psion_contract.reading.source import Source

if TYPE_CHECKING:
    from psion_contract.documents.explanation import Violation
    from psion_contract.documents.near_misses import NearMiss

_MAX_DOCUMENT_DEPTH = 32
"""Contract documents are not nested deeper outside the open object, which the schemas ensure."""

_MAX_KIND = 200
"""How many characters of the ``schema_version`` of an ignored text are kept."""

_FEW = 16
"""So many documents of a kind are read in less time without its plain validator than it takes to build that."""

_NO_MORE: Counter[IgnoredReason] = Counter()

_seen: dict[str, int] = {}
"""How many documents of each kind the process has read, up to `_FEW`."""


class LoadedDocuments:
    """The documents of some sources, and what is wrong with the sources.

    Args:
        sources: the sources to read.
        limits: the limits of the reader.
        judged: False for inputs, which are only referred to.
        groups: whether each file that several sources come from has no document so far, where the sources are a part of
            more; None if they are all.

    Attributes:
        documents: the documents, in the order of the sources.
        findings: of each document, the findings of the reader and the schema.
        before: the findings on sources without a document, and on what only means to be one, by the number of documents
            that were loaded before.
        left_alone: what was ignored.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        limits: Limits,
        judged: bool,
        groups: dict[str, bool] | None = None,
    ) -> None:
        self.documents: list[Document] = []
        self.findings: dict[Document, list[Finding]] = {}
        self.before: dict[int, list[Finding]] = {}
        self.left_alone: list[LeftAlone] = []
        self._judged = judged
        self._explainable = MAX_FINDINGS
        self._unread = 0
        empty_groups: dict[str, bool] = {} if groups is None else groups
        self._groups: set[str] = set()
        plain = _plain_kind if limits.max_depth >= _MAX_DOCUMENT_DEPTH else None
        for source in sources:
            if source.ignored is not None:
                self.left_alone.append(LeftAlone(source.name, source.ignored, None, judged))
                continue
            foreign = _is_foreign if source.group or not source.named else None
            found = self._load(source, read(source.data, limits, source.first_line, plain, foreign))
            if group := source.group:
                self._groups.add(group)
                if source.named:
                    empty_groups[group] = empty_groups.get(group, True) and not found
        if empty_groups and groups is None and judged:
            for found_empty in findings_on_empty(empty_groups):
                self._refuse(found_empty)

    @property
    def source_findings(self) -> list[Finding]:
        """The findings on sources without a document, and on what only means to be one."""
        return [each for found in self.before.values() for each in found]

    @property
    def unusable(self) -> Iterable[str]:
        """The names of the sources with such a finding, each once."""
        return dict.fromkeys(each.document for each in self.source_findings) if self.before else ()

    def ignored(self) -> tuple[list[LeftAlone], Counter[IgnoredReason]]:
        """What was ignored, and of how many further lines this is only counted, by reason: a list of lines has an end."""
        if len(self.left_alone) <= MAX_FINDINGS:
            return self.left_alone, _NO_MORE
        listed: list[LeftAlone] = []
        counts: Counter[IgnoredReason] = Counter()
        lines = 0
        for each in self.left_alone:
            is_line = each.name.rpartition(":")[0] in self._groups
            lines += is_line
            if is_line and lines > MAX_FINDINGS:
                counts[each.reason] += 1
            else:
                listed.append(each)
        return listed, counts

    def all_findings(self) -> list[Finding]:
        """All findings of the reader and the schemas, each once."""
        own = (each for document in self.documents for each in self.findings.get(document, ()))
        return list(distinct([*self.source_findings, *own]))

    def _load(self, source: Source, reading: Reading) -> bool:
        """Load one source; returns whether it has a document, or a finding instead of one."""
        text = reading.text if source.located else None
        if source.fault is not None:
            reading = Reading(None, reading.text, [source.fault])
        if reading.plain:  # valid as a whole: the schema of a program also validates its receipts
            self._add_plain(source, reading.plain, reading.value, text)
            return True
        if not reading.readable:
            return self._load_unreadable(source, reading, text)
        problems = _ProblemIndex(source.name, text, reading.problems)
        non_ascii = not reading.text.data.isascii() or b"\\u" in reading.text.data
        found = False
        root = reading.value
        stack: list[tuple[Path, Any]] = [(None, root)] if isinstance(root, (dict, list)) else []
        while stack:
            path, node = stack.pop()
            if isinstance(node, dict):
                kind = kinds.recognise(node)
                if kind is not None:
                    found = True
                    document = Document(source.name, pointer_to(path), kind, node, text, self._judged)
                    document.unsafe = reading.unsafe
                    document.non_ascii = non_ascii
                    if self._validate(document, problems):
                        stack += _open_parts(path, kind, node)
                        continue
                elif miss := _near_miss(node):
                    found = True
                    self._refuse(_near_miss_finding(source.name, text, pointer_to(path), node, miss))
            stack += inner_containers(path, node)
        for problem in _claiming_duplicates(reading):
            found = True
            self._refuse(problems.finding(problem))
        if found:
            return True
        if source.named and self._judged and not source.group:
            self._refuse(_unknown_kind(source.name, reading, text))
        else:
            version = _version(reading.value)
            self.left_alone.append(
                LeftAlone(source.name, "other-kind", version and version[:_MAX_KIND], self._judged)
            )
        return False

    def _load_unreadable(self, source: Source, reading: Reading, text: Text | None) -> bool:
        """A text without a value is a finding if it was named or claims the contract; else it is listed."""
        if source.named or source.rest_claims or _text_claims(source.data):
            self._unread += 1
            # Of very many broken texts, each is still said to be broken, but not at every place.
            problems = reading.problems if self._unread <= MAX_FINDINGS else reading.problems[-1:]
            for problem in problems:
                self._refuse(_reading_finding(source.name, text, problem))
            return True
        over_limit = reading.problems[-1].rule == "limit-exceeded"
        reason: IgnoredReason = "limit-exceeded" if over_limit else "not-json"
        self.left_alone.append(LeftAlone(source.name, reason, None, self._judged))
        return False

    def _refuse(self, found: Finding) -> None:
        self.before.setdefault(len(self.documents), []).append(found)

    def _add_plain(self, source: Source, kind: Kind, value: Any, text: Text | None) -> None:
        """The documents of a plain text, which have no problems: the root, and the receipts of a program."""
        self.documents.append(Document(source.name, "", kind, value, text, self._judged))
        if kind == PROGRAM:
            self.documents += [
                Document(source.name, pointer_to(path), RECEIPT, receipt, text, self._judged)
                for path, receipt in _receipts(None, value)
            ]

    def _validate(self, document: Document, problems: _ProblemIndex) -> bool:
        """Add one document, with the findings of the reader and the schema; returns whether there are none."""
        self.documents.append(document)
        above, inside = problems.of(document.pointer)
        is_valid = schemas.is_valid(document.kind.version, document.value)
        if is_valid and not above and not inside:
            return True
        if not self._explainable and not above and not inside:  # one of very many
            document.explained, document.broken = False, ("",)
            self.findings[document] = [_unexplained(document)]
            return False
        findings = [problems.finding(each) for each in (*above, *inside)]
        # A problem above the document, such as a duplicate key, breaks all of it.
        refused = {each.pointer[len(document.pointer) :] for each in inside} | ({""} if above else set())
        document.misread = bool(refused)
        if not is_valid:
            violations, document.explained = self._violations(document)
            findings += [
                _schema_finding(document, each) for each in violations if each.touches not in refused
            ]
            refused |= {each.touches for each in violations}
            if not document.explained:
                findings.append(
                    _unexplained(document) if not violations else too_many(document, "schema-violation")
                )
                refused = {""}  # what is not listed can be anywhere
        document.broken = tuple(sorted(refused))
        self.findings[document] = findings
        return False

    def _violations(self, document: Document) -> tuple[list[Violation], bool]:
        """The violations of the schema as far as they are listed, and whether these are all.

        No more than `MAX_FINDINGS` of all documents together, because explaining is slow."""
        if not self._explainable:
            return [], False
        found = _violations(document.kind.version, document.value, self._explainable)
        listed = found[: self._explainable]
        self._explainable -= len(listed)
        return listed, len(listed) == len(found)


def _violations(version: str, value: Any, limit: int) -> list[Violation]:
    """The violations of a schema, at most `limit` + 1."""
    from psion_contract.documents.explanation import violations  # imports jsonschema

    return violations(version, value, limit)


def findings_on_empty(groups: Mapping[str, bool]) -> Iterator[Finding]:
    """The findings on files that several sources come from, none of which has a document.

    Args:
        groups: by the name of each file, whether it has no document.
    """
    for name, is_empty in groups.items():
        if is_empty:
            yield _unknown_kind(name, Reading(None, Text(b"")))


class _ProblemIndex:
    """The problems of one text, by pointer, with their findings."""

    def __init__(self, name: str, text: Text | None, problems: Iterable[Problem]) -> None:
        self._name = name
        self._text = text
        self._findings: dict[int, Finding] = {}
        self._at: dict[str, list[Problem]] = {}
        for problem in problems:
            self._at.setdefault(problem.pointer, []).append(problem)
        self._pointers = sorted(self._at)

    def of(self, pointer: str) -> tuple[list[Problem], list[Problem]]:
        """The problems that break a whole document, and those inside it.

        Whole is a document that is in a repeated member, at any level; of the levels above it, the first of each rule."""
        if not self._pointers:
            return [], []
        above: list[Problem] = []
        for each in list(ancestors(pointer))[1:]:
            above += {problem.rule: problem for problem in reversed(self._at.get(each, ()))}.values()
        above += self._at.get(pointer, ())
        inside: list[Problem] = []
        position = bisect_left(self._pointers, pointer + "/")
        while position < len(self._pointers) and self._pointers[position].startswith(pointer + "/"):
            inside += self._at[self._pointers[position]]
            position += 1
        return above, inside

    def finding(self, problem: Problem) -> Finding:
        """The finding of a problem, made once, however many documents it concerns."""
        if id(problem) not in self._findings:
            self._findings[id(problem)] = _reading_finding(self._name, self._text, problem)
        return self._findings[id(problem)]


def _near_miss(value: dict[str, Any]) -> NearMiss | None:
    from psion_contract.documents.near_misses import near_miss  # not needed for a sound document

    return near_miss(value)


def _text_claims(data: bytes) -> bool:
    from psion_contract.reading.claims import text_claims

    return text_claims(data)


def _is_foreign(data: bytes) -> bool:
    from psion_contract.documents.near_misses import is_foreign

    return is_foreign(data)


def _claiming_duplicates(reading: Reading) -> list[Problem]:
    if not reading.problems:
        return []
    from psion_contract.documents.near_misses import claiming_duplicates

    return claiming_duplicates(reading.text, list(reading.problems))


def _receipts(path: Path, program: dict[str, Any]) -> list[tuple[Path, dict[str, Any]]]:
    """The receipts in a valid program, with their paths."""
    return [
        (((((path, "stages"), number), "pretrain_runs"), index), receipt)
        for number, stage in enumerate(program["stages"])
        for index, receipt in enumerate(stage.get("pretrain_runs") or ())
    ]


def _open_parts(path: Path, kind: Kind, value: dict[str, Any]) -> list[tuple[Path, Any]]:
    """The parts of a valid document in which other documents can be, with their paths; the last one first."""
    if kind == PROGRAM:
        return _receipts(path, value)[::-1]
    execution = value.get("delivered_execution") if kind == RECEIPT else None
    if not execution or not execution.get("cluster_execution"):
        return []
    return [(((path, "delivered_execution"), "cluster_execution"), execution["cluster_execution"])]


def too_many(document: Document, rule: str) -> Finding:
    """The finding that ends a list of findings that is too long; it never changes the verdict."""
    message = f"{rule} is broken in more than {MAX_FINDINGS} places; the rest are not listed"
    return finding("unlisted-findings", document.name, document.pointer, message, place=document.place())


def _unexplained(document: Document) -> Finding:
    message = (
        f"the document does not match the schema of a {document.kind.title}; more than {MAX_FINDINGS} violations are listed "
        "already, so check this document alone to see its own"
    )
    return finding("schema-violation", document.name, document.pointer, message, place=document.place())


def _plain_kind(value: Any) -> Kind | None:
    """The kind of a plain value; None if it is not plain, or it is not worth while to find out."""
    kind = kinds.recognise(value) if isinstance(value, dict) else None
    if kind is None:
        return None
    seen = _seen.get(kind.version, 0)
    if seen < _FEW:
        _seen[kind.version] = seen + 1
        return None
    return kind if schemas.is_plain(kind.version, value) else None


def _reading_finding(name: str, text: Text | None, problem: Problem) -> Finding:
    related: tuple[Related, ...] = ()
    if problem.other is not None:
        place = text.place_of_offset(problem.other) if text else NO_PLACE
        related = (Related(name, problem.pointer, None, *place),)
    return finding(
        problem.rule,
        name,
        problem.pointer,
        problem.message,
        actual=problem.actual,
        related=related,
        place=text.place_of_offset(problem.offset) if text else None,
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
        place=document.place(violation.pointer),
    )


def _near_miss_finding(
    name: str, text: Text | None, pointer: str, value: dict[str, Any], miss: NearMiss
) -> Finding:
    title = kinds.KINDS[miss.version].title
    actual = value.get(miss.member) if miss.member else None
    if not miss.member:
        message = f"the object has most members of a {title}, but no schema_version; expected {excerpt(miss.version)}"
    else:
        pointer = child(pointer, miss.member)
        if miss.member != "schema_version":
            message = f"the member {excerpt(miss.member)} is not schema_version, so this is no {title}"
        else:
            message = f"unknown schema_version {excerpt(actual)}; did you mean {excerpt(miss.version)}?"
    place = text.place(pointer) if text else None
    expected = None if actual == miss.version else miss.version
    return finding("unknown-kind", name, pointer, message, expected=expected, actual=actual, place=place)


def _unknown_kind(name: str, reading: Reading, text: Text | None = None) -> Finding:
    version = _version(reading.value)
    known = ", ".join(kinds.KINDS)
    pointer = "" if version is None else "/schema_version"
    if version is None:
        message = f"no contract document found; its schema_version would be one of {known}"
    else:
        message = f"unknown schema_version {excerpt(version)}; expected one of {known}"
    place = text.place(pointer) if text else None
    return finding("unknown-kind", name, pointer, message, actual=version, place=place)


def _version(value: Any) -> str | None:
    version = value.get("schema_version") if isinstance(value, dict) else None
    return version if isinstance(version, str) else None
