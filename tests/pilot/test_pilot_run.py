"""The pilot, quick, as a whole. Needs torch, tokenizers, safetensors and numpy, and a package index for the text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand

PILOT = Path(__file__).parent.parent.parent / "examples" / "pilot"

LIBRARIES = ("torch", "tokenizers", "safetensors", "numpy")
MISSING = [name for name in LIBRARIES if find_spec(name) is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


def run(program: str, *arguments: object) -> str:
    command = [sys.executable, str(PILOT / program), *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # threads may add in another order each time
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was interrupted and resumed."""
    root = tmp_path_factory.mktemp("pilot") / "run"
    run("run.py", root, "--quick")
    return root


def document(root: Path, name: str) -> Any:
    return json.loads((root / f"{name}.json").read_bytes())


def test_all_that_it_writes_passes_the_check_against_its_files(folder: Path, psion: RunCommand) -> None:
    checked = psion(
        "check", "--strict", "--format", "json", "--files", folder, *sorted(folder.glob("*.json"))
    )
    assert checked.code == 0, checked.out
    claims = json.loads(checked.out)["files"]
    assert {each["claim"] for each in claims} == {
        "shard digest",
        "shard counts",
        "tokenizer digest",
        "checkpoint digest",
        "checkpoint tensors",
    }
    assert not any(each["refuted"] or each["unverified"] for each in claims)


def test_each_change_is_found_under_its_rule(folder: Path) -> None:
    shown = run("tamper.py", folder)
    assert shown.count("inconsistent: ") == 6


def test_a_run_that_was_not_interrupted_is_the_same(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "run"
    run("run.py", whole, "--quick", "--uninterrupted")
    weights = "checkpoints/step-00006/model.safetensors"
    assert (whole / weights).read_bytes() == (folder / weights).read_bytes()
    steps = [(each / "order/rank-0.log").read_bytes().partition(b"\n")[2] for each in (whole, folder)]
    assert steps[0] == steps[1]
    for member in ("source_family_reports", "replay_receipt"):
        assert document(whole, "receipt")[member] == document(folder, "receipt")[member]
