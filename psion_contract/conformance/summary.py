"""What a run of the pack came to, as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps

from psion_contract.conformance.runner import Outcome


def as_text(outcomes: Sequence[Outcome]) -> str:
    """A line for each rule and each digest, then what failed, then the sum."""
    groups: dict[str, list[bool]] = {}
    for each in outcomes:
        groups.setdefault(each.group, []).append(each.passed)
    width = max(map(len, groups), default=0)
    lines = [
        f"{group:<{width}}  {sum(passed):>4} of {len(passed):>4}{'' if all(passed) else '  FAILED'}"
        for group, passed in groups.items()
    ]
    for failed in [each for each in outcomes if not each.passed]:
        lines += ["", failed.id, f"  {failed.description}", *(f"  - {each}" for each in failed.problems)]
    count = sum(each.passed for each in outcomes)
    return "\n".join([*lines, "", f"{count} of {len(outcomes)} passed"]) + "\n"


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Every case and vector; of what failed, what was expected and what was found."""
    entries = []
    for each in outcomes:
        entry = {"id": each.id, "group": each.group, "passed": each.passed}
        if not each.passed:
            entry |= {
                "description": each.description,
                "problems": each.problems,
                "expected": each.expected,
                "found": each.found,
            }
        entries.append(entry)
    count = sum(each.passed for each in outcomes)
    return dumps({"passed": count, "failed": len(outcomes) - count, "outcomes": entries}, indent=2) + "\n"
