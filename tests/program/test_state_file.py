"""The file that a stage program is kept in: whole at every moment, and changed by one at a time."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import INPUTS, documents
from support.platforms import needs_file_size_limit, needs_links, needs_modes, needs_pipes, needs_signals
from support.stage_programs import ENVIRONMENT, FAMILY, RUN, canonical_receipt, program, promoting

from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import StageRefusalError, StateChangedError, StateFileError, StateLockedError
from psion_contract.program import state_file
from psion_contract.program.stage_program import StageProgram

STATE = document_text(program("pretrain", "general_sft"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file."""
    file = tmp_path / "run.json"
    file.write_text(STATE, encoding="utf-8")
    return file


def ingest(path: Path, name: str, **options: Any) -> None:
    with StageProgram.locked(path, clock=lambda: 70, **options) as held:
        held.ingest_trace(name, "long_context", "lineage")


def traces(path: Path) -> list[str]:
    return [each["trace_id"] for each in StageProgram.load(path).state["stages"][-1]["ingested_traces"]]


BEFORE = ["general_sft-plain_completion", "general_sft-long_context"]


def test_a_program_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    made = StageProgram.start(RUN, FAMILY, "pretrain", ENVIRONMENT, clock=itertools.count().__next__)
    made.save(path)
    assert path.read_text(encoding="utf-8") == made.to_json()
    made.record_pretrain_receipt(canonical_receipt(), documents(*INPUTS, "config"))
    made.save(path)
    assert StageProgram.load(path).state == made.state
    assert {each.name for each in tmp_path.iterdir()} == {"run.json", ".run.json.lock"}


def test_what_was_changed_under_the_lock_is_saved(path: Path) -> None:
    ingest(path, "new")
    assert traces(path) == [*BEFORE, "new"]
    assert path.read_text(encoding="utf-8") == StageProgram.load(path).to_json()


def test_what_was_not_changed_is_not_written(path: Path) -> None:
    path.write_text(STATE.replace("\n", "\n\n"), encoding="utf-8")
    before = path.stat()
    with StageProgram.locked(path):
        pass
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_a_block_that_raises_has_changed_is_not_saved(path: Path) -> None:
    with pytest.raises(KeyError), StageProgram.locked(path) as held:
        held.ingest_trace("new", "long_context", "lineage")
        raise KeyError
    assert path.read_text(encoding="utf-8") == STATE
    ingest(path, "later", wait=0)


def test_a_refusal_leaves_the_file_as_it_was(path: Path) -> None:
    before = path.stat().st_ino
    with pytest.raises(StageRefusalError), StageProgram.locked(path) as held:
        held.ingest_trace("new", "tool_call", "lineage")
    assert (path.read_text(encoding="utf-8"), path.stat().st_ino) == (STATE, before)


def test_a_block_may_save_in_between(path: Path) -> None:
    with StageProgram.locked(path, wait=0) as held:
        held.ingest_trace("one", "long_context", "lineage")
        held.save(path, wait=0)
        assert traces(path) == [*BEFORE, "one"]
        held.ingest_trace("two", "long_context", "lineage")
        held.save(path.with_name("copy.json"), wait=0)
    assert traces(path) == traces(path.with_name("copy.json")) == [*BEFORE, "one", "two"]


def test_saving_does_not_lose_what_another_has_recorded(path: Path) -> None:
    mine = StageProgram.load(path)
    ingest(path, "theirs")
    mine.ingest_trace("mine", "long_context", "lineage")
    with pytest.raises(StateChangedError):
        mine.save(path)
    assert traces(path) == [*BEFORE, "theirs"]


def test_saving_does_not_replace_a_file_that_was_not_read(path: Path) -> None:
    made = StageProgram.start(RUN, FAMILY, "pretrain", ENVIRONMENT)
    with pytest.raises(StateChangedError):
        made.save(path)
    assert path.read_text(encoding="utf-8") == STATE


