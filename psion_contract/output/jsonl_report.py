"""A report for programs that read line by line: one finding on each line, then the rest of the report on the last one."""

from __future__ import annotations

from psion_contract.findings import Report
from psion_contract.output.json_report import compact


def render(report: Report) -> str:
    """The report as JSON Lines: ``{"finding": …}`` for each finding, then ``{"summary": …}``.

    A finding is as in the JSON report, and so is the summary, which lacks only the findings.
    """
    summary = report.to_dict()
    lines = [compact({"finding": each}) for each in summary.pop("findings")]
    return "".join([*lines, compact({"summary": summary})])
