"""The loop of the guide on recording runs as it is, and takes as few lines as the guide says."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import warnings
from glob import glob
from pathlib import Path

import markdown_pages as pages
import pytest
from support.command_line import RunCommand

PAGE = pages.read("docs/how-to/record-a-run.md")
FILES = {block.notes["file"]: block.text for block in pages.blocks(PAGE) if "file" in block.notes}
MAKING = next(block.text for block in pages.blocks(PAGE) if "new descriptor" in block.text)
INPUTS = ("schemas", "fixtures/psion/pretrain")

OURS = re.compile(r"recorder|callback|^inputs = |psion_contract", re.IGNORECASE)
LINES = {"train.py": 10, "train_hugging_face.py": 8, "train_lightning.py": 7}


@pytest.mark.parametrize(("program", "lines"), LINES.items())
def test_recording_takes_at_most_ten_lines(program: str, lines: int) -> None:
    counted = [line for line in FILES[program].splitlines() if OURS.search(line)]
    assert len(counted) == lines, counted
    assert max(map(len, counted)) <= 120
    assert len(MAKING.splitlines()) == 5  # the first of them makes the shards


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, psion: RunCommand) -> Path:
    """A folder with the files of the page, in which the inputs are made."""
    for name in INPUTS:
        shutil.copytree(pages.ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    for line in MAKING.replace("\\\n", "").splitlines():
        program, *words = shlex.split(line)
        if program == "python3":
            runpy.run_path(*words)
            continue
        words = [each for word in words for each in (sorted(glob(word)) if "*" in word else [word])]
        result = psion(*words)
        assert (result.code, result.out) == (0, ""), result.err
    return tmp_path


def steps_in(log: Path) -> bytes:
    """What a log has after its first line, which says which recording it is."""
    return log.read_bytes().partition(b"\n")[2]


def files() -> dict[Path, bytes]:
    """What is in the folder of the run. A replay is recorded again, which its log says in its first line."""
    return {
        path: steps_in(path) if path.match("replay-*/*.log") else path.read_bytes()
        for path in Path("run").rglob("*")
        if path.is_file()
    }


def test_the_loop_records_its_run_once(folder: Path, psion: RunCommand) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path("train.py")
    result = psion("check", "--strict", "run")
    assert (result.code, result.err) == (0, ""), result.out
    written = files()
    runpy.run_path("train.py")  # everything is there
    assert files() == written
    interrupted = (
        Path("train.py")
        .read_text()
        .replace("    recorder.end_step", "    assert step < 5; recorder.end_step")
    )
    Path("interrupted.py").write_text(
        interrupted.replace('"run"', '"again"').replace("model.json", "again.json")
    )
    with pytest.raises(AssertionError):
        runpy.run_path("interrupted.py")
    Path("resumed.py").write_text(Path("interrupted.py").read_text().replace("assert step < 5; ", ""))
    runpy.run_path("resumed.py")
    order = Path("order") / "rank-0.log"
    assert steps_in(Path("again") / order) == steps_in(Path("run") / order)
    assert Path("again.json").read_bytes() == Path("model.json").read_bytes()
    assert os.path.exists("again/receipt.json")
