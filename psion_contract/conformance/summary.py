"""The results of a run of the pack, as text for people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from json import dumps
from typing import Any

from psion_contract.catalog import RULES
from psion_contract.conformance.runner import CaseResult
from psion_contract.conformance.scope import EVERYTHING, Scope
from psion_contract.reading.escaping import counted, printable

_MAX_IDS = 10
"""Maximum number of ids listed of cases that fail in the same way; the others are counted."""


def as_text(results: Sequence[CaseResult], scope: Scope = EVERYTHING, not_run: int = 0) -> str:
    """One line for each digest and rule, then failures by their cause, what is not implemented, remarks, and totals.

    Args:
        results: of what was run.
        scope: what was compared.
        not_run: the number of cases and vectors after the one at which the run stopped.
    """
    lines = [*_groups(results), *_failures(results)]
    reasons = Counter(each.not_implemented for each in results if each.result == "not_implemented")
    if reasons:
        lines += [
            "",
            "not implemented:",
            *_items(f"{printable(str(why))}: {n}" for why, n in reasons.items()),
        ]
    remarked = [each for each in results if each.passed and each.remarks]
    if remarked:
        lines += ["", "remarks (not failures):"]
        for each in remarked:
            lines += ["", each.id, *_items(each.remarks)]
    lines.append("")
    if not scope.everything:
        verdicts = sum("verdict" in each.expected for each in results)
        lines.append(f"compared: {_compared(scope)}; {counted(verdicts, 'verdict')}")
    if not_run:
        lines.append(f"stopped at the first failure; {not_run} not run")
    return "\n".join([*lines, _totals(results)]) + "\n"


def as_json(results: Sequence[CaseResult], not_run: int = 0) -> str:
    """The totals, and every case and vector; of those that failed, also the expected and the found answer."""
    totals = Counter(each.result for each in results)
    report = {name: totals[name] for name in ("passed", "failed", "not_implemented")}
    outcomes = list(map(_entry, results))
    return dumps({**report, "not_run": not_run, "outcomes": outcomes}, indent=2) + "\n"


def _entry(result: CaseResult) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": result.id, "group": result.group, "result": result.result}
    if result.result == "failed":
        entry |= {
            "description": result.description,
            "problems": result.problems,
            "causes": result.causes,
            "expected": result.expected,
            "found": result.found,
        }
    if result.result == "not_implemented":
        entry["reason"] = result.not_implemented
    if result.remarks:
        entry["remarks"] = result.remarks
    return entry


def _groups(results: Sequence[CaseResult]) -> Iterator[str]:
    groups: dict[str, Counter[str]] = {}
    for each in results:
        groups.setdefault(each.group, Counter())[each.result] += 1
    width = max(map(len, groups), default=0)
    for group, count in groups.items():
        line = f"{group:<{width}}  {count['passed']:>4} of {count.total():>4}"
        line += f"  {count['not_implemented']} not implemented" if count["not_implemented"] else ""
        yield line + ("  FAILED" if count["failed"] else "")


def _failures(results: Sequence[CaseResult]) -> Iterator[str]:
    """The failures, grouped by their cause, of which the first is shown in full."""
    alike: dict[tuple[str, ...], list[CaseResult]] = {}
    for each in results:
        if each.result == "failed":
            alike.setdefault(each.causes, []).append(each)
    for causes, (first, *others) in alike.items():
        yield ""
        if others:
            yield f"same difference in {len(others) + 1} cases: {'; '.join(causes)}"
        yield first.id
        yield f"  {first.description}"
        yield from _items([*first.problems, *(f"remark: {remark}" for remark in first.remarks)])
        if others:
            more = f" and {len(others) - _MAX_IDS} more" if len(others) > _MAX_IDS else ""
            yield f"also {', '.join(each.id for each in others[:_MAX_IDS])}{more}"


def _compared(scope: Scope) -> str:
    return f"findings of {len(scope.rules)} of {counted(len(RULES), 'rule')}"


def _totals(results: Sequence[CaseResult]) -> str:
    count = Counter(each.result for each in results)
    parts = [f"{count['passed']} of {len(results)} passed"]
    parts += [f"{count['failed']} failed"] if count["failed"] and count["not_implemented"] else []
    parts += [f"{count['not_implemented']} not implemented"] if count["not_implemented"] else []
    return ", ".join(parts)


def _items(lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    return (f"  - {line}" for line in lines)
