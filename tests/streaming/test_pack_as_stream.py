"""The documents of every case of the pack, checked as a stream, give the findings of the whole check."""

from __future__ import annotations

from json import dumps, loads
from pathlib import Path

import pytest
from support.pack_cases import limits_of, pack_cases, report_on, sources_of

from psion_contract import Checker, Finding, Report, Source
from psion_contract.streaming import StreamCheck, rereading
from psion_contract.streaming.rereading import Files


def stream(checker: Checker, sources: object) -> tuple[list[Finding], Report]:
    findings: list[Finding] = []
    for each in StreamCheck(checker, sources):  # type: ignore[arg-type]
        if isinstance(each, Report):
            return findings, each
        findings.append(each)
    raise AssertionError("no report")


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 3])
def test_every_case_gives_the_findings_of_the_whole_check(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereading, "_PART_SOURCES", size)
    for case in pack_cases().values():
        documents, inputs = sources_of(case)
        wanted = report_on(case)
        findings, report = stream(Checker(inputs, limits=limits_of(case), strict=case.strict), documents)
        assert findings == list(wanted.findings), case.id
        assert (report.verdict, report.skipped, report.left_alone) == (
            wanted.verdict,
            wanted.skipped,
            wanted.left_alone,
        ), case.id


@pytest.mark.slow
def test_every_case_that_can_be_json_lines_gives_the_same_findings(tmp_path: Path) -> None:
    path, count = tmp_path / "case.jsonl", 0
    for case in pack_cases().values():
        documents, inputs = sources_of(case)
        lines = [_line(each) for each in documents]
        if case.limits or not documents or None in lines:
            continue
        path.write_bytes(b"".join(each + b"\n" for each in lines if each is not None))
        checker = Checker(inputs, strict=case.strict)
        wanted = checker.check([path])
        findings, report = stream(checker, Files([str(path)], checker.limits))
        assert findings == list(wanted.findings), case.id
        assert (report.verdict, report.skipped) == (wanted.verdict, wanted.skipped), case.id
        names = {each.name: f"{path}:{number}" for number, each in enumerate(documents, 1)}
        assert {
            (each.rule, each.document, each.pointer) for each in findings if each.rule != "unknown-kind"
        } == {
            (each.rule, names.get(each.document, each.document), each.pointer)
            for each in report_on(case).findings
            if each.rule != "unknown-kind"  # of JSON Lines, one line must be a document
        }, case.id
        count += 1
    assert count > 500


def _line(source: Source) -> bytes | None:
    """The document on one line; None if it has no such form that says the same."""
    try:
        text = source.data.decode()
        value = loads(text)
    except ValueError:
        return None
    if not isinstance(value, (dict, list)) or loads(dumps(value)) != value:
        return None
    line = text.replace("\r", " ").replace("\n", " ").encode()
    return line if line.strip() and not line.rstrip().endswith((b"{", b"[", b",", b":")) else None
