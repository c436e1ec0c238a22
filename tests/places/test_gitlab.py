"""The job of GitLab CI, in a scratch repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from support import scratch
from support.command_line import CommandResult
from support.platforms import needs_shell

yaml = pytest.importorskip("yaml", reason="the extra dev is not installed")

TEMPLATE = scratch.ROOT / "ci" / "gitlab.yml"
JOB: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["psion-contract"]


def test_it_has_the_form_that_gitlab_publishes() -> None:
    pytest.importorskip("check_jsonschema", reason="the extra dev is not installed")
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci")
    transform = ("--data-transform", "gitlab-ci")
    done = subprocess.run([*command, *transform, TEMPLATE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_reports_are_kept_whatever_the_outcome() -> None:
    assert JOB["artifacts"]["when"] == "always"
    for name in JOB["artifacts"]["reports"].values():
        assert f"={name}" in JOB["script"][0]


def test_the_guide_sets_variables_of_the_job_and_shows_its_command() -> None:
    shown = yaml.safe_load(scratch.example("gitlab"))
    assert (scratch.ROOT / shown["include"][0]["file"]) == TEMPLATE
    assert shown["psion-contract"]["variables"].keys() == JOB["variables"].keys()
    assert JOB["script"][0].replace("-- $PSION_CONTRACT_PATHS", "fixtures/psion") in scratch.GUIDE


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment in which the job has installed the package."""
    source = scratch.copy_of_sources(tmp_path_factory.mktemp("source") / "psion-contract")
    folder = tmp_path_factory.mktemp("environment")
    commands = scratch.environment_with(folder, "pip")
    result = run(JOB["before_script"], folder, commands, {"PSION_CONTRACT": str(source)})
    assert result.code == 0, result
    return commands


def run(lines: list[str], folder: Path, commands: Path, variables: dict[str, str]) -> CommandResult:
    """Run lines of the job as one script, in a repository with its variables, as GitLab does."""
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    script = "\n".join(["set -e", *lines])
    environment = {**JOB["variables"], **variables, "PATH": path}
    return scratch.run("sh", "-c", script, folder=folder, environment=environment)


@needs_shell
@pytest.mark.slow
def test_a_broken_receipt_fails_and_a_sound_one_passes(tmp_path: Path, commands: Path) -> None:
    def reports() -> tuple[list[dict[str, Any]], ET.Element]:
        names = JOB["artifacts"]["reports"]
        findings = json.loads((tmp_path / names["codequality"]).read_bytes())
        return findings, ET.parse(tmp_path / names["junit"]).getroot()

    scratch.write_broken(tmp_path)
    result = run(JOB["script"], tmp_path, commands, {"PSION_CONTRACT_PATHS": "runs"})
    assert result.code == 1, result
    assert "runs/pilot/receipt.json:15:28: error: objective-config-mismatch" in result.out
    (finding,), suites = reports()
    assert finding["check_name"] == "objective-config-mismatch"
    assert finding["location"] == {"path": "runs/pilot/receipt.json", "lines": {"begin": 15}}
    assert suites.get("failures") == "1"

    scratch.write_sound(tmp_path)
    result = run(JOB["script"], tmp_path, commands, {})
    assert result.code == 0, result
    findings, suites = reports()
    assert (findings, suites.get("failures")) == ([], "0")


@needs_shell
@pytest.mark.slow
def test_several_paths_are_checked_together(tmp_path: Path, commands: Path) -> None:
    scratch.write_sound(tmp_path)
    pilot = tmp_path / "runs" / "pilot"
    (pilot / "receipt.json").rename(tmp_path / "receipt.json")
    for paths, code in {"receipt.json": 1, "receipt.json runs": 0, "": 2, "nowhere": 2}.items():
        result = run(JOB["script"], tmp_path, commands, {"PSION_CONTRACT_PATHS": paths})
        assert result.code == code, (paths, result)
