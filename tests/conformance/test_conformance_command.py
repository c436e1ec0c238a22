"""``psion-contract conformance``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand
from support.implementations import IDS, VECTORS, script

from psion_contract.conformance.pack import load_cases, load_vectors
from psion_contract.conformance.runner import CaseResult

Json = dict[str, Any]


@pytest.mark.slow
def test_this_implementation_as_a_command_passes_everything(psion: RunCommand) -> None:
    result = psion("conformance", "--command", f"{sys.executable} -m psion_contract conformance --serve")
    assert result.code == 0, result.out
    assert "remarks" not in result.out
    count = len(load_cases()) + len(load_vectors())
    assert result.out.endswith(f"\n{count} of {count} passed\n")


def test_without_a_command_this_implementation_is_run(psion: RunCommand) -> None:
    result = psion("conformance", "--digest", "D1", "--rule", "replay-not-exact", "--rule", "limit-exceeded")
    assert result.code == 0, result.out
    groups = [line.split() for line in result.out.split("\n\n")[0].splitlines()]
    assert [group[0] for group in groups] == [
        "limit-exceeded",
        "replay-not-exact",
        "D1",
    ]  # in their usual order
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
    assert first.split() == ["weight-total-mismatch", "3", "of", "3"]
    assert second.split() == ["D7", "0", "of", "2", "FAILED"]
    assert rest[:3] == ["", "D7.plain", f"  {VECTORS[0].description}"]
    assert rest[3].startswith('  - the sha256 is "x"; expected "')
    assert rest[-1] == "3 of 5 passed"
    report = json.loads(psion("conformance", "--command", command, *chosen, "--format", "json").out)
    assert (report["passed"], report["failed"]) == (3, 2)
    assert list(report) == ["passed", "failed", "outcomes"]
    assert report["outcomes"][0] == {"id": IDS[0], "group": "weight-total-mismatch", "passed": True}
    failed, vector = report["outcomes"][-1], VECTORS[-1]
    assert failed == {
        "id": vector.id, "group": "D7", "passed": False, "description": vector.description,
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

    def as_nothing(results: list[CaseResult]) -> str:
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