def test_saving_does_not_bring_back_a_file_that_was_removed(path: Path) -> None:
    mine = StageProgram.load(path)
    path.unlink()
    with pytest.raises(StateChangedError):
        mine.save(path)


def test_a_refused_state_says_where_in_the_file(path: Path) -> None:
    path.write_text(STATE.replace('"active"', '"completed"'), encoding="utf-8")
    with pytest.raises(StageRefusalError, match="missing-completion") as refused:
        StageProgram.load(path)
    (finding,) = refused.value.findings
    assert (finding.document, finding.pointer, finding.related[0].pointer) == (
        str(path),
        "/stages/1",
        "/completions",
    )
    assert finding.line == 1 + STATE[: STATE.index('"stage_id": "tidewater-pilot-01-stage-2')].count("\n") - 1


@needs_modes
def test_the_mode_of_a_file_is_kept(path: Path) -> None:
    path.chmod(0o640)
    ingest(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640


@needs_links
def test_a_link_stays_one_and_shares_the_lock(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.json"
    link.symlink_to(path)
    with StageProgram.locked(path), pytest.raises(StateLockedError):
        ingest(link, "new", wait=0)
    ingest(link, "new")
    assert link.is_symlink()
    assert traces(path) == [*BEFORE, "new"]


@pytest.mark.parametrize(
    "what", ["missing", "missing/run.json", "folder", pytest.param("pipe", marks=needs_pipes)]
)
def test_a_state_that_cannot_be_read_is_reported(tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StateFileError, match=what):
        StageProgram.load(tmp_path / what)
    with pytest.raises(StateFileError, match=what):
        ingest(tmp_path / what, "new")
    assert sorted(tmp_path.iterdir()) == before


def test_a_state_cannot_be_saved_to_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="missing"):
        StageProgram.start(RUN, FAMILY, "pretrain", ENVIRONMENT).save(tmp_path / "missing" / "run.json")


# Crashes.


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_state_that_cannot_be_written_stays_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(StateFileError, match=r"run\.json: .*No space left"):
            ingest(path, "new")
    assert path.read_text(encoding="utf-8") == STATE
    assert {each.name for each in path.parent.iterdir()} == {"run.json", ".run.json.lock"}
    ingest(path, "new", wait=0)


def test_a_state_that_may_not_outlast_a_loss_of_power_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(state_file, "sync_folder", fail)
    with pytest.raises(StateFileError, match=r"run\.json: is written, but .*Input/output error"):
        ingest(path, "new")
    assert traces(path) == [*BEFORE, "new"]


FULL = """
import resource, sys
from psion_contract import StageProgram
from psion_contract.exceptions import StateFileError

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    with StageProgram.locked(sys.argv[1]) as program:
        program.ingest_trace("new", "long_context", "lineage")
except StateFileError as error:
    sys.exit(str(error))
"""


@needs_file_size_limit
def test_a_state_that_the_disk_does_not_hold_stays_as_it_was(path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], check=False, capture_output=True, text=True
    )
    assert "run.json: " in ended.stderr
    assert ended.stderr.endswith(": File too large\n")
    assert path.read_text(encoding="utf-8") == STATE
    assert {each.name for each in path.parent.iterdir()} == {"run.json", ".run.json.lock"}


KILLED = """
import os, signal, sys
from psion_contract import StageProgram

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

path, moment = sys.argv[1:]
if moment == "half written":
    class Half:
        def __init__(self, file): self.file = file
        def __enter__(self): return self
        def __exit__(self, *_): self.file.close()
        def write(self, data):
            self.file.write(data[: len(data) // 2]); self.file.flush(); die()
    fdopen = os.fdopen
    os.fdopen = lambda handle, mode: Half(fdopen(handle, mode))
elif moment == "before it takes the name":
    os.replace = die
elif moment == "after it has taken the name":
    replace = os.replace
    os.replace = lambda *names: (replace(*names), die())
else:
    os.fsync = die
with StageProgram.locked(path) as program:
    program.ingest_trace("new", "long_context", "lineage")
"""


