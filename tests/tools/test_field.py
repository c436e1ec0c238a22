"""Inputs of users that once went wrong get the right verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command_line import RunCommand
from support.platforms import needs_links

from tools import field
from tools.field import Json, Outcome

CASES = {case["id"]: case for case in field.cases()}


def marks(case: Json) -> list[pytest.MarkDecorator]:
    return [needs_links] if any("link" in step for step in case["steps"]) else []


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(case)) for name, case in CASES.items()])
def test_what_once_went_wrong_is_right(here: Path, psion: RunCommand, name: str) -> None:
    case = CASES[name]
    field.prepare(case, here)
    result = psion(*field.arguments(case))
    assert field.problems(case, Outcome(result.code, result.out, result.err)) == []


def test_a_difference_is_told() -> None:
    case = {"exit": 1, "says": ["x"], "findings": [["r", "d", "/p"]], "ignored": [["a", "not-json"]]}
    assert field.problems(case, Outcome(0, "", "why")) == ["exit code 0, expected 1: why", "does not say 'x'"]
    report = '{"findings": [{"rule": "r", "document": "x", "pointer": "/p"}], "left_alone": []}'
    assert field.problems(case, Outcome(1, report, "")) == [
        "findings: missing ['r', 'd', '/p']",
        "findings: unexpected ['r', 'x', '/p']",
        "ignored: missing ['a', 'not-json']",
    ]
