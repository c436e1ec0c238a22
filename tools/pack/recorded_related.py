"""What the findings of cases are related to: the other sides of each contradiction.

Which rules a case breaks, and where, is written by hand in its builder, and so can be what a finding is related to
(``related=``). A case that says nothing of it has an entry in `FILE`: by finding, its related places in the order
in which they are reported. Entries are data. Once there is one it is only read, never computed again, and
`tools.frozen` refuses any change of a published one. For a new case without an entry, ``python -m tools build``
asks the checker, writes the entry and prints it, to be reviewed like any other expectation.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from json import dumps, loads

from psion_contract.checker import Checker
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from tools import repository
from tools.pack.case_builder import Group, Json, data_of, named, place_of

FILE = "tools/pack/recorded_related.json"
"""The entries by case id, from the top of the repository; of each, the findings that are related to anything."""

Related = dict[str, list[str]]
"""By rule and place of a finding, separated by a space, the places that it is related to."""


def fill(groups: Iterable[Group]) -> None:
    """Add to every finding of every case what it is related to, unless the case's builder says so.

    Raises:
        ValueError: an entry names a finding that its case does not expect.
    """
    entries: dict[str, Related] = loads(repository.text(FILE) or "{}")
    for case in _cases(groups):
        related = entries.get(case["id"])
        if related is None:
            related = _reported(case)
            for key, places in related.items():
                print(f"review {case['id']}: {key} is related to {', '.join(places)}", file=sys.stderr)
        findings = {_key(finding): finding for finding in case["expected"]["findings"]}
        if not related.keys() <= findings.keys():
            raise ValueError(
                f"{FILE}: the entry of {case['id']} names a finding that the case does not expect"
            )
        for key, places in related.items():
            findings[key]["related"] = list(map(named, places))


def text(groups: Iterable[Group]) -> str:
    """The text of `FILE` for groups that are filled, one line a case."""
    lines = [f"  {dumps(case['id'])}: {dumps(_related(case), ensure_ascii=False)}" for case in _cases(groups)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _cases(groups: Iterable[Group]) -> Iterator[Json]:
    """The cases whose builder does not say what their findings are related to."""
    for group in groups:
        for case in group.cases:
            if case["expected"]["findings"] and case["id"] not in group.related_by_hand:
                yield case


def _related(case: Json) -> Related:
    return {
        _key(finding): list(map(place_of, finding["related"]))
        for finding in case["expected"]["findings"]
        if "related" in finding
    }


def _reported(case: Json) -> Related:
    """What the checker reports for the expected findings."""
    inputs, documents = (
        [Source(text["name"], data_of(text)) for text in case.get(name, ())]
        for name in ("inputs", "documents")
    )
    checker = Checker(inputs, limits=Limits(**case.get("limits", {})), strict=case.get("strict", False))
    found: Related = {}
    for finding in checker.check(documents).findings:
        places = found.setdefault(_key(finding.to_dict()), [])
        places += [
            place
            for other in finding.related
            if (place := place_of({"document": other.document, "pointer": other.pointer})) not in places
        ]
    expected = map(_key, case["expected"]["findings"])
    return {key: found[key] for key in expected if found.get(key)}


def _key(finding: Json) -> str:
    return f"{finding['rule']} {place_of(finding)}"
