"""The command line as a process: terminals, closed streams, full disks, endless and hostile input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from support.canonical_sets import PILOT, PLAN, documents
from support.command_line import (
    CONSISTENT,
    COULD_NOT_RUN,
    FINDINGS,
    INTERNAL_ERROR,
    CommandResult,
    RunCommand,
    finished,
    start,
    write_files,
)
from support.platforms import (
    needs_broken_pipes,
    needs_file_size_limit,
    needs_full_device,
    needs_process_files,
    needs_shell,
    needs_terminals,
    needs_zero_device,
)

from tools.edits import edited, put

WRONG = put("/receipt/receipt_digest", "0" * 64)

MEMORY = 200 * 1024 * 1024


def slow(value: Any) -> Any:
    """A parameter that is left to the slow tests, where another one shows the same."""
    return pytest.param(value, marks=pytest.mark.slow)


@needs_terminals
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": "0"}, False)],
)
def test_colour_is_for_terminals_and_not_where_no_color_is_set(
    here: Path, environment: dict[str, str], coloured: bool
) -> None:
    paths = write_files(here, edited(documents("receipt"), WRONG))
    controller, terminal = os.openpty()
    running = start("check", *paths, environment=environment, stdout=terminal)
    os.close(terminal)
    shown = b"".join(iter(lambda: read(controller), b""))
    os.close(controller)
    assert finished(running).code == FINDINGS
    assert (b"\x1b" in shown) is coloured


@needs_terminals
@pytest.mark.parametrize("columns", [1, 80, slow(50), slow(200)])
def test_text_fits_a_terminal_of_any_width_and_encoding(here: Path, columns: int) -> None:
    tree = edited(documents(*PILOT), put("/policy/policy_id", "é|𐐷"), put("/config/run_id", "x" * 200))
    paths = write_files(here, tree)
    controller, terminal = os.openpty()
    environment = {"COLUMNS": str(columns), "NO_COLOR": "1", "LC_ALL": "C"}
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    running = start("check", *paths, environment=environment | ascii_only, stdout=terminal)
    os.close(terminal)
    shown = b"".join(iter(lambda: read(controller), b"")).decode("ascii")
    os.close(controller)
    assert finished(running).code == FINDINGS
    lines = shown.replace("\r", "").split("\n")
    sentences = [line for line in lines if line.startswith("  ") and not line.startswith("    ")]
    assert sentences
    assert all(len(line) <= max(columns, 52) for line in sentences if "\\" not in line)
    assert "\\xe9|\\U00010437" in shown


@needs_terminals
def test_a_path_that_cannot_be_read_is_reported_without_terminal_sequences(here: Path) -> None:
    controller, terminal = os.openpty()
    running = start("check", "\x1b[2Jnowhere", stderr=terminal)
    os.close(terminal)
    shown = b"".join(iter(lambda: read(controller), b""))
    os.close(controller)
    assert finished(running).code == COULD_NOT_RUN
    assert b"nowhere: No such file" in shown
    assert b"\x1b" not in shown


def read(descriptor: int) -> bytes:
    """The next bytes that a terminal shows; empty if the other side is closed."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_the_module_runs_as_the_command_does(here: Path) -> None:
    command = [sys.executable, "-m", "psion_contract", "check", *write_files(here, documents(*PILOT))]
    result = finished(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert (result.code, result.out.splitlines()[-1], result.err) == (CONSISTENT, "consistent", "")


def test_output_is_utf_8_whatever_the_locale(here: Path) -> None:
    paths = write_files(here, edited(documents(*PLAN), put("/policy/policy_id", "é|𐐷")))
    result = finished(
        start("check", *paths, environment={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    )
    assert result.code == FINDINGS
    assert "é|𐐷" in result.out


@needs_broken_pipes
def test_a_reader_that_went_away_is_no_verdict_and_no_traceback(here: Path) -> None:
    tree = edited(documents("receipt"), put("/receipt/source_family_reports", [0] * 5_000))
    running = start("check", *write_files(here, tree), "--format", "json")
    assert running.stdout is not None
    running.stdout.read(10)
    running.stdout.close()
    running.stdout = None
    result = finished(running)
    assert (result.code, result.err) == (COULD_NOT_RUN, "")


@needs_full_device
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", [["check"], slow(["schema", "list"]), ["--help"]], ids=" ".join)
def test_a_full_disk_is_neither_a_verdict_nor_an_internal_error(
    here: Path, command: list[str], unbuffered: str
) -> None:
    paths = write_files(here, documents(*PILOT)) if command == ["check"] else []
    with open("/dev/full", "wb") as full:
        result = finished(start(*command, *paths, stdout=full, environment={"PYTHONUNBUFFERED": unbuffered}))
    assert result.code == COULD_NOT_RUN
    assert result.err.endswith("standard output: No space left on device\n")
    assert result.err.count("\n") == 1


def through_shell(redirection: str, *arguments: str) -> CommandResult:
    command = [sys.executable, "-m", "psion_contract", *arguments]
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command]
    return finished(subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE))


@needs_shell
def test_a_standard_input_that_is_closed_could_not_be_read(here: Path) -> None:
    result = through_shell("<&-", "check", "-")
    assert result.code == COULD_NOT_RUN
    assert "Error: " in result.err


@needs_shell
@pytest.mark.parametrize("words", [[], ["--jobs", "2", "--stdin-name", "a.jsonl"]], ids=["", "stream"])
def test_a_standard_input_that_is_open_only_for_writing_could_not_be_read(
    here: Path, words: list[str]
) -> None:
    result = through_shell("0>written", "check", "-", *words)
    assert result.code == COULD_NOT_RUN
    assert result.err == "Error: standard input: Bad file descriptor\n"


@needs_shell
def test_a_current_folder_that_has_been_removed_could_not_be_used(here: Path) -> None:
    (here / "gone").mkdir()
    shell = [
        "sh",
        "-c",
        'cd gone && rmdir ../gone && exec "$@"',
        "sh",
        sys.executable,
        "-m",
        "psion_contract",
    ]
    result = finished(
        subprocess.Popen([*shell, "check", "."], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    )
    message = "Error: the current folder does not exist any more; change to one that does\n"
    assert result == (COULD_NOT_RUN, "", message)


@pytest.mark.parametrize("words", [[], ["--jobs", "1"]], ids=["", "stream"])
def test_a_lack_of_memory_is_neither_a_verdict_nor_an_internal_error(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def lacking(*_: object) -> None:
        raise MemoryError

    for place in ("checker.Checker.examine", "streaming.parts.Judge.judge"):
        monkeypatch.setattr(f"psion_contract.{place}", lacking)
    result = psion("check", *write_files(here, documents(*PILOT)), *words)
    incomplete = "incomplete: stopped after 0 documents; no verdict\n" if words else ""
    assert result == (COULD_NOT_RUN, incomplete, "Error: out of memory; there is no verdict\n")


@needs_shell
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_pause_is_not_the_end_of_a_standard_input_that_does_not_wait(here: Path, name: str) -> None:
    document = json.dumps(documents(*PILOT)["descriptor"]).encode()
    following = b"\n" if name == "a.json" else b'\n{"schema_version": "psion.sampling_policy.v1"}'
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    process = start("check", "-", "--stdin-name", name, stdin=reader)
    os.close(reader)
    for piece in (document[:100], document[100:], following):
        os.write(writer, piece)
        sleep(0.3)
    os.close(writer)
    result = finished(process)
    assert result.code == (CONSISTENT if name == "a.json" else FINDINGS), result
    assert ("a.jsonl:2:1: error: schema-violation" in result.out) == (name == "a.jsonl")


@needs_shell
def test_a_standard_output_that_is_closed_cannot_be_written_to(here: Path) -> None:
    paths = write_files(here, documents(*PILOT))
    result = through_shell(">&-", "check", *paths)
    assert result.code == COULD_NOT_RUN
    assert through_shell(">&-", "check", *paths, "-o", "report.txt").code == CONSISTENT


@needs_shell
@needs_full_device
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "arguments", [["--help"], slow(["--version"]), slow(["check", "--help"])], ids=" ".join
)
def test_help_that_cannot_be_written_could_not_run(redirection: str, arguments: list[str]) -> None:
    result = through_shell(redirection, *arguments)
    assert result.code == COULD_NOT_RUN
    assert result.err.startswith("Error: standard output")
    assert result.err.count("\n") == 1


@needs_shell
@needs_file_size_limit
def test_help_over_the_limit_of_file_sizes_could_not_run(here: Path) -> None:
    command = [sys.executable, "-m", "psion_contract", "--help"]
    shell = ["sh", "-c", 'ulimit -f 0; exec "$@" > help.txt', "sh", *command]
    result = finished(subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert result == (COULD_NOT_RUN, "", "Error: standard output: File too large\n")


@needs_shell
@needs_full_device
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("request_", ["bash_source", slow("bash_complete")])
def test_completions_that_cannot_be_written_could_not_run(
    redirection: str, request_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "_PSION_CONTRACT_COMPLETE": request_,
        "COMP_WORDS": "psion-contract ",
        "COMP_CWORD": "1",
    }.items():
        monkeypatch.setenv(name, value)
    result = through_shell(redirection)
    assert result.code == COULD_NOT_RUN
    assert result.err.startswith("Error: standard output")


@pytest.mark.slow
@needs_shell
@needs_full_device
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_written_change_no_exit_code(here: Path, redirection: str) -> None:
    consistent = write_files(here, documents(*PILOT))
    broken = write_files(here / "broken", edited(documents("receipt"), WRONG))
    warned = write_files(here / "warned", edited(documents("receipt"), put("/receipt/summary", "|")))
    for arguments, code in (
        (["check", *consistent], CONSISTENT),
        (["check", *broken], FINDINGS),
        (["seal", *warned], FINDINGS),
        (["check", "nowhere"], COULD_NOT_RUN),
        (["nonsense"], COULD_NOT_RUN),
        (["check"], COULD_NOT_RUN),
        ([], COULD_NOT_RUN),
    ):
        result = through_shell(redirection, *arguments)
        assert result.code == code, arguments
        assert "Error" not in result.out and "Usage" not in result.out and "refused" not in result.out


@needs_shell
@needs_full_device
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full"])
def test_an_internal_error_that_cannot_be_reported_exits_with_70(redirection: str) -> None:
    code = "import sys; sys.modules['psion_contract.cli'] = None; from psion_contract.__main__ import main; main()"
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-c", code]
    result = finished(subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert result == (INTERNAL_ERROR, "", "")


@pytest.fixture
def endless() -> Iterator[Any]:
    """Starts a process whose standard input never ends."""
    sources: list[subprocess.Popen[bytes]] = []

    def start(line: str) -> Any:
        source = subprocess.Popen(["yes", line], stdout=subprocess.PIPE)
        sources.append(source)
        return source.stdout

    yield start
    for source in sources:
        source.kill()
        if source.stdout is not None:
            source.stdout.close()
        source.wait()


@needs_zero_device
def test_standard_input_without_end_is_read_up_to_the_limit(here: Path) -> None:
    with open("/dev/zero", "rb") as zeros:
        result = finished(start("check", "-", stdin=zeros))
    assert result.code == FINDINGS
    assert "limit-exceeded" in result.out


@pytest.mark.slow
@needs_zero_device
def test_a_line_of_standard_input_without_end_is_read_up_to_a_limit(here: Path) -> None:
    with open("/dev/zero", "rb") as zeros:
        result = finished(start("check", "-", "--stdin-name", "log.jsonl", stdin=zeros), seconds=30)
    assert result.code in (FINDINGS, COULD_NOT_RUN)


@needs_shell
@pytest.mark.parametrize("line", ["{", slow("{}"), slow("")])
def test_lines_of_standard_input_without_end_are_read_up_to_a_limit_that_is_given(
    here: Path, endless: Any, line: str
) -> None:
    words = ("check", "-", "--stdin-name", "log.jsonl", "--max-lines", "100000")
    result = finished(start(*words, stdin=endless(line)), seconds=30)
    assert result.code in (FINDINGS, COULD_NOT_RUN)


def large(member: str, value: Any) -> bytes:
    """A canonical receipt with something large in it."""
    receipt = documents("receipt")["receipt"]
    return json.dumps({**receipt, member: value}).encode()


HOSTILE = {
    "2 MB of brackets": lambda: b"[" * 2_000_000,
    "2 MB of objects": lambda: b'{"a":' * 400_000,
    "a text of 10 MB": lambda: large("summary", "x" * 10_000_000),
    "a blank text of 10 MB": lambda: large("summary", " " * 10_000_000),
    "a member name of 10 MB": lambda: large("x" * 10_000_000, 1),
    "a member name of 10 MB, repeated": lambda: b'{"%b": 1, "%b": 2}' % (b"x" * 5_000_000, b"x" * 5_000_000),
    "escapes of 10 MB": lambda: large("summary", "\x00" * 1_600_000),
    "60 000 wrong rows": lambda: large("source_family_reports", [0] * 60_000),
    "100 000 unknown members": lambda: json.dumps(
        {**documents("receipt")["receipt"], **{f"summary{number}": 1 for number in range(100_000)}}
    ).encode(),
    "100 000 sources of which the last is repeated": lambda: large(
        "source_family_reports",
        [
            {
                **documents("receipt")["receipt"]["source_family_reports"][0],
                "source_ids": [*(f"s{number}" for number in range(100_000)), "s99999"],
            }
        ],
    ),
    "40 000 rows of splits of their own": lambda: large(
        "source_family_reports",
        [
            {**documents("receipt")["receipt"]["source_family_reports"][0], "split_name": f"s{number}"}
            for number in range(40_000)
        ],
    ),
    "300 000 repeated members": lambda: b"{" + b",".join([b'"a":1'] * 300_000) + b"}",
    "an integer of 10 MB": lambda: b"9" * 10_000_000,
}


MEASURED = """
import atexit, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))

def report():
    with open("/proc/self/status") as status:
        print(*(line.split()[1] for line in status if line.startswith("VmHWM:")), file=sys.stderr)

atexit.register(report)
from psion_contract.__main__ import main
main()
"""
"""Runs the command line and prints its peak memory in KiB to standard error at exit."""


@pytest.mark.slow
@needs_process_files
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_document_is_a_finding_within_200_mb(here: Path, what: str) -> None:
    (here / "hostile.json").write_bytes(HOSTILE[what]())
    command = [sys.executable, "-c", MEASURED, "check", "hostile.json"]
    result = finished(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
    assert result.code == FINDINGS
    assert int(result.err) * 1024 < MEMORY
