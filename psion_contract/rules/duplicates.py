"""Ids that occur twice in a corpus or a policy and so identify nothing."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check


def _repeated(role: str, pointer: str, rows: list[dict[str, Any]], *members: str) -> Iterator[Flaw]:
    """A flaw for each row that equals an earlier one of the list at `pointer` in `members`."""
    key = itemgetter(*members)
    suffix = f"/{members[0]}" if len(members) == 1 else ""
    seen: dict[Any, int] = {}
    for position, row in enumerate(rows):
        first = seen.setdefault(key(row), position)
        if first != position:
            named = ", ".join(f"{member} {excerpt(row[member])}" for member in members)
            actual = row[members[0]] if suffix else None
            other = ((role, f"{pointer}/{first}{suffix}"),)
            yield Flaw(role, f"{pointer}/{position}{suffix}", f"duplicate {named}", None, actual, other)


def _distinct(role: str, name: str, *members: str) -> Check:
    @check(f"duplicate-id.{name.replace('_', '-')}")
    def rows(s: Subject) -> Iterator[Flaw]:
        return _repeated(role, f"/{name}", getattr(s, role)[name], *members)

    return rows


@check("duplicate-id.lineage-sources")
def lineage_sources(s: Subject) -> Iterator[Flaw]:
    """A shard names each of its sources once."""
    for position, shard in enumerate(s.corpus["shards"]):
        pointer = f"/shards/{position}/source_lineage"
        yield from _repeated("corpus", pointer, shard["source_lineage"], "source_id")


@check("duplicate-id.bound-sources")
def bound_sources(s: Subject) -> Iterator[Flaw]:
    """A source is bound to one family."""
    seen: dict[str, tuple[str, str]] = {}
    for position, binding in enumerate(s.corpus["source_family_bindings"]):
        family = binding["source_family_id"]
        for index, source in enumerate(binding["source_ids"]):
            pointer = f"/source_family_bindings/{position}/source_ids/{index}"
            first_family, first = seen.setdefault(source, (family, pointer))
            if family != first_family:
                message = f"the source {excerpt(source)} is bound to {excerpt(first_family)} already"
                yield Flaw("corpus", pointer, message, None, source, (("corpus", first),))


CHECKS: tuple[Check, ...] = (
    _distinct("corpus", "source_family_bindings", "source_family_id"),
    _distinct("corpus", "splits", "split_name"),
    _distinct("corpus", "shards", "shard_id"),
    lineage_sources,
    bound_sources,
    _distinct("policy", "source_family_weights", "source_family_id"),
    _distinct("policy", "source_contribution_caps", "source_id"),
    _distinct("policy", "repetitive_region_controls", "source_id", "document_id", "section_id"),
)
