"""The image: built and run by an engine where there is one, and its steps run by a script everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support import scratch
from support.command_line import CommandResult
from support.platforms import needs_shell

VERDICTS = {scratch.write_broken: (1, "inconsistent (1 error)"), scratch.write_sound: (0, "consistent")}
"""By what writes the documents: the exit code, and the last line of the output."""


class Step(NamedTuple):
    """An instruction of the Containerfile, such as ``USER``, and what follows it."""

    instruction: str
    text: str


def steps() -> Iterator[Step]:
    """The instructions in order."""
    for line in (scratch.ROOT / "Containerfile").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            instruction, _, text = line.partition(" ")
            yield Step(instruction, text)


def last(instruction: str) -> str:
    """What follows the last instruction of that name: what holds for the image."""
    return [step.text for step in steps() if step.instruction == instruction][-1]


def context() -> list[str]:
    """The paths that get into the image: those that ``.dockerignore`` excepts from ``*``."""
    lines = (scratch.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if not line.startswith("#")]
    assert patterns[0] == "*"
    return [each.removeprefix("!") for each in patterns if each.startswith("!")]


def test_the_image_runs_the_command_as_a_user_without_rights() -> None:
    assert json.loads(last("ENTRYPOINT")) == ["psion-contract"]
    user, _, group = last("USER").partition(":")
    assert int(user) > 0 and int(group) > 0


def test_the_image_is_made_from_a_pinned_one_and_without_what_built_it() -> None:
    bases = [step.text.split()[0] for step in steps() if step.instruction == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+", base)
    after = list(steps())[-5:]
    assert [step.instruction for step in after] == ["LABEL", "COPY", "USER", "WORKDIR", "ENTRYPOINT"]
    assert after[1].text.startswith("--from=build ")


# Its steps.


class Stages:
    """Runs the steps of the Containerfile, with a folder for the root of each stage.

    Absolute paths in commands become paths in that folder. The image that a stage is made from is not there: its Python
    is that of an environment.

    Args:
        folder: an empty folder.
        python: the Python.
    """

    def __init__(self, folder: Path, python: Path) -> None:
        self._folder = folder
        self._python = python
        self._names: list[str] = []
        for step in steps():
            getattr(self, f"_{step.instruction.lower()}", lambda text: None)(step.text)

    @property
    def root(self) -> Path:
        """The root of the stage that is being built."""
        return self._folder / self._names[-1]

    def check(self, workspace: Path) -> CommandResult:
        """Run the command of the image on ``runs`` in the workspace."""
        (program,) = json.loads(last("ENTRYPOINT"))
        (packages,) = self.root.glob("usr/local/lib/python3.*/site-packages")
        command = (self._python, self.root / "usr/local/bin" / program, "check", "runs")
        return scratch.run(*command, folder=workspace, environment={"PYTHONPATH": str(packages)})

    def _from(self, text: str) -> None:
        self._names.append(text.partition(" AS ")[2] or "image")
        self.root.mkdir()

    def _copy(self, text: str) -> None:
        *options, source, target = text.split()
        to = self.root / target.lstrip("/")
        if options:
            (stage,) = [each.removeprefix("--from=") for each in options]
            shutil.copytree(self._folder / stage / source.lstrip("/"), to, dirs_exist_ok=True)
            return
        assert source == "."
        to.mkdir(parents=True)
        for name in context():
            path = scratch.ROOT / name
            if path.is_dir():
                shutil.copytree(path, to / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (to / name).parent.mkdir(exist_ok=True)
                shutil.copy(path, to / name)

    def _run(self, text: str) -> None:
        command = re.sub(r"(?<=[ =\"])/(?=\w)", f"{self.root}/", text)
        python, _, rest = command.partition(" ")
        assert python == "python"
        result = scratch.run("sh", "-euc", f'"$0" {rest}', self._python, folder=self.root)
        assert result.code == 0, result


@needs_shell
@pytest.mark.slow
def test_the_steps_make_a_command_that_finds_what_is_broken(tmp_path: Path) -> None:
    python = scratch.environment_with(tmp_path / "environment", "pip") / "python"
    (tmp_path / "stages").mkdir()
    stages = Stages(tmp_path / "stages", python)
    assert not (stages.root / "source").exists()
    for write, expected in VERDICTS.items():
        write(tmp_path)
        result = stages.check(tmp_path)
        assert (result.code, result.out.splitlines()[-1]) == expected, result


# An engine.


def engine() -> str | None:
    """An engine that can build and run images now, if there is one."""
    for name in ("podman", "docker"):
        if (
            shutil.which(name)
            and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0
        ):
            return name
    return None


@pytest.mark.slow
def test_an_engine_builds_an_image_that_finds_what_is_broken(tmp_path: Path) -> None:
    name = engine()
    if name is None:
        pytest.skip("no engine for containers is running")
    built = scratch.run(
        *(name, "build", "--quiet", "--tag", "psion-contract-test", "--file", "Containerfile", "."),
        folder=scratch.ROOT,
    )
    assert built.code == 0, built
    tmp_path.chmod(0o755)
    for write, expected in VERDICTS.items():
        write(tmp_path)
        command = ("run", "--rm", "--volume", f"{tmp_path}:/work:ro", "psion-contract-test", "check", "runs")
        result = scratch.run(name, *command, folder=tmp_path)
        assert (result.code, result.out.splitlines()[-1]) == expected, result
