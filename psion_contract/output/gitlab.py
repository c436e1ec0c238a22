"""Findings as GitLab's code quality report, which merge requests show beside the lines of a change."""

from __future__ import annotations

from typing import Any

from psion_contract.findings import Finding, Report
from psion_contract.output.fingerprints import fingerprints
from psion_contract.output.json_report import compact
from psion_contract.output.places import path_of, relative_path
from psion_contract.reading.escaping import printable


def render(report: Report) -> str:
    """The findings as a JSON array. An error is ``critical``, a warning ``minor``, what is suppressed ``info``."""
    return compact(
        [
            _entry(each, fingerprint)
            for each, fingerprint in zip(report.findings, fingerprints(report.findings), strict=True)
        ]
    )


def _entry(finding: Finding, fingerprint: str) -> dict[str, Any]:
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
            "path": relative_path(path_of(finding)),
            "lines": {"begin": finding.line or 1},
        },
    }
