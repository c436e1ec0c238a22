"""Reports as people and programs get them."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from support.canonical_sets import ACCELERATED, PILOT, PLAN, as_text, checked, documents
from syrupy.assertion import SnapshotAssertion

from psion_contract import Checker, Finding, Report, Source, check_documents
from psion_contract.documents import schemas
from psion_contract.output import json_report as jsonreport
from psion_contract.output import text as for_people
from psion_contract.reading.pointers import value_at
from tools.edits import Edit, Tree, append, drop, edited, put
from tools.pack.restoring import sealed

ZEROS = "0" * 64
FIVE = (
    put("/receipt/objective_config/label_smoothing_bps", 41),
    put("/receipt/source_family_reports/1/token_share_bps_within_split", 3621),
    append("/receipt/source_family_reports/2/source_ids", "lecture_notes"),
    put("/receipt/replay_receipt/deterministic_shuffle_seed", 0),
    put("/receipt/checkpoint_lineage/model_id", "psion-other"),
)
"""Five changes, each of which breaks one rule."""


def five() -> Tree:
    return sealed(edited(documents(*PILOT), *FIVE))


def as_files(tree: Tree) -> dict[str, str]:
    return {f"run/{name}.json": as_text(document) for name, document in tree.items()}


@cache
def reports() -> dict[str, Report]:
    """Reports that between them show all that a report can hold."""
    broken = edited(
        five(),
        put("/receipt/replay_receipt/summary", "a|b"),
        drop("/receipt/checkpoint_lineage/model_id"),
        put("/config/modell_id", [1, {"a": None}]),
        put("/corpus/splits/0/kind", "training"),
    )
    missing = documents("config", "receipt", "corpus")
    warned = sealed(
        edited(
            documents(*ACCELERATED),
            put("/accelerated/replay_receipt/exact_replay_observed", False),
            put("/accelerated/checkpoint_lineage/promoted_checkpoint/durable_at_ms", 1),
            put("/accelerated/delivered_execution/cluster_execution/job", 2**63),
        )
    )
    lines = [*documents(*PLAN).values(), {"event": 1}, {"schema_version": "elsewhere.v1"}]
    log = [json.dumps(each) for each in lines] + [
        '{"schema_version": "psion.pretrain_stage_receipt.v1", "a": 1.0, "a": }'
    ]
    found = {
        "nothing wrong": check_documents(as_files(documents(*PILOT))),
        "five things wrong": check_documents(as_files(five())),
        "five things wrong in objects": check_documents(five()),
        "broken documents": check_documents(as_files(broken)),
        "missing documents": check_documents(as_files(missing)),
        "warnings": check_documents(as_files(warned)),
        "warnings that decide": check_documents(as_files(warned), strict=True),
        "a log": Checker(as_files(documents("config"))).check(
            Source(f"log.jsonl:{number}", line.encode(), True, number, group="log.jsonl")
            for number, line in enumerate(log, 1)
        ),
        "other things": Checker().check(
            [
                *(
                    Source(f"run/{name}.json", as_text(each).encode(), False)
                    for name, each in documents(*PLAN).items()
                ),
                Source("run/broken.json", b"{", False),
                Source("run/list.json", b"[]", False),
                Source("run/other.json", b'{"schema_version": "elsewhere.v1"}', False),
            ]
        ),
        "no document": check_documents(
            {"a.json": "{", "b.json": "{}", "c.json": '{"schema_version": "psion.x.v9"}'}
        ),
    }
    assert found.keys() == VERDICTS.keys()
    return found


VERDICTS = {
    "nothing wrong": "consistent",
    "five things wrong": "inconsistent",
    "five things wrong in objects": "inconsistent",
    "broken documents": "inconsistent",
    "missing documents": "inconsistent",
    "warnings": "consistent",
    "warnings that decide": "inconsistent",
    "a log": "inconsistent",
    "other things": "consistent",
    "no document": "inconsistent",
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_text_of_a_report(name: str, snapshot: SnapshotAssertion) -> None:
    assert reports()[name].verdict == VERDICTS[name]
    assert for_people.render(reports()[name]) == snapshot


@pytest.mark.parametrize("name", ["five things wrong", "broken documents", "warnings that decide", "a log"])
def test_the_json_of_a_report(name: str, snapshot: SnapshotAssertion) -> None:
    assert jsonreport.render(reports()[name]) == snapshot


def marked_up(look: str, text: str) -> str:
    return f"<{look}>{text}</>"


def test_the_text_of_a_report_with_markup(snapshot: SnapshotAssertion) -> None:
    assert for_people.render(reports()["five things wrong"], marked_up) == snapshot


@pytest.mark.parametrize("name", VERDICTS)
def test_markup_changes_nothing_else(name: str) -> None:
    rendered = for_people.render(reports()[name], marked_up)
    assert re.sub("<[a-z]+>|</>", "", rendered) == for_people.render(reports()[name])


@pytest.mark.parametrize("name", VERDICTS)
def test_the_json_of_a_report_fits_its_schema(name: str) -> None:
    rendered = jsonreport.render(reports()[name])
    assert rendered.endswith("}\n")
    value = json.loads(rendered)
    assert schemas.is_valid(schemas.REPORT, value)
    Draft202012Validator(schemas.schema(schemas.REPORT)).validate(value)
    assert value == reports()[name].to_dict()


@pytest.mark.parametrize("name", VERDICTS)
def test_the_last_line_is_the_verdict(name: str) -> None:
    last = for_people.render(reports()[name]).splitlines()[-1]
    assert last.split(" ")[0] == reports()[name].verdict == VERDICTS[name]


@pytest.mark.parametrize("name", VERDICTS)
def test_every_rule_that_is_broken_or_skipped_is_named(name: str) -> None:
    rendered = for_people.render(reports()[name])
    for finding in reports()[name].findings:
        assert finding.rule in rendered
    for skipped in reports()[name].skipped:
        assert skipped.rule in rendered


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("broken documents", ""),
        ("broken documents", "/checker"),
        ("broken documents", "/findings/0"),
        ("five things wrong", "/findings/0/related/0"),
        ("broken documents", "/skipped/0"),
        ("broken documents", "/documents/0"),
        ("other things", "/left_alone/0"),
    ],
)
def test_the_schema_of_the_report_requires_all_that_it_holds_and_no_more(name: str, place: str) -> None:
    value = reports()[name].to_dict()

    def is_valid(change: Edit) -> bool:
        return schemas.is_valid(schemas.REPORT, edited({"r": value}, change)["r"])

    assert not is_valid(put(f"/r{place}/other", 1))
    for member in value_at(value, place):
        assert not is_valid(drop(f"/r{place}/{member}"))
        if member not in ("expected", "actual", "value"):  # which may be any JSON value
            assert not is_valid(put(f"/r{place}/{member}", {"a": [0.5]}))


def test_a_name_that_would_draw_on_a_terminal_is_escaped_everywhere() -> None:
    name = "\x1b[2J\nrun"
    tree = {f"{name}{each}": document for each, document in as_files(five()).items()}
    tree[f"{name}/config2.json"] = as_text(edited(documents("config"), put("/config/run_id", 1))["config"])
    rendered = for_people.render(check_documents(tree))
    assert all(line.isprintable() for line in rendered.split("\n"))


def test_a_finding_of_a_large_number_is_short() -> None:
    tree = edited(
        documents(*ACCELERATED), put("/accelerated/delivered_execution/cluster_execution/n", 10**4000)
    )
    (finding,) = checked(tree).findings
    assert finding.rule == "unsafe-integer"
    assert len(finding.message) < 300


def test_a_finding_is_reported_by_pointer_where_no_text_is_available() -> None:
    report = Report(findings=(Finding("unsafe-integer", "warning", "name", "/a/b", "It is."),))
    assert for_people.render(report).startswith("name#/a/b: warning: unsafe-integer\n  It is.\n")


@pytest.mark.parametrize("length", [299, 300, 301, 10_000])
@pytest.mark.parametrize("line", [None, 1])
def test_a_pointer_is_shown_up_to_its_300th_character(length: int, line: int | None) -> None:
    pointer = "/" + "a" * (length - 1)
    other = Finding("r", "error", "d", pointer, "m", line=line, column=line)
    (block,) = for_people.blocks([other, other._replace(pointer=pointer.upper())])
    shown = pointer if length <= 300 else f"{pointer[:199]}…{pointer[-100:]}"
    assert block.count(shown) == block.count(shown.upper()) == 1
    assert "a" * 300 not in block and "A" * 300 not in block
