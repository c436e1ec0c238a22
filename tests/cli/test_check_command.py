"""The command line: arguments in, report and exit code out, and never a traceback."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.canonical_sets import PATHS, PILOT, PLAN, as_text, documents, edited
from support.command_line import RunCommand

from psion_contract.catalog import RULES
from psion_contract.documents import schemas
from psion_contract.resources import data_path
from psion_contract.version import VERSION
from tools import canonical
from tools.edits import Tree, put
from tools.pack.restoring import sealed

CONSISTENT, FINDINGS, COULD_NOT_RUN, OUR_FAULT, INTERRUPTED = 0, 1, 2, 70, 130
WRONG = put("/receipt/receipt_digest", "0" * 64)
INEXACT = put("/receipt/replay_receipt/exact_replay_observed", False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path, tree: Tree) -> list[str]:
    """Write each document to a file of its name; returns the paths."""
    folder.mkdir(exist_ok=True)
    for name, document in tree.items():
        (folder / f"{name}.json").write_bytes(as_text(document).encode())
    return [os.path.relpath(folder / f"{name}.json") for name in tree]


def report(out: str) -> Any:
    """A JSON report, held to its schema."""
    value = json.loads(out)
    assert schemas.is_valid(schemas.REPORT, value)
    Draft202012Validator(schemas.schema(schemas.REPORT)).validate(value)
    return value


# Verdicts.


def test_consistent_documents_exit_with_0_and_are_counted(here: Path, psion: RunCommand) -> None:
    outcome = psion("check", *put(here, documents(*PILOT)))
    assert (outcome.code, outcome.err) == (CONSISTENT, "")
    assert outcome.out.splitlines() == [
        "checked 1 pretrain-stage config, 1 pretrain-stage receipt, 1 model descriptor, "
        "1 tokenized corpus manifest, 1 sampling policy",
        "consistent",
    ]


def test_a_finding_exits_with_1_and_is_told_with_line_column_rule_and_the_other_side(
    here: Path, psion: RunCommand
) -> None:
    tree = edited(documents(*PILOT), [put("/receipt/objective_config/label_smoothing_bps", 41)])
    outcome = psion("check", *put(here, tree))
    assert (outcome.code, outcome.err) == (FINDINGS, "")
    assert outcome.out.splitlines() == [
        "receipt.json:15:28: error: objective-config-mismatch",
        "  the receipt's label_smoothing_bps is 41, but the config declares 40",
        "    at       /objective_config/label_smoothing_bps",
        "    found    41",
        "    expected 40",
        "    against  config.json:15:28 /objective_config/label_smoothing_bps = 40",
        "",
        "checked 1 pretrain-stage config, 1 pretrain-stage receipt, 1 model descriptor, "
        "1 tokenized corpus manifest, 1 sampling policy",
        "inconsistent (1 error)",
    ]


def test_a_warning_exits_with_1_only_where_warnings_decide(here: Path, psion: RunCommand) -> None:
    paths = put(here, sealed(edited(documents(*PILOT), [INEXACT])))
    plain, strict = psion("check", *paths), psion("check", "--strict", *paths)
    assert (plain.code, plain.out.splitlines()[-1]) == (CONSISTENT, "consistent (1 warning)")
    assert (strict.code, strict.out.splitlines()[-1]) == (FINDINGS, "inconsistent (1 warning; strict)")


def test_the_canonical_documents_are_checked_without_naming_them(here: Path, psion: RunCommand) -> None:
    outcome = psion("check", "--canonical", "--strict", "--format", "json")
    assert (outcome.code, outcome.err) == (CONSISTENT, "")
    value = report(outcome.out)
    names = [each["name"] for each in value["documents"] if each["pointer"] == ""]
    assert sorted(names) == sorted(data_path("fixtures", path) for path in canonical.documents())
    assert value["left_alone"] == []


def test_canonical_documents_and_one_s_own_are_checked_together(here: Path, psion: RunCommand) -> None:
    (here / "receipt.json").write_text(as_text(edited(documents("receipt"), [WRONG])["receipt"]))
    outcome = psion("check", "receipt.json", "--canonical")
    assert outcome.code == FINDINGS
    assert outcome.out.startswith("receipt.json:")
    assert outcome.out.count(" error: ") == 1


def test_rules_that_could_not_be_applied_are_listed(here: Path, psion: RunCommand) -> None:
    tree = documents(*PILOT)
    del tree["policy"]
    outcome = psion("check", *put(here, tree))
    assert outcome.code == FINDINGS
    assert "not applied:\n  config.json: dataset-identity-mismatch, sampling-policy-mismatch, " in outcome.out
    assert (
        "  receipt.json: family-cap-exceeded\n    because no sampling policy to hold it against"
        in outcome.out
    )
    assert outcome.out.splitlines()[-1].endswith("rules not applied)")


# What is checked.


def test_a_directory_is_checked_whole_and_what_is_of_other_kinds_is_counted(
    here: Path, psion: RunCommand
) -> None:
    put(here / "run", documents(*PILOT))
    (here / "run" / "metrics.json").write_text('{"schema_version": "elsewhere.metrics.v1"}')
    (here / "run" / "list.json").write_text("[1, 2]")
    (here / "run" / "broken.json").write_text("{")
    (here / "run" / "notes.txt").write_text("{")
    outcome = psion("check", "run")
    assert outcome.code == CONSISTENT
    assert outcome.out.splitlines()[1:] == [
        'left alone 2 documents of other kinds ("elsewhere.metrics.v1")',
        'left alone 1 file that is no JSON: "run/broken.json"',
        "consistent",
    ]


@pytest.mark.parametrize("name", ["metrics.json", "broken.json", "notes.txt"])
def test_a_file_that_is_named_must_hold_a_document(here: Path, psion: RunCommand, name: str) -> None:
    paths = put(here, documents(*PILOT))
    (here / name).write_text("{" if name == "broken.json" else '{"a": 1}')
    outcome = psion("check", *paths, name, "--format", "json")
    assert outcome.code == FINDINGS
    rule = "invalid-json" if name == "broken.json" else "unknown-kind"
    assert [(each["rule"], each["document"]) for each in report(outcome.out)["findings"]] == [(rule, name)]


def test_inputs_are_at_hand_and_not_judged(here: Path, psion: RunCommand) -> None:
    tree = documents(*PILOT)
    put(here / "inputs", {name: tree[name] for name in PLAN})
    (receipt,) = put(here, {"receipt": tree["receipt"]})
    outcome = psion("check", receipt, "--inputs", "inputs", "--strict")
    assert outcome.code == CONSISTENT
    assert outcome.out == "checked 1 pretrain-stage receipt; 4 inputs at hand\nconsistent\n"
    assert psion("check", receipt).code == FINDINGS


def test_inputs_may_be_named_one_by_one_and_a_wrong_one_that_is_needed_counts(
    here: Path, psion: RunCommand
) -> None:
    tree = edited(documents(*PILOT), [put("/corpus/splits/0/token_count", 1)])
    paths = put(here, tree)
    options = [option for path in paths[:4] for option in ("--inputs", path)]
    outcome = psion("check", paths[4], *options, "--format", "json")
    assert outcome.code == FINDINGS
    findings = report(outcome.out)["findings"]
    assert [(each["rule"], each["document"]) for each in findings] == [
        ("split-count-mismatch", "corpus.json")
    ]


def test_a_document_that_is_an_input_and_judged_is_reported_once(here: Path, psion: RunCommand) -> None:
    paths = put(here / "run", edited(documents(*PILOT), [WRONG, put("/policy/policy_version", "5")]))
    twice = psion("check", *paths, "--inputs", "run", "--format", "json")
    once = psion("check", *paths, "--format", "json")
    assert report(twice.out)["findings"] == report(once.out)["findings"]


def test_json_lines_are_documents_each_on_its_line(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), [WRONG])
    (here / "run.jsonl").write_text("".join(json.dumps(each) + "\n\n" for each in tree.values()))
    outcome = psion("check", "run.jsonl")
    assert outcome.code == FINDINGS
    first = outcome.out.splitlines()[0]
    assert first.startswith("run.jsonl:9:")
    assert first.endswith(": error: receipt-digest-mismatch")


@pytest.mark.parametrize("content", ["", "\n\n", '{"event": 1}\n{"event": 2}\n'])
def test_json_lines_that_were_named_and_hold_no_document_are_a_finding(
    here: Path, psion: RunCommand, content: str
) -> None:
    paths = put(here, documents(*PILOT))
    (here / "log.jsonl").write_text(content)
    outcome = psion("check", *paths, "log.jsonl", "--format", "json")
    assert outcome.code == FINDINGS
    findings = report(outcome.out)["findings"]
    assert [(each["rule"], each["document"]) for each in findings] == [("unknown-kind", "log.jsonl")]


def test_standard_input_is_named_by_a_dash(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), [WRONG])
    put(here / "inputs", {name: tree[name] for name in PLAN})
    data = as_text(tree["receipt"]).encode()
    outcome = psion("check", "-", "--inputs", "inputs", stdin=data)
    assert outcome.code == FINDINGS
    assert outcome.out.startswith(
        f"<stdin>:{as_text(tree['receipt']).count(chr(10)) - 1}:21: error: receipt-digest-mismatch\n"
    )


def test_standard_input_may_be_json_lines_by_its_name(here: Path, psion: RunCommand) -> None:
    data = "".join(json.dumps(each) + "\n" for each in edited(documents(*PILOT), [WRONG]).values()).encode()
    outcome = psion("check", "-", "--stdin-name", "run.jsonl", stdin=data)
    assert outcome.code == FINDINGS
    assert outcome.out.startswith("run.jsonl:5:")
    assert psion("check", "-", stdin=data).code == FINDINGS
    assert "invalid-json" in psion("check", "-", stdin=data).out


def test_documents_inside_another_are_pointed_into(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), [WRONG])
    (here / "bundle.json").write_text(json.dumps({"runs": [{"stage": list(tree.values())}]}))
    outcome = psion("check", "bundle.json", "--format", "json")
    (finding,) = report(outcome.out)["findings"]
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
        pytest.param(["plan", "--inputs", "nowhere.json"], id="an input that is not there"),
        pytest.param(["plan", "--output", "nowhere/report.txt"], id="no place for the report"),
        pytest.param(["plan", "--output", "plan"], id="a directory for the report"),
        pytest.param(["plan", "--format", "xml"], id="a format that there is not"),
        pytest.param(["plan", "--nonsense"], id="an option that there is not"),
        pytest.param(["plan", "--max-depth", "201"], id="a limit that is too high"),
        pytest.param(["plan", "--max-bytes", "0"], id="a limit of nothing"),
        pytest.param(["plan", "--max-members", "many"], id="a limit that is no number"),
        pytest.param(["pipe"], id="a pipe"),
        pytest.param(["/dev/zero"], id="an endless device"),
    ],
)
def test_what_could_not_be_run_exits_with_2_and_says_why(
    here: Path, psion: RunCommand, arguments: list[str]
) -> None:
    (here / "empty").mkdir()
    (here / "others").mkdir()
    (here / "others" / "a.json").write_text("{}")
    (here / "others" / "b.json").write_text("{")
    os.mkfifo(here / "pipe")
    put(here / "plan", documents(*PLAN))
    outcome = psion("check", *arguments)
    assert outcome.code == COULD_NOT_RUN
    assert outcome.out == ""
    assert "Error: " in outcome.err


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"]])
def test_a_command_that_there_is_not_exits_with_2(psion: RunCommand, arguments: list[str]) -> None:
    assert psion(*arguments).code == COULD_NOT_RUN


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("boom"),
        RecursionError("deep"),
        KeyError("x"),
        AssertionError(),
        MemoryError(),
        OSError(5, "io"),
    ],
)
def test_a_fault_of_our_own_exits_with_70_and_looks_like_no_verdict(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*arguments: Any) -> Any:
        raise error

    monkeypatch.delenv("PSION_CONTRACT_TRACEBACK", raising=False)
    monkeypatch.setattr("psion_contract.checker.Checker.check", fail)
    outcome = psion("check", *put(here, documents(*PLAN)))
    assert (outcome.code, outcome.out) == (OUR_FAULT, "")
    assert outcome.err.startswith(f"psion-contract: internal error, no verdict: {type(error).__name__}")
    assert "consistent" not in outcome.err


def test_the_traceback_of_a_fault_is_shown_where_it_is_asked_for(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setenv("PSION_CONTRACT_TRACEBACK", "1")
    monkeypatch.setattr("psion_contract.checker.Checker.check", fail)
    with pytest.raises(RuntimeError, match="boom"):
        psion("check", *put(here, documents(*PLAN)))


def test_an_interruption_is_no_verdict(here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("psion_contract.checker.Checker.check", interrupt)
    outcome = psion("check", *put(here, documents(*PLAN)))
    assert (outcome.code, outcome.out) == (INTERRUPTED, "")


# The report.


def test_the_json_report_holds_all_that_the_text_tells(here: Path, psion: RunCommand) -> None:
    tree = edited(documents(*PILOT), [WRONG, put("/receipt/objective_config/label_smoothing_bps", 41)])
    outcome = psion("check", *put(here, tree), "--format", "json")
    assert outcome.code == FINDINGS
    value = report(outcome.out)
    assert value["schema_version"] == "psion.check_report.v1"
    assert value["checker"] == {"name": "psion-contract", "version": VERSION}
    assert (value["verdict"], value["errors"], value["warnings"], value["strict"]) == (
        "inconsistent",
        2,
        0,
        False,
    )
    assert value["findings"][1 if value["findings"][0]["rule"] == "receipt-digest-mismatch" else 0] == {
        "rule": "objective-config-mismatch",
        "severity": "error",
        "document": "receipt.json",
        "pointer": "/objective_config/label_smoothing_bps",
        "line": 15,
        "column": 28,
        "keyword": None,
        "message": "the receipt's label_smoothing_bps is 41, but the config declares 40",
        "expected": 40,
        "actual": 41,
        "related": [
            {
                "document": "config.json",
                "pointer": "/objective_config/label_smoothing_bps",
                "line": 15,
                "column": 28,
                "value": 40,
            }
        ],
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
    outcome = psion("check", "odd.json", "--format", "json", *strict)
    assert outcome.code == FINDINGS
    report(outcome.out)

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    json.loads(outcome.out, parse_constant=refuse)


def test_a_report_can_be_written_to_a_file(here: Path, psion: RunCommand) -> None:
    paths = put(here, edited(documents(*PILOT), [WRONG]))
    shown = psion("check", *paths)
    written = psion("check", *paths, "-o", "report.txt")
    assert (written.code, written.out, written.err) == (FINDINGS, "", "")
    assert (here / "report.txt").read_text() == shown.out
    psion("check", *paths, "--format", "json", "--output", "report.json")
    assert report((here / "report.json").read_text())["verdict"] == "inconsistent"


def test_the_limit_on_lines_is_one_of_a_file(here: Path, psion: RunCommand) -> None:
    (here / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in documents(*PLAN).values()))
    outcome = psion("check", "log.jsonl", "--max-lines", 3, "--format", "json")
    assert outcome.code == FINDINGS
    findings = [(each["rule"], each["document"], each["line"]) for each in report(outcome.out)["findings"]]
    assert findings[0] == ("limit-exceeded", "log.jsonl", 1)
    assert psion("check", "log.jsonl", "--max-lines", 4).code == CONSISTENT


def test_no_colour_goes_to_what_is_no_terminal(here: Path, psion: RunCommand) -> None:
    assert "\x1b" not in psion("check", *put(here, edited(documents(*PILOT), [WRONG]))).out


def test_what_stands_in_a_document_or_its_name_is_never_shown_raw(here: Path, psion: RunCommand) -> None:
    tree = edited(
        documents(*PLAN),
        [put("/config/run_id", "\x1b[2J\u202e\u2066"), put("/policy/policy_id", "a\nb")],
    )
    put(here, tree)
    os.rename("config.json", "\x1b[31m\nodd.json")
    outcome = psion("check", *map(str, sorted(here.iterdir())))
    assert outcome.code == FINDINGS
    assert all(line.isprintable() for line in outcome.out.split("\n"))


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
    (config,) = put(here, documents("config"))
    outcome = psion("check", config, option, value, "--format", "json")
    assert [each["rule"] for each in report(outcome.out)["findings"]] == [rule]
    default = psion("check", config, "--format", "json")
    assert {each["rule"] for each in report(default.out)["findings"]} == {"unresolved-reference"}


# Help.


@pytest.mark.parametrize("command", [[], ["check"], ["digest"], ["explain"], ["fixtures"]])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(psion: RunCommand, command: list[str], option: str) -> None:
    outcome = psion(*command, option)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Usage: psion-contract")


def test_every_command_that_is_listed_is_there(psion: RunCommand) -> None:
    listed = psion("--help").out.partition("Commands:\n")[2]
    names = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    assert {"check", "digest", "explain", "fixtures"} <= set(names)
    for name in names:
        assert psion(name, "--help").code == 0


def test_the_version_is_that_of_the_package(psion: RunCommand) -> None:
    assert psion("--version").out == f"psion-contract, version {VERSION}\n"


# digest.


def test_digest_shows_what_is_stored_and_computed_and_exits_with_0_where_they_agree(
    here: Path, psion: RunCommand
) -> None:
    tree = documents("descriptor", "receipt")
    outcome = psion("digest", *put(here, tree))
    assert (outcome.code, outcome.err) == (CONSISTENT, "")
    for digest in (tree["receipt"]["receipt_digest"], tree["receipt"]["model_descriptor_digest"]):
        assert digest in outcome.out
    assert "DIFFERS" not in outcome.out


def test_digest_exits_with_1_where_a_stored_digest_differs(here: Path, psion: RunCommand) -> None:
    right = documents("receipt")["receipt"]["receipt_digest"]
    outcome = psion("digest", *put(here, edited(documents("receipt"), [WRONG])))
    assert outcome.code == FINDINGS
    assert f"    stored    {'0' * 64}\n    computed  {right}" in outcome.out
    assert outcome.out.count("DIFFERS") == 1


def test_digest_exits_with_1_where_a_quoted_digest_is_not_the_model_s(here: Path, psion: RunCommand) -> None:
    changes = [put("/config/model_descriptor_digest", "0" * 64)]
    outcome = psion("digest", *put(here, edited(documents("descriptor", "config"), changes)))
    assert outcome.code == FINDINGS
    assert "D2      model descriptor  /model_descriptor_digest: DIFFERS" in outcome.out


def test_digest_shows_preimages_where_it_is_asked_to(here: Path, psion: RunCommand) -> None:
    (receipt,) = put(here, documents("receipt"))
    assert "psion_pretrain_stage_receipt|tidewater-pilot-01|" in psion("digest", "--preimage", receipt).out
    assert "psion_pretrain_stage_receipt|" not in psion("digest", receipt).out


def test_digest_as_json_holds_the_same(here: Path, psion: RunCommand) -> None:
    paths = put(here, edited(documents("receipt"), [WRONG]))
    value = json.loads(psion("digest", *paths, "--format", "json").out)
    (document,) = value["documents"]
    assert [(row["id"], row["state"]) for row in document["digests"]] == [
        *[("D1", "not-computed")] * 2,
        *[("D2", "not-computed")] * 2,
        ("D3", "agrees"),
        ("D4", "agrees"),
        ("D5", "differs"),
        ("content", "not-stored"),
    ]
    assert value["findings"] == []
    assert "preimage" not in document["digests"][0]
    preimages = json.loads(psion("digest", *paths, "--format", "json", "--preimage").out)
    assert preimages["documents"][0]["digests"][4]["preimage"].startswith("psion_pretrain_replay_receipt|")


def test_digest_of_a_broken_document_says_what_is_broken(here: Path, psion: RunCommand) -> None:
    outcome = psion("digest", *put(here, edited(documents("receipt"), [put("/receipt/summary", "")])))
    assert outcome.code == FINDINGS
    assert "schema-violation" in outcome.out
    assert "no digests: the document does not fit its schema" in outcome.out


@pytest.mark.parametrize("arguments", [[], ["nowhere"], ["empty"]])
def test_digest_of_nothing_exits_with_2(here: Path, psion: RunCommand, arguments: list[str]) -> None:
    (here / "empty").mkdir()
    assert psion("digest", *arguments).code == COULD_NOT_RUN


# explain.


def test_explain_lists_every_rule(psion: RunCommand) -> None:
    outcome = psion("explain")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines()] == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_explain_says_what_breaks_a_rule_and_what_to_do(psion: RunCommand, rule: str) -> None:
    outcome = psion("explain", rule)
    assert outcome.code == 0
    assert outcome.out.startswith(f"{rule} ({RULES[rule].severity})\n")
    words = " ".join(outcome.out.split())
    assert RULES[rule].sentence in words
    assert RULES[rule].remedy in words


def test_explain_suggests_the_rule_that_may_be_meant(psion: RunCommand) -> None:
    outcome = psion("explain", "replay-digest-missmatch")
    assert outcome.code == COULD_NOT_RUN
    assert "replay-digest-mismatch" in outcome.err


# fixtures.


def test_fixtures_agree_with_the_code_that_builds_them(psion: RunCommand) -> None:
    assert psion("fixtures", "--check").code == 0
    assert psion("fixtures").code == 0


def test_fixtures_that_differ_or_are_missing_are_named_and_written_anew(
    tmp_path: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canonical, "data_path", lambda *parts: str(tmp_path.joinpath(*parts)))
    paths = list(canonical.documents())
    missing = psion("fixtures", "--check")
    assert (missing.code, missing.out) == (FINDINGS, "".join(f"differs: {path}\n" for path in paths))
    assert psion("fixtures", "--write").code == 0
    assert psion("fixtures", "--check").code == 0
    config = tmp_path / "fixtures" / PATHS["config"]
    config.write_bytes(config.read_bytes().replace(b"\n", b"\r\n"))
    differing = psion("fixtures")
    assert (differing.code, differing.out) == (FINDINGS, f"differs: {PATHS['config']}\n")
    assert psion("fixtures", "--write").out == f"wrote {PATHS['config']}\n"
    assert psion("fixtures").code == 0


# As a process: terminals, closed streams, endless input.

MEMORY = 200 * 1024 * 1024


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from psion_contract.__main__ import main
main()
"""
"""Runs the command line in so little memory that a fault of ours ends it, and not the machine."""


