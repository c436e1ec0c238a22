"""The wording of each rule, in one file to review: the first case of the pack that breaks it."""

from __future__ import annotations

import pytest
from support.pack_cases import breaking, report_on
from syrupy.assertion import SnapshotAssertion

from psion_contract.catalog import RULES
from psion_contract.output.text import blocks


@pytest.mark.parametrize("rule", RULES)
def test_the_text_of_a_finding(rule: str, snapshot: SnapshotAssertion) -> None:
    report = report_on(breaking((rule,))[0])
    finding = next(each for each in report.findings if each.rule == rule)
    (block,) = blocks([finding])
    assert block == snapshot