@needs_signals
@pytest.mark.parametrize(
    ("moment", "done", "left"),
    [
        ("half written", False, True),
        ("before it is on the disk", False, True),
        ("before it takes the name", False, True),
        ("after it has taken the name", True, False),
    ],
)
def test_a_process_killed_while_it_saves_leaves_a_whole_state(
    path: Path, moment: str, done: bool, left: bool
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path), moment], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert traces(path) == ([*BEFORE, "new"] if done else BEFORE)
    beside = path.with_name(".run.json.new")
    assert beside.exists() is left
    ingest(path, "next", wait=0)
    assert traces(path)[-1] == "next"
    assert not beside.exists()


def test_what_a_killed_process_left_is_removed_before_anything_is_changed(path: Path) -> None:
    beside = path.with_name(".run.json.new")
    beside.write_text("half a st", encoding="utf-8")
    with StageProgram.locked(path):
        assert not beside.exists()
    assert path.read_text(encoding="utf-8") == STATE


# Others.


def test_a_link_in_place_of_the_new_file_overwrites_nothing(path: Path) -> None:
    victim, planted = path.with_name("victim"), path.with_name(".run.json.new")
    victim.write_text("precious", encoding="utf-8")
    mode = victim.stat().st_mode
    planted.symlink_to(victim)
    ingest(path, "new")
    assert traces(path) == [*BEFORE, "new"]
    with (
        pytest.raises(
            StateFileError, match=r"run\.json: cannot be written: another program has made \.run\.json\.new"
        ),
        StageProgram.locked(path) as held,
    ):
        held.ingest_trace("second", "long_context", "lineage")
        planted.symlink_to(victim)
    assert traces(path) == [*BEFORE, "new"]
    assert (victim.read_text("utf-8"), victim.stat().st_mode) == ("precious", mode)
    assert not path.is_symlink()
    ingest(path, "third")
    assert traces(path) == [*BEFORE, "new", "third"]


def test_a_link_in_place_of_the_lock_is_refused(path: Path) -> None:
    victim = path.with_name("victim")
    path.with_name(".run.json.lock").symlink_to(victim)
    with pytest.raises(StateFileError, match="its lock file cannot be locked"):
        ingest(path, "new", wait=0)
    assert not victim.exists()
    assert path.read_text(encoding="utf-8") == STATE


def test_who_waits_too_long_is_reported(path: Path) -> None:
    with StageProgram.locked(path):
        for wait in (0, 0.05):
            with pytest.raises(StateLockedError, match=r"run\.json: "):
                ingest(path, "new", wait=wait)
    assert traces(path) == BEFORE


def test_who_waits_long_enough_is_served(path: Path) -> None:
    waiting = threading.Thread(target=ingest, args=(path, "second"), kwargs={"wait": 60})
    with StageProgram.locked(path) as held:
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        held.ingest_trace("first", "long_context", "lineage")
    waiting.join()
    assert traces(path) == [*BEFORE, "first", "second"]


def test_readers_do_not_wait(path: Path) -> None:
    with StageProgram.locked(path):
        assert StageProgram.load(path).to_json() == STATE


def test_many_threads_lose_nothing(path: Path) -> None:
    names = [str(number) for number in range(24)]
    threads = [threading.Thread(target=ingest, args=(path, name), kwargs={"wait": 60}) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(traces(path)) == sorted([*BEFORE, *names])


def test_a_receipt_is_recorded_under_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(document_text(program("pretrain")), encoding="utf-8")
    with StageProgram.locked(path) as held:
        held.record_pretrain_receipt(promoting(step=13_000), documents(*INPUTS, "config"))
        held.complete()
    assert len(StageProgram.load(path).state["stages"][0]["pretrain_runs"]) == 2
