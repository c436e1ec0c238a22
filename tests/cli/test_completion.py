"""Shells complete commands: the protocol of click's scripts, and the script of Bash itself."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import click
import pytest
from support.command_line import COMMANDS, COULD_NOT_RUN, CommandResult, RunCommand
from support.platforms import needs_bash, needs_fish, needs_terminals, needs_zsh

from psion_contract.catalog import RULES
from psion_contract.cli import check_command
from psion_contract.conformance.pack import load_cases, load_vectors
from psion_contract.documents.schemas import names
from psion_contract.documents.stage_kinds import STAGE_KINDS
from psion_contract.output.formats import FORMATS
from psion_contract.schema_files.lookup import SHORT_NAMES

VARIABLE = "_PSION_CONTRACT_COMPLETE"
COMPLETIONS = {
    "": COMMANDS,
    "che": ["check"],
    "nothing": [],
    "schema ": ["copy", "list", "show"],
    "schema show ": [*SHORT_NAMES, *names()],
    "schema show psion.s": ["psion.sampling_policy.v1"],
    "schema show rec": ["receipt"],
    "schema copy --for": ["--for-editors"],
    "explain ": list(RULES),
    "explain replay-": [rule for rule in RULES if rule.startswith("replay-")],
    "explain replay-not-exact share-": [rule for rule in RULES if rule.startswith("share-")],
    "conformance --level ": ["reader", "schema", "digests", "receipt", "all"],
    "conformance --rule replay-": [rule for rule in RULES if rule.startswith("replay-")],
    "conformance --only replay-": [rule for rule in RULES if rule.startswith("replay-")],
    "conformance --digest ": ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "content"],
    "conformance --case D7.": [vector.id for vector in load_vectors() if vector.digest == "D7"],
    "conformance --case unknown-split.": [case.id for case in load_cases() if case.rule == "unknown-split"],
    "conformance --extract unknown-split.": [
        case.id for case in load_cases() if case.rule == "unknown-split"
    ],
    "program start state.json --kind ": list(STAGE_KINDS),
    "program start state.json --kind gen": ["general_sft"],
    "check --form": ["--format"],
    "check --format ": list(FORMATS),
    "check --format j": ["json", "jsonl", "junit"],
    "check --format=js": ["json", "jsonl"],
    "check --format = ju": ["junit"],  # how Bash splits --format=j
    "check --format =": list(FORMATS),
    "check --format = json --str": ["--strict"],
}


@pytest.fixture
def complete(psion: RunCommand, monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Sends a request with variables as the script of a shell does."""

    def run(request: str, **variables: str) -> CommandResult:
        for name in ("COMP_WORDS", "COMP_CWORD"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {VARIABLE: request, **variables}.items():
            monkeypatch.setenv(name, value)
        return psion()

    return run


@pytest.mark.parametrize("typed", COMPLETIONS)
def test_what_was_typed_is_completed(complete: RunCommand, typed: str) -> None:
    words = f"psion-contract {typed}"
    position = len(words.split(" ")) - 1
    result = complete("bash_complete", COMP_WORDS=words, COMP_CWORD=str(position))
    expected = "".join(f"plain,{word}\n" for word in COMPLETIONS[typed]) or "\n"
    assert result == (0, expected, "")


@pytest.mark.parametrize(
    "typed", ["check ", "check --inputs ", "check --inputs = ", "seal ", "new config --corpus "]
)
def test_paths_are_completed_by_the_shell(complete: RunCommand, typed: str) -> None:
    words = f"psion-contract {typed}"
    result = complete("bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
    assert result == (0, "file,\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_script(complete: RunCommand, shell: str) -> None:
    result = complete(f"{shell}_source")
    assert (result.code, result.err) == (0, "")
    assert f"{VARIABLE}={shell}_complete" in result.out


@pytest.mark.parametrize(
    "request_", ["1", "bash", "bash_", "_complete", "bash_nonsense", "tcsh_source", "source_bash", "\x1b[2J"]
)
def test_an_unknown_request_could_not_run(complete: RunCommand, request_: str) -> None:
    result = complete(request_)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert result.err.startswith(f"Error: {VARIABLE} is ")
    assert result.err.endswith("; expected bash_source, zsh_source or fish_source\n")
    assert "\x1b" not in result.err


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {}),
        ("bash", {"COMP_WORDS": "psion-contract "}),
        ("bash", {"COMP_CWORD": "1"}),
        ("bash", {"COMP_WORDS": "psion-contract ", "COMP_CWORD": "one"}),
        ("zsh", {}),
        ("fish", {"COMP_WORDS": "psion-contract "}),
        ("fish", {"COMP_WORDS": "psion-contract ", "COMP_CWORD": " "}),
    ],
)
def test_a_request_without_its_words_could_not_run(
    complete: RunCommand, shell: str, variables: dict[str, str]
) -> None:
    result = complete(f"{shell}_complete", **variables)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "COMP_WORDS and COMP_CWORD" in result.err


