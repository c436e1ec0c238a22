"""What a check says: findings, what had to be skipped, and the report that holds them.

The lowest layer: it imports nothing of the package. Positions in the text are looked up only when they
are asked for, because most findings of most runs are never shown.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

Severity = Literal["error", "warning"]


class Locator(Protocol):
    """Something that knows where in a text a JSON pointer stands."""

    def position(self, pointer: str) -> tuple[int, int] | None:
        """Line and column, both from 1, of the value at `pointer`; None where there is no text."""

    def position_of_offset(self, offset: int) -> tuple[int, int] | None:
        """Line and column, both from 1, of the character at `offset`."""


class Related(NamedTuple):
    """The other side of a contradiction: where the value stands that the finding's value is held against.

    Attributes:
        document: name of the document, as given to the checker.
        pointer: RFC 6901 JSON pointer from the root of that document's file.
        value: the JSON value there; None where the finding is about a place rather than a value.
        source: knows where pointers stand in the text; None where there is none.
        offset: where the text itself is meant, in characters; else None.
    """

    document: str
    pointer: str
    value: Any = None
    source: Locator | None = None
    offset: int | None = None

    @property
    def line(self) -> int | None:
        """Line from 1; None where the source text is not at hand."""
        return _first(_position(self))

    @property
    def column(self) -> int | None:
        """Column from 1, counted in characters; None where the source text is not at hand."""
        return _second(_position(self))


class Finding(NamedTuple):
    """One defect of one document (docs/rules.md).

    Attributes:
        rule: name of the rule that is broken, such as ``replay-digest-mismatch``. Never renamed.
        severity: ``error`` decides the verdict, ``warning`` only a strict one.
        document: name of the document, as given to the checker.
        pointer: RFC 6901 JSON pointer from the root of the file; for a missing member, of the object
            that lacks it.
        message: what is wrong and what would be right, for people. Its wording is no interface.
        expected: the JSON value that would be right, where there is one; else None.
        actual: the JSON value that stands there, where there is one; else None.
        related: the other sides of the contradiction.
        keyword: for ``schema-violation`` the JSON Schema keyword that fails; else None.
        source: knows where pointers stand in the text; None where there is none.
        offset: where the text itself is at fault, in characters; else None.
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
    source: Locator | None = None
    offset: int | None = None

    @property
    def line(self) -> int | None:
        """Line from 1; None where the source text is not at hand."""
        return _first(_position(self))

    @property
    def column(self) -> int | None:
        """Column from 1, counted in characters; None where the source text is not at hand."""
        return _second(_position(self))


class Skipped(NamedTuple):
    """A rule that could not be applied, and why: the checker never passes over one in silence.

    Attributes:
        rule: name of the rule.
        document: the document it would have judged.
        pointer: where that document stands in its file.
        reason: for people, such as ``the config fails its schema at /model_id``.
    """

    rule: str
    document: str
    pointer: str
    reason: str


class _Held(Protocol):
    """What a document entry tells of."""

    name: str
    pointer: str
    judged: bool

    @property
    def version(self) -> str: ...

    @property
    def identity(self) -> dict[str, str] | None: ...


class DocumentEntry:
    """A contract document that was found.

    Attributes:
        name: name of the file or entry, as given to the checker.
        pointer: where it stands in there; empty for the root.
        kind: its ``schema_version``; for a stage program, which carries none, the name of its schema.
        identity: the members by which other documents refer to it, such as ``{"run_id": …,
            "stage_id": …}``; None where one of them is missing or unusable.
        judged: False for a document that was only there to be referred to.
    """

    __slots__ = ("_held", "judged", "name", "pointer")

    def __init__(self, held: _Held) -> None:
        self._held = held
        self.name = held.name
        self.pointer = held.pointer
        self.judged = held.judged

    @property
    def kind(self) -> str:
        """Its ``schema_version``."""
        return self._held.version

    @property
    def identity(self) -> Mapping[str, str] | None:
        """The members by which other documents refer to it."""
        return self._held.identity

    def __repr__(self) -> str:
        """For people."""
        return f"DocumentEntry({self.name!r}, {self.pointer!r}, {self.kind!r})"


class LeftAlone(NamedTuple):
    """A file of a directory, or a line of a JSON Lines file, that holds no contract document.

    Attributes:
        name: its name.
        reason: ``other-kind``, ``not-json``, or ``limit-exceeded`` where it was not read at all.
        kind: the ``schema_version`` it gives itself, where it gives one.
    """

    name: str
    reason: Literal["other-kind", "not-json", "limit-exceeded"]
    kind: str | None = None


class Report(NamedTuple):
    """Everything that one check found (docs/rules.md, "The verdict").

    Attributes:
        findings: all of them, in the order of the documents, then of the rules.
        skipped: rules that could not be applied, with the reason.
        documents: the contract documents that were found.
        left_alone: what was met but holds no contract document.
        strict: whether warnings decide too.
    """

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    documents: tuple[DocumentEntry, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    strict: bool = False

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    @property
    def ok(self) -> bool:
        """True for the verdict ``consistent``: no finding that decides, and at least one document judged.

        It says that the documents agree with one another and with their digests, never who wrote them.
        """
        if not any(document.judged for document in self.documents):
            return False
        return not self.findings if self.strict else self.errors == 0

    @property
    def verdict(self) -> Literal["consistent", "inconsistent"]:
        """The verdict as a word."""
        return "consistent" if self.ok else "inconsistent"


def _position(item: Finding | Related) -> tuple[int, int] | None:
    if item.source is None:
        return None
    if item.offset is not None:
        return item.source.position_of_offset(item.offset)
    return item.source.position(item.pointer)


def _first(position: tuple[int, int] | None) -> int | None:
    return position[0] if position else None


def _second(position: tuple[int, int] | None) -> int | None:
    return position[1] if position else None
