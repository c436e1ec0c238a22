"""A report as one page of HTML: the outcome, the findings beside their lines, and what receipts and programs say.

The page has no script and no address: nothing is loaded, and nothing in it leads elsewhere. Its size is bounded; what is
not listed is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from psion_contract.catalog import RULES, Rule
from psion_contract.checker import Examination
from psion_contract.documents.kinds import KINDS
from psion_contract.documents.stage_kinds import STAGE_KINDS
from psion_contract.evidence.run_summary import (
    FamilyRow,
    Place,
    ProgramSummary,
    ReceiptSummary,
    RowState,
    Split,
    Summaries,
)
from psion_contract.evidence.summarising import summaries
from psion_contract.findings import DocumentEntry, Finding, Related, Report
from psion_contract.output.excerpts import Excerpt, excerpt_of
from psion_contract.output.html_templates import template
from psion_contract.output.places import document_of, path_of
from psion_contract.output.program_view import next_in_words
from psion_contract.output.text import (
    checked,
    file_counts,
    ignored_groups,
    location,
    problems,
    skipped_groups,
)
from psion_contract.reading.escaping import counted
from psion_contract.version import VERSION

MAX_BLOCKS = 20
"""How many blocks of findings are listed for one file."""

MAX_ALL_BLOCKS = 500
"""How many blocks of findings are listed on the page."""

MAX_RECEIPTS = 250
"""How many receipts have charts; of the others, only the name is listed."""

MAX_PROGRAMS = 50
"""How many stage programs are shown."""

MAX_FAMILIES = 60
"""How many families a chart has."""

MAX_SPLITS = 12
"""How many splits a chart has."""

_MAX_PLACES = 5
"""How many further places of one cause, and how many other sides of a contradiction, are listed."""

_WIDTH = 78
"""Width of an excerpt in columns."""


def render_examination(examination: Examination) -> str:
    """The page about a check, with summaries of the documents that were judged."""
    judged = [document for document in examination.documents if document.judged]
    return render(examination.report, summaries(judged, examination.resolver))


def render(report: Report, found: Summaries) -> str:
    """The page about a report.

    Args:
        report: the report.
        found: the summaries of its documents.
    """
    counts = _counts(report)
    files = _files(report.findings)
    anchors = {each.name: each.anchor for each in files}
    receipts = _receipts(found.receipts, counts, anchors)
    return template("page.html.jinja").render(
        report=report,
        version=VERSION,
        checked=checked(report),
        why=problems(report),
        files=[each for each in files if each.blocks],
        further=[each for each in files if not each.blocks],
        suppressed=[each for each in report.findings if each.suppression is not None],
        skipped=[SkippedRules(*key, rules) for key, rules in skipped_groups(report.skipped).items()],
        claims=[(each, file_counts(each)) for each in report.files or ()],
        receipts=receipts,
        programs=[_program(each, counts) for each in found.programs[:MAX_PROGRAMS]],
        further_programs=len(found.programs) - MAX_PROGRAMS,
        documents=_documents(report.documents, counts, anchors),
        ignored=list(ignored_groups(report.left_alone)),
    )


# Findings.


def _line(item: Finding | Related) -> Excerpt | None:
    """The line of a place without its indentation."""
    found = excerpt_of(item, _WIDTH)
    return found and found._replace(before=found.before.lstrip(" "))


class OtherSide(NamedTuple):
    """The other side of a contradiction, with the line there."""

    related: Related
    excerpt: Excerpt | None


class Block(NamedTuple):
    """One cause: its first finding, with the places of all others.

    Attributes:
        finding: the first.
        excerpt: the line that it is about.
        also: further places, in words.
        more: how many places there are besides.
        others: the other sides.
        more_others: how many there are besides.
        rule: the rule in the catalogue, if it is there.
    """

    finding: Finding
    excerpt: Excerpt | None
    also: list[str]
    more: int
    others: list[OtherSide]
    more_others: int
    rule: Rule | None


class FileFindings(NamedTuple):
    """The findings of one file that are not suppressed.

    Attributes:
        name: of the file.
        anchor: its id on the page.
        errors: how many are errors.
        warnings: how many are warnings.
        blocks: what is listed of them; none if the page has enough already.
        unlisted: how many findings are in no block.
    """

    name: str
    anchor: str
    errors: int
    warnings: int
    blocks: list[Block]
    unlisted: int


def _files(findings: Iterable[Finding]) -> list[FileFindings]:
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.suppression is None:
            by_file.setdefault(path_of(finding), []).append(finding)
    found = []
    room = MAX_ALL_BLOCKS
    for number, (name, of_file) in enumerate(by_file.items(), 1):
        causes: dict[tuple[object, ...], list[Finding]] = {}
        for each in of_file:
            against = tuple((other.document, other.pointer) for other in each.related)
            causes.setdefault((each.rule, each.document, each.message, against), []).append(each)
        listed = list(causes.values())[: min(MAX_BLOCKS, room)]
        room -= len(listed)
        severities = Counter(each.severity for each in of_file)
        found.append(
            FileFindings(
                name,
                f"file-{number}",
                severities["error"],
                severities["warning"],
                [_block(*cause) for cause in listed],
                len(of_file) - sum(map(len, listed)),
            )
        )
    return found


def _block(first: Finding, *others: Finding) -> Block:
    also = [location(other) for other in others[:_MAX_PLACES]]
    sides = [OtherSide(each, _line(each)) for each in first.related[:_MAX_PLACES]]
    return Block(
        first,
        _line(first),
        also,
        len(others) - len(also),
        sides,
        len(first.related) - len(sides),
        RULES.get(first.rule),
    )


class SkippedRules(NamedTuple):
    """Rules that were skipped for one reason."""

    document: str
    pointer: str
    reason: str
    rules: list[str]


# Documents.


_Counts = Mapping[tuple[str, str], Counter[str]]


def _counts(report: Report) -> _Counts:
    """By document, how many findings it has of each severity; ``suppressed`` counts the suppressed ones."""
    found = {(each.name, each.pointer): Counter[str]() for each in report.documents}
    for finding in report.findings:
        if place := document_of(finding, found):
            found[place]["suppressed" if finding.suppression else finding.severity] += 1
    return found


class Status(NamedTuple):
    """How a document came out.

    Attributes:
        look: ``good``, ``warning`` or ``error``.
        words: the same in words.
        anchor: id of the findings of its file; empty if there are none.
    """

    look: str
    words: str
    anchor: str


def _status(place: tuple[str, str], counts: _Counts, anchors: Mapping[str, str]) -> Status:
    count = counts.get(place, Counter[str]())
    parts = [counted(count[each], each) for each in ("error", "warning") if count[each]]
    if count["suppressed"]:
        parts.append(f"{count['suppressed']} suppressed")
    look = "error" if count["error"] else "warning" if parts else "good"
    name = place[0]
    anchor = anchors.get(name) or anchors.get(name.rpartition(":")[0], "")
    return Status(
        look, ", ".join(parts) or "no findings", anchor if count["error"] or count["warning"] else ""
    )


class DocumentRow(NamedTuple):
    """A row of the list of documents."""

    entry: DocumentEntry
    title: str
    status: Status


def _documents(
    entries: Sequence[DocumentEntry], counts: _Counts, anchors: Mapping[str, str]
) -> list[DocumentRow]:
    """The documents, those that were judged first."""
    ordered = sorted(entries, key=lambda each: not each.judged)
    return [
        DocumentRow(each, KINDS[each.kind].title, _status((each.name, each.pointer), counts, anchors))
        for each in ordered
    ]


# Receipts.


class ReceiptView(NamedTuple):
    """A receipt on the page.

    Attributes:
        summary: what it says.
        anchor: its id on the page.
        status: how it came out.
        splits: the splits that are shown, with the families that are.
        losses: of each family, its losses.
        coverage: a row of states for each family; None where the corpus has no such family in the split.
        highest_loss: the length of the longest bar, in thousandths.
        same_as: where another receipt with the same contents is shown; None if this one is.
        base_anchor: id of the receipt that promotes the base; empty if it is not on the page.
    """

    summary: ReceiptSummary
    anchor: str
    status: Status
    splits: list[Split]
    losses: list[tuple[str | None, list[tuple[Split, FamilyRow]]]]
    coverage: list[tuple[str | None, list[RowState | None]]]
    highest_loss: int
    same_as: str
    base_anchor: str


class Receipts(NamedTuple):
    """All receipts on the page.

    Attributes:
        with_findings: those with findings.
        consistent: the others.
        further: those without charts.
    """

    with_findings: list[ReceiptView]
    consistent: list[ReceiptView]
    further: list[tuple[ReceiptSummary, Status]]

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.with_findings) + len(self.consistent) + len(self.further)


def _receipts(found: Iterable[ReceiptSummary], counts: _Counts, anchors: Mapping[str, str]) -> Receipts:
    """The receipts, those with findings first; those in other documents after those by themselves."""
    pairs = [(each, _status(each.place, counts, anchors)) for each in found]
    pairs.sort(key=lambda pair: (pair[1].look == "good", pair[0].place.pointer != ""))
    listed = pairs[:MAX_RECEIPTS]
    anchor_of = {each.place: f"receipt-{number}" for number, (each, _) in enumerate(listed, 1)}
    shown: dict[str, str] = {}
    views = []
    for each, status in listed:
        content = next((digest.computed for digest in each.digests if digest.id == "content"), None)
        same_as = shown.setdefault(content, anchor_of[each.place]) if content else anchor_of[each.place]
        views.append(_receipt(each, anchor_of, status, "" if same_as == anchor_of[each.place] else same_as))
    with_findings = [view for view in views if view.status.look != "good"]
    consistent = [view for view in views if view.status.look == "good"]
    return Receipts(with_findings, consistent, pairs[MAX_RECEIPTS:])


def _receipt(
    summary: ReceiptSummary, anchor_of: Mapping[Place, str], status: Status, same_as: str
) -> ReceiptView:
    families = dict.fromkeys(summary.families[:MAX_FAMILIES])
    splits = [
        split._replace(rows=tuple(row for row in split.rows if row.family in families)[:MAX_FAMILIES])
        for split in summary.splits[:MAX_SPLITS]
    ]
    rows: dict[str | None, dict[str | None, FamilyRow]] = {family: {} for family in families}
    for split in splits:
        for row in split.rows:
            rows[row.family].setdefault(split.name, row)
    losses = [
        (family, [(split, of_family[split.name]) for split in splits if split.name in of_family])
        for family, of_family in rows.items()
    ]
    coverage = [
        (family, [of_family[split.name].state if split.name in of_family else None for split in splits])
        for family, of_family in rows.items()
    ]
    highest = max((row.loss_milli or 0 for split in splits for row in split.rows), default=0)
    base = summary.lineage.base_promoted_by
    return ReceiptView(
        summary,
        anchor_of[summary.place],
        status,
        splits,
        losses,
        coverage,
        highest or 1,
        same_as,
        anchor_of.get(base, "") if base else "",
    )


# Stage programs.


class ProgramView(NamedTuple):
    """A stage program on the page.

    Attributes:
        summary: what it says.
        status: how it came out.
        steps: every kind of stage with how far it is: its status, ``not entered``, or ``left out``.
        next: the next step in words.
    """

    summary: ProgramSummary
    status: Status
    steps: list[tuple[str, str]]
    next: str | None


def _program(summary: ProgramSummary, counts: _Counts) -> ProgramView:
    statuses = {stage.kind: stage.status for stage in summary.stages}
    first = summary.stages[0].kind if summary.stages else None
    before = STAGE_KINDS.index(first) if first in STAGE_KINDS else 0
    steps = [
        (kind, statuses.get(kind) or ("left out" if number < before else "not entered"))
        for number, kind in enumerate(STAGE_KINDS)
    ]
    words = None if summary.next_step is None else next_in_words(summary.next_step)
    return ProgramView(summary, _status(summary.place, counts, {}), steps, words)