def process(
    *arguments: str, environment: dict[str, str] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", LIMITED, *arguments],
        env={**os.environ, **(environment or {})},
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


class Ended:
    """What a process came to: its exit code and what it wrote."""

    def __init__(self, running: subprocess.Popen[bytes], seconds: float = 60) -> None:
        try:
            out, err = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.communicate()
            pytest.fail("it never ends")
        self.code = running.returncode
        self.out, self.err = (out or b"").decode(), (err or b"").decode()
        assert "Traceback" not in self.err


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": "0"}, False)],
)
def test_colour_is_for_terminals_and_not_where_no_color_is_set(
    here: Path, environment: dict[str, str], coloured: bool
) -> None:
    paths = put(here, edited(documents("receipt"), [WRONG]))
    controller, terminal = pty.openpty()
    running = process("check", *paths, environment=environment, stdout=terminal)
    os.close(terminal)
    shown = b"".join(iter(lambda: read(controller), b""))
    os.close(controller)
    assert Ended(running).code == FINDINGS
    assert (b"\x1b[1;31merror\x1b[0m" in shown) is coloured
    assert (b"\x1b" in shown) is coloured


def test_a_path_that_cannot_be_read_is_told_without_what_a_terminal_would_obey(here: Path) -> None:
    controller, terminal = pty.openpty()
    running = process("check", "\x1b[2Jnowhere", stderr=terminal)
    os.close(terminal)
    shown = b"".join(iter(lambda: read(controller), b""))
    os.close(controller)
    assert Ended(running).code == COULD_NOT_RUN
    assert b"nowhere: No such file" in shown
    assert b"\x1b" not in shown


