"""Settings from a file, suppressions and the baseline, as users meet them."""

from __future__ import annotations

import json
import os
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, PLAN, as_text, documents
from support.command_line import CONSISTENT, COULD_NOT_RUN, FINDINGS, RunCommand, write_files
from support.platforms import needs_links

from psion_contract.catalog import RULES
from psion_contract.configuration.settings import MAX_SIZE
from psion_contract.documents import schemas
from psion_contract.findings import REPORT_VERSION
from tools.edits import edited, put
from tools.pack.restoring import sealed

SMOOTHING = put("/receipt/objective_config/label_smoothing_bps", 41)
INEXACT = put("/receipt/replay_receipt/exact_replay_observed", False)
TODAY = date.today()
TOMORROW, YESTERDAY = TODAY + timedelta(1), TODAY - timedelta(1)


@pytest.fixture
def tree(here: Path) -> Path:
    """A folder with a receipt that has one error, its inputs beside it."""
    (here / ".git").mkdir()
    found = edited(documents(*PILOT), SMOOTHING)
    write_files(here / "inputs", {name: found[name] for name in PLAN})
    write_files(here / "runs", {"receipt": found["receipt"]})
    return here


def configure(folder: Path, *lines: str) -> None:
    (folder / "psion-contract.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def suppression(**members: str) -> list[str]:
    """A suppression of the error of `tree`, with other members."""
    values = {
        "rule": "objective-config-mismatch",
        "document": "runs/receipt.json",
        "reason": "known",
        **members,
    }
    pairs = [f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None]
    return ["[[suppressions]]", *pairs]


def as_report(psion: RunCommand, *words: str) -> dict[str, Any]:
    value = json.loads(psion("check", *words, "--format", "json").out)
    assert value["schema_version"] == REPORT_VERSION
    assert schemas.is_valid(REPORT_VERSION, value)
    return dict(value)


SETTINGS = ('paths = ["runs"]', 'inputs = ["inputs"]')


# Where settings come from.


@pytest.mark.parametrize("folder", [".", "runs", "runs/deep"])
def test_the_paths_of_the_configuration_are_relative_to_its_folder(
    tree: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    configure(tree, *SETTINGS)
    (tree / folder).mkdir(exist_ok=True)
    monkeypatch.chdir(tree / folder)
    result = psion("check")
    assert result.code == FINDINGS
    path = os.path.join(os.path.relpath(tree / "runs"), "receipt.json")
    assert result.out.startswith(f"{path}:15:28: error: objective-config-mismatch")


def test_standard_input_is_a_path_of_the_configuration_of_any_folder(
    tree: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = (tree / "inputs" / "descriptor.json").read_bytes()
    configure(tree, 'paths = ["-"]')
    monkeypatch.chdir(tree / "runs")
    assert psion("check", stdin=document).code == CONSISTENT
    configure(tree, 'paths = ["-"]', 'inputs = ["-"]')
    result = psion("check", stdin=document)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "standard input (-) can be named only once" in result.err


def test_a_byte_order_mark_is_no_part_of_a_configuration(tree: Path, psion: RunCommand) -> None:
    (tree / "psion-contract.toml").write_text("strict = true\nmax-depth = 5\n", encoding="utf-8-sig")
    shown = psion("check", "--show-config").out
    assert re.search(r"strict +true +psion-contract.toml", shown)
    assert "max-depth        5         psion-contract.toml" in shown


def test_a_configuration_over_the_limit_is_refused_and_never_cut(tree: Path, psion: RunCommand) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        (tree / "psion-contract.toml").write_text("#" * MAX_SIZE + "\nstrict = true\n", encoding=encoding)
        result = psion("check", "runs", "--inputs", "inputs")
        assert (result.code, result.out) == (COULD_NOT_RUN, ""), encoding
        assert f"psion-contract.toml: larger than {MAX_SIZE} bytes, the limit" in result.err


def test_pyproject_has_the_same_settings_in_a_table(tree: Path, psion: RunCommand) -> None:
    table = "\n".join(["[project]", 'name = "x"', "[tool.psion-contract]", *SETTINGS])
    suppressed = "\n".join(suppression()).replace("suppressions", "tool.psion-contract.suppressions")
    (tree / "pyproject.toml").write_text(table, encoding="utf-8")
    assert psion("check").code == FINDINGS
    (tree / "pyproject.toml").write_text(f"{table}\n{suppressed}\n", encoding="utf-8")
    assert psion("check").code == CONSISTENT


def test_a_pyproject_without_the_table_is_no_configuration(tree: Path, psion: RunCommand) -> None:
    for text in ("[project]\nname = 'psion-contract'\n", "[project\n"):
        (tree / "pyproject.toml").write_text(text, encoding="utf-8")
        if "psion" in text:
            assert "name at least one PATH" in psion("check").err
    (tree / "pyproject.toml").write_text("[tool.psion-contract\n", encoding="utf-8")
    result = psion("check", "runs")
    assert result.code == COULD_NOT_RUN
    assert result.err.startswith("Error: pyproject.toml: not TOML: ")


def test_nothing_above_the_repository_is_read(
    tree: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tree, *SETTINGS)
    (tree / "other" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tree / "other")
    assert "name at least one PATH" in psion("check").err


def test_the_command_line_replaces_settings(tree: Path, psion: RunCommand) -> None:
    write_files(tree / "runs", sealed(edited(documents(*PILOT), INEXACT)))
    configure(tree, *SETTINGS, "strict = true", 'formats = ["json"]')
    assert json.loads(psion("check").out)["strict"] is True
    result = psion("check", "--no-strict", "--format", "text")
    assert (result.code, result.out.splitlines()[-1]) == (CONSISTENT, "consistent (1 warning)")
    assert psion("check", "--no-config").code == COULD_NOT_RUN
    assert psion("check", "-o", "out.txt").code == FINDINGS
    assert (tree / "out.txt").read_text("utf-8").endswith("inconsistent (1 warning; strict)\n")


def test_where_every_setting_comes_from_is_shown(
    tree: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tree, *SETTINGS, "strict = true", 'formats = ["text", "sarif=out/x.sarif"]', *suppression())
    monkeypatch.chdir(tree / "runs")
    result = psion("check", "--show-config", "--max-lines", "7", "receipt.json")
    assert (result.code, result.err) == (CONSISTENT, "")
    rows = [line.split(None, 1) for line in result.out.splitlines()]
    shown = {name: " ".join(rest.split()) for name, rest in rows}
    file = os.path.join("..", "psion-contract.toml")
    out = os.path.join("..", "out", "x.sarif")
    assert shown == {
        "paths": "receipt.json command line",
        "inputs": f"{os.path.join('..', 'inputs')} {file}",
        "exclude": "none default",
        "strict": f"true {file}",
        "fail-on-ignored": "false default",
        "formats": f"text, sarif={out} {file}",
        "baseline": "none default",
        "jobs": "none default",
        "max-bytes": "16777216 default",
        "max-depth": "128 default",
        "max-members": "1000000 default",
        "max-lines": "7 command line",
        "suppressions": f"1 {file}",
    }


def test_jobs_stream_where_that_is_possible(tree: Path, psion: RunCommand) -> None:
    configure(tree, *SETTINGS)
    whole = as_report(psion)
    configure(tree, *SETTINGS, "jobs = 2")
    streamed = as_report(psion)
    assert streamed["findings"] == whole["findings"]
    judged = [sum(each["judged"] for each in report["documents"]) for report in (whole, streamed)]
    assert judged == [1, 1]
    (tree / "runs" / "same.json").write_text(as_text(documents()["config"]))
    assert as_report(psion)["unlisted"]["documents"] == {"psion.pretrain_stage_config.v1": 1}
    shown = [line.split() for line in psion("check", "--show-config").out.splitlines()]
    assert shown[5] == ["formats", "text", "default"]
    assert shown[7] == ["jobs", "2", "psion-contract.toml"]
    assert psion("check", "--changed", "runs/receipt.json").code == FINDINGS
    assert psion("check", "--format", "html").out.startswith("<!DOCTYPE html>")
    result = psion("check", "--format", "html", "--jobs", "2")
    assert result.code == COULD_NOT_RUN
    assert "--jobs cannot be used with it" in result.err


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["input = []"], 'input: unknown property "input"; did you mean "inputs"?'),
        (['paths = "runs"'], "paths: expected a list, found a string"),
        (["strict = 1"], "strict: expected true or false, found a number"),
        (["jobs = 0"], "jobs: 0 is out of range: at least 1"),
        (["max-bytes = 0"], "max-bytes: 0 is out of range: at least 1"),
        (["max-depth = 201"], "max-depth: 201 is out of range: at most 200"),
        (["max-bytes = 1.5"], "max-bytes: expected an integer, found a string"),
        (["paths = [1]"], "paths[0]: expected a string, found a number"),
        (["strict ="], "not TOML: "),
        (['formats = ["sarf"]'], 'unknown format "sarf"; did you mean "sarif"?'),
        (
            suppression(rule="objective-config-missmatch"),
            'suppressions[0].rule: unknown rule "objective-config-missmatch"; did you mean "objective-config-mismatch"?',
        ),
        (suppression(expires="soon"), 'suppressions[0].expires: "soon" is not a date such as 2027-03-31'),
        (suppression(expires="2026-02-30"), 'suppressions[0].expires: "2026-02-30" is no date'),
        (
            suppression(pointer="rows"),
            'suppressions[0].pointer: "rows" is not a JSON pointer, which begins with /',
        ),
        (['inputs = ["a", "b\\u0000"]'], "inputs[1]: contains a null character"),
        (suppression(document="\0"), "suppressions[0].document: contains a null character"),
        (['paths = [""]'], 'paths[0]: "" is empty; at least one character is required'),
        (suppression(owner=""), 'suppressions[0].owner: "" is empty; at least one character is required'),
        (["[[suppressions]]", 'rule = "duplicate-id"'], 'suppressions[0]: missing property "document"'),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(
    tree: Path, psion: RunCommand, lines: list[str], message: str
) -> None:
    configure(tree, *lines)
    result = psion("check", "runs", "--inputs", "inputs")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "psion-contract.toml: " in result.err
    assert message in result.err


def test_a_named_configuration_must_exist_and_have_the_table(tree: Path, psion: RunCommand) -> None:
    assert "none.toml: No such file or directory" in psion("check", "runs", "--config", "none.toml").err
    (tree / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert "has no table [tool.psion-contract]" in psion("check", "runs", "--config", "pyproject.toml").err
    both = psion("check", "runs", "--config", "x", "--no-config")
    assert (both.code, both.out) == (COULD_NOT_RUN, "")
    (tree / "other.toml").write_text("\n".join(SETTINGS), encoding="utf-8")
    assert psion("check", "--config", "other.toml").code == FINDINGS


@needs_links
def test_a_configuration_that_links_to_nothing_is_not_passed_over(tree: Path, psion: RunCommand) -> None:
    (tree / "psion-contract.toml").symlink_to("../shared/psion-contract.toml")
    result = psion("check", "runs", "--inputs", "inputs")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "psion-contract.toml: No such file or directory" in result.err


# Suppressions.


def test_a_suppressed_finding_stays_in_the_report_and_the_verdict(tree: Path, psion: RunCommand) -> None:
    configure(tree, *SETTINGS, *suppression(owner="data team", expires=TOMORROW.isoformat()))
    result = psion("check")
    assert (result.code, result.err) == (CONSISTENT, "")
    assert result.out.splitlines() == [
        "suppressed 1 finding:",
        f"  {Path('runs/receipt.json')}:15:28: objective-config-mismatch",
        f"    because known, by data team, until {TOMORROW}",
        "",
        "checked 1 pretrain-stage receipt; 4 inputs available",
        "consistent except as suppressed (1 error, 1 of 1 finding suppressed)",
    ]
    value = as_report(psion)
    assert (value["verdict"], value["ok"], value["outcome"]) == (
        "inconsistent",
        False,
        "consistent except as suppressed",
    )
    assert (value["errors"], value["suppressed"]) == (1, 1)
    (found,) = value["findings"]
    assert found["suppression"] == {
        "reason": "known",
        "owner": "data team",
        "expires": TOMORROW.isoformat(),
        "source": "configuration",
    }


@pytest.mark.parametrize(
    ("members", "applies"),
    [
        ({"document": "runs/*"}, True),
        ({"document": "*/receipt.json"}, True),
        ({"document": "receipt.json"}, False),
        ({"document": "./runs//../runs/receipt.json"}, True),
        ({"document": "runs"}, False),
        ({"pointer": "/objective_config"}, True),
        ({"pointer": "/objective_config/label_smoothing_bps"}, True),
        ({"pointer": "/objective"}, False),
        ({"pointer": "/objective_config/label_smoothing_bps/x"}, False),
        ({"rule": "config-mismatch"}, False),
        ({"expires": TODAY.isoformat()}, True),
        ({"expires": YESTERDAY.isoformat()}, False),
        ({"reason": " "}, False),
        ({"reason": None}, False),
    ],
)
def test_a_suppression_applies_to_its_rule_document_and_place(
    tree: Path, psion: RunCommand, members: dict[str, str], applies: bool
) -> None:
    configure(tree, *SETTINGS, *suppression(**members))
    value = as_report(psion)
    assert (value["findings"][0]["suppression"] is not None) == applies
    assert psion("check").code == (CONSISTENT if applies else FINDINGS)


@pytest.mark.parametrize(
    ("members", "rule", "actual"),
    [
        ({"expires": YESTERDAY.isoformat()}, "expired-suppression", YESTERDAY.isoformat()),
        ({"rule": "duplicate-id"}, "unused-suppression", None),
        ({"document": "runs/gone.json"}, "unused-suppression", None),
        ({"document": "runs"}, "unused-suppression", None),
        ({"document": "runs/receipt.json:2"}, "unused-suppression", None),
        ({"reason": ""}, "unreasoned-suppression", None),
    ],
)
def test_a_suppression_that_does_nothing_is_a_finding_on_the_configuration(
    tree: Path, psion: RunCommand, members: dict[str, str], rule: str, actual: str | None
) -> None:
    configure(tree, *SETTINGS, "", *suppression(), *suppression(**members))
    found = as_report(psion)["findings"]
    assert [(each["rule"], each["document"], each["pointer"], each["actual"]) for each in found[1:]] == [
        (rule, "psion-contract.toml", "/suppressions/1", actual)
    ]
    first = ["paths", "inputs", "", "[[suppressions]]", "rule", "document", "reason"]
    assert (found[1]["line"], found[1]["column"]) == (len(first) + 1, 1)
    assert found[1]["snippet"] == {"text": "[[suppressions]]", "column": 1}
    assert found[1]["severity"] == RULES[rule].severity == "warning"
    assert psion("check").code == CONSISTENT
    strict = psion("check", "--strict")
    assert (strict.code, strict.out.splitlines()[-1].split(" ")[0]) == (FINDINGS, "inconsistent")


def test_a_suppression_of_an_input_that_is_not_judged_is_not_judged_either(
    tree: Path, psion: RunCommand
) -> None:
    configure(tree, *suppression())
    write_files(tree / "other", documents("accelerated_config", *INPUTS))
    for words in (
        ["other", "--inputs", "runs"],
        ["--changed", "other/accelerated_config.json", "--inputs", "."],
    ):
        assert as_report(psion, *words)["findings"] == []


def test_a_suppression_of_what_a_run_does_not_touch_is_not_judged(tree: Path, psion: RunCommand) -> None:
    (tree / "other.json").write_text("{}")
    configure(tree, *suppression(), *suppression(document="other.json"), *suppression(document="x*.json"))
    assert [each["rule"] for each in as_report(psion, "inputs")["findings"]] == []


@pytest.mark.parametrize("words", [[], ["--jobs", "1"]])
def test_a_suppression_whose_rule_was_skipped_or_whose_document_was_not_looked_at_is_not_judged(
    tree: Path, psion: RunCommand, words: list[str]
) -> None:
    (tree / "runs" / "old.json").write_text("[]")
    configure(
        tree,
        *suppression(rule="family-cap-exceeded"),
        *suppression(document="runs/old.json", rule="unknown-kind"),
    )
    everything = ["runs", "inputs", *words]
    found = as_report(psion, *everything)
    assert [each["pointer"] for each in found["findings"][1:]] == ["/suppressions/0", "/suppressions/1"]
    found = as_report(psion, *everything, "--exclude", "policy.json", "--exclude", "old.json")
    assert "family-cap-exceeded" in {each["rule"] for each in found["skipped"]}
    assert [each["rule"] for each in found["findings"] if "suppression" in each["rule"]] == []
    if not words:
        found = as_report(psion, "--changed", "inputs/policy.json", "--inputs", ".")
        assert "./runs/old.json" in {each["name"] for each in found["left_alone"]}
        assert [each["pointer"] for each in found["findings"] if "suppression" in each["rule"]] == [
            "/suppressions/0"
        ]


@pytest.mark.parametrize("words", [[], ["--jobs", "1"]])
def test_a_suppression_of_an_input_that_has_other_findings_is_not_judged(
    tree: Path, psion: RunCommand, words: list[str]
) -> None:
    (tree / "inputs" / "cut.json").write_text('{"schema_version": "psion.sampling_policy.v1"')
    configure(tree, *suppression(), *suppression(document="inputs/cut.json", rule="family-cap-exceeded"))
    found = as_report(psion, "runs", "--inputs", "inputs", *words)["findings"]
    assert {each["rule"] for each in found} == {"objective-config-mismatch", "invalid-json"}


@pytest.mark.parametrize("words", [[], ["--jobs", "1"]])
def test_no_suppression_is_unused_where_not_all_findings_are_listed(
    tree: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr("psion_contract.checker.MAX_FINDINGS", 1)
    configure(tree, *suppression(rule="checkpoint-order"))
    text = (tree / "runs" / "receipt.json").read_text("utf-8")
    for name in ("a", "b"):
        (tree / "runs" / f"{name}.json").write_text(text.replace('"summary": "', f'"summary": "{name}'))
    found = [each["rule"] for each in as_report(psion, "runs", "--inputs", "inputs", *words)["findings"]]
    assert "unlisted-findings" in found
    assert "unused-suppression" not in found


def test_a_file_of_json_lines_stands_for_its_lines(tree: Path, psion: RunCommand) -> None:
    receipt = json.loads((tree / "runs" / "receipt.json").read_text("utf-8"))
    (tree / "runs" / "log.jsonl").write_text(f"{json.dumps(receipt)}\n{json.dumps(receipt)}\n")
    (tree / "runs" / "receipt.json").unlink()
    for document, count in (("runs/log.jsonl", 2), ("runs/log.jsonl:2", 1), ("runs/log.jsonl:3", 0)):
        configure(tree, *SETTINGS, *suppression(document=document))
        assert as_report(psion)["suppressed"] == count


def test_a_suppression_of_a_line_is_judged_only_where_its_file_is(tree: Path, psion: RunCommand) -> None:
    receipt = json.loads((tree / "runs" / "receipt.json").read_text("utf-8"))
    (tree / "runs" / "log.jsonl").write_text(f"{json.dumps(receipt)}\n")
    for number, count in ((1, 0), (2, 1)):
        configure(tree, *SETTINGS, *suppression(document=f"runs/log.jsonl:{number}"))
        found = [each["rule"] for each in as_report(psion)["findings"]]
        assert found.count("unused-suppression") == count
        assert as_report(psion, "inputs")["findings"] == []


def test_a_document_can_be_named_by_its_whole_path_and_with_brackets(tree: Path, psion: RunCommand) -> None:
    (tree / "runs" / "receipt.json").rename(tree / "runs" / "a[1].json")
    for document in (f"{(tree / 'runs').as_posix()}/*.json", "runs/a[1].json"):
        configure(tree, *SETTINGS, *suppression(document=document))
        value = as_report(psion)
        assert (value["suppressed"], len(value["findings"])) == (1, 1)


def test_another_error_still_decides(tree: Path, psion: RunCommand) -> None:
    configure(tree, *SETTINGS, *suppression())
    found = edited(documents(*PILOT), SMOOTHING, put("/receipt/summary", "another"))
    (tree / "runs" / "receipt.json").write_text(as_text(found["receipt"]), encoding="utf-8")
    value = as_report(psion)
    assert (value["outcome"], value["errors"], value["suppressed"]) == ("inconsistent", 2, 1)
    assert psion("check").code == FINDINGS


# The baseline.


def test_findings_of_the_baseline_do_not_count_and_new_ones_do(tree: Path, psion: RunCommand) -> None:
    configure(tree, *SETTINGS, 'baseline = "ci/known.json"')
    (tree / "ci").mkdir()
    missing = psion("check")
    assert missing.code == COULD_NOT_RUN
    assert "psion-contract baseline --update" in missing.err
    result = psion("baseline", "--update")
    path = Path("ci/known.json")
    assert result == (CONSISTENT, f"wrote 1 finding to {path}: 1 new, 0 gone\n", "")
    value = json.loads((tree / path).read_text("utf-8"))
    assert schemas.is_valid(value["schema_version"], value)
    assert value["findings"] == [
        {
            "rule": "objective-config-mismatch",
            "document": "../runs/receipt.json",
            "pointer": "/objective_config/label_smoothing_bps",
        }
    ]
    (found,) = as_report(psion)["findings"]
    assert found["suppression"] == {
        "reason": f"in the baseline {path}",
        "owner": None,
        "expires": None,
        "source": "baseline",
    }
    assert psion("check").code == CONSISTENT
    assert psion("baseline") == (CONSISTENT, "1 finding of the baseline, 0 new, 0 gone\n", "")
    wrong = edited(documents(*PILOT), put("/receipt/summary", "another"))
    (tree / "runs" / "receipt.json").write_text(as_text(wrong["receipt"]), encoding="utf-8")
    assert psion("check").code == FINDINGS
    compared = psion("baseline")
    assert (compared.code, compared.err) == (FINDINGS, "")
    assert compared.out.splitlines() == [
        "new: ../runs/receipt.json#/receipt_digest: receipt-digest-mismatch",
        "gone: ../runs/receipt.json#/objective_config/label_smoothing_bps: objective-config-mismatch",
        "0 findings of the baseline, 1 new, 1 gone",
    ]


def test_what_is_suppressed_is_not_recorded(tree: Path, psion: RunCommand) -> None:
    configure(tree, *SETTINGS, *suppression())
    assert psion("baseline", "--update").out.startswith("wrote 0 findings to psion-contract-baseline.json")
    assert psion("check", "--baseline", "psion-contract-baseline.json").code == CONSISTENT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "known.json:1:2: "),
        ("[]", "known.json: expected an object"),
        ('{"schema_version": "psion.check_baseline.v1", "findings": [{"rule": "r"}]}', "/findings/0"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(
    tree: Path, psion: RunCommand, text: str, message: str
) -> None:
    (tree / "known.json").write_text(text)
    result = psion("check", "runs", "--inputs", "inputs", "--baseline", "known.json")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert message in result.err


def test_findings_on_suppressions_are_not_recorded(tree: Path, psion: RunCommand) -> None:
    configure(tree, *SETTINGS, *suppression(reason=""), *suppression(document="runs/gone.json"))
    assert psion("baseline", "--update").out.startswith("wrote 1 finding to psion-contract-baseline.json")
    assert psion("baseline").code == CONSISTENT
    assert psion("check", "--baseline", "psion-contract-baseline.json").code == CONSISTENT
    assert psion("check", "--baseline", "psion-contract-baseline.json", "--strict").code == FINDINGS


@pytest.mark.parametrize("jobs", [[], ["--jobs", "1"]])
def test_what_is_not_listed_is_not_suppressed(
    tree: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, jobs: list[str]
) -> None:
    """A receipt after very many findings has an error that no list has."""
    monkeypatch.setattr("psion_contract.checker.MAX_FINDINGS", 2)
    receipt = json.loads((tree / "runs" / "receipt.json").read_text("utf-8"))
    path = tree / "runs" / "receipts.jsonl"
    path.write_text(f"{json.dumps(receipt)}\n" * 2)
    configure(tree, *SETTINGS, 'baseline = "known.json"')
    assert psion("baseline", "--update").out.startswith("wrote 3 findings to known.json: 3 new, 0 gone\n")
    assert psion("check", *jobs).out.splitlines()[-1].startswith("consistent except as suppressed")
    receipt["stage_id"] = "another"
    path.write_text(f"{json.dumps(receipt)}\n" * 2)
    result = psion("check", *jobs)
    assert (result.code, "unlisted-findings" in result.out) == (FINDINGS, True)
    assert result.out.splitlines()[-1].startswith("inconsistent")
    written = psion("baseline", "--update").out.splitlines()
    assert written[1:] == [
        "There are more findings than are listed, and so than a baseline can have: see unlisted-findings."
    ]
    assert psion("check", *jobs).code == FINDINGS
    configure(
        tree,
        *SETTINGS,
        'baseline = "known.json"',
        *suppression(rule="unlisted-findings", document="runs/receipts.jsonl"),
    )
    assert psion("check", *jobs).code == CONSISTENT
