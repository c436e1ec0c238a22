"""What a run asks of an implementation: which cases and vectors, and findings of which rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case, Vector
from psion_contract.reading.escaping import did_you_mean, quoted

LEVELS = ("reader", "schema", "digests", "receipt", "all")
"""How much an implementation does, from least to most; each level includes those before it."""

_RECEIPT = (
    "Reading",
    "References",
    "Config against model, corpus and policy",
    "Receipt against config, corpus and model",
)
"""The sections of the rules of the level ``receipt``; the first is that of the levels before it."""


class Scope(NamedTuple):
    """What is compared.

    Attributes:
        rules: findings of these rules.
        vectors: whether digest vectors are run if nothing is selected.
    """

    rules: frozenset[str] = frozenset(RULES)
    vectors: bool = True

    @property
    def everything(self) -> bool:
        """Whether findings of all rules are compared."""
        return self.rules == RULES.keys()


EVERYTHING = Scope()


class UnknownNameError(ValueError):
    """A name or pattern that nothing has; the message says so."""


def of_level(level: str) -> Scope:
    """The scope of one of the `LEVELS`."""
    if level == "all":
        return EVERYTHING
    sections = _RECEIPT if level == "receipt" else _RECEIPT[:1]
    rules = frozenset(name for name, rule in RULES.items() if rule.section in sections)
    return Scope(
        rules - {"schema-violation"} if level == "reader" else rules, level in ("digests", "receipt")
    )


def of_rules(patterns: Iterable[str]) -> Scope:
    """The scope of the rules that match one of the patterns, without vectors.

    Raises:
        UnknownNameError: a pattern matches none.
    """
    return Scope(frozenset(_matching("rule", patterns, RULES)), vectors=False)


def selected(
    cases: Sequence[Case],
    vectors: Sequence[Vector],
    *,
    ids: Sequence[str] = (),
    rules: Sequence[str] = (),
    digests: Sequence[str] = (),
    scope: Scope = EVERYTHING,
) -> list[Case | Vector]:
    """The vectors and cases to run, in this order: what one of the patterns matches, or all of the scope without any.

    Args:
        cases: all cases.
        vectors: all digest vectors.
        ids: patterns of ids of cases or vectors.
        rules: patterns of the rules that cases are about.
        digests: patterns of digests.
        scope: what is compared.

    Raises:
        UnknownNameError: a pattern matches nothing.
    """
    order = list(RULES)
    cases = sorted(cases, key=lambda case: order.index(case.rule))
    if not (ids or rules or digests):
        return [*(vectors if scope.vectors else ()), *cases]
    known_ids = [*(vector.id for vector in vectors), *(case.id for case in cases)]
    chosen_ids = _matching("case or vector", ids, known_ids)
    chosen_rules = _matching("rule", rules, [case.rule for case in cases])
    chosen_digests = _matching("digest", digests, [vector.digest for vector in vectors])
    return [
        *(vector for vector in vectors if vector.id in chosen_ids or vector.digest in chosen_digests),
        *(case for case in cases if case.id in chosen_ids or case.rule in chosen_rules),
    ]


def _matching(what: str, patterns: Iterable[str], names: Iterable[str]) -> set[str]:
    """The names that match one of the patterns, in which ``*``, ``?`` and ``[…]`` are as in a shell."""
    known, found = dict.fromkeys(names), set[str]()
    for pattern in patterns:
        matching = {name for name in known if fnmatchcase(name, pattern)}
        if not matching:
            raise UnknownNameError(f"unknown {what} {quoted(pattern)}{did_you_mean(pattern, known)}")
        found |= matching
    return found
