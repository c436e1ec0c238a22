"""What all commands share: help, the version, internal errors and interruptions."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PLAN, as_text, documents
from support.command_line import (
    COMMANDS,
    COULD_NOT_RUN,
    INTERNAL_ERROR,
    INTERRUPTED,
    RunCommand,
    finished,
    write_files,
)
from support.platforms import needs_signals

from psion_contract.__main__ import main
from psion_contract.version import VERSION


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(psion: RunCommand, option: str) -> None:
    listed = psion(option).out.partition("Commands:\n")[2]
    names = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    assert names == COMMANDS
    for name in names:
        result = psion(name, option)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(f"Usage: psion-contract {name}")


def test_the_version_is_that_of_the_package(psion: RunCommand) -> None:
    assert psion("--version").out == f"psion-contract, version {VERSION}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], 'unknown command "nonsense"'),
        (["chek"], 'unknown command "chek"; did you mean "check"?'),
        (["--nonsense"], "No such option '--nonsense'."),
        (["program", "shwo"], "No such command 'shwo'."),
        (["schema", "copy"], "Missing argument 'FOLDER'"),
        (["explain", "nonsense"], 'unknown rule "nonsense"'),
        (["schema", "show", "nonsense"], 'unknown schema "nonsense"'),
        (["conformance", "--case", "nonsense"], 'unknown case or vector "nonsense"'),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(
    psion: RunCommand, arguments: list[str], message: str
) -> None:
    result = psion(*arguments)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert f"Error: {message}" in result.err


@pytest.mark.parametrize("arguments", [[], ["schema"], ["program"], ["new"]], ids=" ".join)
def test_a_command_without_its_subcommand_shows_the_help(psion: RunCommand, arguments: list[str]) -> None:
    result = psion(*arguments)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert result.err == psion(*arguments, "--help").out


HOSTILE = "\x1b[2Jnowhere\n::error::x\r"


@pytest.mark.parametrize(
    "arguments",
    [
        [HOSTILE],
        [f"--{HOSTILE}"],
        ["check", HOSTILE],
        ["check", f"--format={HOSTILE}", "x"],
        ["check", "--inputs", HOSTILE, "fine.json"],
        ["check", "fine.json", "-o", f"{HOSTILE}/x"],
        ["digest", HOSTILE],
        ["seal", HOSTILE],
        ["explain", HOSTILE],
        ["schema", "show", HOSTILE],
        ["schema", HOSTILE],
        ["schema", "copy", f"fine.json/{HOSTILE}"],
        ["conformance", "--case", HOSTILE],
        ["conformance", "--command", HOSTILE],
        ["new", "config", *(f"--{name}={HOSTILE}" for name in ("descriptor", "corpus", "policy", "run-id"))],
        ["program", "show", HOSTILE],
        ["program", "complete", HOSTILE],
        ["replay", "compare", HOSTILE, HOSTILE],
        ["program", "ingest", HOSTILE, "--traces", HOSTILE],
        ["program", "record", "fine.json", HOSTILE, "--inputs", HOSTILE],
    ],
    ids=lambda arguments: ascii(" ".join(arguments)),
)
def test_words_of_the_user_start_neither_a_terminal_sequence_nor_a_line(
    here: Path, psion: RunCommand, arguments: list[str]
) -> None:
    (here / "fine.json").write_text(as_text(documents("receipt")["receipt"]), encoding="utf-8")
    result = psion(*arguments)
    assert result.code == COULD_NOT_RUN
    assert "nowhere" in result.err or "Error: No such option" in result.err
    assert "\x1b" not in result.err and "\r" not in result.err
    assert not any(line.startswith("::") for line in result.err.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "-", "-"],
        ["check", "-", "--inputs", "-"],
        ["check", "--inputs", "-", "--inputs", "-", "x"],
        ["digest", "-", "-"],
        ["seal", "x", "--inputs", "-", "--inputs", "-"],
        ["new", "config", "--descriptor=-", "--corpus=-", "--policy=x", "--run-id=x"],
        ["program", "record", "x", "-", "--inputs", "-"],
    ],
    ids=" ".join,
)
def test_standard_input_can_be_named_only_once(here: Path, psion: RunCommand, arguments: list[str]) -> None:
    result = psion(*arguments)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "standard input (-) can be named only once" in result.err


@pytest.mark.parametrize(
    "arguments",
    [["check", "-", "-o", "-"], ["new", "config", "--descriptor=-", "--corpus=x", "--policy=x", "-o-"]],
    ids=" ".join,
)
def test_standard_output_is_not_standard_input(here: Path, psion: RunCommand, arguments: list[str]) -> None:
    assert "only once" not in psion(*arguments).err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("boom"),
        RecursionError("deep"),
        KeyError("x"),
        AssertionError(),
        OSError(5, "io"),
    ],
)
def test_an_internal_error_exits_with_70_and_is_no_verdict(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*arguments: Any) -> Any:
        raise error

    monkeypatch.delenv("PSION_CONTRACT_TRACEBACK", raising=False)
    monkeypatch.setattr("psion_contract.checker.Checker.examine", fail)
    result = psion("check", *write_files(here, documents(*PLAN)))
    assert (result.code, result.out) == (INTERNAL_ERROR, "")
    assert result.err.startswith(f"psion-contract: internal error, no verdict: {type(error).__name__}")
    assert "consistent" not in result.err


def test_the_traceback_of_an_internal_error_is_shown_on_request(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setenv("PSION_CONTRACT_TRACEBACK", "1")
    monkeypatch.setattr("psion_contract.checker.Checker.examine", fail)
    monkeypatch.setattr(sys, "argv", ["psion-contract", "check", *write_files(here, documents(*PLAN))])
    with pytest.raises(SystemExit, match=str(INTERNAL_ERROR)):
        main()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Traceback (most recent call last):")
    assert (
        "RuntimeError: boom\n\npsion-contract: internal error, no verdict: RuntimeError: boom\n"
        in captured.err
    )


def test_an_interruption_is_no_verdict(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("psion_contract.checker.Checker.examine", interrupt)
    result = psion("check", *write_files(here, documents(*PLAN)))
    assert (result.code, result.out) == (INTERRUPTED, "")


class Panic(BaseException):
    """As libraries in Rust raise it, which is no Exception."""


def test_a_panic_of_a_library_is_an_internal_error(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic(*_: Any) -> Any:
        raise Panic("in Rust")

    monkeypatch.setattr("psion_contract.checker.Checker.examine", panic)
    result = psion("check", *write_files(here, documents(*PLAN)))
    assert (result.code, result.out) == (INTERNAL_ERROR, "")
    assert "internal error, no verdict: Panic: in Rust" in result.err


@needs_signals
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("outcome", ["an interruption", "a panic"])
def test_what_ends_a_process_interrupts_it(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, name: str, outcome: str
) -> None:
    def end(*_: Any) -> Any:
        try:
            os.kill(os.getpid(), getattr(signal, name))
            time.sleep(10)
        except KeyboardInterrupt:
            os.kill(os.getpid(), getattr(signal, name))  # again, which means the same
            if outcome == "a panic":  # so libraries in Rust end that call Python
                raise Panic from None
            raise

    monkeypatch.setattr("psion_contract.checker.Checker.examine", end)
    result = psion("check", *write_files(here, documents(*PLAN)))
    assert result == (INTERRUPTED, "", "")


NEVER_ENDING = """
import sys, time
from psion_contract import interruption
interruption._AGAIN = 0.2
interruption.start()
while True:
    try:
        print("going on", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""


@needs_signals
def test_a_process_that_does_not_end_is_ended_by_the_next_signal() -> None:
    process = subprocess.Popen([sys.executable, "-c", NEVER_ENDING], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(2):
        process.stdout.readline()
        time.sleep(0.3)
        process.terminate()
    assert finished(process).code == -signal.SIGTERM


INTERRUPTED_IMPORT = """
import sys

module = sys.argv.pop()
sys.modules.pop(module, None)

class Interruption:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interruption())
from psion_contract.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module",
    [
        "typing",
        "click",
        "psion_contract.cli",
        "psion_contract.cli.check_command",
        "jsonschema_rs",
        "psion_contract.rules",
    ],
)
def test_an_interruption_of_the_start_is_no_traceback(module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, "check", "x", module]
    result = finished(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert result == (INTERRUPTED, "", "")
