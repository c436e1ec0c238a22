"""Findings as GitLab's code quality report, which merge requests show beside the lines of a change."""

from __future__ import annotations

from typing import Any

from psion_contract.findings import Finding, Report
from psion_contract.output.fingerprints import fingerprints
from psion_contract.output.json_report import compact_list
from psion_contract.output.places import Repository, path_of, repository
from psion_contract.reading.escaping import printable


def render(report: Report) -> str:
    """The findings as a JSON array. An error is ``critical``, a warning ``minor``, what is suppressed ``info``."""
    place = repository()
    said = fingerprints(report.findings, place)
    entries = (_entry(*each, place) for each in zip(report.findings, said, strict=True))
    return f"{compact_list(entries)}\n"


def _entry(finding: Finding, fingerprint: str, place: Repository) -> dict[str, Any]:
    severity = "critical" if finding.severity == "error" else "minor"
    description = f"{finding.rule}: {finding.message}"
    if finding.pointer:
        description += f" (at {finding.pointer})"
    if finding.suppression is not None:
        severity, description = "info", f"suppressed ({finding.suppression.reason}): {description}"
    return {
        "description": printable(description),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": place.path(path_of(finding)),
            "lines": {"begin": finding.line or 1},
        },
    }
