"""A report for people: blocks of findings with their lines, then what was checked and the outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Literal

from psion_contract.catalog import RULES
from psion_contract.documents.kinds import KINDS
from psion_contract.findings import (
    FileClaims,
    Finding,
    LeftAlone,
    Outcome,
    Related,
    Report,
    Skipped,
    Suppression,
)
from psion_contract.output.places import path_of
from psion_contract.reading.escaping import counted, excerpt, printable, shortened

Look = Literal["error", "warning", "good", "bold", "dim"]
Style = Callable[[Look, str], str]
"""Marks up text with one of the looks, for a terminal, or returns it unchanged."""

_MAX_LISTED = 3
"""Maximum number of further locations in a block; the others are only counted."""

_MAX_BLOCKS = 5
"""Maximum number of blocks for one rule and file; the findings of others are only counted."""

MAX_SUPPRESSED = 1000
"""Maximum number of suppressed findings that are listed while a check goes on; the others are only counted."""

_MAX_POINTER = 300
"""Maximum length of a pointer in characters; longer ones are cut in the middle."""

_MAX_VALUE = 160
"""Maximum length of a value in characters; longer ones are cut in the middle."""

DEFAULT_WIDTH = 120
"""Width of the text in columns where there is no terminal; only excerpts of lines are cut to it."""


def plain(look: Look, text: str) -> str:
    """The text without any markup."""
    return text


def render(report: Report, style: Style = plain, width: int | None = None) -> str:
    """The report as text, with a final newline.

    Args:
        report: the report.
        style: how to mark it up.
        width: columns of the terminal, to which sentences are wrapped; None if it is not for a terminal.
    """
    parts = blocks(report.findings, style, width)
    if report.suppressed:
        parts.append("\n".join(suppressed_lines(report.findings, style, width)))
    if report.skipped:
        parts.append("\n".join(skipped_lines(report.skipped, style, width)))
    if report.files is not None:
        parts.append("\n".join(file_lines(report.files, style, width)))
    parts.append("\n".join([*closing(report, style), ""]))
    return "\n\n".join(parts)


def blocks(findings: Iterable[Finding], style: Style = plain, width: int | None = None) -> list[str]:
    """Blocks of lines for the findings that are not suppressed, those of each file together.

    Findings of a file that differ only in their location share a block. One wrong number can contradict hundreds of
    tensors or shards, although there is only one thing to fix. A rule has at most `_MAX_BLOCKS` blocks for one file, and
    its remedy is in the first of them. The JSON report has every finding.
    """
    files = grouped(findings)
    explained: set[str] = set()
    found: list[str] = []
    for path, groups in files.items():
        if len(files) > 1:
            found.append(_heading(path, [each for group in groups.values() for each in group], style))
        shown: Counter[tuple[str, str]] = Counter()
        unlisted: Counter[str] = Counter()
        found += file_blocks(path, groups.values(), shown, unlisted, explained, style, width)
        found += unlisted_lines(path, unlisted)
    return found


Groups = dict[tuple[object, ...], list[Finding]]
"""Findings that differ only in their location, by what they have in common."""


def grouped(findings: Iterable[Finding]) -> dict[str, Groups]:
    """The findings that are not suppressed, by file."""
    files: dict[str, Groups] = {}
    for finding in findings:
        if finding.suppression is None:
            against = tuple((other.document, other.pointer) for other in finding.related)
            alike = files.setdefault(path_of(finding), {})
            alike.setdefault((finding.rule, finding.message, against), []).append(finding)
    return files


def finding_text(finding: Finding) -> str:
    """One finding by itself."""
    return _block(finding, [], True, plain, None)


def _heading(path: str, findings: list[Finding], style: Style) -> str:
    counts = Counter(each.severity for each in findings)
    words = ", ".join(counted(counts[each], each) for each in ("error", "warning") if counts[each])
    return f"{style('bold', printable(path))}: {words}"


def file_blocks(
    path: str,
    groups: Iterable[list[Finding]],
    shown: Counter[tuple[str, str]],
    unlisted: Counter[str],
    explained: set[str],
    style: Style,
    width: int | None,
) -> Iterator[str]:
    """The blocks of one file, in the order of the findings.

    Args:
        path: the file.
        groups: its findings, those that share a block together.
        shown: how many blocks each file and rule has so far, which is updated.
        unlisted: how many findings of each rule have no block, which is updated.
        explained: the rules whose remedy is told, which is updated.
        style: how to mark it up.
        width: columns of the terminal, if it is one.
    """
    for first, *others in groups:
        rule = first.rule
        if shown[path, rule] == _MAX_BLOCKS:
            unlisted[rule] += 1 + len(others)
            continue
        shown[path, rule] += 1
        yield _block(first, others, rule not in explained, style, width)
        explained.add(rule)


def unlisted_lines(path: str, unlisted: Counter[str]) -> Iterator[str]:
    """How many findings of a file have no block."""
    for rule, count in unlisted.items():
        yield f"{printable(path)}: and {counted(count, 'more finding')} of {rule}; --format json lists all"


def location(item: Finding | Related) -> str:
    """``path:line:column``, or the document and its pointer if the source text is unknown."""
    name = printable(path_of(item))
    if item.line is None:
        return f"{name}#{_pointer(item.pointer)}" if item.pointer else name
    return f"{name}:{item.line}:{item.column}"


def _block(
    finding: Finding, others: list[Finding], with_remedy: bool, style: Style, width: int | None
) -> str:
    is_alone = not others and width is None and style is plain
    lines = [_alone(finding)] if is_alone else _lines(finding, others, style, width)
    if with_remedy and finding.rule in RULES:
        lines += _remedy(finding.rule, style, width)
    return "\n".join(lines)


@lru_cache(maxsize=1 << 14)  # several formats of one report need it
def _alone(finding: Finding) -> str:
    return "\n".join(_lines(finding, [], plain, None))


def _lines(finding: Finding, others: list[Finding], style: Style, width: int | None) -> list[str]:
    from psion_contract.output.excerpts import excerpt_lines  # not needed for a consistent report

    def shown(item: Finding | Related) -> list[str]:
        """The line of a place, unless it would be the line of the message itself."""
        return [f"  {style('dim', line)}" for line in excerpt_lines(item, width or DEFAULT_WIDTH)]

    severity = style(finding.severity, finding.severity)
    lines = [
        f"{style('bold', location(finding))}: {severity}: {style('bold', finding.rule)}",
        *_wrapped(printable(finding.message), "  ", "  ", width),
        *shown(finding),
    ]
    if finding.pointer and finding.line is not None:
        lines.append(_row(style, "at", _pointer(finding.pointer)))
    if others:
        places = [_pointer_and_line(finding, other) for other in others[:_MAX_LISTED]]
        lines.append(_row(style, "also at", ", ".join(places) + _more(others)))
    same = all((other.actual, other.expected) == (finding.actual, finding.expected) for other in others)
    if same and finding.actual is not None:
        lines.append(_row(style, "found", excerpt(finding.actual, _MAX_VALUE)))
    if same and finding.expected is not None:
        lines.append(_row(style, "expected", excerpt(finding.expected, _MAX_VALUE)))
    for other in finding.related:
        value = "" if other.value is None else f" = {excerpt(other.value, _MAX_VALUE)}"
        pointer = f" {_pointer(other.pointer)}" if other.pointer and other.line is not None else ""
        lines.append(_row(style, "against", f"{location(other)}{pointer}{value}"))
        if len(finding.related) <= _MAX_LISTED:
            lines += shown(other)
    return lines


def _remedy(rule: str, style: Style, width: int | None) -> list[str]:
    label, margin = style("dim", f"{'hint':<9}"), " " * 13
    lines = _wrapped(RULES[rule].remedy, f"    {label}", margin, width)
    return [*lines, f"{margin}{style('dim', f'psion-contract explain {rule}')}"]


def _wrapped(text: str, first: str, margin: str, width: int | None) -> list[str]:
    """A sentence in lines of at most `width` columns, if there is a width."""
    if width is None or len(margin) + len(text) <= width:
        return [first + text]
    from textwrap import wrap

    from psion_contract.output.excerpts import NARROWEST

    lines = wrap(text, max(width - len(margin), NARROWEST), break_on_hyphens=False)
    return [f"{margin if number else first}{line}" for number, line in enumerate(lines)]


def suppressed_lines(findings: Iterable[Finding], style: Style, width: int | None) -> Iterator[str]:
    """The suppressed findings, those of one file, rule and reason together."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for each in findings:
        if each.suppression is not None:
            alike.setdefault((path_of(each), each.rule, each.suppression), []).append(each)
    yield style("bold", f"suppressed {counted(sum(map(len, alike.values())), 'finding')}:")
    for group in alike.values():
        first = group[0]
        assert first.suppression is not None
        places = f" ({len(group)} places)" if len(group) > 1 else ""
        yield f"  {location(first)}: {first.rule}{places}"
        yield from _wrapped(f"because {printable(why(first.suppression))}", "    ", "    ", width)


