"""The report of a check and its parts, as plain values.

A finding has no reference to texts or documents, so reports are small and can be pickled. This is the lowest layer: it
imports only the version of the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isinf
from typing import Any, Literal, NamedTuple, NoReturn

from psion_contract.version import VERSION

Severity = Literal["error", "warning"]
Outcome = Literal["consistent", "inconsistent", "consistent except as suppressed"]

MAX_SNIPPET = 160
"""Maximum length of a snippet, in characters."""

_BEFORE = 60
"""How many characters of a long line a snippet has before the position."""


Position = tuple[int, int]
"""Line and column in a text, both from 1; columns count characters."""


class Snippet(NamedTuple):
    """A line of a text, or the part of a long line around a position.

    Attributes:
        text: the characters, without the end of the line; at most `MAX_SNIPPET`.
        column: the column of the first of them, from 1.
    """

    text: str
    column: int = 1


Place = tuple[int, int, "Snippet | None"]
"""Line and column in a text, and the line itself; None if nothing of the text was read."""


def place_in(text: str, offset: int, position: Position) -> Place:
    """The place of the character at `offset` of a text, which is at that position."""
    line, column = position
    if not text:
        return line, column, None
    start = offset - column + 1
    first = max(start, offset - _BEFORE)
    limit = first + MAX_SNIPPET
    end = text.find("\n", first if first == start else offset, limit + 2)
    if end < 0:
        end = len(text)
    if text[end - 1 : end] == "\r":
        end -= 1
    if first > start and end - start <= MAX_SNIPPET:  # all of it fits
        first = start
    snippet = Snippet(text[first : min(end, first + MAX_SNIPPET)], first - start + 1)
    return line, column, snippet


NO_PLACE = (None, None, None)
"""Line, column and snippet of what is not in a text."""


class Suppression(NamedTuple):
    """Why a finding does not count in the outcome of a report.

    Attributes:
        reason: for people.
        owner: who answers for it; None if nobody is named.
        expires: the last day on which it applies, as ``YYYY-MM-DD``; None if it has no end.
        source: ``configuration`` for a suppression that names a rule and a document, ``baseline`` for a finding that
            was there before.
    """

    reason: str
    owner: str | None
    expires: str | None
    source: Literal["configuration", "baseline"]


REPORT_VERSION = "psion.check_report.v1"
"""The ``schema_version`` of the JSON report."""

MAX_FINDINGS = 10_000
"""Maximum number of findings of one check on one document, of schema violations of one check, and of findings of one
severity and skipped rules of one report, before only the first of each further document are listed."""


class Identity(dict[str, str]):
    """The members by which other documents refer to one, such as ``{"run_id": …, "stage_id": …}``; cannot be changed."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("the identity of a document in a report cannot be changed")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """A hash, so that a report has one."""
        return hash(tuple(self.items()))

    def __reduce__(self) -> tuple[type[Identity], tuple[dict[str, str]]]:
        """The arguments to make it again, for pickle and copy."""
        return Identity, (dict(self),)


class Related(NamedTuple):
    """The other side of a contradiction.

    Attributes:
        document: name of the document, as given to the checker, or path of a file that a document is about.
        pointer: RFC 6901 JSON pointer from the root of that document's file.
        value: the JSON value there; None if it is not a scalar, or only its location matters.
        line: line from 1; None if the source text is unknown.
        column: column from 1, in characters; None if the source text is unknown.
        snippet: the line there; None if the source text is unknown.
    """

    document: str
    pointer: str
    value: Any = None
    line: int | None = None
    column: int | None = None
    snippet: Snippet | None = None

    def __hash__(self) -> int:
        """The hash of its location: the value may be an array or an object."""
        return hash((self.document, self.pointer))


class Finding(NamedTuple):
    """One defect of one document (docs/reference/rules, "Findings").

    Attributes:
        rule: name of the broken rule, such as ``replay-digest-mismatch``. Never renamed.
        severity: an ``error`` decides the verdict, a ``warning`` only in strict mode.
        document: name of the document, as given to the checker.
        pointer: RFC 6901 JSON pointer from the root of the file; for a missing member, of the object
            that lacks it.
        message: what is wrong and what would be right, for people. Its wording may change.
        expected: the correct JSON value, if there is exactly one, else None.
        actual: the JSON value found, where there is one; else None.
        related: the other sides of the contradiction.
        keyword: for ``schema-violation``, the JSON Schema keyword that fails; else None.
        line: line from 1; None if the source text is unknown.
        column: column from 1, in characters; None if the source text is unknown.
        snippet: the line there; None if the source text is unknown.
        suppression: why it does not count in the outcome; None if it does.
    """

    rule: str
    severity: Severity
    document: str
    pointer: str
    message: str
    expected: Any = None
    actual: Any = None
    related: tuple[Related, ...] = ()
    keyword: str | None = None
    line: int | None = None
    column: int | None = None
    snippet: Snippet | None = None
    suppression: Suppression | None = None

    def __hash__(self) -> int:
        """The hash of its rule and location: the values may be arrays or objects."""
        return hash((self.rule, self.document, self.pointer, self.message))

    def to_dict(self) -> dict[str, Any]:
        """The finding as ``psion.check_report.v1`` describes it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "document": self.document,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "keyword": self.keyword,
            "message": self.message,
            "expected": self.expected,
            "actual": finite(self.actual),
            "related": [
                {
                    "document": other.document,
                    "pointer": other.pointer,
                    "line": other.line,
                    "column": other.column,
                    "value": finite(other.value),
                    "snippet": other.snippet and other.snippet._asdict(),
                }
                for other in self.related
            ],
            "snippet": self.snippet and self.snippet._asdict(),
            "suppression": self.suppression and self.suppression._asdict(),
        }


