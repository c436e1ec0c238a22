"""``psion-contract check``: arguments in, report and exit code out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.canonical_sets import PILOT, PLAN, as_text, documents
from support.command_line import CONSISTENT, COULD_NOT_RUN, FINDINGS, RunCommand, write_files
from support.platforms import needs_any_file_name, needs_control_characters, needs_pipes, needs_zero_device

from psion_contract.documents import schemas
from psion_contract.resources import data_path
from psion_contract.version import VERSION
from tools import canonical
from tools.edits import edited, put
from tools.pack.restoring import sealed

WRONG = put("/receipt/receipt_digest", "0" * 64)
INEXACT = put("/receipt/replay_receipt/exact_replay_observed", False)


def report(out: str) -> Any:
    """A JSON report, validated against its schema."""
    value = json.loads(out)
    assert schemas.is_valid(schemas.REPORT, value)
    Draft202012Validator(schemas.schema(schemas.REPORT)).validate(value)
    return value


# Verdicts.


def test_consistent_documents_exit_with_0_and_are_counted(here: Path, psion: RunCommand) -> None:
    result = psion("check", *write_files(here, documents(*PILOT)))
    assert (result.code, result.err) == (CONSISTENT, "")
    assert result.out.splitlines() == [
        "checked 1 pretrain-stage config, 1 pretrain-stage receipt, 1 model descriptor, "
        "1 tokenized corpus manifest, 1 sampling policy",
        "consistent",
    ]


def test_a_finding_exits_with_1_and_is_reported_with_line_column_rule_and_the_other_side(
    here: Path, psion: RunCommand
) -> None:
    tree = edited(documents(*PILOT), put("/receipt/objective_config/label_smoothing_bps", 41))
    result = psion("check", *write_files(here, tree))
    assert (result.code, result.err) == (FINDINGS, "")
    lines = result.out.splitlines()
    assert [lines[0], *lines[2:]] == [
        "receipt.json:15:28: error: objective-config-mismatch",
        '        15 |     "label_smoothing_bps": 41,',
        "           |                            ^^",
        "    at       /objective_config/label_smoothing_bps",
        "    found    41",
        "    expected 40",
        "    against  config.json:15:28 /objective_config/label_smoothing_bps = 40",
        '        15 |     "label_smoothing_bps": 40,',
        "           |                            ^^",
        "    hint     Copy the config's objective_config unchanged.",
        "             psion-contract explain objective-config-mismatch",
        "",
        "checked 1 pretrain-stage config, 1 pretrain-stage receipt, 1 model descriptor, "
        "1 tokenized corpus manifest, 1 sampling policy",
        "inconsistent (1 error)",
    ]


def test_a_warning_exits_with_1_only_where_warnings_decide(here: Path, psion: RunCommand) -> None:
    paths = write_files(here, sealed(edited(documents(*PILOT), INEXACT)))
    plain, strict = psion("check", *paths), psion("check", "--strict", *paths)
    assert (plain.code, plain.out.splitlines()[-1]) == (CONSISTENT, "consistent (1 warning)")
    assert (strict.code, strict.out.splitlines()[-1]) == (FINDINGS, "inconsistent (1 warning; strict)")


def test_the_canonical_documents_are_checked_without_naming_them(here: Path, psion: RunCommand) -> None:
    result = psion("check", "--canonical", "--strict", "--format", "json")
    assert (result.code, result.err) == (CONSISTENT, "")
    value = report(result.out)
    names = [each["name"] for each in value["documents"] if each["pointer"] == ""]
    assert sorted(names) == sorted(data_path("fixtures", path) for path in canonical.documents())
    assert value["left_alone"] == []


def test_canonical_documents_and_one_s_own_are_checked_together(here: Path, psion: RunCommand) -> None:
    (here / "receipt.json").write_text(as_text(edited(documents("receipt"), WRONG)["receipt"]))
    result = psion("check", "receipt.json", "--canonical")
    assert result.code == FINDINGS
    assert result.out.startswith("receipt.json:")
    assert result.out.count(" error: ") == 1


def test_rules_that_could_not_be_applied_are_listed(here: Path, psion: RunCommand) -> None:
    tree = documents(*PILOT)
    del tree["policy"]
    result = psion("check", *write_files(here, tree))
    assert result.code == FINDINGS
    assert "skipped:\n  config.json: dataset-identity-mismatch, sampling-policy-mismatch, " in result.out
    assert "  receipt.json: family-cap-exceeded, code-ratio-exceeded\n" in result.out
    assert result.out.splitlines()[-1].endswith("rules skipped)")


# What is checked.


def test_a_directory_is_checked_whole_and_what_is_of_other_kinds_is_counted(
    here: Path, psion: RunCommand
) -> None:
    write_files(here / "run", documents(*PILOT))
    (here / "run" / "metrics.json").write_text('{"schema_version": "elsewhere.metrics.v1"}')
    (here / "run" / "list.json").write_text("[1, 2]")
    (here / "run" / "broken.json").write_text("{")
    (here / "run" / "notes.txt").write_text("{")
    result = psion("check", "run")
    assert result.code == CONSISTENT
    assert result.out.splitlines()[1:] == [
        "ignored 2 (of other kinds):",
        "  run/list.json",
        '  run/metrics.json ("elsewhere.metrics.v1")',
        "ignored 1 (not JSON):",
        "  run/broken.json",
        "consistent",
    ]


@pytest.mark.parametrize("name", ["metrics.json", "broken.json", "notes.txt"])
def test_a_file_that_is_named_must_hold_a_document(here: Path, psion: RunCommand, name: str) -> None:
    paths = write_files(here, documents(*PILOT))
    (here / name).write_text("{" if name == "broken.json" else '{"a": 1}')
    result = psion("check", *paths, name, "--format", "json")
    assert result.code == FINDINGS
    rule = "invalid-json" if name == "broken.json" else "unknown-kind"
    assert [(each["rule"], each["document"]) for each in report(result.out)["findings"]] == [(rule, name)]


def test_inputs_are_available_and_not_judged(here: Path, psion: RunCommand) -> None:
    tree = documents(*PILOT)
    write_files(here / "inputs", {name: tree[name] for name in PLAN})
    (receipt,) = write_files(here, {"receipt": tree["receipt"]})
    result = psion("check", receipt, "--inputs", "inputs", "--strict")
    assert result.code == CONSISTENT
    assert result.out.splitlines() == ["checked 1 pretrain-stage receipt; 4 inputs available", "consistent"]
    assert psion("check", receipt).code == FINDINGS


def test_inputs_may_be_named_one_by_one_and_a_wrong_one_that_is_needed_counts(
    here: Path, psion: RunCommand
) -> None:
    tree = edited(documents(*PILOT), put("/corpus/splits/0/token_count", 1))
    paths = write_files(here, tree)
    options = [option for path in paths[:4] for option in ("--inputs", path)]
    result = psion("check", paths[4], *options, "--format", "json")
    assert result.code == FINDINGS
    findings = report(result.out)["findings"]
    assert [(each["rule"], each["document"]) for each in findings] == [
        ("split-count-mismatch", "corpus.json")
    ]


def test_a_document_that_is_an_input_and_judged_is_reported_once(here: Path, psion: RunCommand) -> None:
    paths = write_files(here / "run", edited(documents(*PILOT), WRONG, put("/policy/policy_version", "5")))
    twice = psion("check", *paths, "--inputs", "run", "--format", "json")
    once = psion("check", *paths, "--format", "json")
    assert report(twice.out)["findings"] == report(once.out)["findings"]


def test_json_lines_are_documents_each_on_its_line(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), WRONG)
    (here / "run.jsonl").write_text("".join(json.dumps(each) + "\n\n" for each in tree.values()))
    result = psion("check", "run.jsonl")
    assert result.code == FINDINGS
    first = result.out.splitlines()[0]
    assert first.startswith("run.jsonl:9:")
    assert first.endswith(": error: receipt-digest-mismatch")


@pytest.mark.parametrize("content", ["", "\n\n", '{"event": 1}\n{"event": 2}\n'])
def test_json_lines_that_were_named_and_hold_no_document_are_a_finding(
    here: Path, psion: RunCommand, content: str
) -> None:
    paths = write_files(here, documents(*PILOT))
    (here / "log.jsonl").write_text(content)
    result = psion("check", *paths, "log.jsonl", "--format", "json")
    assert result.code == FINDINGS
    findings = report(result.out)["findings"]
    assert [(each["rule"], each["document"]) for each in findings] == [("unknown-kind", "log.jsonl")]


def test_standard_input_is_named_by_a_dash(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), WRONG)
    write_files(here / "inputs", {name: tree[name] for name in PLAN})
    data = as_text(tree["receipt"]).encode()
    result = psion("check", "-", "--inputs", "inputs", stdin=data)
    assert result.code == FINDINGS
    assert result.out.startswith(
        f"<stdin>:{as_text(tree['receipt']).count(chr(10)) - 1}:21: error: receipt-digest-mismatch\n"
    )


def test_standard_input_may_be_json_lines_by_its_name(here: Path, psion: RunCommand) -> None:
    data = "".join(json.dumps(each) + "\n" for each in edited(documents(*PILOT), WRONG).values()).encode()
    result = psion("check", "-", "--stdin-name", "run.jsonl", stdin=data)
    assert result.code == FINDINGS
    assert result.out.startswith("run.jsonl:5:")
    assert psion("check", "-", stdin=data).code == FINDINGS
    assert "invalid-json" in psion("check", "-", stdin=data).out


def test_documents_inside_another_are_pointed_into(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), WRONG)
    (here / "bundle.json").write_text(json.dumps({"runs": [{"stage": list(tree.values())}]}))
    result = psion("check", "bundle.json", "--format", "json")
    (finding,) = report(result.out)["findings"]
    assert (finding["document"], finding["pointer"]) == ("bundle.json", "/runs/0/stage/4/receipt_digest")
    assert finding["line"] == 1


# Nothing to check, and what cannot be run.


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no path"),
        pytest.param(["empty"], id="an empty directory"),
        pytest.param(["others"], id="a directory of other things"),
        pytest.param(["--inputs", "plan"], id="inputs alone"),
        pytest.param(["empty", "--inputs", "plan"], id="inputs and an empty directory"),
        pytest.param(["nowhere.json"], id="a path that is not there"),
        pytest.param(["plan", "nowhere.json"], id="one path of two that is not there"),
        pytest.param(["plan", "--inputs", "nowhere.json"], id="a missing input"),
        pytest.param(["plan", "--output", "nowhere/report.txt"], id="no place for the report"),
        pytest.param(["plan", "--output", "plan"], id="a directory for the report"),
        pytest.param(["plan", "--format", "xml"], id="an unknown format"),
        pytest.param(["plan", "--nonsense"], id="an unknown option"),
        pytest.param(["plan", "--max-depth", "201"], id="a limit that is too high"),
        pytest.param(["plan", "--max-bytes", "0"], id="a limit of nothing"),
        pytest.param(["plan", "--max-members", "many"], id="a limit that is no number"),
        pytest.param(["pipe"], id="a pipe", marks=needs_pipes),
        pytest.param(["/dev/zero"], id="an endless device", marks=needs_zero_device),
    ],
)
def test_what_could_not_be_run_exits_with_2_and_says_why(
    here: Path, psion: RunCommand, arguments: list[str]
) -> None:
    (here / "empty").mkdir()
    (here / "others").mkdir()
    (here / "others" / "a.json").write_text("{}")
    (here / "others" / "b.json").write_text("{")
    if hasattr(os, "mkfifo"):
        os.mkfifo(here / "pipe")
    write_files(here / "plan", documents(*PLAN))
    result = psion("check", *arguments)
    assert result.code == COULD_NOT_RUN
    assert result.out == ""
    assert "Error: " in result.err


# The report.


def test_the_json_report_has_everything_that_the_text_has(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), WRONG, put("/receipt/objective_config/label_smoothing_bps", 41))
    result = psion("check", *write_files(here, tree), "--format", "json")
    assert result.code == FINDINGS
    value = report(result.out)
    assert value["schema_version"] == "psion.check_report.v1"
    assert value["checker"] == {"name": "psion-contract", "version": VERSION}
    assert (value["verdict"], value["errors"], value["warnings"], value["strict"]) == (
        "inconsistent",
        2,
        0,
        False,
    )
    (finding,) = (each for each in value["findings"] if each["rule"] == "objective-config-mismatch")
    assert "41" in finding.pop("message")
    assert finding == {
        "rule": "objective-config-mismatch",
        "severity": "error",
        "document": "receipt.json",
        "pointer": "/objective_config/label_smoothing_bps",
        "line": 15,
        "column": 28,
        "keyword": None,
        "expected": 40,
        "actual": 41,
        "related": [
            {
                "document": "config.json",
                "pointer": "/objective_config/label_smoothing_bps",
                "line": 15,
                "column": 28,
                "value": 40,
                "snippet": {"text": '    "label_smoothing_bps": 40,', "column": 1},
            }
        ],
        "snippet": {"text": '    "label_smoothing_bps": 41,', "column": 1},
        "suppression": None,
    }
    assert [each["kind"] for each in value["documents"]] == [tree[name]["schema_version"] for name in PILOT]


@pytest.mark.parametrize(
    "content",
    [
        '{"schema_version": "psion.pretrain_stage_config.v1", "x": [1e999]}',
        '{"schema_version": "psion.pretrain_stage_config.v1", "x": {"a": [-0, 1.5, 1e-999, -1e999]}}',
        '{"schema_version": "psion.pretrain_stage_config.v1", "objective_config": [1E400]}',
        '{"schema_version": "psion.pretrain_stage_config.v1", "run_id": 18446744073709551616}',
        '{"schema_version": "psion.pretrain_stage_config.v1", "\\u001b[2J": "\\u0000"}',
        '{"schema_version": "psion.pretrain_stage_config.v2"}',
        '{"stages": [], "checkpoint_family": "f", "run_id": null}',
        "{",
        "[]",
    ],
)
@pytest.mark.parametrize("strict", [[], ["--strict"]])
def test_every_json_report_fits_its_schema_and_is_strict_json(
    here: Path, psion: RunCommand, content: str, strict: list[str]
) -> None:
    (here / "odd.json").write_text(content)
    result = psion("check", "odd.json", "--format", "json", *strict)
    assert result.code == FINDINGS
    report(result.out)

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    json.loads(result.out, parse_constant=refuse)


def test_a_report_can_be_written_to_a_file(here: Path, psion: RunCommand) -> None:
    paths = write_files(here, edited(documents(*PILOT), WRONG))
    shown = psion("check", *paths)
    written = psion("check", *paths, "-o", "report.txt")
    assert (written.code, written.out, written.err) == (FINDINGS, "", "")
    assert (here / "report.txt").read_text() == shown.out
    psion("check", *paths, "--format", "json", "--output", "report.json")
    assert report((here / "report.json").read_text())["verdict"] == "inconsistent"


def test_the_limit_on_lines_is_one_of_a_file(here: Path, psion: RunCommand) -> None:
    (here / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in documents(*PLAN).values()))
    result = psion("check", "log.jsonl", "--max-lines", 3, "--format", "json")
    assert result.code == FINDINGS
    findings = [(each["rule"], each["document"], each["line"]) for each in report(result.out)["findings"]]
    assert findings[0] == ("limit-exceeded", "log.jsonl", 1)
    assert psion("check", "log.jsonl", "--max-lines", 4).code == CONSISTENT


def test_no_colour_goes_to_what_is_not_terminal(here: Path, psion: RunCommand) -> None:
    assert "\x1b" not in psion("check", *write_files(here, edited(documents(*PILOT), WRONG))).out


@needs_control_characters
def test_what_is_in_a_document_or_its_name_is_never_shown_raw(here: Path, psion: RunCommand) -> None:
    tree = edited(
        documents(*PLAN),
        put("/config/run_id", "\x1b[2J\u202e\u2066"),
        put("/policy/policy_id", "a\nb"),
    )
    write_files(here, tree)
    os.rename("config.json", "\x1b[31m\nodd.json")
    result = psion("check", *map(str, sorted(here.iterdir())))
    assert result.code == FINDINGS
    assert all(line.isprintable() for line in result.out.split("\n"))


@needs_any_file_name
def test_a_file_name_that_is_no_text_is_reported(here: Path, psion: RunCommand) -> None:
    name = os.fsdecode(b"\xff.json")
    (here / name).write_text("{}")
    as_text, as_json = psion("check", name), psion("check", name, "--format", "json")
    assert as_text.code == as_json.code == FINDINGS
    assert "\\udcff.json" in as_text.out
    assert "\\udcff.json" in as_json.out
    report(as_json.out)


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("--max-bytes", 100, "limit-exceeded"),
        ("--max-depth", 1, "limit-exceeded"),
        ("--max-members", 3, "limit-exceeded"),
    ],
)
def test_each_limit_has_an_option(here: Path, psion: RunCommand, option: str, value: int, rule: str) -> None:
    (config,) = write_files(here, documents("config"))
    result = psion("check", config, option, value, "--format", "json")
    assert [each["rule"] for each in report(result.out)["findings"]] == [rule]
    default = psion("check", config, "--format", "json")
    assert {each["rule"] for each in report(default.out)["findings"]} == {"unresolved-reference"}


# What is ignored.


def test_what_is_ignored_fails_an_audit(here: Path, psion: RunCommand) -> None:
    write_files(here / "run", documents(*PLAN))
    assert psion("check", "run", "--fail-on-ignored").code == CONSISTENT
    (here / "run" / ".git").mkdir()
    assert psion("check", "run", "--fail-on-ignored").code == CONSISTENT
    (here / "inputs").mkdir()
    (here / "inputs" / "metrics.json").write_text("{}", encoding="utf-8")
    result = psion("check", "run", "--inputs", "inputs", "--fail-on-ignored")
    assert (result.code, result.err) == (
        FINDINGS,
        "--fail-on-ignored: 1 text ignored, listed in the report\n",
    )
    assert result.out.splitlines()[1:] == [
        "ignored 1 (of other kinds):",
        f"  {Path('inputs/metrics.json')}, an input",
        "ignored 1 (excluded):",
        f"  {Path('run/.git')}",
        "consistent",
    ]


def test_what_is_excluded_is_neither_judged_nor_an_input(here: Path, psion: RunCommand) -> None:
    write_files(here / "run", documents(*PILOT))
    write_files(here / "run" / "old", edited(documents(*PILOT), WRONG))
    assert psion("check", "run").code == FINDINGS
    value = report(psion("check", "run", "--exclude", "old", "--format", "json").out)
    old = {"name": str(Path("run/old")), "reason": "excluded", "kind": None, "judged": True}
    assert (value["ok"], value["left_alone"]) == (True, [old])
    value = report(
        psion("check", "run/receipt.json", "--inputs", "run", "--exclude", "old", "--format", "json").out
    )
    assert (value["ok"], value["left_alone"]) == (True, [{**old, "judged": False}])


# The file of a report.


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.json"],
        ["empty"],
        ["receipt.json", "--bogus"],
        ["receipt.json", "--format", "xml"],
        [],
        ["receipt.json", "--changed"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("option", [["-o", "old.json"], ["--output=old.json"], ["-oold.json"]], ids=" ".join)
def test_no_old_report_is_left_where_there_is_no_verdict(
    here: Path, psion: RunCommand, arguments: list[str], option: list[str]
) -> None:
    write_files(here, documents("receipt"))
    (here / "empty").mkdir()
    (here / "old.json").write_text("old", encoding="utf-8")
    assert psion("check", *arguments, *option).code == COULD_NOT_RUN
    assert not (here / "old.json").exists()


@pytest.mark.parametrize("rest", [[], ["--bogus"]])
def test_a_report_never_replaces_what_is_read(here: Path, psion: RunCommand, rest: list[str]) -> None:
    write_files(here, documents(*PILOT))
    before = (here / "receipt.json").read_bytes()
    for read in (["receipt.json"], ["config.json", "--inputs", "./receipt.json"]):
        assert (
            psion(
                "check", *read, "-o", "receipt.json" if read[0] == "config.json" else "./receipt.json", *rest
            ).code
            == 2
        )
        assert (here / "receipt.json").read_bytes() == before


# Changed files.


def changed(here: Path, psion: RunCommand, *paths: str) -> tuple[int, set[tuple[str, str]]]:
    """The exit code, and the rules that are broken with the names of the documents."""
    result = psion("check", "--changed", *paths, "--inputs", "tree", "--format", "json")
    findings = report(result.out)["findings"] if result.out else []
    return result.code, {(each["rule"], Path(each["document"]).as_posix()) for each in findings}


def test_what_refers_to_a_changed_file_is_judged_too(here: Path, psion: RunCommand) -> None:
    tree = documents(*PILOT)
    write_files(here / "tree", tree)
    assert changed(here, psion, "tree/corpus.json") == (CONSISTENT, set())
    for edit in (put("/corpus/tokenizer/vocab_size", 1), put("/corpus/shards/0/token_count", 1)):
        write_files(here / "tree", edited(tree, edit))
        code, found = changed(here, psion, "tree/corpus.json")
        assert code == FINDINGS and {"tree/corpus.json"} <= {document for _, document in found}
    renamed = edited(
        tree,
        put("/corpus/dataset_version", "2"),
        put("/corpus/replay_contract/stable_dataset_identity", tree["corpus"]["dataset_id"] + "@2"),
    )
    write_files(here / "tree", renamed)
    assert changed(here, psion, "tree/corpus.json") == (
        FINDINGS,
        {("unresolved-reference", "tree/config.json")},
    )
    (here / "tree" / "corpus.json").unlink()
    assert changed(here, psion, "tree/corpus.json") == (
        FINDINGS,
        {("unresolved-reference", "tree/config.json")},
    )


def test_changed_files_of_other_kinds_are_ignored_unless_they_claim_the_contract(
    here: Path, psion: RunCommand
) -> None:
    write_files(here / "tree", documents(*PILOT))
    for name, text in (("a.json", "{}"), ("b.json", "{,"), ("c.yaml", "a: 1")):
        (here / "tree" / name).write_text(text, encoding="utf-8")
        result = psion("check", "--changed", f"tree/{name}", "--inputs", "tree")
        assert (result.code, result.out, result.err) == (
            CONSISTENT,
            "",
            "no changed file has a contract document\n",
        )
    (here / "tree" / "d.json").write_text('{"schema_version": "psion.sampling_policy.v1",}', encoding="utf-8")
    assert changed(here, psion, "tree/d.json") == (FINDINGS, {("invalid-json", "tree/d.json")})
