"""The validators that people run on the command line take a schema as it is, with one file named and no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.toolchains import ROOT, need, run

from psion_contract.resources import data_path

pytestmark = pytest.mark.slow

TOOLS = ROOT / "interop" / "schema-consumers" / "command-line"
PAGE = ROOT / "docs" / "how-to" / "validate-with-json-schema.md"
BLOCK = PAGE.read_text(encoding="utf-8").partition("<!-- validate on the command line -->")[2]
COMMANDS = BLOCK.split("```sh\n")[1].split("```")[0].splitlines()
RECEIPT = "psion/pretrain/psion_pretrain_stage_receipt_v1.json"

NOT_FOLLOWED = ("const_with_type", "top_level_examples", "simple_properties_identifiers")
"""The rules of the linter that docs/reference/schemas.md explains."""


@pytest.fixture(scope="module")
def installed() -> dict[str, str]:
    """The environment in which the commands are found."""
    need("node", "npm")
    if not (TOOLS / "node_modules").is_dir():
        run("npm", "ci", "--no-audit", "--no-fund", folder=TOOLS)
    folders = [str(TOOLS / "node_modules" / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {**os.environ, "PATH": os.pathsep.join(folders)}


def without_network() -> list[str]:
    """The command that runs another one in a namespace without a network, where the system allows that."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and subprocess.run([*command, "true"], check=False).returncode == 0:
        return command
    return []


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.split()[0])
def test_a_command_accepts_a_receipt_and_rejects_a_broken_one(
    line: str, installed: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(data_path("schemas"), tmp_path / "schemas")
    receipt = json.loads(Path(data_path("fixtures", *RECEIPT.split("/"))).read_text(encoding="utf-8"))
    for run_id, is_valid in ((receipt["run_id"], True), (5, False)):
        (tmp_path / "document.json").write_text(json.dumps(receipt | {"run_id": run_id}), encoding="utf-8")
        done = subprocess.run(
            [*without_network(), *line.split()],
            cwd=tmp_path,
            env=installed,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) is is_valid, said
        assert is_valid or "run_id" in said


def test_there_are_three_commands() -> None:
    assert [line.split()[0] for line in COMMANDS] == ["check-jsonschema", "ajv", "jsonschema"]


def test_the_schemas_are_linted(installed: dict[str, str]) -> None:
    files = sorted(map(str, Path(data_path("schemas")).glob("*.schema.json")))
    excluded = [word for rule in NOT_FOLLOWED for word in ("--exclude", rule)]
    for command in (["metaschema", *files], ["lint", *excluded, *files]):
        done = subprocess.run(
            [str(TOOLS / "node_modules" / ".bin" / "jsonschema"), *command],
            env=installed, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
