"""A report for people: one block a finding, then what was checked and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from psion_contract.documents.kinds import KINDS
from psion_contract.findings import Finding, LeftAlone, Related, Report, Skipped
from psion_contract.reading.escaping import listed, printable, shown

_SHOWN = 3
"""Of the further places that a block speaks of, so many are named; the others are counted."""

_LONGEST = 300
"""Longest pointer that is shown, in characters."""

_STYLES = {"error": "1;31", "warning": "1;33", "good": "1;32", "bold": "1", "dim": "2"}


def render(report: Report, color: bool = False) -> str:
    """The whole report, with a newline at the end.

    Args:
        report: what to show.
        color: whether to mark it up with ANSI colours.
    """
    paint = Paint(color)
    parts = blocks(report.findings, paint)
    if report.skipped:
        parts.append("\n".join(_skipped(report.skipped, paint)))
    parts.append("\n".join(_closing(report, paint)))
    return "\n\n".join(parts) + "\n"


class Paint:
    """Adds colour, or nothing.

    Args:
        color: whether to add any.
    """

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        """The text in a style: error, warning, good, bold or dim."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._color else text


def blocks(findings: Iterable[Finding], paint: Paint) -> list[str]:
    """One block of lines a finding; those that say the same of several places are one block.

    A number that is wrong once can contradict hundreds of tensors or shards: to a reader that is one thing
    to mend. The report itself, and its JSON, list each of them.
    """
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        against = tuple((other.document, other.pointer) for other in finding.related)
        alike.setdefault((finding.rule, finding.document, finding.message, against), []).append(finding)
    return ["\n".join(_block(first, others, paint)) for first, *others in alike.values()]


def place(item: Finding | Related) -> str:
    """``path:line:column``, or the document with its pointer where no text is at hand."""
    name = printable(item.document)
    if item.line is None:
        return f"{name}#{_pointer(item.pointer)}" if item.pointer else name
    path = name.rpartition(":")[0] if name.endswith(f":{item.line}") else name
    return f"{path}:{item.line}:{item.column}"


def _block(finding: Finding, others: list[Finding], paint: Paint) -> Iterator[str]:
    severity = paint(finding.severity, finding.severity)
    yield f"{paint('bold', place(finding))}: {severity}: {paint('bold', finding.rule)}"
    yield f"  {printable(finding.message)}"
    if finding.pointer and finding.line is not None:
        yield _row(paint, "at", _pointer(finding.pointer))
    if others:
        yield _row(paint, "also at", ", ".join(_where(other) for other in others[:_SHOWN]) + _more(others))
    same = all((other.actual, other.expected) == (finding.actual, finding.expected) for other in others)
    if same and finding.actual is not None:
        yield _row(paint, "found", shown(finding.actual))
    if same and finding.expected is not None:
        yield _row(paint, "expected", shown(finding.expected))
    for other in finding.related:
        value = "" if other.value is None else f" = {shown(other.value)}"
        pointer = f" {_pointer(other.pointer)}" if other.pointer and other.line is not None else ""
        yield _row(paint, "against", f"{place(other)}{pointer}{value}")


def _where(finding: Finding) -> str:
    line = "" if finding.line is None else f" (line {finding.line})"
    return f"{_pointer(finding.pointer)}{line}"


def _pointer(pointer: str) -> str:
    """A pointer as it is, but that no document can fill the screen with the name of a member."""
    return printable(pointer if len(pointer) <= _LONGEST else f"{pointer[: _LONGEST - 1]}…")


def _more(others: list[Finding]) -> str:
    more = len(others) - _SHOWN
    return f" and {_counted(more, 'more place')}" if more > 0 else ""


def _row(paint: Paint, label: str, text: str) -> str:
    return f"    {paint('dim', f'{label:<9}')}{text}"


def _skipped(skipped: tuple[Skipped, ...], paint: Paint) -> Iterator[str]:
    """One line a document and reason, naming the rules."""
    rules: dict[tuple[str, str, str], list[str]] = {}
    for each in skipped:
        rules.setdefault((each.document, each.pointer, each.reason), []).append(each.rule)
    yield paint("bold", "not applied:")
    for (document, pointer, reason), names in rules.items():
        where = f"{printable(document)}#{printable(pointer)}" if pointer else printable(document)
        yield f"  {where}: {', '.join(dict.fromkeys(names))}"
        yield f"    because {printable(reason)}"


def _closing(report: Report, paint: Paint) -> Iterator[str]:
    judged = [document for document in report.documents if document.judged]
    inputs = len(report.documents) - len(judged)
    counts = Counter(document.kind for document in judged)
    parts = [
        _counted(count, KINDS[kind].title) for kind, count in sorted(counts.items(), key=_in_table_order)
    ]
    checked = f"checked {', '.join(parts)}" if parts else "checked no contract document"
    yield checked + (f"; {_counted(inputs, 'input')} at hand" if inputs else "")
    yield from _left_alone(report.left_alone)
    problems = [
        _counted(n, word) for n, word in ((report.errors, "error"), (report.warnings, "warning")) if n
    ]
    if report.skipped:
        problems.append(f"{_counted(len(report.skipped), 'rule')} not applied")
    why = f" ({', '.join(problems)}{'; strict' if report.strict else ''})" if problems else ""
    yield paint("good" if report.ok else "error", report.verdict) + why


def _in_table_order(item: tuple[str, int]) -> int:
    return list(KINDS).index(item[0])


def _left_alone(left_alone: tuple[LeftAlone, ...]) -> Iterator[str]:
    others = [each for each in left_alone if each.reason == "other-kind"]
    if others:
        kinds = sorted({each.kind for each in others if each.kind})
        of = f" ({listed(kinds, 40)})" if kinds else ""
        yield f"left alone {_counted(len(others), 'document')} of other kinds{of}"
    for reason, words in (
        ("not-json", "no JSON"),
        ("limit-exceeded", "beyond the reader's limits, not read"),
    ):
        names = [each.name for each in left_alone if each.reason == reason]
        if names:
            be = "is" if len(names) == 1 else "are"
            yield f"left alone {_counted(len(names), 'file')} that {be} {words}: {listed(names, 40)}"


def _counted(count: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
