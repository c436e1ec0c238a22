"""Runs the steps of a composite action of GitHub, as far as they are scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from support import scratch

_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


class Job(NamedTuple):
    """What the scripts of an action did.

    Attributes:
        code: exit code of the last script that ran: the first one that failed, if any.
        log: their output, with the annotations.
        outputs: the outputs of the action.
        summary: the job summary.
        temporary: the folder for temporary files.
    """

    code: int
    log: str
    outputs: dict[str, str]
    summary: str
    temporary: Path


def run_action(
    action: Mapping[str, Any],
    inputs: Mapping[str, str],
    *,
    folder: Path,
    path: Path,
    temporary: Path,
    used: Mapping[str, Mapping[str, str]],
) -> Job:
    """Run the scripts of an action up to the first that fails, with Bash, as GitHub does.

    Args:
        action: ``action.yml``.
        inputs: given by the workflow.
        folder: the workspace.
        path: the folder of the action.
        temporary: an empty folder for temporary files.
        used: the outputs of steps that are not run, by the ids of these steps.
    """
    assert inputs.keys() <= action["inputs"].keys()
    values = {f"inputs.{name}": inputs.get(name, each["default"]) for name, each in action["inputs"].items()}
    values["github.action_path"] = str(path)
    for step, outputs in used.items():
        values |= {f"steps.{step}.outputs.{name}": value for name, value in outputs.items()}

    def evaluated(text: str) -> str:
        return _EXPRESSION.sub(lambda found: values.get(found[1], ""), text)

    code, log, summary = 0, "", ""
    for number, step in enumerate(action["runs"]["steps"]):
        if "run" not in step or step.get("id") in used:
            continue
        assert step["shell"] == "bash"
        files = {name: temporary / f"{name}-{number}" for name in ("script", "output", "summary")}
        files["script"].write_text(step["run"], encoding="utf-8")
        files["output"].touch()
        files["summary"].touch()
        result = scratch.run(
            *("bash", "--noprofile", "--norc", "-eo", "pipefail", files["script"]),
            folder=folder,
            environment={name: evaluated(text) for name, text in step.get("env", {}).items()}
            | {
                "GITHUB_OUTPUT": str(files["output"]),
                "GITHUB_STEP_SUMMARY": str(files["summary"]),
                "GITHUB_WORKSPACE": os.fspath(folder),
                "RUNNER_TEMP": str(temporary),
            },
        )
        code, log = result.code, log + result.out + result.err
        summary += files["summary"].read_text(encoding="utf-8")
        for line in files["output"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        if code:
            break
    outputs = {name: evaluated(each["value"]) for name, each in action["outputs"].items()}
    return Job(code, log, outputs, summary, temporary)
