"""Generates the tables in docs/reference/rules and docs/explanation/stricter.md from the catalogue of rules."""

from __future__ import annotations

from collections.abc import Iterable

from psion_contract.catalog import CHECK_ENTRIES, RULES, SECTIONS, CheckEntry, Rule
from tools.docs.member_tables import table

PAGES: dict[str, str] = {
    "Reading": "reading.md",
    "References": "references.md",
    "Config against model, corpus and policy": "config.md",
    "Receipt against config, corpus and model": "receipt.md",
    "Documents beside each other": "beside.md",
    "Inputs on their own": "inputs.md",
    "Stage program": "program.md",
    "Documents against files": "files.md",
    "Suppressions": "suppressions.md",
}
"""The page below docs/reference/rules that describes each section of the catalogue."""


def tables() -> dict[str, str]:
    """Every table by its name, as Markdown."""
    result = {f"rules {section}": _rules(section) for section in SECTIONS}
    return result | {"stricter rules": _stricter(), "checks": _checks()}


def _rules(section: str) -> str:
    rows = [
        (f"[`{rule.name}`](#{rule.name})", rule.severity, rule.origin, rule.sentence, rule.remedy)
        for rule in RULES.values()
        if rule.section == section
    ]
    return table(("Rule", "Severity", "Origin", "Broken when", "What to do"), rows)


def _stricter() -> str:
    rows = [(_link(rule), rule.sentence) for rule in RULES.values() if rule.origin == "stricter"]
    return table(("Rule", "Rejected when"), rows)


def _link(rule: Rule) -> str:
    return f"[`{rule.name}`](../reference/rules/{PAGES[rule.section]}#{rule.name})"


def _checks() -> str:
    """What each check reads, in the order of the rules; checks that differ only in the judged role share a row."""
    positions = {rule: position for position, rule in enumerate(RULES)}
    rows: dict[tuple[str, str], dict[str, None]] = {}
    for entry in sorted(CHECK_ENTRIES.values(), key=lambda entry: positions[entry.rules[0]]):
        rows.setdefault((_code(entry.rules), _reads(entry)), {})[entry.judges] = None
    return table(
        ("Rules", "Judges", "Reads"),
        [(rules, ", ".join(roles), reads) for (rules, reads), roles in rows.items()],
    )


def _reads(entry: CheckEntry) -> str:
    parts = [
        f"{role}: {_code(pointers) if any(pointers) else 'the whole document'}"
        for role, pointers in entry.reads.items()
    ]
    return "; ".join(parts) or "nothing that must be sound"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
