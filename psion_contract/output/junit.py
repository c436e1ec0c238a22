"""A report as JUnit's XML, which test dashboards show: one test case for each document."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from psion_contract.documents.kinds import KINDS
from psion_contract.findings import Finding, Report
from psion_contract.output.places import document_of
from psion_contract.output.text import file_lines, finding_text, location, plain
from psion_contract.reading.escaping import counted, printable

Key = tuple[str, str]
"""Name and pointer of a document."""

MAX_TEXT = 1_000_000
"""How many characters of findings a test case has; readers based on libxml2 refuse more than ten million in one text."""

_OTHER = "other text"
"""The class of a test case for a text without a document, which has a finding nevertheless."""


def render(report: Report) -> str:
    """The report as JUnit's XML.

    A document fails with the findings that decide the verdict: errors, and warnings too if `strict`. It is skipped if
    all of these are suppressed. Other findings are its output.
    """
    titles = {(each.name, each.pointer): KINDS[each.kind].title for each in report.documents}
    found: dict[Key, list[Finding]] = {
        (each.name, each.pointer): [] for each in report.documents if each.judged
    }
    for each in report.findings:
        found.setdefault(document_of(each, titles) or (each.document, ""), []).append(each)
    cases = {key: _case(titles.get(key, _OTHER), *key) for key in found}
    failed = skipped = 0
    for key, case in cases.items():
        outcome = _fill(case, found[key], report.strict)
        failed += outcome == "failure"
        skipped += outcome == "skipped"
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    suites = ET.Element("testsuites", {"name": "psion-contract", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "psion-contract check", **counts})
    suite.extend(cases.values())
    output: list[str] = [report.outcome]
    output += [
        f"skipped: {each.rule} for {each.document}{each.pointer and f'#{each.pointer}'}: {each.reason}"
        for each in report.skipped
    ]
    output += [f"ignored: {each.name}: {each.reason}" for each in report.left_alone]
    compared = [] if report.files is None else file_lines(report.files, plain, None)
    ET.SubElement(suite, "system-out").text = "\n".join([*map(printable, output), *compared])
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _case(title: str, name: str, pointer: str) -> ET.Element:
    place = f"{name}#{pointer}" if pointer else name
    return ET.Element("testcase", {"classname": printable(title), "name": printable(place), "time": "0"})


def _fill(case: ET.Element, findings: list[Finding], strict: bool) -> str:
    """Add the findings to a test case; returns its outcome."""
    deciding = [each for each in findings if strict or each.severity == "error"]
    failing = [each for each in deciding if each.suppression is None]
    others = [each for each in findings if each.suppression or not (strict or each.severity == "error")]
    outcome = "passed"
    if failing:
        outcome = "failure"
        rules = ", ".join(dict.fromkeys(each.rule for each in failing))
        message = f"{counted(len(failing), 'finding')}: {rules}"
        element = ET.SubElement(case, "failure", {"type": failing[0].rule, "message": message})
        element.text = _joined(map(finding_text, failing), len(failing))
    elif deciding:
        outcome = "skipped"
        reasons = dict.fromkeys(printable(each.suppression.reason) for each in deciding if each.suppression)
        ET.SubElement(case, "skipped", {"message": f"suppressed: {'; '.join(reasons)}"})
    if others:
        ET.SubElement(case, "system-out").text = _joined(map(_with_suppression, others), len(others))
    return outcome


def _joined(texts: Iterable[str], count: int) -> str:
    """The texts of findings, as far as `MAX_TEXT` allows."""
    parts: list[str] = []
    length = 0
    for each in texts:
        length += len(each)
        if parts and length > MAX_TEXT:
            parts.append(f"and {counted(count - len(parts), 'more finding')}; --format json lists all")
            break
        parts.append(each)
    return "\n\n".join(parts)


def _with_suppression(finding: Finding) -> str:
    if finding.suppression is None:
        return finding_text(finding)
    return f"suppressed ({printable(finding.suppression.reason)}): {location(finding)}: {finding.rule}"
