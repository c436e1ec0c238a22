"""Shells complete commands: the protocol of click's scripts, and the script of Bash itself."""

from __future__ import annotations

import os
import subprocess
import sysconfig

import pytest
from support.command_line import COULD_NOT_RUN, CommandResult, RunCommand
from support.platforms import needs_bash

from psion_contract.catalog import RULES
from psion_contract.conformance.pack import load_cases, load_vectors
from psion_contract.documents.schemas import names
from psion_contract.documents.stage_kinds import STAGE_KINDS
from psion_contract.output.formats import FORMATS
from psion_contract.schema_files.lookup import SHORT_NAMES

VARIABLE = "_PSION_CONTRACT_COMPLETE"
COMPLETIONS = {
    "": [
        "check",
        "report",
        "baseline",
        "digest",
        "new",
        "seal",
        "program",
        "explain",
        "schema",
        "conformance",
    ],
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
