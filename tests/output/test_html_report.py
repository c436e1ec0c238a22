"""The page of HTML: its structure, its escaping, its bounds. tests/interop/test_page.py opens it in a browser."""

from __future__ import annotations

import random
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from support.canonical_sets import PILOT, as_text, documents
from support.random_documents import SUBJECTS, mutated, seeds
from support.stage_programs import program

from psion_contract import Checker
from psion_contract.catalog import RULES
from psion_contract.checker import Examination
from psion_contract.documents.digests import sha256
from psion_contract.evidence.run_summary import Summaries
from psion_contract.exceptions import MissingExtraError
from psion_contract.findings import DocumentEntry, Finding, LeftAlone, Related, Report, Skipped, Suppression
from psion_contract.output import html_report
from psion_contract.output.formats import renderer
from psion_contract.output.html_report import render, render_examination
from psion_contract.output.text import plain
from tools.edits import Tree, edited, put

VOID = {"meta", "link", "br", "wbr"}
APART = {"td", "th", "dt", "dd", "br"}
"""Elements whose text does not join what is before it."""


class Page(HTMLParser):
    """A page, parsed; an element that is not closed fails the test."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._pieces: list[str] = []
        self._length = 0
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._open: list[tuple[str, int, int]] = []  # name, number among its kind, where its text begins
        self.feed(html)
        self.close()
        assert self._open == []
        self.text = "".join(self._pieces)
        self.texts = {
            tag: [self.text[start:end] for start, end in spans] for tag, spans in self._spans.items()
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in APART:
            self.handle_data(" ")
        if tag not in VOID:
            spans = self._spans.setdefault(tag, [])
            self._open.append((tag, len(spans), self._length))
            spans.append((0, 0))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        opened, number, start = self._open.pop()
        assert opened == tag, self.getpos()
        self._spans[tag][number] = (start, self._length)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] in ("style", "title"):
            return
        self._pieces.append(data)
        self._length += len(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element with that name."""
        return [attributes for name, attributes in self.elements if name == tag]


def words(text: str) -> str:
    return " ".join(text.split())


def examined(tree: Tree, **inputs: Any) -> Examination:
    checker = Checker({name: as_text(value) for name, value in inputs.items()})
    return checker.examine({name: as_text(value) for name, value in tree.items()})


def page(tree: Tree) -> Page:
    return Page(render_examination(examined(tree)))


def articles(found: Page) -> list[str]:
    return [words(text) for text in found.texts.get("article", [])]


CANONICAL = {**documents(*PILOT, "resumed_config", "resumed"), "program": program("pretrain", "general_sft")}


@pytest.fixture(scope="module")
def canonical() -> Page:
    return page(CANONICAL)


# Structure.


