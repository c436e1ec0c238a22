"""A report in Markdown, for job summaries and comments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from psion_contract.catalog import RULES
from psion_contract.findings import FileClaims, Finding, Related, Report
from psion_contract.output.text import checked, file_counts, ignored_groups, location, why
from psion_contract.reading.escaping import counted, excerpt, printable

MAX_LISTED = 200
"""How many findings are listed; services refuse long comments."""

_PUNCTUATION = re.compile(r"([\\`*_\[\]<>|~&$#])")
_LINKED = re.compile(r"@|://|www\.|GH-")

_SIGNS = {"consistent": "✅", "inconsistent": "❌", "consistent except as suppressed": "⚠️"}


def render(report: Report) -> str:
    """The outcome, the findings of each document in order, and what was checked."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"## {_SIGNS[report.outcome]} psion-contract: {report.outcome}"
    yield ""
    numbers = Counter(each.rule for each in report.findings if each.suppression is None)
    if numbers:
        yield "| Rule | Findings | What to do |"
        yield "| --- | ---: | --- |"
        for rule, number in numbers.items():
            yield f"| `{rule}` ({RULES[rule].severity}) | {number} | {RULES[rule].remedy} |"
        yield ""
    listed = [each for each in report.findings if each.suppression is None][:MAX_LISTED]
    for document, findings in groupby(listed, lambda each: each.document):
        yield f"### {_code(document)}"
        yield ""
        for each in findings:
            yield from _finding(each)
        yield ""
    if unlisted := sum(numbers.values()) - len(listed):
        yield f"{counted(unlisted, 'more finding')} not listed."
        yield ""
    yield from _section("Suppressed", _suppressed(report.findings))
    yield from _section(
        "Skipped rules",
        (
            f"- `{each.rule}` for {_place(each.document, each.pointer)}: {_escaped(each.reason)}"
            for each in report.skipped
        ),
    )
    yield from _section("Compared with files", _files(report.files or ()))
    yield _escaped(checked(report))
    count = len(report.left_alone) + sum(count for _, count in report.unlisted.left_alone)
    yield from _section("Ignored", _ignored(report), count)


def _finding(finding: Finding) -> Iterator[str]:
    where = f"line {finding.line}, column {finding.column}" if finding.line is not None else ""
    pointer = f" {_code(finding.pointer)}" if finding.pointer else ""
    place = f" ({where}{pointer})" if where or pointer else ""
    yield f"- **{finding.severity}** `{finding.rule}`{place}: {_escaped(finding.message)}"
    if finding.actual is not None:
        yield f"  - found {_code(excerpt(finding.actual))}"
    if finding.expected is not None:
        yield f"  - expected {_code(excerpt(finding.expected))}"
    for each in finding.related:
        yield f"  - against {_against(each)}"


def _against(related: Related) -> str:
    value = "" if related.value is None else f" = {_code(excerpt(related.value))}"
    pointer = f" {_code(related.pointer)}" if related.pointer and related.line is not None else ""
    return f"{_code(location(related))}{pointer}{value}"


def _suppressed(findings: Iterable[Finding]) -> Iterator[str]:
    for each in findings:
        if each.suppression is not None:
            yield f"- `{each.rule}` {_code(location(each))}: {_escaped(why(each.suppression))}"


def _files(files: Iterable[FileClaims]) -> Iterator[str]:
    for each in files:
        lines = [f"- {_place(each.document, each.pointer)}: {file_counts(each)}"]
        for reason, _, pointer in each.unverified:
            lines.append(f"  - not verified because {_escaped(reason)} (first at {_code(pointer)})")
        yield "\n".join(lines)


def _ignored(report: Report) -> Iterator[str]:
    for heading, names in ignored_groups(report.left_alone, report.unlisted.left_alone):
        more = [f"  - and {len(names) - MAX_LISTED} more"] if len(names) > MAX_LISTED else []
        yield "\n".join([f"- {heading}", *(f"  - {_code(each)}" for each in names[:MAX_LISTED]), *more])


def _section(title: str, items: Iterable[str], count: int | None = None) -> Iterator[str]:
    """A section that is closed at first; nothing if it is empty. The blank line at the end ends the HTML."""
    listed = list(items)
    if listed:
        yield ""
        yield f"<details><summary>{title} ({len(listed) if count is None else count})</summary>"
        yield ""
        yield from listed[:MAX_LISTED]
        if len(listed) > MAX_LISTED:
            yield f"- and {len(listed) - MAX_LISTED} more"
        yield ""
        yield "</details>"
        yield ""


def _place(document: str, pointer: str) -> str:
    return _code(f"{document}#{pointer}" if pointer else document)


def _code(text: str) -> str:
    """Text in a code span, whatever it contains."""
    shown = printable(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    margin = " " if "`" in shown or not shown.strip() else ""
    return f"{fence}{margin}{shown or ' '}{margin}{fence}"


def _escaped(text: str) -> str:
    """Text without a meaning in Markdown. An empty comment keeps names and addresses from becoming links."""
    escaped = _PUNCTUATION.sub(r"\\\1", printable(text))
    return _LINKED.sub(lambda found: f"{found.group()[0]}<!-- -->{found.group()[1:]}", escaped)