def distinct(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Each finding once, where it is first: a receipt inside a stage program is validated twice."""
    if len(findings) < 2:
        return tuple(findings)
    seen: dict[tuple[Any, ...], Finding] = {}
    for each in findings:
        seen.setdefault((each.rule, each.document, each.pointer, each.keyword, each.message), each)
    return tuple(seen.values())


class Skipped(NamedTuple):
    """A rule that could not be applied, with the reason.

    Attributes:
        rule: name of the rule.
        document: name of the document that the rule judges.
        pointer: pointer of that document in its file.
        reason: for people, such as ``no sampling policy to compare with``.
    """

    rule: str
    document: str
    pointer: str
    reason: str


class DocumentEntry(NamedTuple):
    """A contract document that was found.

    Attributes:
        name: name of the file or entry, as given to the checker.
        pointer: pointer of the document in that file; empty for the root.
        kind: its ``schema_version``; for a stage program, which has none, the name of its schema.
        identity: the members by which other documents refer to it, such as ``{"run_id": …,
            "stage_id": …}``; None if one of them is missing or unusable.
        judged: False for an input, which is only referred to.
    """

    name: str
    pointer: str
    kind: str
    identity: Identity | None
    judged: bool

    def __hash__(self) -> int:
        """The hash of its location."""
        return hash((self.name, self.pointer))


IgnoredReason = Literal[
    "other-kind",
    "not-json",
    "limit-exceeded",
    "other-ending",
    "dangling-link",
    "linked-directory",
    "special-file",
    "excluded",
]
"""Why something was ignored: a text of another kind, a text that is not JSON or is over a limit; below a directory, a
file whose name does not end like that of a document, a link to nothing, a link to a directory, a pipe, socket or device,
or what the user excluded."""


class LeftAlone(NamedTuple):
    """Something ignored: a text without a contract document that claims nothing, or what was not read below a directory.

    Attributes:
        name: its full name.
        reason: why it was ignored.
        kind: its own ``schema_version``, if any.
        judged: False if it is an input.
    """

    name: str
    reason: IgnoredReason
    kind: str | None = None
    judged: bool = True


class Unlisted(NamedTuple):
    """What a report counts and does not list; without a stream, only further lines that were ignored.

    Attributes:
        errors: findings that are errors, which were given out before the report.
        warnings: findings that are warnings, likewise.
        suppressed_errors: how many of these errors are suppressed.
        suppressed_warnings: how many of these warnings are suppressed.
        documents: judged documents that are not listed, by kind, in order of their first.
        left_alone: further texts that were ignored, by reason, in order of their first.
        cut: how many findings say that others are not listed anywhere, and are not suppressed.
    """

    errors: int = 0
    warnings: int = 0
    suppressed_errors: int = 0
    suppressed_warnings: int = 0
    documents: tuple[tuple[str, int], ...] = ()
    left_alone: tuple[tuple[IgnoredReason, int], ...] = ()
    cut: int = 0

    def with_findings(self, findings: Sequence[Finding]) -> Unlisted:
        """The same with these findings counted too."""
        errors, warnings, suppressed_errors, suppressed_warnings = self[:4]
        for each in findings:
            if each.severity == "error":
                errors += 1
                suppressed_errors += each.suppression is not None
            else:
                warnings += 1
                suppressed_warnings += each.suppression is not None
        return Unlisted(
            errors,
            warnings,
            suppressed_errors,
            suppressed_warnings,
            self.documents,
            self.left_alone,
            self.cut + _cuts(findings),
        )


NOTHING_UNLISTED = Unlisted()

UNLISTED_RULE = "unlisted-findings"
"""The rule of findings that say that others are not listed."""


def _cuts(findings: Iterable[Finding]) -> int:
    return sum(each.rule == UNLISTED_RULE and each.suppression is None for each in findings)


Claim = Literal["shard digest", "shard counts", "checkpoint digest", "checkpoint tensors", "tokenizer digest"]
"""What a document says about a file."""


class Unverified(NamedTuple):
    """Claims of one document that could not be compared with a file.

    Attributes:
        reason: for people, such as ``the file is missing``.
        claims: how many.
        pointer: of the first of them, from the root of the document's file.
    """

    reason: str
    claims: int
    pointer: str


class FileClaims(NamedTuple):
    """What one document says about files, of one sort, compared with their bytes.

    Attributes:
        document: name of the document, as given to the checker.
        pointer: of the document in its file; empty for the root.
        claim: the sort.
        verified: how many agree with the bytes.
        refuted: how many do not; there are findings on each.
        unverified: those that could not be compared, by reason.
    """

    document: str
    pointer: str
    claim: Claim
    verified: int
    refuted: int
    unverified: tuple[Unverified, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as ``psion.check_report.v1`` describes it."""
        return {**self._asdict(), "unverified": [each._asdict() for each in self.unverified]}


class Report(NamedTuple):
    """The result of a check (docs/reference/rules, "The verdict"; section 3 of the contract).

    Attributes:
        findings: all findings, in the order of the documents, then of the rules.
        skipped: rules that could not be applied, with the reason.
        documents: the contract documents that were found.
        left_alone: ignored files and lines, which have no contract document.
        strict: whether warnings make the verdict ``inconsistent`` too.
        unlisted: what is counted and not listed: much of the check of a stream, and very many ignored lines.
        files: what documents say about files, compared with their bytes; None if no files were given.
    """

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    documents: tuple[DocumentEntry, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    strict: bool = False
    unlisted: Unlisted = NOTHING_UNLISTED
    files: tuple[FileClaims, ...] | None = None

    def __bool__(self) -> NoReturn:
        """A report has no truth value: ``if report:`` could mean that it has findings, or that it has none.

        Raises:
            TypeError: always.
        """
        raise TypeError("a Report has no truth value; use report.ok, or report.findings")

    @property
    def errors(self) -> int:
        """Number of findings that are errors."""
        return self.unlisted.errors + sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Number of findings that are warnings."""
        return self.unlisted.warnings + sum(finding.severity != "error" for finding in self.findings)

    @property
    def ok(self) -> bool:
        """Whether the verdict is ``consistent``: at least one document was judged, without errors (or findings, if strict).

        Consistent documents agree with each other and with their digests. That does not authenticate them.
        """
        if not self.unlisted.documents and not any(document.judged for document in self.documents):
            return False
        return self.errors == 0 and not (self.strict and self.warnings)

    @property
    def verdict(self) -> Literal["consistent", "inconsistent"]:
        """The verdict as a word."""
        return "consistent" if self.ok else "inconsistent"

    @property
    def suppressed(self) -> int:
        """Number of findings that are suppressed; `errors` and `warnings` count them too."""
        before = self.unlisted.suppressed_errors + self.unlisted.suppressed_warnings
        return before + sum(finding.suppression is not None for finding in self.findings)

    @property
    def outcome(self) -> Outcome:
        """The verdict, or ``consistent except as suppressed`` if it is ``inconsistent`` only because of suppressed findings.

        Findings that are not listed (``unlisted-findings``) are not suppressed.
        """
        if self.ok:
            return "consistent"
        is_complete = not self.unlisted.cut and not _cuts(self.findings)
        if self.suppressed and is_complete and self._without_suppressed().ok:
            return "consistent except as suppressed"
        return "inconsistent"

    def _without_suppressed(self) -> Report:
        errors, warnings, suppressed_errors, suppressed_warnings = self.unlisted[:4]
        return self._replace(
            findings=tuple(each for each in self.findings if each.suppression is None),
            unlisted=self.unlisted._replace(
                errors=errors - suppressed_errors, warnings=warnings - suppressed_warnings
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON report, as ``schemas/psion.check_report.v1.schema.json`` describes it."""
        unlisted = {
            "documents": dict(self.unlisted.documents),
            "left_alone": dict(self.unlisted.left_alone),
        }
        return {
            "schema_version": REPORT_VERSION,
            "checker": {"name": "psion-contract", "version": VERSION},
            "ok": self.ok,
            "verdict": self.verdict,
            "outcome": self.outcome,
            "strict": self.strict,
            "errors": self.errors,
            "warnings": self.warnings,
            "suppressed": self.suppressed,
            "findings": [finding.to_dict() for finding in self.findings],
            "skipped": [each._asdict() for each in self.skipped],
            "documents": [
                {
                    "name": each.name,
                    "pointer": each.pointer,
                    "kind": each.kind,
                    "identity": None if each.identity is None else dict(each.identity),
                    "judged": each.judged,
                }
                for each in self.documents
            ],
            "left_alone": [each._asdict() for each in self.left_alone],
            **({"unlisted": unlisted} if any(unlisted.values()) else {}),
            **({} if self.files is None else {"files": [each.to_dict() for each in self.files]}),
        }


def finite(value: Any) -> Any:
    """The value, with infinite numbers (1e999) as text: JSON has no infinity."""
    if isinstance(value, float) and isinf(value):
        return str(value)
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list) else value