def read(descriptor: int) -> bytes:
    """What a terminal shows next; nothing where the other side is closed."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_the_module_runs_as_the_command_does(here: Path) -> None:
    command = [sys.executable, "-m", "psion_contract", "check", *put(here, documents(*PILOT))]
    ended = Ended(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert (ended.code, ended.out.splitlines()[-1], ended.err) == (CONSISTENT, "consistent", "")


def test_output_is_utf_8_whatever_the_locale(here: Path) -> None:
    paths = put(here, edited(documents(*PLAN), [put("/policy/policy_id", "é|𐐷")]))
    ended = Ended(
        process("check", *paths, environment={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    )
    assert ended.code == FINDINGS
    assert "é|𐐷" in ended.out


def test_a_reader_that_went_away_is_no_verdict_and_no_traceback(here: Path) -> None:
    tree = edited(documents("receipt"), [put("/receipt/source_family_reports", [0] * 20_000)])
    running = process("check", *put(here, tree), "--format", "json")
    assert running.stdout is not None
    running.stdout.read(10)
    running.stdout.close()
    running.stdout = None
    ended = Ended(running)
    assert (ended.code, ended.err) == (COULD_NOT_RUN, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [["check"], ["schema", "list"], ["--help"]], ids=" ".join)
def test_a_full_disk_is_no_verdict_and_no_fault_of_ours(
    here: Path, command: list[str], unbuffered: str
) -> None:
    paths = put(here, documents(*PILOT)) if command == ["check"] else []
    with open("/dev/full", "wb") as full:
        ended = Ended(process(*command, *paths, stdout=full, environment={"PYTHONUNBUFFERED": unbuffered}))
    assert ended.code == COULD_NOT_RUN
    assert ended.err.endswith("standard output: No space left on device\n")
    assert ended.err.count("\n") == 1


def through_shell(redirection: str, *arguments: str) -> Ended:
    command = [sys.executable, "-m", "psion_contract", *arguments]
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    return Ended(subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE))


def test_a_standard_input_that_is_closed_could_not_be_read(here: Path) -> None:
    ended = through_shell("<&-", "check", "-")
    assert ended.code == COULD_NOT_RUN
    assert "Error: " in ended.err


def test_a_standard_input_that_does_not_wait_could_not_be_read(here: Path) -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    ended = Ended(process("check", "-", stdin=reader))
    os.close(reader)
    os.close(writer)
    assert ended.code == COULD_NOT_RUN


def test_a_standard_output_that_is_closed_cannot_be_written_to(here: Path) -> None:
    paths = put(here, documents(*PILOT))
    ended = through_shell(">&-", "check", *paths)
    assert ended.code == COULD_NOT_RUN
    assert through_shell(">&-", "check", *paths, "-o", "report.txt").code == CONSISTENT


@pytest.fixture
def endless() -> Iterator[Any]:
    """Starts a process whose standard input never ends."""
    sources: list[subprocess.Popen[bytes]] = []

    def start(line: str) -> Any:
        source = subprocess.Popen(["yes", line], stdout=subprocess.PIPE)
        sources.append(source)
        return source.stdout

    yield start
    for source in sources:
        source.kill()
        if source.stdout is not None:
            source.stdout.close()
        source.wait()


def test_standard_input_without_end_is_read_up_to_the_limit(here: Path) -> None:
    with open("/dev/zero", "rb") as zeros:
        ended = Ended(process("check", "-", stdin=zeros))
    assert ended.code == FINDINGS
    assert "limit-exceeded" in ended.out


def test_a_line_of_standard_input_without_end_is_read_up_to_a_limit(here: Path) -> None:
    with open("/dev/zero", "rb") as zeros:
        ended = Ended(process("check", "-", "--stdin-name", "log.jsonl", stdin=zeros), seconds=30)
    assert ended.code in (FINDINGS, COULD_NOT_RUN)


@pytest.mark.parametrize("line", ["{", "{}", ""])
def test_lines_of_standard_input_without_end_are_read_up_to_a_limit(
    here: Path, endless: Any, line: str
) -> None:
    ended = Ended(process("check", "-", "--stdin-name", "log.jsonl", stdin=endless(line)), seconds=30)
    assert ended.code in (FINDINGS, COULD_NOT_RUN)


def large(member: str, value: Any) -> bytes:
    """A canonical receipt with something large in it."""
    receipt = documents("receipt")["receipt"]
    return json.dumps({**receipt, member: value}).encode()


HOSTILE = {
    "2 MB of brackets": lambda: b"[" * 2_000_000,
    "2 MB of objects": lambda: b'{"a":' * 400_000,
    "a text of 10 MB": lambda: large("summary", "x" * 10_000_000),
    "a blank text of 10 MB": lambda: large("summary", " " * 10_000_000),
    "a member name of 10 MB": lambda: large("x" * 10_000_000, 1),
    "a member name of 10 MB, repeated": lambda: b'{"%b": 1, "%b": 2}' % (b"x" * 5_000_000, b"x" * 5_000_000),
    "escapes of 10 MB": lambda: large("summary", "\x00" * 1_600_000),
    "60 000 wrong rows": lambda: large("source_family_reports", [0] * 60_000),
    "100 000 unknown members": lambda: json.dumps(
        {**documents("receipt")["receipt"], **{f"summary{number}": 1 for number in range(100_000)}}
    ).encode(),
    "100 000 sources of which the last is repeated": lambda: large(
        "source_family_reports",
        [
            {
                **documents("receipt")["receipt"]["source_family_reports"][0],
                "source_ids": [*(f"s{number}" for number in range(100_000)), "s99999"],
            }
        ],
    ),
    "40 000 rows of splits of their own": lambda: large(
        "source_family_reports",
        [
            {**documents("receipt")["receipt"]["source_family_reports"][0], "split_name": f"s{number}"}
            for number in range(40_000)
        ],
    ),
    "300 000 repeated members": lambda: b"{" + b",".join([b'"a":1'] * 300_000) + b"}",
    "an integer of 10 MB": lambda: b"9" * 10_000_000,
}


MEASURED = """
import atexit, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

def told():
    with open("/proc/self/status") as status:
        print(*(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)

atexit.register(told)
from psion_contract.__main__ import main
main()
"""
"""Runs the command line and tells, when it leaves, the most memory that it held, in KiB."""


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_is_a_finding_within_200_mb(here: Path, what: str) -> None:
    (here / "hostile.json").write_bytes(HOSTILE[what]())
    command = [sys.executable, "-c", MEASURED, "check", "hostile.json"]
    ended = Ended(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
    assert ended.code == FINDINGS
    assert int(ended.err) * 1024 < MEMORY
