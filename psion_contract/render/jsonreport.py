"""A report for programs: JSON as ``schemas/psion.check_report.v1.schema.json`` describes it."""

from __future__ import annotations

from json import dumps
from math import isinf
from typing import Any

from psion_contract.findings import Finding, Related, Report
from psion_contract.version import VERSION as VERSION_OF_CHECKER

VERSION = "psion.check_report.v1"


def render(report: Report) -> str:
    """The report as JSON text, two spaces, with a newline at the end."""
    return dumps(as_json(report), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """The report as a JSON value."""
    return {
        "schema_version": VERSION,
        "checker": {"name": "psion-contract", "version": VERSION_OF_CHECKER},
        "verdict": report.verdict,
        "strict": report.strict,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [_finding(finding) for finding in report.findings],
        "skipped": [
            {"rule": each.rule, "document": each.document, "pointer": each.pointer, "reason": each.reason}
            for each in report.skipped
        ],
        "documents": [
            {
                "name": each.name,
                "pointer": each.pointer,
                "kind": each.kind,
                "identity": None if each.identity is None else dict(each.identity),
                "judged": each.judged,
            }
            for each in report.documents
        ],
        "left_alone": [
            {"name": each.name, "reason": each.reason, "kind": each.kind} for each in report.left_alone
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "document": finding.document,
        "pointer": finding.pointer,
        "line": finding.line,
        "column": finding.column,
        "keyword": finding.keyword,
        "message": finding.message,
        "expected": finding.expected,
        "actual": _finite(finding.actual),
        "related": [_related(other) for other in finding.related],
    }


def _related(other: Related) -> dict[str, Any]:
    return {
        "document": other.document,
        "pointer": other.pointer,
        "line": other.line,
        "column": other.column,
        "value": other.value,
    }


def _finite(value: Any) -> Any:
    """The value, but numbers too large for a double (1e999 was read as one) as text: JSON has no infinity."""
    if isinstance(value, float) and isinf(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
