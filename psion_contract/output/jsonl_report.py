"""A report for programs that read line by line: one finding on each line, then the rest of the report on the last one."""

from __future__ import annotations

from collections.abc import Iterable

from psion_contract.findings import Finding, Report
from psion_contract.output.json_report import compact


def render(report: Report) -> str:
    """The report as JSON Lines: ``{"finding": …}`` for each finding, then ``{"summary": …}``.

    A finding is as in the JSON report, and so is the summary, which lacks only the findings.
    """
    summary = report.to_dict()
    lines = [compact({"finding": each}) for each in summary.pop("findings")]
    return "".join([*lines, compact({"summary": summary})])


class LineStream:
    """The same, written while the check goes on."""

    def found(self, findings: Iterable[Finding]) -> str:
        """The lines for further findings."""
        return "".join(compact({"finding": each.to_dict()}) for each in findings)

    def end(self, report: Report) -> str:
        """The line after all findings, for a report that counts them."""
        return render(report)

    def incomplete(self, documents: int, why: str) -> str:
        """The line after the findings of a check that was not finished."""
        return compact({"incomplete": {"why": why, "documents": documents}})
