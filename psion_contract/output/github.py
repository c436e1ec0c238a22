"""Findings as annotations of GitHub Actions, which the service shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterator

from psion_contract.findings import Finding, Report, Severity
from psion_contract.output.places import Repository, path_of, repository
from psion_contract.output.text import closing, file_lines, location, plain
from psion_contract.reading.escaping import counted, printable

MAX_ANNOTATIONS = 10
"""How many errors, and how many warnings, of a step the service shows."""


def render(report: Report) -> str:
    """Workflow commands for the first findings of each severity, all others as lines of the log, then the verdict."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    place = repository()
    left: dict[Severity, int] = {"error": MAX_ANNOTATIONS, "warning": MAX_ANNOTATIONS}
    unannotated = 0
    for each in report.findings:
        if each.suppression is not None:
            yield f"suppressed: {_log_line(each)} ({printable(each.suppression.reason)})"
        elif left[each.severity]:
            left[each.severity] -= 1
            yield _annotation(each, place)
        else:
            unannotated += 1
            yield _log_line(each)
    if unannotated:
        yield (
            f"GitHub shows {MAX_ANNOTATIONS} errors and {MAX_ANNOTATIONS} warnings of a step: "
            f"{counted(unannotated, 'finding')} without an annotation, listed above"
        )
    if report.files is not None:
        yield from file_lines(report.files, plain, None)
    yield from closing(report)


def _annotation(finding: Finding, place: Repository) -> str:
    properties = {
        "title": finding.rule,
        "file": place.path(path_of(finding)),
        "line": finding.line,
        "col": finding.column,
    }
    listed = ",".join(
        f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None
    )
    pointer = f" (at {finding.pointer})" if finding.pointer else ""
    return f"::{finding.severity} {listed}::{_data(printable(finding.message) + printable(pointer))}"


def _log_line(finding: Finding) -> str:
    return f"{location(finding)}: {finding.severity}: {finding.rule}: {printable(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return printable(_data(text).replace(":", "%3A").replace(",", "%2C"))  # a log is shown on terminals too