def why(suppression: Suppression) -> str:
    """Reason, owner and expiry of a suppression, in words."""
    reason, owner, expires, _ = suppression
    by = f", by {owner}" if owner else ""
    until = f", until {expires}" if expires else ""
    return f"{reason}{by}{until}"


def _pointer_and_line(first: Finding, other: Finding) -> str:
    """Where else: a pointer and line, or the name of another line of JSON Lines."""
    if other.document != first.document:
        return location(other)
    line = "" if other.line is None else f" (line {other.line})"
    return f"{_pointer(other.pointer)}{line}"


@lru_cache(maxsize=1 << 12)  # documents of one kind have the same
def _pointer(pointer: str) -> str:
    """A pointer, cut if it is too long."""
    return printable(shortened(pointer, _MAX_POINTER))


def _more(others: list[Finding]) -> str:
    more = len(others) - _MAX_LISTED
    return f" and {counted(more, 'more place')}" if more > 0 else ""


def _row(style: Style, label: str, text: str) -> str:
    return f"    {style('dim', f'{label:<9}')}{text}"


def skipped_lines(skipped: tuple[Skipped, ...], style: Style, width: int | None) -> Iterator[str]:
    """For each document and reason, the skipped rules."""
    yield style("bold", "skipped:")
    for (document, pointer, reason), names in skipped_groups(skipped).items():
        location = f"{printable(document)}#{printable(pointer)}" if pointer else printable(document)
        yield from _wrapped(f"{location}: {', '.join(names)}", "  ", "    ", width)
        yield from _wrapped(f"because {printable(reason)}", "    ", "    ", width)


