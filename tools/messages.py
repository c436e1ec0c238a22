"""The wording of every rule in one file, for review: the text of a finding of the first case that breaks it."""

from __future__ import annotations

from psion_contract import Checker, Limits, Source
from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case, load_cases
from psion_contract.output.text import blocks

PATH = "tests/rules/messages.txt"


def files() -> dict[str, str]:
    """The file with a block of text for each rule, in the order of the catalogue."""
    cases = load_cases()
    return {PATH: "\n\n".join(_entry(rule, cases) for rule in RULES) + "\n"}


def _entry(rule: str, cases: list[Case]) -> str:
    breaking = [case for case in cases if any(rule == broken for broken, _, _ in case.findings)]
    if not breaking:
        return f"{rule}: no case of the pack breaks this rule"
    case = next((each for each in breaking if each.rule == rule), breaking[0])
    return f"{case.id}\n\n{_block(case, rule)}"


def _block(case: Case, rule: str) -> str:
    """The finding of a rule in a case, as people see it."""
    inputs, documents = (
        [Source(text.name, text.data) for text in texts] for texts in (case.inputs, case.documents)
    )
    report = Checker(inputs, limits=Limits(**case.limits), strict=case.strict).check(documents)
    return blocks([next(each for each in report.findings if each.rule == rule)])[0]
