"""A report for programs that read line by line: one finding on each line, then the rest of the report on the last one."""

from __future__ import annotations

from json import JSONEncoder

from psion_contract.findings import Report

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def render(report: Report) -> str:
    """The report as JSON Lines: ``{"finding": …}`` for each finding, then ``{"summary": …}``.

    A finding is as in the JSON report, and so is the summary, which lacks only the findings.
    """
    summary = report.to_dict()
    lines = [_encode({"finding": each}) for each in summary.pop("findings")]
    return "\n".join([*lines, _encode({"summary": summary})]) + "\n"
