"""The results of a run of the pack, as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any

from psion_contract.conformance.runner import CaseResult


def as_text(results: Sequence[CaseResult]) -> str:
    """One line for each rule and digest, then the failed cases, the remarks, and the totals."""
    groups: dict[str, list[bool]] = {}
    for result in results:
        groups.setdefault(result.group, []).append(result.passed)
    width = max(map(len, groups), default=0)
    lines = [
        f"{group:<{width}}  {sum(passed):>4} of {len(passed):>4}{'' if all(passed) else '  FAILED'}"
        for group, passed in groups.items()
    ]
    for result in results:
        if not result.passed:
            lines += ["", result.id, f"  {result.description}", *_items(result.problems)]
            lines += [f"  - remark: {remark}" for remark in result.remarks]
    remarked = [result for result in results if result.passed and result.remarks]
    if remarked:
        lines += ["", "remarks (not failures):"]
        for result in remarked:
            lines += ["", result.id, *_items(result.remarks)]
    count = sum(result.passed for result in results)
    return "\n".join([*lines, "", f"{count} of {len(results)} passed"]) + "\n"


def as_json(results: Sequence[CaseResult]) -> str:
    """Every case and vector; of those that failed, also the expected and the found answer."""
    entries = []
    for result in results:
        entry: dict[str, Any] = {"id": result.id, "group": result.group, "passed": result.passed}
        if not result.passed:
            entry |= {
                "description": result.description,
                "problems": result.problems,
                "expected": result.expected,
                "found": result.found,
            }
        if result.remarks:
            entry["remarks"] = result.remarks
        entries.append(entry)
    count = sum(result.passed for result in results)
    return dumps({"passed": count, "failed": len(results) - count, "outcomes": entries}, indent=2) + "\n"


def _items(lines: Sequence[str]) -> Iterator[str]:
    return (f"  - {line}" for line in lines)
