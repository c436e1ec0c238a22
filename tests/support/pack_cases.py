"""The cases of the conformance pack, and the results of the checker."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import NamedTuple

from psion_contract import Checker, Limits, Report, Source
from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case, load_cases
from psion_contract.documents.loading import LoadedDocuments
from psion_contract.resolution import Resolver
from psion_contract.rules import CHECKS
from psion_contract.rules.checks import Check, Flaw, Subject

WITHOUT_CASES = {
    "unlisted-findings",  # would need 10,000 expected findings; tests/test_checker.py tests it
    # Rules of the command alone, and of files, which no case has.
    *(rule.name for rule in RULES.values() if rule.section in ("Documents against files", "Suppressions")),
}
"""Rules that no case is about."""

COMBINED = {check.id: check for checks in CHECKS.values() for check in checks if check.parts}
"""Checks that are made of parts."""


@cache
def pack_cases() -> dict[str, Case]:
    """Every case by its id."""
    return {case.id: case for case in load_cases()}


@cache
def rejected_cases() -> dict[str, list[Case]]:
    """By rule, the cases about it in which it is broken."""
    found: dict[str, list[Case]] = {rule: [] for rule in RULES}
    for case in pack_cases().values():
        if any(rule == case.rule for rule, _, _ in case.findings):
            found[case.rule].append(case)
    return found


def report_on(case: Case) -> Report:
    """The report of this implementation."""
    documents, inputs = sources_of(case)
    return Checker(inputs, limits=limits_of(case), strict=case.strict).check(documents)


def sources_of(case: Case) -> tuple[list[Source], list[Source]]:
    """The documents and the inputs of a case."""
    documents, inputs = (
        [Source(each.name, each.data) for each in texts] for texts in (case.documents, case.inputs)
    )
    return documents, inputs


def limits_of(case: Case) -> Limits:
    return Limits(**case.limits)


class Judged(NamedTuple):
    """A sound document with all that it refers to, and a check that applies to it.

    Attributes:
        case: id of the case that it is from.
        check: the check, or a part of one.
        subject: the documents by role.
    """

    case: str
    check: Check
    subject: Subject


@cache
def judged() -> list[Judged]:
    """Sound documents of the pack with each check that applies to them; parts of checks too."""
    found: list[Judged] = []
    for case in pack_cases().values():
        if case.rule == "schema-violation":  # hundreds of cases, most without a sound document
            continue
        documents, inputs = (
            LoadedDocuments(texts, limits_of(case), judged=True).documents for texts in sources_of(case)
        )
        resolver = Resolver([*documents, *inputs])
        for document in documents:
            resolution = resolver.resolve(document)
            subject = Subject(document, resolution)
            if any(each.broken for each in subject.documents.values()):
                continue
            for check in CHECKS[document.kind.role]:
                found += [
                    Judged(case.id, each, subject)
                    for each in (check, *check.parts)
                    if set(each.reads) <= set(subject.documents)
                ]
    return found


ENOUGH = 12
"""Number of subjects with flaws, and without, that `subjects_of` returns at most."""


def subjects_of(check: Check) -> list[tuple[Judged, list[Flaw]]]:
    """Some subjects of a check, with the flaws that it finds in them."""
    seen: Counter[bool] = Counter()
    found = []
    for each in judged():
        if each.check is check:
            flaws = list(check.body(each.subject))
            seen[bool(flaws)] += 1
            if seen[bool(flaws)] <= ENOUGH:
                found.append((each, flaws))
    assert seen[True] and seen[False], f"the pack has too few cases of {check.id}"
    return found
