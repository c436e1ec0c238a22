"""The checks of the rules, one module a subject; the catalogue says what each reads."""

from __future__ import annotations

from psion_contract.catalog import CHECK_ENTRIES
from psion_contract.documents.kinds import ROLES
from psion_contract.rules import (
    config,
    continuity,
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
    program_records,
    receipt,
    replay,
    shards,
)
from psion_contract.rules.checks import Check

_MODULES = (
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
    program_records,
    history,
    continuity,
    numbers,
)
_POSITIONS = {check_id: position for position, check_id in enumerate(CHECK_ENTRIES)}
_IN_ORDER = sorted(
    (each for module in _MODULES for each in module.CHECKS), key=lambda each: _POSITIONS[each.id]
)

CHECKS: dict[str, tuple[Check, ...]] = {
    role: tuple(each for each in _IN_ORDER if each.judges == role) for role in ROLES
}
"""The checks by the role of the document that they judge, in the order of the catalogue."""

NEEDED_ROLES: dict[str, frozenset[str]] = {
    role: frozenset(needed for each in checks for needed in each.reads) - {role}
    for role, checks in CHECKS.items()
}
"""The roles of other documents that some check reads, by the role that is judged."""
