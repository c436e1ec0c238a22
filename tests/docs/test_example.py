"""The example runs in a moment, and what it writes passes the check."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "emit_receipt.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example wrote."""
    written = tmp_path_factory.mktemp("example") / "new" / "folder"
    command = [sys.executable, "-W", "error", str(EXAMPLE), str(written)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    return written


def document(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_bytes())


def test_all_that_it_writes_passes_the_strict_check_by_itself(folder: Path, psion: RunCommand) -> None:
    run = psion("check", "--strict", folder)
    assert run.code == 0, run.out
    assert sorted(path.stem for path in folder.glob("*.json")) == [
        "config",
        "corpus",
        "descriptor",
        "policy",
        "program",
        "receipt",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_run_of_a_few_steps_works_too(tmp_path: Path, psion: RunCommand, steps: int) -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLE), str(tmp_path / "run"), str(steps)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    run = psion("check", "--strict", tmp_path / "run")
    assert run.code == 0, run.out


def test_the_program_has_a_completed_stage_with_the_receipt(folder: Path) -> None:
    program = document(folder, "program.json")
    (stage,) = program["stages"]
    assert (stage["kind"], stage["status"]) == ("pretrain", "completed")
    assert stage["pretrain_runs"] == [document(folder, "receipt.json")]
    assert [each["pretrain_run_count"] for each in program["completions"]] == [1]


def test_the_receipt_reports_what_the_loop_counted(folder: Path) -> None:
    rows = document(folder, "receipt.json")["source_family_reports"]
    train = [row for row in rows if row["split_name"] == "train"]
    counts = [[int(word) for word in row["detail"].split() if word.isdecimal()] for row in train]
    assert sum(sequences for _, sequences in counts) == 5000
    for row, (tokens, sequences) in zip(train, counts, strict=True):
        assert (
            abs(row["token_share_bps_within_split"] - 10_000 * tokens / sum(each[0] for each in counts)) < 1
        )
        assert abs(row["sequence_share_bps_within_split"] - 2 * sequences) < 1
        assert 2000 < row["mean_next_token_loss_milli"] < 8000


def test_it_does_not_write_over_another_run(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(EXAMPLE), str(folder)], capture_output=True, text=True, check=False, timeout=30
    )
    assert run.returncode == 1
    assert "FileExistsError" in run.stderr
