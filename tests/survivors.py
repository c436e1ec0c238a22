"""Which mutants the conformance pack does not notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain, zip_longest

from mutation import Mutant, mutants
from worlds import World, covered, items, source

from psion_contract.conformance.pack import Case, Vector


@cache
def lines_of() -> dict[str, set[tuple[str, int]]]:
    """By id of a case or vector, the lines that are run for it."""
    world = World()
    return {name: covered(world, item) for name, item in items().items()}


@cache
def ranking(file: str) -> list[str]:
    """The ids of all cases and vectors, those first for which lines of the file are run that seldom are."""
    times = Counter(line for lines in lines_of().values() for line in lines if line[0] == file)
    weight = {name: sum(1 / times[line] for line in lines if line[0] == file) for name, lines in lines_of().items()}
    return sorted(weight, key=lambda name: -weight[name])


def survivors(module: str) -> Iterator[str]:
    """The names of the mutants of a module of which no case and no vector fails."""
    text, file = source(module)
    for mutant in mutants(text, file):
        try:
            world = World(module, mutant.code)
        except Exception:
            continue  # a checker that does not even start is noticed by every case
        if not any(map(world.fails, likely(mutant, file))):
            yield mutant.name


def likely(mutant: Mutant, file: str) -> Iterator[Case | Vector]:
    """The cases and vectors that could notice a mutant, the likeliest first."""
    here = {(file, line) for line in mutant.lines}
    names = [name for name in ranking(file) if lines_of()[name] & here] or ranking(file)
    # What makes a check find less is noticed where it finds most, what makes it find more where it finds least.
    both_ends = chain.from_iterable(zip_longest(names, reversed(names)))
    return (items()[name] for name in dict.fromkeys(both_ends) if name is not None)
