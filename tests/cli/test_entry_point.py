"""What all commands share: help, the version, internal errors and interruptions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PLAN, documents
from support.command_line import COULD_NOT_RUN, INTERNAL_ERROR, INTERRUPTED, RunCommand, write_files

from psion_contract.version import VERSION


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(psion: RunCommand, option: str) -> None:
    listed = psion(option).out.partition("Commands:\n")[2]
    names = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    assert {"check", "digest", "new", "seal", "program", "explain", "schema", "conformance"} == set(names)
    for name in names:
        result = psion(name, option)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(f"Usage: psion-contract {name}")


def test_the_version_is_that_of_the_package(psion: RunCommand) -> None:
    assert psion("--version").out == f"psion-contract, version {VERSION}\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"]])
def test_a_command_that_there_is_not_exits_with_2(psion: RunCommand, arguments: list[str]) -> None:
    assert psion(*arguments).code == COULD_NOT_RUN


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("boom"),
        RecursionError("deep"),
        KeyError("x"),
        AssertionError(),
        MemoryError(),
        OSError(5, "io"),
    ],
)
def test_a_fault_of_our_own_exits_with_70_and_looks_like_no_verdict(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*arguments: Any) -> Any:
        raise error

    monkeypatch.delenv("PSION_CONTRACT_TRACEBACK", raising=False)
    monkeypatch.setattr("psion_contract.checker.Checker.check", fail)
    result = psion("check", *write_files(here, documents(*PLAN)))
    assert (result.code, result.out) == (INTERNAL_ERROR, "")
    assert result.err.startswith(f"psion-contract: internal error, no verdict: {type(error).__name__}")
    assert "consistent" not in result.err


def test_the_traceback_of_a_fault_is_shown_where_it_is_asked_for(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setenv("PSION_CONTRACT_TRACEBACK", "1")
    monkeypatch.setattr("psion_contract.checker.Checker.check", fail)
    with pytest.raises(RuntimeError, match="boom"):
        psion("check", *write_files(here, documents(*PLAN)))


def test_an_interruption_is_no_verdict(
    here: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("psion_contract.checker.Checker.check", interrupt)
    result = psion("check", *write_files(here, documents(*PLAN)))
    assert (result.code, result.out) == (INTERRUPTED, "")
