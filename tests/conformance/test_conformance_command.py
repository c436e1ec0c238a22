"""``psion-contract conformance``."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand
from support.implementations import IDS, VECTORS, script
from support.platforms import needs_shell

from psion_contract.catalog import RULES
from psion_contract.conformance.extracting import extract
from psion_contract.conformance.pack import load_cases, load_vectors
from psion_contract.conformance.runner import CaseResult
from psion_contract.conformance.serving import ask

Json = dict[str, Any]


@pytest.mark.slow
def test_this_implementation_as_a_command_passes_everything(psion: RunCommand) -> None:
    result = psion("conformance", "--command", f"{sys.executable} -m psion_contract conformance --serve")
    assert result.code == 0, result.out
    assert "remarks" not in result.out
    count = len(load_cases()) + len(load_vectors())
    assert result.out.endswith(f"\n{count} of {count} passed\n")


def test_without_a_command_this_implementation_is_run(psion: RunCommand) -> None:
    result = psion("conformance", "--digest", "D1", "--rule", "split-overlap", "--rule", "replay-not-exact")
    assert result.code == 0, result.out
    groups = [line.split() for line in result.out.split("\n\n")[0].splitlines()]
    assert [group[0] for group in groups] == ["D1", "replay-not-exact", "split-overlap"]  # digests first
    assert all(passed == count for _, passed, _, count in groups)


def test_a_part_of_the_pack_can_be_run(psion: RunCommand) -> None:
    result = psion(
        "conformance",
        "--case",
        "D3.plain",
        "--rule",
        "replay-not-exact",
        "--digest",
        "D9",
        "--format",
        "json",
    )
    assert result.code == 0
    groups = {each["group"] for each in json.loads(result.out)["outcomes"]}
    assert groups == {"replay-not-exact", "D3", "D9"}


def test_failures_are_printed_and_decide_the_exit_code(psion: RunCommand, tmp_path: Path) -> None:
    command = " ".join(script(tmp_path, "for request in REQUESTS: say({**right(request), 'sha256': 'x'})"))
    chosen = [argument for name in IDS for argument in ("--case", name)]
    result = psion("conformance", "--command", command, *chosen)
    assert result.code == 1
    first, second, *rest = result.out.splitlines()
    assert first.split() == ["D7", "0", "of", "2", "FAILED"]
    assert second.split() == ["weight-total-mismatch", "3", "of", "3"]
    assert rest[:2] == ["", "same difference in 2 cases: the sha256 of D7 differs"]
    assert rest[2:4] == ["D7.plain", f"  {VECTORS[0].description}"]
    assert rest[4].startswith('  - the sha256 is "x"; expected "')
    assert rest[5] == f"also {VECTORS[1].id}"
    assert rest[-1] == "3 of 5 passed"
    report = json.loads(psion("conformance", "--command", command, *chosen, "--format", "json").out)
    assert (report["passed"], report["failed"]) == (3, 2)
    assert list(report) == ["passed", "failed", "not_implemented", "not_run", "outcomes"]
    assert report["outcomes"][-1] == {"id": IDS[2], "group": "weight-total-mismatch", "result": "passed"}
    failed, vector = report["outcomes"][1], VECTORS[-1]
    assert failed == {
        "id": vector.id, "group": "D7", "result": "failed", "description": vector.description,
        "causes": ["the sha256 of D7 differs"],
        "problems": [f'the sha256 is "x"; expected "{vector.sha256}"'],
        "expected": {"preimage": vector.preimage, "sha256": vector.sha256},
        "found": {"preimage": vector.preimage, "sha256": "x"},
    }  # fmt: skip


def test_what_the_command_writes_to_standard_error_is_shown(psion: RunCommand, tmp_path: Path) -> None:
    command = " ".join(script(tmp_path, "print('my own words', file=sys.stderr)\nsys.exit(1)"))
    assert "my own words" in psion("conformance", "--command", command, "--case", IDS[0]).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--command", "/nowhere/at-all"],
            "cannot start the command: /nowhere/at-all: No such file or directory",
        ),
        (["--command", ""], "cannot start the command: it is empty"),
        (["--command", "a 'b"], "cannot start the command: No closing quotation"),
        (
            ["--case", "replay-not-exact.sealde"],
            'unknown case or vector "replay-not-exact.sealde"; did you mean "replay-not-exact.',
        ),
        (["--rule", "replay-exact"], 'unknown rule "replay-exact"; did you mean "replay-not-exact"?'),
        (["--digest", "D10"], 'unknown digest "D10"'),
        (["--command", "x", "--timeout", "0"], "0.0 is not in the range 0<x<=86400."),
        (["--command", "x", "--timeout", "inf"], "inf is not in the range 0<x<=86400."),
        (["--command", "x", "--timeout", "1e300"], "1e+300 is not in the range 0<x<=86400."),
        (["--command", "x", "--timeout", "nan"], "nan is not a number of seconds."),
        (["--timeout", "3"], "--timeout requires --command"),
        (["--digest", "D1?"], 'unknown digest "D1?"; did you mean "D1"?'),
        (["--only", "x-*"], 'unknown rule "x-*"'),
        (["--only", "share-*", "--level", "all"], "--level cannot be combined with --only"),
        (["--level", "schemas"], "Invalid value for '--level': 'schemas' is not one of"),
        (["--extract", "x", "y", "--rule", "z"], "--extract cannot be combined with --rule"),
        (["--extract", "D3.plain", "y"], 'unknown case "D3.plain"'),
        (["--serve", "--format", "text"], "--serve cannot be combined with --format"),
        (["--serve", "--rule", "x", "--command", "y"], "--serve cannot be combined with --command, --rule"),
    ],
)
def test_a_run_that_is_impossible_is_refused_with_a_reason(
    arguments: list[str], message: str, psion: RunCommand
) -> None:
    result = psion("conformance", *arguments)
    assert result.code == 2
    assert message in result.err


def test_an_internal_error_is_not_taken_for_one_of_the_command(
    psion: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(_: object) -> None:
        raise ValueError("oops")

    monkeypatch.setattr("psion_contract.conformance.runner.request_of", faulty)
    result = psion("conformance", "--command", " ".join(script(tmp_path, "pass")))
    assert result.code == 70
    assert "internal error, no verdict: ValueError: oops" in result.err


def test_whole_answers_are_kept_for_the_json_report_only(
    psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Json | None] = []

    def as_nothing(results: list[CaseResult], *_: object) -> str:
        kept.extend(each.found for each in results)
        return ""

    monkeypatch.setattr("psion_contract.conformance.summary.as_text", as_nothing)
    assert psion("conformance", "--digest", "D7").code == 0
    assert kept
    assert set(kept) == {None}


def test_a_terminal_shows_the_progress(psion: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    assert psion("conformance", "--case", "D7.plain").err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    result = psion("conformance", "--case", "D7.plain")
    assert "1/1" in result.err
    assert result.out.endswith("1 of 1 passed\n")


def test_cases_and_rules_are_run_together(psion: RunCommand) -> None:
    result = psion("conformance", "--case", "D7.plain", "--case", IDS[0], "--rule", "replay-not-exact")
    groups = [line.split()[0] for line in result.out.split("\n\n", maxsplit=1)[0].splitlines()]
    assert sorted(groups) == ["D7", "replay-not-exact", "weight-total-mismatch"]


def test_names_may_be_patterns(psion: RunCommand) -> None:
    result = psion("conformance", "--case", "weight-total-*.*", "--rule", "unknown-s*", "--digest", "D[78]")
    groups = [line.split()[0] for line in result.out.split("\n\n", maxsplit=1)[0].splitlines()]
    assert groups == [
        "D7",
        "D8",
        "unknown-split",
        "unknown-source-family",
        "unknown-source",
        "weight-total-mismatch",
    ]


def test_a_run_can_stop_at_the_first_failure(psion: RunCommand, tmp_path: Path) -> None:
    command = " ".join(script(tmp_path, "for request in REQUESTS: say({**right(request), 'sha256': 'x'})"))
    chosen = [argument for name in IDS for argument in ("--case", name)]
    result = psion("conformance", "--command", command, *chosen, "--fail-fast")
    assert result.code == 1
    assert result.out.endswith("\n\nstopped at the first failure; 4 not run\n0 of 1 passed\n")
    report = json.loads(
        psion("conformance", "--command", command, *chosen, "--fail-fast", "--format", "json").out
    )
    assert (report["failed"], report["not_run"], len(report["outcomes"])) == (1, 4, 1)


READER = {
    "invalid-json",
    "duplicate-member",
    "non-integer-number",
    "limit-exceeded",
    "unlisted-findings",
    "unknown-kind",
}
LEVELS = {
    "reader": READER,
    "schema": READER | {"schema-violation"},
    "digests": READER | {"schema-violation"},
}


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_at_a_level_findings_of_other_rules_are_not_compared(
    level: str, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An implementation passes that knows the rules of the level only."""

    def partial(request: Json) -> Json:
        answer = ask(request)
        if "findings" in answer:
            answer["findings"] = [each for each in answer["findings"] if each["rule"] in LEVELS[level]]
            answer["verdict"] = "inconsistent" if answer["findings"] else "consistent"
        return answer

    monkeypatch.setattr("psion_contract.conformance.serving.ask", partial)
    chosen = [
        "--case",
        "limit-exceeded.*",
        "--case",
        "weight-total-*",
        "--case",
        "schema-violation.reached-*",
    ]
    result = psion("conformance", "--level", level, *chosen)
    assert result.code == 0, result.out
    assert f"compared: findings of {len(LEVELS[level])} of {len(RULES)} rules; " in result.out
    assert psion("conformance", *chosen).code == 1


