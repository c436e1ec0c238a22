"""A report for programs: JSON, as ``schemas/psion.check_report.v1.schema.json`` describes it."""

from __future__ import annotations

from json import dumps

from psion_contract.findings import Report


def render(report: Report) -> str:
    """The report as JSON text, indented by two spaces, with a final newline."""
    return dumps(report.to_dict(), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
