"""The checks against what the catalogue says of them, and against their parts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from support.pack_cases import COMBINED, subjects_of

from psion_contract.catalog import CHECK_ENTRIES
from psion_contract.documents.document import Document
from psion_contract.reading.pointers import parts
from psion_contract.resolution import Resolution
from psion_contract.rules import CHECKS
from psion_contract.rules.checks import Check, Subject


def all_checks() -> dict[str, Check]:
    """Every check, and every part of one, by the id of its catalogue entry."""
    whole = [check for checks in CHECKS.values() for check in checks]
    found = {part.id: part for check in whole for part in check.parts}
    return found | {check.id: check for check in whole if not check.parts}


def test_every_entry_of_the_catalogue_has_one_check_and_every_check_an_entry() -> None:
    whole = [check for checks in CHECKS.values() for check in checks]
    ids = [each.id for check in whole for each in (check.parts or (check,))]
    assert sorted(ids) == sorted(CHECK_ENTRIES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "check_id", [name for name, check in all_checks().items() if any(check.reads.values())]
)
def test_a_check_reads_no_more_than_the_catalogue_says(check_id: str) -> None:
    check = all_checks()[check_id]
    for each, flaws in subjects_of(check):
        documents = {
            role: Document(
                role, "", document.kind, pruned(document.value, check.reads.get(role, ())), None, True
            )
            for role, document in each.subject.documents.items()
            if role in check.reads or role == check.judges
        }
        for role, document in documents.items():
            document.unsafe = each.subject.documents[role].unsafe
        main = documents.pop(check.judges)
        assert list(check.body(Subject(main, Resolution(documents)))) == flaws, each.case


def pruned(value: dict[str, Any], pointers: tuple[str, ...]) -> dict[str, Any]:
    """What is at the pointers, and nothing else."""
    if "" in pointers:
        return value
    kept: dict[str, Any] = {}
    for pointer in pointers:
        *above, last = parts(pointer)
        holder, source = kept, value
        for name in above:
            source = source.get(name)  # type: ignore[assignment]
            if source is None:
                break
            holder = holder.setdefault(name, {})
        if source is not None and last in source:
            holder[last] = deepcopy(source[last])
    return kept


@pytest.mark.parametrize("check_id", COMBINED)
@pytest.mark.slow
def test_a_combined_check_finds_what_its_parts_find(check_id: str) -> None:
    check = COMBINED[check_id]
    for each, flaws in subjects_of(check):
        of_parts = [
            flaw if flaw.rule else flaw._replace(rule=part.rules[0])
            for part in check.parts
            for flaw in part.body(each.subject)
        ]
        assert flaws == of_parts, each.case
