"""A report for people: one block per finding, then what was checked and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from psion_contract.documents.kinds import KINDS
from psion_contract.findings import Finding, LeftAlone, Related, Report, Skipped
from psion_contract.reading.escaping import counted, excerpt, printable

Look = Literal["error", "warning", "good", "bold", "dim"]
Style = Callable[[Look, str], str]
"""Marks up text with one of the looks, for a terminal, or returns it unchanged."""

_MAX_LISTED = 3
"""Maximum number of further locations in a block; the others are only counted."""

_MAX_POINTER = 300
"""Maximum length of a pointer in characters; longer ones are cut."""


def plain(look: Look, text: str) -> str:
    """The text without any markup."""
    return text


def render(report: Report, style: Style = plain) -> str:
    """The report as text, with a final newline.

    Args:
        report: the report.
        style: how to mark it up.
    """
    parts = blocks(report.findings, style)
    if report.skipped:
        parts.append("\n".join(_skipped(report.skipped, style)))
    parts.append("\n".join(_closing(report, style)))
    return "\n\n".join(parts) + "\n"


def blocks(findings: Iterable[Finding], style: Style = plain) -> list[str]:
    """One block of lines per finding; findings that differ only in their location share a block.

    One wrong number can contradict hundreds of tensors or shards, although there is only one thing to fix. The JSON
    report has every finding.
    """
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        against = tuple((other.document, other.pointer) for other in finding.related)
        alike.setdefault((finding.rule, finding.document, finding.message, against), []).append(finding)
    return ["\n".join(_block(first, others, style)) for first, *others in alike.values()]


def location(item: Finding | Related) -> str:
    """``path:line:column``, or the document and its pointer if the source text is unknown."""
    name = printable(item.document)
    if item.line is None:
        return f"{name}#{_pointer(item.pointer)}" if item.pointer else name
    path = name.rpartition(":")[0] if name.endswith(f":{item.line}") else name
    return f"{path}:{item.line}:{item.column}"


def _block(finding: Finding, others: list[Finding], style: Style) -> Iterator[str]:
    severity = style(finding.severity, finding.severity)
    yield f"{style('bold', location(finding))}: {severity}: {style('bold', finding.rule)}"
    yield f"  {printable(finding.message)}"
    if finding.pointer and finding.line is not None:
        yield _row(style, "at", _pointer(finding.pointer))
    if others:
        yield _row(
            style,
            "also at",
            ", ".join(_pointer_and_line(other) for other in others[:_MAX_LISTED]) + _more(others),
        )
    same = all((other.actual, other.expected) == (finding.actual, finding.expected) for other in others)
    if same and finding.actual is not None:
        yield _row(style, "found", excerpt(finding.actual))
    if same and finding.expected is not None:
        yield _row(style, "expected", excerpt(finding.expected))
    for other in finding.related:
        value = "" if other.value is None else f" = {excerpt(other.value)}"
        pointer = f" {_pointer(other.pointer)}" if other.pointer and other.line is not None else ""
        yield _row(style, "against", f"{location(other)}{pointer}{value}")


def _pointer_and_line(finding: Finding) -> str:
    line = "" if finding.line is None else f" (line {finding.line})"
    return f"{_pointer(finding.pointer)}{line}"


def _pointer(pointer: str) -> str:
    """A pointer, cut if it is too long."""
    return printable(pointer if len(pointer) <= _MAX_POINTER else f"{pointer[: _MAX_POINTER - 1]}…")


def _more(others: list[Finding]) -> str:
    more = len(others) - _MAX_LISTED
    return f" and {counted(more, 'more place')}" if more > 0 else ""


def _row(style: Style, label: str, text: str) -> str:
    return f"    {style('dim', f'{label:<9}')}{text}"


def _skipped(skipped: tuple[Skipped, ...], style: Style) -> Iterator[str]:
    """For each document and reason, the skipped rules."""
    rules: dict[tuple[str, str, str], list[str]] = {}
    for each in skipped:
        rules.setdefault((each.document, each.pointer, each.reason), []).append(each.rule)
    yield style("bold", "skipped:")
    for (document, pointer, reason), names in rules.items():
        location = f"{printable(document)}#{printable(pointer)}" if pointer else printable(document)
        yield f"  {location}: {', '.join(dict.fromkeys(names))}"
        yield f"    because {printable(reason)}"


def _closing(report: Report, style: Style) -> Iterator[str]:
    judged = [document for document in report.documents if document.judged]
    inputs = len(report.documents) - len(judged)
    counts = Counter(document.kind for document in judged)
    parts = [counted(count, KINDS[kind].title) for kind, count in sorted(counts.items(), key=_in_table_order)]
    checked = f"checked {', '.join(parts)}" if parts else "checked no contract document"
    yield checked + (f"; {counted(inputs, 'input')} available" if inputs else "")
    yield from ignored(report.left_alone)
    problems = [
        counted(number, word)
        for number, word in ((report.errors, "error"), (report.warnings, "warning"))
        if number
    ]
    if report.skipped:
        problems.append(f"{counted(len(report.skipped), 'rule')} skipped")
    why = f" ({', '.join(problems)}{'; strict' if report.strict else ''})" if problems else ""
    yield style("good" if report.ok else "error", report.verdict) + why


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


def ignored(left_alone: Iterable[LeftAlone]) -> Iterator[str]:
    """Everything that was ignored, by reason, with its full name."""
    listed = list(left_alone)
    for reason, words in _REASONS.items():
        alike = [each for each in listed if each.reason == reason]
        if alike:
            yield f"ignored {len(alike)} ({words}):"
        for each in alike:
            kind = f" ({excerpt(each.kind, 60)})" if each.kind else ""
            yield f"  {printable(each.name)}{kind}{'' if each.judged else ', an input'}"
