"""``check`` on streams: the same answer for any number of processes, findings as they are found, and never a short verdict."""

from __future__ import annotations

import gzip
import io
import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.command_line import (
    CONSISTENT,
    COULD_NOT_RUN,
    FINDINGS,
    INTERNAL_ERROR,
    RunCommand,
    finished,
    start,
)
from support.platforms import needs_file_size_limit, needs_shell, needs_signals

from benchmarks.archive import lines
from psion_contract.cli import input_size, progress_bar, stream
from psion_contract.reading import files
from psion_contract.streaming import rereading, workers
from psion_contract.streaming.parts import Judge

needs_fork = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="only a forked process has what a test has changed"
)


ARCHIVE = b"".join([*lines(50, 40), b'{"foreign": 1}\n', b'{"schema_version": "psion.sampling_policy.v3"}\n'])


@pytest.fixture
def archive(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with defects, in several parts."""
    monkeypatch.setattr(rereading, "_PART_SOURCES", 10)
    Path("a.jsonl").write_bytes(ARCHIVE)
    return Path("a.jsonl")


FORMATS = [
    *("text", "json", "jsonl", "sarif"),
    *(pytest.param(form, marks=pytest.mark.slow) for form in ("github", "gitlab", "junit", "markdown")),
]


@pytest.mark.parametrize("form", FORMATS)
def test_the_output_is_the_same_for_any_number_of_processes(
    psion: RunCommand, archive: Path, form: str
) -> None:
    first, other = [psion("check", archive, "--format", form, "--jobs", jobs) for jobs in (1, 3)]
    assert first.code == FINDINGS
    assert first.out
    assert other == first


def test_a_stream_finds_what_a_whole_check_finds(psion: RunCommand, archive: Path) -> None:
    whole = json.loads(psion("check", archive, "--format", "json").out)
    streamed = json.loads(psion("check", archive, "--format", "json", "--jobs", 2).out)
    assert len(whole["findings"]) == 41
    found = {(each["name"], each["pointer"]) for each in streamed["documents"]}
    for member in set(whole) - {"documents"}:
        assert streamed[member] == whole[member], member
    assert [each for each in whole["documents"] if (each["name"], each["pointer"]) in found] == streamed[
        "documents"
    ]
    unlisted = streamed["unlisted"]
    assert sum(unlisted["documents"].values()) + len(streamed["documents"]) == len(whole["documents"])
    assert unlisted["left_alone"] == {}


def test_lines_are_one_finding_each_then_the_summary(psion: RunCommand, archive: Path) -> None:
    whole = psion("check", archive, "--format", "jsonl").out.splitlines()
    streamed = psion("check", archive, "--format", "jsonl", "--jobs", 1).out.splitlines()
    assert streamed[:-1] == whole[:-1]
    summary = json.loads(streamed[-1])["summary"]
    assert (summary["errors"], summary["verdict"]) == (41, "inconsistent")


def test_the_text_says_what_was_checked(psion: RunCommand, archive: Path) -> None:
    whole = psion("check", archive).out
    streamed = psion("check", archive, "--jobs", 2).out
    assert streamed.splitlines()[-4:] == whole.splitlines()[-4:]
    assert "checked 1 pretrain-stage config, 40 pretrain-stage receipts" in streamed
    assert streamed.count("error: share-total-mismatch") == 5
    assert "a.jsonl: and 5 more findings of share-total-mismatch" in streamed


@pytest.mark.parametrize("form", FORMATS)
def test_large_json_lines_are_a_stream_by_themselves(
    psion: RunCommand, archive: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = psion("check", ".", "--format", form, "--jobs", 1)
    for module in (files, stream, input_size):
        monkeypatch.setattr(module, "LARGE", 1000, raising=False)
    monkeypatch.setattr(sys.modules["psion_contract.streaming.archives"], "LARGE", 1000)
    assert psion("check", ".", "--format", form) == wanted


@pytest.mark.parametrize(
    ("name", "size", "large"),
    [
        ("a.jsonl", (32 << 20) - 1, False),
        ("a.jsonl", 32 << 20, True),
        ("a.jsonl.gz", (1 << 20) - 1, False),
        ("A.NDJSON.ZST", 1 << 20, True),
        ("a.parquet", 1 << 20, True),
        ("a.json.gz", 1 << 20, False),
    ],
)
def test_compressed_files_are_large_for_what_they_hold(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int, large: bool
) -> None:
    (here / name).touch()
    os.truncate(name, size)
    assert input_size.is_large([name], "") == large
    assert input_size.is_large(["."], "") == large
    with open(name, "rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert input_size.is_large(["-"], name) == (large and name != "a.parquet")


def test_what_comes_through_a_socket_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As from a program on Node."""
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert input_size.is_large(["-"], "a.jsonl")
        assert not input_size.is_large(["-"], "a.json")


def test_reports_in_files_are_complete(psion: RunCommand, archive: Path) -> None:
    shown = psion("check", archive, "--jobs", 2, "--format", "text", "--format", "json=r.json")
    assert shown.out == psion("check", archive, "--jobs", 2).out
    assert (
        Path("r.json").read_text(encoding="utf-8")
        == psion("check", archive, "--jobs", 1, "--format", "json").out
    )


def test_suppressions_and_baselines_count_in_streams(psion: RunCommand, archive: Path) -> None:
    Path("psion-contract.toml").write_text(
        '[[suppressions]]\nrule = "share-total-mismatch"\ndocument = "a.jsonl"\nreason = "known"\n'
        '[[suppressions]]\nrule = "receipt-digest-mismatch"\ndocument = "a.jsonl:7"\nreason = "known"\n',
        encoding="utf-8",
    )
    for form in ("json", "jsonl"):
        whole, streamed = (
            json.loads(
                psion("check", archive, "--format", form, *jobs).out.splitlines()[
                    -1 if form == "jsonl" else 0 :
                ][0]
            )
            if form == "jsonl"
            else json.loads(psion("check", archive, "--format", form, *jobs).out)
            for jobs in ([], ["--jobs", 2])
        )
        if form == "jsonl":
            whole, streamed = whole["summary"], streamed["summary"]
        for member in ("errors", "warnings", "suppressed", "outcome", "verdict"):
            assert streamed[member] == whole[member], member
        assert streamed["suppressed"] == 10
        assert streamed.get("findings") == whole.get("findings")
    psion("baseline", archive, "--update", "--baseline", "b.json")
    result = psion("check", archive, "--jobs", 2, "--baseline", "b.json")
    assert result.code == CONSISTENT
    assert "consistent except as suppressed" in result.out
    assert "suppressed 41 findings:" in result.out


def test_standard_input_is_a_stream_too(psion: RunCommand, archive: Path) -> None:
    data = archive.read_bytes()
    for given in (data, gzip.compress(data)):
        result = psion("check", "-", "--stdin-name", "a.jsonl", "--jobs", 2, stdin=given)
        assert result == psion("check", archive, "--jobs", 2)


def test_nothing_to_check_is_never_a_pass(psion: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a": 1}\n')
    result = psion("check", tmp_path, "--jobs", 1)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "nothing to check" in result.err
    assert psion("check", tmp_path / "gone.jsonl", "--jobs", 1).code == COULD_NOT_RUN


@pytest.mark.parametrize(
    "options", [["--format", "html"], ["--changed", "--inputs", "."]], ids=["html", "changed"]
)
def test_what_needs_all_documents_is_no_stream(psion: RunCommand, archive: Path, options: list[str]) -> None:
    result = psion("check", archive, "--jobs", 2, *options)
    assert result.code == COULD_NOT_RUN
    assert "needs all documents at once" in result.err


def test_a_truncated_archive_is_never_consistent(psion: RunCommand, archive: Path) -> None:
    sound = b"".join(lines(100))
    Path("s.jsonl.gz").write_bytes(gzip.compress(sound))
    assert psion("check", "s.jsonl.gz", "--jobs", 2).code == CONSISTENT
    Path("s.jsonl.gz").write_bytes(gzip.compress(sound)[:-100])
    result = psion("check", "s.jsonl.gz", "--jobs", 2)
    assert result.code == FINDINGS
    assert "the gzip data, after" in result.out
    assert "is cut off" in result.out
    assert result.out.endswith("\n") and "inconsistent" in result.out


@needs_fork
@pytest.mark.parametrize("form", ["text", "jsonl", "json"])
def test_a_killed_worker_ends_the_check(
    psion: RunCommand, archive: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    judge = Judge.judge

    def killed(self: Judge, part: Any) -> Any:
        if any(each.first_line > 25 for each in rereading.sources_in(part, self.checker.limits)):
            os.kill(os.getpid(), signal.SIGKILL)
        return judge(self, part)

    monkeypatch.setattr(Judge, "judge", killed)
    result = psion("check", archive, "--jobs", 2, "--format", form)
    assert result.code == COULD_NOT_RUN
    assert "Error: a worker process ended before it was done" in result.err
    assert "incomplete" in (result.err if form == "json" else result.out)
    assert "consistent" not in result.out.replace("inconsistent", "")


@needs_fork
@needs_signals
def test_a_worker_killed_in_the_middle_of_an_answer_ends_the_check(
    psion: RunCommand, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(_: Judge, pipe: Any) -> None:
        pipe.recv()
        os.write(pipe.fileno(), b"\0\0\x10\0so far")  # of 4096 bytes
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(workers, "_work", work)
    result = psion("check", archive, "--jobs", 2)
    assert (result.code, result.out) == (
        COULD_NOT_RUN,
        "incomplete: stopped after 0 documents; no verdict\n",
    )
    assert result.err.startswith("Error: a worker process ended before it was done")


@needs_fork
def test_a_panic_in_a_worker_is_an_internal_error(
    psion: RunCommand, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Panic(BaseException):
        """As libraries in Rust raise it: no Exception, and unknown to another process."""

    def panicking(*_: object) -> None:
        raise Panic("in Rust")

    monkeypatch.setattr(Judge, "judge", panicking)
    result = psion("check", archive, "--jobs", 2)
    assert (result.code, result.out) == (INTERNAL_ERROR, "")
    assert "internal error, no verdict: RuntimeError: Panic: in Rust" in result.err


@needs_shell
@needs_file_size_limit
def test_a_temporary_file_that_is_full_ends_the_check(archive: Path) -> None:
    command = [sys.executable, "-m", "psion_contract", "check", "-", "--stdin-name", "a.jsonl", "--jobs", "1"]
    shell = ["sh", "-c", 'ulimit -f 100; exec "$@" < a.jsonl', "sh", *command]
    result = finished(subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert (result.code, result.out) == (
        COULD_NOT_RUN,
        "incomplete: stopped after 0 documents; no verdict\n",
    )
    assert re.fullmatch(
        "Error: cannot keep what is read in a temporary file in .*: File too large; name another folder with TMPDIR\n",
        result.err,
    )


_SECOND_FORK_FAILS = """
import errno, os
forks, fork = [], os.fork
def limited():
    if forks:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    forks.append(1)
    return fork()
os.fork = limited
from psion_contract.__main__ import main
main()
"""


@needs_fork
def test_processes_that_cannot_be_started_end_the_check(archive: Path) -> None:
    archive.write_bytes(ARCHIVE * 10)  # parts enough for two
    command = [sys.executable, "-c", _SECOND_FORK_FAILS, "check", str(archive), "--jobs", "2"]
    result = finished(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE), 20)
    assert result == (
        COULD_NOT_RUN,
        "incomplete: stopped after 0 documents; no verdict\n",
        "Error: cannot start 2 worker processes: Resource temporarily unavailable; try fewer --jobs\n",
    )


@needs_signals
@pytest.mark.parametrize(
    ("name", "form", "jobs", "times"),
    [
        pytest.param("SIGINT", "jsonl", "1", 1, marks=pytest.mark.slow),
        ("SIGINT", "text", "2", 2),
        pytest.param("SIGTERM", "text", "1", 2, marks=pytest.mark.slow),
        ("SIGTERM", "jsonl", "2", 1),
        pytest.param("SIGHUP", "text", "2", 1, marks=pytest.mark.slow),
    ],
)
def test_what_ends_a_process_ends_the_check_with_what_was_found(
    archive: Path, name: str, form: str, jobs: str, times: int
) -> None:
    """Also if it comes twice, to the process and to its group, as `timeout` of GNU sends it."""
    archive.write_bytes(
        archive.read_bytes() * 30
    )  # as many conflicts as copies would be too easy: they are copies
    process = start("check", str(archive), "--jobs", jobs, "--format", form, start_new_session=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first
    for _ in range(times):
        os.killpg(process.pid, getattr(signal, name))
    result = finished(process)
    assert result.code == COULD_NOT_RUN
    assert "Error: interrupted; there is no verdict" in result.err
    last = result.out.splitlines()[-1]
    assert re.search(r"incomplete.*interrupted", last)
    assert "summary" not in last
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # no worker is left


@needs_signals
@needs_shell
def test_a_signal_that_is_ignored_from_the_start_ends_nothing(archive: Path) -> None:
    """As of a check that `nohup` has started."""
    command = [sys.executable, "-m", "psion_contract", "check", str(archive), "--jobs", "2"]
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command]
    process = subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None and process.stdout.readline()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGHUP)
    result = finished(process)
    assert result.code == FINDINGS
    assert "incomplete" not in result.out


@needs_signals
def test_no_worker_outlives_a_check_that_is_killed(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes() * 30)
    process = start("check", str(archive), "--jobs", "2", "--format", "jsonl", start_new_session=True)
    assert process.stdout is not None and process.stdout.readline()
    process.kill()
    try:
        out, _ = process.communicate(timeout=20)  # a worker would keep its output open
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert b"summary" not in out


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_is_shown_on_a_terminal_only(
    psion: RunCommand, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_bar, "_AFTER", 0)
    monkeypatch.setattr(progress_bar, "_EVERY", 0)
    assert psion("check", archive, "--jobs", 1).err == ""
    terminal = _Terminal()
    progress = stream._Progress(1000)
    running = stream.StreamCheck(stream.Checker(), [])
    progress.show(running)
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = stream._Progress(1000)
    running.documents, running.findings, running.looked, running.size = 12345, 3, 1000, 500
    progress.show(running)
    shown = terminal.getvalue()
    assert "12,345 documents" in shown and "3 findings" in shown and "54%" in shown
    progress.clear()
    assert terminal.getvalue().endswith("\r\033[K\033[?25h")


@pytest.fixture
def peak(tmp_path: Path) -> Iterator[Any]:
    """Measures the peak memory of a check, in MiB, of the main process and of the largest worker."""
    script = (
        "import resource, sys\n"
        "from psion_contract.__main__ import main\n"
        "try:\n main()\n"
        "finally:\n"
        " own = open('/proc/self/status').read().partition('VmHWM:')[2].split()[0]\n"
        " print(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
    )

    def measure(path: Path, jobs: int) -> list[int]:
        done = subprocess.run(
            [sys.executable, "-c", script, "check", str(path), "--jobs", str(jobs)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == FINDINGS, done.stderr
        return [int(each) // 1024 for each in done.stderr.split()]

    yield measure


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures in units of Linux")
def test_memory_does_not_grow_with_the_stream(peak: Any, tmp_path: Path) -> None:
    small, large = tmp_path / "s.jsonl", tmp_path / "l.jsonl"
    small.write_bytes(b"".join(lines(2_000, 20)))
    large.write_bytes(b"".join(lines(30_000, 300)))
    for jobs in (1, 2):
        before, after = peak(small, jobs), peak(large, jobs)
        assert after[0] < before[0] + 12, (before, after)  # 28,000 receipts are over 400 MiB as documents
        assert max(after) < 150


def test_every_document_of_a_stream_is_counted(psion: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in documents().values()))
    result = psion("check", path, "--jobs", 1)
    assert result.code == CONSISTENT
    assert result.out == psion("check", path).out