@pytest.mark.slow
def test_a_level_says_whether_vectors_are_run(psion: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psion_contract.conformance.pack.load_cases", lambda: load_cases()[:1])
    for level, digests in (("reader", 0), ("schema", 0), ("digests", 10), ("receipt", 10), ("all", 10)):
        report = json.loads(psion("conformance", "--level", level, "--format", "json").out)
        assert len({each["group"] for each in report["outcomes"]}) == digests + 1
    report = json.loads(psion("conformance", "--level", "reader", "--digest", "D1", "--format", "json").out)
    assert {each["group"] for each in report["outcomes"]} == {"D1"}


def test_only_findings_of_some_rules_are_compared(psion: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(request: Json) -> Json:
        found = [{"rule": "weight-total-mismatch", "document": "policy.json", "pointer": "/x"}]
        return {"verdict": "inconsistent", "findings": found}

    monkeypatch.setattr("psion_contract.conformance.serving.ask", wrong)
    chosen = ["--rule", "weight-total-mismatch", "--rule", "replay-*", "--format", "json"]
    report = json.loads(psion("conformance", *chosen, "--only", "replay-not-exact").out)
    assert {each["id"] for each in report["outcomes"] if each["result"] == "failed"} == {
        case.id for case in load_cases() if any(rule == "replay-not-exact" for rule, _, _ in case.findings)
    }
    failed = [each for each in report["outcomes"] if each["result"] == "failed"]
    assert all("verdict" not in each["found"] for each in failed)


def test_nothing_passes_is_no_success(psion: RunCommand, tmp_path: Path) -> None:
    program = "for request in REQUESTS: say({'id': request['id'], 'not_implemented': 'all of it'})"
    command = " ".join(script(tmp_path, program))
    result = psion("conformance", "--command", command, "--digest", "D7")
    assert (result.code, result.out.splitlines()[-1]) == (1, "0 of 6 passed, 6 not implemented")


# The documents of a case as files.

EXTRACTED = [
    "schema-violation.reached-policy",
    "invalid-json.input",
    "limit-exceeded.at-depth",
    "replay-not-exact.sealed-strict",
    "unresolved-reference.bundle",
    "invalid-json.surrogate-bytes",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXTRACTED)
def test_the_documents_of_a_case_are_checked_as_files(name: str, psion: RunCommand, tmp_path: Path) -> None:
    case = {case.id: case for case in load_cases()}[name]
    result = psion("conformance", "--extract", name, str(tmp_path / "new/a b"))
    assert result.code == 0
    assert result.out.startswith(f"{case.description}\nExpected: {case.verdict}\n")
    program, *arguments = shlex.split(result.out.splitlines()[-1].removeprefix("Explain with: "))
    assert program == "psion-contract"
    report = json.loads(psion(*arguments, "--format", "json").out)
    found = {(each["rule"], Path(each["document"]).name, each["pointer"]) for each in report["findings"]}
    assert (report["verdict"], found) == (case.verdict, case.findings)
    again = psion("conformance", "--extract", name, str(tmp_path / "new/a b"))
    assert again.code == 2
    assert again.err.endswith("File exists\n")


@pytest.mark.slow
def test_the_documents_of_every_case_are_explained(psion: RunCommand, tmp_path: Path) -> None:
    for number, case in enumerate(load_cases()):
        command = extract(case, tmp_path / str(number))
        if command is None:
            continue
        report = json.loads(psion(*shlex.split(command)[1:], "--format", "json").out)
        found = {(each["rule"], Path(each["document"]).name, each["pointer"]) for each in report["findings"]}
        assert (report["verdict"], found) == (case.verdict, case.findings), case.id


def test_a_case_without_documents_has_nothing_to_check(psion: RunCommand, tmp_path: Path) -> None:
    result = psion("conformance", "--extract", "unresolved-reference.nothing-judged", str(tmp_path / "x"))
    assert result.code == 0
    assert result.out.endswith("\nThe case has no documents, so nothing can be checked.\n")


# Acting as a command.


@needs_shell
@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        ("0<&-", "standard input is closed"),
        ("1>&-", "standard output is closed"),
        ("0>/dev/null", "cannot read requests"),
    ],
)
def test_a_stream_that_is_closed_is_no_internal_error(redirection: str, message: str) -> None:
    command = f"exec {shlex.quote(sys.executable)} -m psion_contract conformance --serve {redirection}"
    result = subprocess.run(
        ["sh", "-c", command], input="", capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 2
    assert message in result.stderr