@needs_bash
@pytest.mark.parametrize(
    ("words", "completion"), [("explain replay-not", "replay-not-exact"), ("check --format = ju", "junit")]
)
def test_bash_completes_with_its_script(words: str, completion: str) -> None:
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    script = f"""
        source <({VARIABLE}=bash_source psion-contract)
        COMP_WORDS=(psion-contract {words})
        COMP_CWORD={len(words.split())}
        _psion_contract_completion psion-contract
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    result = subprocess.run(
        ["bash", "--norc", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, check=True
    )
    assert (result.stdout.decode(), result.stderr.decode()) == (f"{completion}\n", "")


# The scripts, in the shells themselves.

TYPED = {
    "che": "check ",
    "check --forma": "check --format ",
    "check --format sar": "check --format sarif ",
    "check --format=sar": "check --format=sarif ",
    "check --format sarif=rec": "check --format sarif=receipt.json ",
    "check --format=sarif=rec": "check --format=sarif=receipt.json ",
    "check --exit-zero rec": "check --exit-zero receipt.json ",
    "check --inputs=ru": "check --inputs=runs/",
    "check --base": "check --baseline ",
    "explain replay-n": "explain replay-not-exact ",
    "conformance --level=sch": "conformance --level=schema ",
    "schema copy --for": "schema copy --for-editors ",
}
"""What a person types before the key Tab, and what is in the line after it."""

START = {
    "bash": ("--norc", "-i"),
    "zsh": ("-f", "-i"),
}
SETTINGS = {
    "bash": ['bind -x \'"\\C-g": printf "<<%s>>\\n" "$READLINE_LINE"\''],
    "zsh": [
        "autoload -U compinit; compinit -D -u",
        "show() { print -r -- \"<<$BUFFER>>\" }; zle -N show; bindkey '^G' show",
    ],
}
"""What makes each shell print the line when it gets the key Ctrl-G."""


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, shell: str) -> None:

        self._terminal, other = os.openpty()
        self._process = subprocess.Popen(
            [shell, *START[shell]],
            env={**os.environ, "TERM": "dumb", "INPUTRC": os.devnull},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def printed(self, pattern: str) -> str:
        """What a group of a pattern matches in the output, as soon as there is such output."""
        shown, end = "", time.monotonic() + 20
        while time.monotonic() < end:
            if select.select([self._terminal], [], [], 0.1)[0]:
                shown += os.read(self._terminal, 1 << 16).decode()
                if found := re.search(pattern, shown):
                    return found[1]
        pytest.fail(f"no {pattern} in {shown!r}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


@pytest.fixture
def shell_environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files to complete, and the command of this package on the path."""
    (here / "receipt.json").touch()
    (here / "runs").mkdir()
    command = here / "bin" / "psion-contract"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m psion_contract "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return here


def script(complete: RunCommand, shell: str, folder: Path) -> Path:
    path = folder / "bin" / f"script.{shell}"
    path.write_text(complete(f"{shell}_source").out, encoding="utf-8")
    return path


@needs_terminals
@pytest.mark.slow
@pytest.mark.parametrize(
    "shell", [pytest.param("bash", marks=needs_bash), pytest.param("zsh", marks=needs_zsh)]
)
def test_the_key_tab_completes_the_line(complete: RunCommand, shell_environment: Path, shell: str) -> None:
    path = script(complete, shell, shell_environment)
    terminal = Terminal(shell)
    try:
        terminal.type("\n".join([*SETTINGS[shell], f". {path}", "echo REA''DY", ""]))
        terminal.printed("(READY)")
        for typed, expected in TYPED.items():
            terminal.type(f"psion-contract {typed}\t\x07")
            assert terminal.printed("<<psion-contract (.*?)>>") == expected
            terminal.type("\x15")  # Ctrl-U: an empty line
    finally:
        terminal.close()


@needs_fish
@pytest.mark.slow
def test_fish_offers_the_completions(complete: RunCommand, shell_environment: Path) -> None:
    path = script(complete, "fish", shell_environment)
    for typed, expected in TYPED.items():
        command = f"source {path}; complete -C'psion-contract {typed}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", command], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        (offered,) = done.stdout.splitlines()
        assert offered.partition("\t")[0] == expected.split()[-1]


@needs_fish
@pytest.mark.slow
def test_fish_shows_the_whole_help(complete: RunCommand, shell_environment: Path) -> None:
    path = script(complete, "fish", shell_environment)
    command = f"source {path}; complete -C'psion-contract check --form'"
    done = subprocess.run(["fish", "--no-config", "-c", command], capture_output=True, text=True, check=True)
    (option,) = [each for each in check_command.command.params if "--format" in each.opts]
    assert isinstance(option, click.Option)
    assert done.stdout == f"--format\t{option.help}\n"
    assert "," in (option.help or "")
