"""Records what the findings of cases are related to: the other sides of each contradiction.

The findings of a case are written by hand in its builder, and so can be what they are related to (``related=``). Every
other case has an entry in `FILE`: by finding, the related pointers in the order of the report. An existing entry is
only read, never recomputed, and `tools.frozen` refuses any change of a published one. For a case without an entry,
``python -m tools build`` runs the checker, writes the entry and prints it for review.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from json import dumps

from psion_contract.checker import Checker
from psion_contract.findings import Report
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from tools import repository
from tools.pack.case_builder import Group, Json, data_of, document_and_pointer, pointer_of

FILE = "tools/pack/recorded_related.json"
"""The path of the entries, from the top of the repository. Entries are by case id."""

Related = dict[str, list[str]]
"""By rule and pointer of a finding, separated by a space, the pointers that it is related to."""


def fill(groups: Iterable[Group]) -> None:
    """Add what it is related to to every finding of every case, unless its builder does.

    Raises:
        BrokenFileError: an entry names a finding that its case does not expect.
    """
    entries: dict[str, Related] = repository.json(FILE)
    for case in _cases(groups):
        related = entries.get(case["id"])
        if related is None:
            related = _reported(case)
            for key, pointers in related.items():
                print(f"review {case['id']}: {key} is related to {', '.join(pointers)}", file=sys.stderr)
        findings = {_key(finding): finding for finding in case["expected"]["findings"]}
        if not related.keys() <= findings.keys():
            raise repository.BrokenFileError(
                f"{FILE}: the entry of {case['id']} names a finding that the case does not expect"
            )
        for key, pointers in related.items():
            findings[key]["related"] = list(map(document_and_pointer, pointers))


def text(groups: Iterable[Group]) -> str:
    """The text of `FILE` for filled groups, one line per case."""
    lines = [f"  {dumps(case['id'])}: {dumps(_related(case), ensure_ascii=False)}" for case in _cases(groups)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _cases(groups: Iterable[Group]) -> Iterator[Json]:
    """The cases with findings but without ``related=``."""
    for group in groups:
        for case in group.cases:
            if case["expected"]["findings"] and case["id"] not in group.related_by_hand:
                yield case


def _related(case: Json) -> Related:
    return {
        _key(finding): list(map(pointer_of, finding["related"]))
        for finding in case["expected"]["findings"]
        if "related" in finding
    }


def report(case: Json) -> Report:
    """What the checker reports for a case."""
    inputs, documents = (
        [Source(text["name"], data_of(text)) for text in case.get(name, ())]
        for name in ("inputs", "documents")
    )
    checker = Checker(inputs, limits=Limits(**case.get("limits", {})), strict=case.get("strict", False))
    return checker.check(documents)


def _reported(case: Json) -> Related:
    """What the findings that a case expects are related to, as reported by the checker."""
    found: Related = {}
    for finding in report(case).findings:
        pointers = found.setdefault(_key(finding.to_dict()), [])
        pointers += [
            pointer
            for other in finding.related
            if (pointer := pointer_of({"document": other.document, "pointer": other.pointer})) not in pointers
        ]
    expected = map(_key, case["expected"]["findings"])
    return {key: found[key] for key in expected if found.get(key)}


def _key(finding: Json) -> str:
    return f"{finding['rule']} {pointer_of(finding)}"
