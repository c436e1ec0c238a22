"""``psion-contract explain``."""

from __future__ import annotations

import pytest
from support.command_line import COULD_NOT_RUN, RunCommand

from psion_contract.catalog import RULES
from tools.edits import put

WRONG = put("/receipt/receipt_digest", "0" * 64)


def test_explain_lists_every_rule(psion: RunCommand) -> None:
    result = psion("explain")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_explain_says_what_breaks_a_rule_and_what_to_do(psion: RunCommand, rule: str) -> None:
    result = psion("explain", rule)
    assert result.code == 0
    assert result.out.startswith(f"{rule} ({RULES[rule].severity})\n")
    words = " ".join(result.out.split())
    assert RULES[rule].sentence in words
    assert RULES[rule].remedy in words


def test_explain_suggests_the_rule_that_may_be_meant(psion: RunCommand) -> None:
    result = psion("explain", "replay-digest-missmatch")
    assert result.code == COULD_NOT_RUN
    assert "replay-digest-mismatch" in result.err