def skipped_groups(skipped: Iterable[Skipped]) -> dict[tuple[str, str, str], list[str]]:
    """By document, pointer and reason, the names of the rules, each once."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for each in skipped:
        found.setdefault((each.document, each.pointer, each.reason), {})[each.rule] = None
    return {place: list(rules) for place, rules in found.items()}


def file_lines(files: Iterable[FileClaims], style: Style, width: int | None) -> Iterator[str]:
    """For each document and sort of claim, how many agree with the files, and why others were not compared."""
    listed = list(files)
    yield style("bold", "compared with files:") if listed else "compared with files: no document names one"
    for (document, pointer), claims in groupby(listed, lambda each: (each.document, each.pointer)):
        yield f"  {printable(document)}#{printable(pointer)}" if pointer else f"  {printable(document)}"
        for each in claims:
            yield f"    {file_counts(each)}"
            for reason, _, first in each.unverified:
                words = f"because {printable(reason)} (first at {_pointer(first)})"
                yield from _wrapped(words, "      ", "      ", width)


def file_counts(claims: FileClaims) -> str:
    """How many claims agree with the files, in words: ``shard digest: 7 verified, 1 wrong, 2 not verified``."""
    unverified = sum(each.claims for each in claims.unverified)
    numbers = ((claims.verified, "verified"), (claims.refuted, "wrong"), (unverified, "not verified"))
    return f"{claims.claim}: {', '.join(f'{number} {words}' for number, words in numbers if number)}"


def closing(report: Report, style: Style = plain) -> Iterator[str]:
    """What was checked, what was ignored, and the outcome."""
    yield checked(report)
    yield from ignored(report.left_alone, report.unlisted.left_alone)
    found = problems(report)
    yield style(_OUTCOME_LOOKS[report.outcome], report.outcome) + (f" ({found})" if found else "")


def checked(report: Report) -> str:
    """What was checked, in words."""
    judged = [document for document in report.documents if document.judged]
    inputs = len(report.documents) - len(judged)
    counts = Counter(document.kind for document in judged)
    counts.update(dict(report.unlisted.documents))
    parts = [counted(count, KINDS[kind].title) for kind, count in sorted(counts.items(), key=_in_table_order)]
    words = f"checked {', '.join(parts)}" if parts else "checked no contract document"
    return words + (f"; {counted(inputs, 'input')} available" if inputs else "")


def problems(report: Report) -> str:
    """How many findings and skipped rules there are, in words; empty if there are none."""
    found = [
        counted(number, word)
        for number, word in ((report.errors, "error"), (report.warnings, "warning"))
        if number
    ]
    if report.skipped:
        found.append(f"{counted(len(report.skipped), 'rule')} skipped")
    if report.suppressed:
        count = report.errors + report.warnings
        found.append(f"{report.suppressed} of {counted(count, 'finding')} suppressed")
    return f"{', '.join(found)}{'; strict' if report.strict else ''}" if found else ""


_OUTCOME_LOOKS: dict[Outcome, Look] = {
    "consistent": "good",
    "inconsistent": "error",
    "consistent except as suppressed": "warning",
}


def _in_table_order(item: tuple[str, int]) -> int:
    return list(KINDS).index(item[0])


_REASONS = {
    "other-kind": "of other kinds",
    "not-json": "not JSON",
    "limit-exceeded": "over the reader's limits, not read",
    "other-ending": "not read because of the ending",
    "dangling-link": "link to nothing",
    "linked-directory": "link to a directory, not followed",
    "special-file": "not a regular file",
    "excluded": "excluded",
}


def ignored(left_alone: Iterable[LeftAlone], unlisted: Iterable[tuple[str, int]] = ()) -> Iterator[str]:
    """Everything that was ignored, by reason, with its full name, and how many more were."""
    for heading, names in ignored_groups(left_alone, unlisted):
        yield f"{heading}:"
        yield from (f"  {each}" for each in names)


def ignored_groups(
    left_alone: Iterable[LeftAlone], unlisted: Iterable[tuple[str, int]] = ()
) -> Iterator[tuple[str, list[str]]]:
    """The same: for each reason a heading, and what was ignored for it."""
    listed, more = list(left_alone), dict(unlisted)
    for reason, words in _REASONS.items():
        alike = [each for each in listed if each.reason == reason]
        further = more.get(reason, 0)
        names = []
        for each in alike:
            kind = f" ({excerpt(each.kind, 60)})" if each.kind else ""
            names.append(f"{printable(each.name)}{kind}{'' if each.judged else ', an input'}")
        if further:
            names.append(f"and {further} more, which are not listed")
        if names:
            yield f"ignored {len(alike) + further} ({words})", names
