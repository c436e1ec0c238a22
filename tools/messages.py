"""The wording of every rule in one file, for review: the text of a finding of the first case that breaks it."""

from __future__ import annotations

from psion_contract.catalog import RULES
from psion_contract.output.text import blocks
from tools.pack.case_builder import Json
from tools.pack.pack_files import groups
from tools.pack.recorded_related import report

PATH = "tests/rules/messages.txt"


def files() -> dict[str, str]:
    """The file with a block of text for each rule, in the order of the catalogue."""
    cases = [case for group in groups() for case in group.cases]
    return {PATH: "\n\n".join(_entry(rule, cases) for rule in RULES) + "\n"}


def _entry(rule: str, cases: list[Json]) -> str:
    breaking = [case for case in cases if any(rule == each["rule"] for each in case["expected"]["findings"])]
    if not breaking:
        return f"{rule}: no case of the pack breaks this rule"
    case = next((each for each in breaking if each["rule"] == rule), breaking[0])
    finding = next(each for each in report(case).findings if each.rule == rule)
    return f"{case['id']}\n\n{blocks([finding])[0]}"
