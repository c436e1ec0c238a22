"""Which mutants the conformance pack does not notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain, zip_longest
from typing import Any

from equivalents import reason
from mutants import Mutant, mutants
from worlds import RULES, World, covered, items, source

from psion_contract.conformance.pack import Case, Vector
from psion_contract.reading.pointers import overlaps

MODULES = (
    *RULES,
    "resolution",
    "identities",
    *(
        "documents.confusables",
        "documents.digests",
        "documents.document",
        "documents.kinds",
        "documents.stage_kinds",
    ),
)
"""The modules that decide what is found."""


@cache
def lines_of() -> dict[str, set[tuple[str, int]]]:
    """By id of a case or vector, the lines that are run for it."""
    world = World()
    return {name: covered(lambda item=item: world.fails(item)) for name, item in items().items()}  # type: ignore[misc]


@cache
def first_lines() -> set[tuple[str, int]]:
    """The lines that are run when a checker is made, before it is asked anything."""
    return covered(World)


@cache
def ranking(file: str) -> list[str]:
    """The ids of all cases and vectors, those first for which lines of the file are run that seldom are."""
    times = Counter(line for lines in lines_of().values() for line in lines if line[0] == file)
    weight = {
        name: sum(1 / times[line] for line in lines if line[0] == file) for name, lines in lines_of().items()
    }
    return sorted(weight, key=lambda name: -weight[name])


def survivors(module: str) -> tuple[int, list[str], list[str]]:
    """How many mutants of a module there are, and the names of those that are not as they should be.

    First those that no case and no vector notices, then those that one notices although they are listed as
    equivalent.
    """
    text, file = source(module)
    unnoticed, noticed = [], []
    count = 0
    for mutant in mutants(text, file):
        count += 1
        equivalent = reason(module, mutant.name) is not None
        if _noticed(module, mutant, file) == equivalent:
            (noticed if equivalent else unnoticed).append(mutant.name)
    return count, unnoticed, noticed


def _noticed(module: str, mutant: Mutant, file: str) -> bool:
    try:
        world = World(module, mutant.code)
    except Exception:
        return True  # a checker that does not even start is noticed by every case
    return any(map(world.fails, likely(mutant, file)))


def likely(mutant: Mutant, file: str) -> Iterator[Case | Vector]:
    """The cases and vectors that could notice a mutant, the likeliest first."""
    here = {(file, line) for line in mutant.lines}
    always = mutant.name.startswith("module:") or here & first_lines()
    names = [name for name in ranking(file) if always or here & lines_of()[name]]
    yield from (items()[name] for name in names if isinstance(items()[name], Vector))
    # What makes a check find less is noticed where it finds most, what makes it find more where it finds least.
    both_ends = chain.from_iterable(zip_longest(names, reversed(names)))
    yield from (items()[name] for name in dict.fromkeys(both_ends) if name is not None)


def read_survivors() -> Iterator[str]:
    """What checks read according to the catalogue, where no case fails if the catalogue does not say so."""
    world = World()
    broken = {name: _broken(world, item) for name, item in items().items() if isinstance(item, Case)}
    checks = world.modules["rules"].CHECKS  # type: ignore[attr-defined]
    for role, original in list(checks.items()):
        for place, check in enumerate(original):
            for check_id, read_role, pointer, changed in _reading_less(check):
                checks[role] = (*original[:place], changed, *original[place + 1 :])
                likely_to_notice = (
                    name
                    for name, found in broken.items()
                    if any(each == read_role and overlaps(bad, pointer) for each, bad in found)
                )
                if not any(world.fails(items()[name]) for name in likely_to_notice):
                    yield f"{check_id} {read_role} {pointer or 'whole'}"
        checks[role] = original


def _reading_less(check: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Id of the check or its part, role and pointer left out, and the check without; of parts, one part."""
    for number, part in enumerate(check.parts):
        for check_id, role, pointer, changed in _reading_less(part):
            parts = (*check.parts[:number], changed, *check.parts[number + 1 :])
            yield check_id, role, pointer, check._replace(parts=parts)
    if not check.parts:
        for role, pointers in check.reads.items():
            for pointer in pointers:
                left = tuple(each for each in pointers if each != pointer)
                yield check.id, role, pointer, check._replace(reads={**check.reads, role: left})


def _broken(world: World, case: Case) -> set[tuple[str, str]]:
    """Role and broken pointers of the documents of a case."""
    loading: Any = world.modules["documents.loading"]
    sources = [loading.Source(each.name, each.data) for each in (*case.documents, *case.inputs)]
    documents, _ = world.modules["checker"].Checker().read(sources)  # type: ignore[attr-defined]
    return {(each.kind.role, pointer) for each in documents for pointer in each.broken}