def test_nothing_is_loaded_and_nothing_leads_elsewhere(canonical: Page) -> None:
    assert not re.search("https?:", canonical.html)
    assert "@import" not in canonical.html
    assert "url(" not in canonical.html
    names = {tag for tag, _ in canonical.elements}
    assert names.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "base", "video", "audio"})
    links = [each["href"] for tag, each in canonical.elements if "href" in each]
    assert set(links) - {"data:,"} == {each for each in links if each.startswith("#")}
    assert not any(name.startswith("on") or name == "src" for _, each in canonical.elements for name in each)
    (policy,) = [each["content"] for each in canonical.of("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'")


def test_every_link_leads_to_one_element(canonical: Page) -> None:
    ids = [each["id"] for _, each in canonical.elements if "id" in each]
    assert len(set(ids)) == len(ids)
    links = {each["href"][1:] for tag, each in canonical.elements if tag == "a"}
    assert links <= set(ids)
    assert {"main", "receipts", "programs", "documents"} <= links


def test_headings_are_in_order_and_landmarks_are_there(canonical: Page) -> None:
    levels = [int(tag[1]) for tag, _ in canonical.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [tag for tag, _ in canonical.elements if tag in ("header", "nav", "main", "footer")] == [
        "header",
        "nav",
        "main",
        "footer",
    ]
    assert canonical.of("html")[0]["lang"] == "en"


def test_tables_have_captions_and_scopes(canonical: Page) -> None:
    assert len(canonical.of("table")) == len(canonical.of("caption")) > 10
    assert all(each["scope"] in ("row", "col", "rowgroup") for each in canonical.of("th"))


def test_the_outcome_is_said_first(canonical: Page) -> None:
    assert canonical.texts["h1"] == ["✓ consistent"]
    assert canonical.html.index("<h1>") < canonical.html.index("<nav")
    broken = page(edited(documents(*PILOT), put("/receipt/objective_config/label_smoothing_bps", 0)))
    assert broken.texts["h1"] == ["✗ inconsistent"]
    assert words(broken.texts["header"][0]).startswith(
        "✗ inconsistent 1 error checked 1 pretrain-stage config"
    )


def test_the_format_renders_the_examination() -> None:
    examination = examined(CANONICAL)
    assert renderer("html")(examination, plain, None) == render_examination(examination)


# Findings.


def test_a_finding_is_beside_the_lines_that_it_is_about() -> None:
    found = page(edited(documents(*PILOT), put("/receipt/objective_config/label_smoothing_bps", 7)))
    (article,) = articles(found)
    assert article == (
        "error: objective-config-mismatch the receipt's label_smoothing_bps is 7, but the config declares 40 "
        f"Found 7 Expected 40 What to do: {RULES['objective-config-mismatch'].remedy} "
        "psion-contract explain objective-config-mismatch receipt:15:28 /objective_config/label_smoothing_bps "
        '15 | "label_smoothing_bps": 7, | ^ '
        'against config:15:28 /objective_config/label_smoothing_bps 15 | "label_smoothing_bps": 40, | ^^'
    )
    assert found.texts["mark"] == ["7", "40"]
    first, second = found.texts["pre"]
    assert first == '15 | "label_smoothing_bps": 7,\n   |                        ^'
    assert second.splitlines()[1].index("^") == second.splitlines()[0].index("40")


def test_one_cause_is_told_once_with_its_places() -> None:
    finding = Finding("schema-violation", "error", "a", "/x", "the same", line=1, column=1)
    findings = tuple(finding._replace(pointer=f"/x/{n}", line=n) for n in range(1, 13))
    found = Page(render(Report(findings), Summaries()))
    (article,) = articles(found)
    assert article.endswith("also at a:2:1, a:3:1, a:4:1, a:5:1, a:6:1 and 6 more places")


def test_suppressed_findings_have_reason_owner_and_expiry() -> None:
    examination = examined(edited(documents(*PILOT), put("/receipt/objective_config/label_smoothing_bps", 0)))
    (finding,) = examination.report.findings
    suppression = Suppression("known since <May>", "the data team", "2031-05-01", "configuration")
    report = examination.report._replace(findings=(finding._replace(suppression=suppression),))
    found = Page(render_examination(examination._replace(report=report)))
    assert found.texts["h1"] == ["! consistent except as suppressed"]
    assert "Without suppressions the verdict is inconsistent." in words(found.text)
    assert articles(found) == []
    assert "known since <May> (configuration) the data team 2031-05-01" in words(found.text)
    endless = finding._replace(suppression=suppression._replace(owner=None, expires=None))
    found = Page(render(examination.report._replace(findings=(endless,)), Summaries()))
    assert re.search(r"\(configuration\) \S never", words(found.text))


def test_skipped_rules_and_ignored_files_are_listed() -> None:
    report = Report(
        skipped=(
            Skipped("unknown-split", "r.json", "/a", "no corpus"),
            Skipped("code-ratio-exceeded", "r.json", "/a", "no corpus"),
        ),
        left_alone=(LeftAlone("x.txt", "other-ending"), LeftAlone("y.json", "other-kind", "some.kind")),
    )
    found = Page(render(report, Summaries()))
    assert "r.json#/a no corpus unknown-split, code-ratio-exceeded" in words(found.text)
    assert found.texts["summary"][-2:] == [
        "ignored 1 (of other kinds)",
        "ignored 1 (not read because of the ending)",
    ]
    assert found.texts["li"][-2:] == ['y.json ("some.kind")', "x.txt"]


# Receipts and programs.


def test_bars_have_the_lengths_of_the_numbers(canonical: Page) -> None:
    label = "engineering_prose: 51.87 % of tokens, 50.64 % of sequences, weight 51.00 %, cap 56.00 %"
    position = next(
        number
        for number, (tag, each) in enumerate(canonical.elements)
        if tag == "svg" and each.get("aria-label", "").replace("\xa0", " ") == label
    )
    parts = [each for _, each in canonical.elements[position + 1 : position + 6]]
    assert [(each["class"], each.get("width", each.get("x1"))) for each in parts] == [
        ("track", "100%"),
        ("tokens", "51.87%"),
        ("sequences", "50.64%"),
        ("weight", "51%"),
        ("cap", "56%"),
    ]
    assert all("aria-label" in each or each.get("aria-hidden") == "true" for each in canonical.of("svg"))


def test_a_share_above_its_cap_and_what_is_missing_are_said_in_words() -> None:
    rows = "/receipt/source_family_reports"
    found = page(
        edited(
            documents(*PILOT),
            put(f"{rows}/0/token_share_bps_within_split", 12_000),
            put(f"{rows}/2/source_family_id", "poems"),
        )
    )
    text = words(" ".join(found.texts["th"]))
    assert "poems unknown" in text
    assert "systems_code missing" in text
    shares = [each for each in found.of("rect") if each["class"] in ("above", "tokens")]
    assert max(float(each["width"].rstrip("%")) for each in shares) == 100


def test_a_program_says_where_it_is_and_what_is_missing() -> None:
    state = program("pretrain", "general_sft")
    state["stages"][1]["ingested_traces"] = []
    found = page({**documents(*PILOT), "program": state})
    steps = [words(text) for text in found.texts["li"]]
    assert [each for each in steps if re.match("(pretrain|general_sft|agentic_sft|rl)", each)] == [
        "pretrain ✓ completed",
        "general_sft ▶ active",
        "agentic_sft not entered",
        "rl not entered",
    ]
    assert "next: complete the general_sft stage; missing: at least one trace" in words(found.text)


def test_a_stage_that_a_program_did_not_begin_with_is_left_out() -> None:
    found = page({"program": program("general_sft")})
    assert "pretrain left out" in [words(text) for text in found.texts["li"]]


def test_a_receipt_with_its_own_document_is_not_shown_twice(canonical: Page) -> None:
    assert "The same receipt as shown with its own document" in words(canonical.text)
    assert canonical.text.count("Shares by split") == 2


def test_a_base_leads_to_the_receipt_that_promotes_it(canonical: Page) -> None:
    (link,) = [
        each for tag, each in canonical.elements if tag == "a" and each["href"].startswith("#receipt-1")
    ][:1]
    assert link["href"] == "#receipt-1"
    assert "promoted by receipt" in words(canonical.text)


def test_receipts_with_findings_come_first() -> None:
    tree = edited(
        documents(*PILOT, "resumed_config", "resumed"),
        put("/resumed/objective_config/label_smoothing_bps", 0),
    )
    found = page(tree)
    assert [each for each in found.texts["h3"] if "findings" in each] == [
        "With findings (1)",
        "Without findings (1)",
    ]
    assert found.texts["h4"][1].startswith("tidewater-pilot-02")


# Escaping.

HOSTILE = '</title></style><script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e\x00 {{ 7*7 }} http://a.example/'
SHOWN = '</title></style><script>alert(1)</script>"><img src=x onerror=alert(2)>\\u202e\\u0000 {{ 7*7 }} http://a.example/'


def hostile(value: Any, dice: random.Random) -> Any:
    """A copy with the hostile text in place of some strings."""
    if isinstance(value, dict):
        return {name: hostile(item, dice) for name, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, dice) for item in value]
    return HOSTILE if isinstance(value, str) and dice.random() < 0.3 else value


def assert_inert(found: Page) -> None:
    assert {tag for tag, _ in found.elements}.isdisjoint({"script", "img"})
    assert not any(name.startswith("on") for _, each in found.elements for name in each)
    assert "\u202e" not in found.html
    assert "\x00" not in found.html
    assert {each["href"] for _, each in found.elements if "href" in each} - {"data:,"} == {
        each["href"] for tag, each in found.elements if tag == "a" and each["href"].startswith("#")
    }


def test_a_hostile_document_is_shown_as_text() -> None:
    tree = edited(
        {**documents(*PILOT)},
        put("/receipt/summary", HOSTILE),
        put("/receipt/checkpoint_lineage/promoted_checkpoint/checkpoint_ref", HOSTILE),
        put("/receipt/source_family_reports/0/source_family_id", HOSTILE),
        put("/receipt/source_family_reports/3/split_name", HOSTILE),
    )
    found = page(tree)
    assert_inert(found)
    assert SHOWN in found.texts["p"]
    assert f"stored at {SHOWN}" in found.text
    assert any(each.startswith(SHOWN) for each in found.texts["th"])
    labels = [each.get("aria-label", "") for each in found.of("svg")]
    assert any(each.startswith(SHOWN) for each in labels)


@pytest.mark.parametrize("seed", seeds(2, 4))
def test_hostile_strings_anywhere_are_inert(seed: int) -> None:
    dice = random.Random(seed)
    tree = {
        f"{name} {HOSTILE}": {**hostile(value, dice), "schema_version": value["schema_version"]}
        for name, value in CANONICAL.items()
        if "schema_version" in value
    }
    tree[f"program {HOSTILE}"] = hostile(CANONICAL["program"], dice)
    examination = examined(tree)
    found = Page(render_examination(examination))
    assert_inert(found)
    assert SHOWN in found.text


def test_hostile_values_of_a_report_are_inert() -> None:
    other = Related(HOSTILE, f"/{HOSTILE}", HOSTILE, 3, 4)
    finding = Finding(
        "schema-violation", "error", HOSTILE, f"/{HOSTILE}", HOSTILE, HOSTILE, [HOSTILE], (other,), None, 1, 2
    )
    suppressed = finding._replace(suppression=Suppression(HOSTILE, HOSTILE, HOSTILE, "baseline"))
    report = Report(
        (finding, suppressed, finding._replace(rule=HOSTILE)),
        (Skipped(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        (DocumentEntry(HOSTILE, HOSTILE, "psion.sampling_policy.v1", None, True),),
        (LeftAlone(HOSTILE, "other-kind", HOSTILE),),
    )
    found = Page(render(report, Summaries()))
    assert_inert(found)
    assert found.text.count("<script>") > 15


@pytest.mark.parametrize("seed", seeds(3, 7))
def test_broken_documents_never_raise(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(5):
        assert_inert(page({name: mutated(value, dice) for name, (_, value) in SUBJECTS.items()}))


def test_names_that_are_not_unicode_can_be_written() -> None:
    finding = Finding("invalid-json", "error", "a\udcff.json", "", "wrong")
    assert "a\\udcff.json" in render(Report((finding,)), Summaries()).encode().decode()


# Bounds.


def test_many_findings_give_a_page_that_a_browser_opens() -> None:
    finding = Finding(
        "schema-violation", "error", "", "/x", "wrong " * 20, "a" * 70, "b" * 70, line=1, column=1
    )
    findings = tuple(
        finding._replace(document=f"{n % 1000}.json", pointer=f"/{n}", message=f"wrong {n}")
        for n in range(10_000)
    )
    html = render(Report(findings), Summaries())
    assert len(html) < 1_500_000
    found = Page(html)
    assert len(articles(found)) == html_report.MAX_ALL_BLOCKS
    assert "49.json" in found.texts["h3"]
    assert "50.json" in found.texts["th"]
    one = tuple(each._replace(document="one.json") for each in findings)
    found = Page(render(Report(one), Summaries()))
    assert len(articles(found)) == html_report.MAX_BLOCKS
    assert "and 9980 more findings of this file" in words(found.text)


def test_many_receipts_have_no_charts_but_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_report, "MAX_RECEIPTS", 1)
    found = page(documents(*PILOT, "resumed_config", "resumed"))
    assert found.text.count("Shares by split") == 1
    assert "Without charts (1)" in found.texts["h3"]
    assert "tidewater-pilot-02: tidewater-pilot-02-stage-1-pretrain" in found.texts["th"]


def test_receipts_with_findings_have_charts_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_report, "MAX_RECEIPTS", 1)
    tree = documents(*PILOT, "resumed_config", "resumed")
    found = page(edited(tree, put("/resumed/objective_config/label_smoothing_bps", 0)))
    assert "tidewater-pilot-01: tidewater-pilot-01-stage-1-pretrain" in found.texts["th"]
    assert found.texts["h4"][1].startswith("tidewater-pilot-02")


def test_a_receipt_with_many_rows_is_cut() -> None:
    tree = documents("receipt")
    row = tree["receipt"]["source_family_reports"][0]
    tree["receipt"]["source_family_reports"] = [
        {**row, "split_name": f"split {n % 100}", "source_family_id": f"family {n}"} for n in range(3000)
    ]
    found = page(tree)
    assert len(found.html) < 300_000
    assert "Not shown: 88 more splits, 2940 more families." in words(found.text)


def test_the_same_report_gives_the_same_page() -> None:
    assert sha256(render_examination(examined(CANONICAL))) == sha256(render_examination(examined(CANONICAL)))


# Without jinja2.


def test_without_jinja2_the_way_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for name in ("html_report", "html_templates"):
        monkeypatch.delitem(sys.modules, f"psion_contract.output.{name}")
    with pytest.raises(MissingExtraError, match=r"needs jinja2.*pip install 'psion-contract\[report\]'"):
        renderer("html")
