"""The action of GitHub: its structure, and its scripts in a scratch repository."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import scratch
from support.composite_action import Job, run_action
from support.platforms import needs_bash

yaml = pytest.importorskip("yaml", reason="the extra dev is not installed")

ACTION = yaml.safe_load((scratch.ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]


def texts(value: Any) -> Iterator[str]:
    """Every string of a YAML value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


# Structure.


def test_no_value_is_put_into_the_text_of_a_script() -> None:
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert len(scripts) == 2
    for script in scripts:
        assert "${{" not in script


def test_every_input_is_used_and_every_expression_means_something() -> None:
    expressions = " ".join(
        found for text in texts([STEPS, ACTION["outputs"]]) for found in re.findall(r"\$\{\{(.*?)\}\}", text)
    )
    assert set(re.findall(r"inputs\.([\w-]+)", expressions)) == set(ACTION["inputs"])
    written = {
        (step["id"], name) for step in STEPS for name in re.findall(r'echo "([a-z]+)=', step.get("run", ""))
    }
    read = set(re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", expressions))
    assert read - {("python", "python-path")} == written


def test_every_variable_of_a_script_is_given_to_it() -> None:
    of_the_runner = {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "RUNNER_TEMP"}
    for step in STEPS:
        used = set(re.findall(r"\$\{?([A-Z_]+)", step.get("run", "")))
        assert used - of_the_runner == set(step.get("env", {})), step["name"]


def test_actions_that_it_uses_are_pinned_to_a_major_version() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    for each in used:
        assert re.fullmatch(r"[\w/-]+@v\d+", each)


def test_sarif_is_uploaded_after_a_failed_check_if_that_was_asked_for() -> None:
    condition = STEPS[-1]["if"]
    assert condition == (
        "${{ !cancelled() && inputs.upload-sarif == 'true' && steps.check.outputs.sarif != '' }}"
    )
    assert ACTION["inputs"]["upload-sarif"]["default"] == "false"


def test_it_has_the_form_that_github_publishes() -> None:
    pytest.importorskip("check_jsonschema", reason="the extra dev is not installed")
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions")
    done = subprocess.run(
        [*command, scratch.ROOT / "action.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_of_the_guide_is_valid_and_gives_inputs_that_exist(tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="the extra dev is not installed")
    (tmp_path / "workflow.yml").write_text(scratch.example("workflow"), encoding="utf-8")
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows")
    done = subprocess.run([*command, tmp_path / "workflow.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (_, step) = yaml.safe_load(scratch.example("workflow"))["jobs"]["documents"]["steps"]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    listed = re.findall(r"^\| `([a-z-]+)` \|", scratch.GUIDE, re.MULTILINE)
    assert listed == list(ACTION["inputs"])


# What its scripts do.


RunAction = Callable[..., Job]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python without any packages, as the action sets it up."""
    return scratch.environment_with(tmp_path_factory.mktemp("python"), "pip") / "python"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of the action, as GitHub checks it out."""
    return scratch.copy_of_sources(tmp_path_factory.mktemp("action") / "checkout")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, python: Path, checkout: Path) -> Path:
    """The installed package."""
    folder = tmp_path_factory.mktemp("package")
    command = (
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--target",
        folder / "package",
        f"{checkout}[report]",
    )
    result = scratch.run(*command, folder=folder)
    assert result.code == 0, result
    return folder / "package"


@pytest.fixture
def act(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, python: Path, checkout: Path) -> RunAction:
    """Runs the scripts of the action in a scratch repository, given its inputs and the package, if it is installed."""

    def run(package: Path | None = None, **inputs: str) -> Job:
        temporary = tmp_path_factory.mktemp("runner")
        used = {"python": {"python-path": str(python)}}
        if package:
            used["install"] = {"folder": str(temporary)}
            (temporary / "package").symlink_to(package)
        return run_action(ACTION, inputs, folder=tmp_path, path=checkout, temporary=temporary, used=used)

    return run


@needs_bash
@pytest.mark.slow
def test_a_broken_receipt_fails_and_a_sound_one_passes(tmp_path: Path, act: RunAction) -> None:
    scratch.write_broken(tmp_path)
    for name in ("pip", "psion_contract", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the repository')")
    job = act(paths="runs")
    assert job.code == 1, job.log
    (annotation,) = [line for line in job.log.splitlines() if line.startswith("::")]
    assert annotation.startswith(
        "::error title=objective-config-mismatch,file=runs/pilot/receipt.json,line=15,col=28::"
    )
    assert scratch.FOUND in annotation
    assert "inconsistent" in job.summary and "objective-config-mismatch" in job.summary
    assert job.outputs["outcome"] == "inconsistent"
    report = json.loads(Path(job.outputs["report"]).read_bytes())
    assert [each["rule"] for each in report["findings"]] == ["objective-config-mismatch"]
    sarif = json.loads(Path(job.outputs["sarif"]).read_bytes())
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["objective-config-mismatch"]

    scratch.write_sound(tmp_path)
    job = act(paths="runs")
    assert job.code == 0, job.log
    assert "::" not in job.log
    assert job.outputs["outcome"] == "consistent"
    assert "consistent" in job.summary and "inconsistent" not in job.summary
    assert json.loads(Path(job.outputs["sarif"]).read_bytes())["runs"][0]["results"] == []


@needs_bash
@pytest.mark.slow
def test_inputs_become_arguments_and_nothing_of_them_is_run(
    tmp_path: Path, act: RunAction, package: Path
) -> None:
    scratch.write_broken(tmp_path)
    pilot = tmp_path / "runs" / "pilot"
    (tmp_path / "in puts").mkdir()
    for name in ("descriptor", "corpus", "policy", "config"):
        (pilot / f"{name}.json").rename(tmp_path / "in puts" / f"{name}.json")
    pilot.rename(tmp_path / "$(touch run-1)")
    job = act(
        package,
        paths="$(touch run-1)\n\n",
        inputs="in puts/descriptor.json\nin puts/corpus.json\nin puts/policy.json\nin puts/config.json",
        strict="false",
        arguments="--exit-zero\n--exclude=`touch run-2`; touch run-3",
    )
    assert job.code == 0, job.log
    assert job.outputs["outcome"] == "inconsistent"
    assert "checked 1 pretrain-stage receipt; 4 inputs available" in job.log
    assert sorted(path.name for path in tmp_path.iterdir()) == ["$(touch run-1)", "in puts", "runs"]


@needs_bash
@pytest.mark.slow
def test_what_could_not_run_fails_without_an_outcome(tmp_path: Path, act: RunAction, package: Path) -> None:
    for inputs, message in (
        ({"paths": "nowhere"}, "nowhere: No such file or directory"),
        ({"paths": "--help"}, "--help: No such file or directory"),
        ({}, "name at least one PATH to check"),
        ({"paths": ".", "strict": "yes"}, "the input strict must be true or false"),
        ({"paths": ".", "version": "0.0.1"}, "psion-contract[report]==0.0.1"),
    ):
        job = act(None if "version" in inputs else package, **inputs)
        assert job.code not in (0, None), inputs
        assert message in job.log
        assert job.outputs == {"outcome": "", "report": "", "sarif": ""}
        assert job.summary == ""


@needs_bash
@pytest.mark.slow
def test_strict_is_given_to_the_check(tmp_path: Path, act: RunAction, package: Path) -> None:
    scratch.write_suspicious(tmp_path)
    assert [act(package, paths="runs", strict=strict).code for strict in ("", "false", "true")] == [0, 0, 1]
