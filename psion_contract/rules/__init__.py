"""The rules: a table that says what they are, and checks that hold documents to them, by subject."""

from __future__ import annotations

from psion_contract.rules import (
    config,
    corpus,
    coverage,
    descriptor,
    duplicates,
    execution,
    history,
    layout,
    lineage,
    numbers,
    policy,
    program,
    receipt,
    records,
    replay,
    shards,
)
from psion_contract.rules.base import CHECKS, Check, Flaw, Subject
from psion_contract.rules.table import RULES, Rule

# Modules register their checks as they are imported; findings come in the order of the table.
_PLACE = {name: place for place, name in enumerate(RULES)}
for _checks in CHECKS.values():
    _checks.sort(key=lambda check: _PLACE[check.rules[0]])

__all__ = ["CHECKS", "RULES", "Check", "Flaw", "Rule", "Subject"]

_SUBJECTS = (
    config,
    receipt,
    coverage,
    replay,
    lineage,
    execution,
    descriptor,
    layout,
    duplicates,
    corpus,
    shards,
    policy,
    program,
    records,
    history,
    numbers,
)
