"""A tokenized corpus manifest by itself: splits, shards and sources agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.reading.escaping import excerpt, listed
from psion_contract.rules.checks import Check, Flaw, Subject, check

Shards = dict[str, tuple[int, dict[str, Any]]]
"""By shard id, the position in the manifest and the shard."""

_IDENTITY = "/replay_contract/stable_dataset_identity"


@check("corpus-identity-mismatch")
def identity(s: Subject) -> Iterator[Flaw]:
    """The identity of a corpus is its id and version."""
    actual = s.corpus["replay_contract"]["stable_dataset_identity"]
    expected = f"{s.corpus['dataset_id']}@{s.corpus['dataset_version']}"
    if actual != expected:
        message = f"the identity of the corpus is {excerpt(actual)}, but its id and version make {excerpt(expected)}"
        others = (("corpus", "/dataset_id"), ("corpus", "/dataset_version"))
        yield Flaw("corpus", _IDENTITY, message, expected, actual, others)


def _shards(corpus: dict[str, Any]) -> Shards:
    """The shards by id; of several with the same id, the first one."""
    found: Shards = {}
    for position, shard in enumerate(corpus["shards"]):
        found.setdefault(shard["shard_id"], (position, shard))
    return found


def _families(corpus: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By shard id, the families that the shard holds, each with a pointer to it."""
    found: dict[str, dict[str, str]] = {}
    for name, (position, shard) in _shards(corpus).items():
        pointers = found[name] = {}
        for number, source in enumerate(shard["source_lineage"]):
            pointer = f"/shards/{position}/source_lineage/{number}/source_family_id"
            pointers.setdefault(source["source_family_id"], pointer)
    return found


def _splits(s: Subject) -> Iterator[tuple[int, dict[str, Any], Shards]]:
    """Each split whose shards all exist, with its position and its shards.

    A split with an unknown shard cannot be judged.
    """
    shards = s.of("corpus", _shards)
    for position, split in enumerate(s.corpus["splits"]):
        if shards.keys() >= set(split["shard_ids"]):
            yield position, split, {name: shards[name] for name in split["shard_ids"]}


@check("split-shards-mismatch.listed")
def listed_shards(s: Subject) -> Iterator[Flaw]:
    """Each split lists shards that exist and name it as their split."""
    shards = s.of("corpus", _shards)
    for position, split in enumerate(s.corpus["splits"]):
        for index, name in enumerate(split["shard_ids"]):
            pointer = f"/splits/{position}/shard_ids/{index}"
            if name not in shards:
                message = f"the corpus has no shard {excerpt(name)}"
                yield Flaw("corpus", pointer, message, None, name, (("corpus", "/shards"),))
            elif (other := shards[name][1]["split_name"]) != split["split_name"]:
                message = f"the shard {excerpt(name)} belongs to the split {excerpt(other)}"
                related = (("corpus", f"/shards/{shards[name][0]}/split_name"),)
                yield Flaw("corpus", pointer, message, None, name, related)


@check("split-shards-mismatch.unlisted")
def shard_splits(s: Subject) -> Iterator[Flaw]:
    """Each shard is listed by the split that it names, and has the same kind."""
    splits: dict[str, tuple[int, str, frozenset[str]]] = {}
    for position, split in enumerate(s.corpus["splits"]):
        splits.setdefault(split["split_name"], (position, split["kind"], frozenset(split["shard_ids"])))
    for position, shard in enumerate(s.corpus["shards"]):
        name, split_name, actual = shard["shard_id"], shard["split_name"], shard["split_kind"]
        if split_name not in splits:
            message = f"the corpus has no split {excerpt(split_name)}; it has {listed(splits)}"
            related = (("corpus", "/splits"),)
            yield Flaw("corpus", f"/shards/{position}/split_name", message, None, split_name, related)
            continue
        split_position, kind, names = splits[split_name]
        if name not in names:
            message = (
                f"the split {excerpt(split_name)} does not list the shard {excerpt(name)}, which names it"
            )
            related = (("corpus", f"/shards/{position}/shard_id"),)
            yield Flaw("corpus", f"/splits/{split_position}/shard_ids", message, related=related)
        if actual != kind:
            message = f"the kind of the shard's split {excerpt(split_name)} is {kind}, not {actual}"
            related = (("corpus", f"/splits/{split_position}/kind"),)
            yield Flaw("corpus", f"/shards/{position}/split_kind", message, kind, actual, related)


@check("split-count-mismatch")
def split_counts(s: Subject) -> Iterator[Flaw]:
    """The counts of a split are the sums over its shards."""
    for position, split, shards in _splits(s):
        for member in ("sequence_count", "token_count"):
            actual, expected = split[member], sum(shard[member] for _, shard in shards.values())
            if actual != expected:
                message = f"{member} of the split's shards adds up to {expected}"
                others = tuple(
                    ("corpus", f"/shards/{shard_position}/{member}") for shard_position, _ in shards.values()
                )
                yield Flaw("corpus", f"/splits/{position}/{member}", message, expected, actual, others)


@check("split-families-mismatch")
def split_families(s: Subject) -> Iterator[Flaw]:
    """The families of a split are those of its shards."""
    in_shards = s.of("corpus", _families)
    for position, split, shards in _splits(s):
        pointers: dict[str, str] = {}
        for shard in shards:
            for family, pointer in in_shards[shard].items():
                pointers.setdefault(family, pointer)
        name, families = excerpt(split["split_name"]), dict.fromkeys(split["source_family_ids"])
        pointer = f"/splits/{position}/source_family_ids"
        for index, family in enumerate(families):
            if family not in pointers:
                message = f"no shard of the split {name} holds the family {excerpt(family)}"
                related = (("corpus", f"/splits/{position}/shard_ids"),)
                yield Flaw("corpus", f"{pointer}/{index}", message, None, family, related)
        for family in [each for each in pointers if each not in families]:
            message = f"the split {name} does not list the family {excerpt(family)} of its shards"
            yield Flaw("corpus", pointer, message, related=(("corpus", pointers[family]),))


@check("source-binding-mismatch")
def bindings(s: Subject) -> Iterator[Flaw]:
    """The bindings hold exactly the families and sources that the shards hold."""
    bound: dict[str, tuple[int, set[str]]] = {}
    for position, binding in enumerate(s.corpus["source_family_bindings"]):
        bound.setdefault(binding["source_family_id"], (position, set()))[1].update(binding["source_ids"])
    in_shards: dict[str, set[str]] = {}
    for position, shard in enumerate(s.corpus["shards"]):
        for index, entry in enumerate(shard["source_lineage"]):
            family, source = entry["source_family_id"], entry["source_id"]
            known = in_shards.setdefault(family, set())
            pointer = f"/shards/{position}/source_lineage/{index}"
            if family not in bound and not known:
                message = f"the corpus does not bind the family {excerpt(family)}; it binds {listed(bound)}"
                related = (("corpus", "/source_family_bindings"),)
                yield Flaw("corpus", f"{pointer}/source_family_id", message, None, family, related)
            elif family in bound and source not in known and source not in bound[family][1]:
                message = (
                    f"the corpus does not bind the source {excerpt(source)} to the family {excerpt(family)}"
                )
                related = (("corpus", f"/source_family_bindings/{bound[family][0]}/source_ids"),)
                yield Flaw("corpus", f"{pointer}/source_id", message, None, source, related)
            known.add(source)
    for position, binding in enumerate(s.corpus["source_family_bindings"]):
        family, pointer = binding["source_family_id"], f"/source_family_bindings/{position}"
        related = (("corpus", "/shards"),)
        if family not in in_shards:
            message = f"no shard holds the family {excerpt(family)}"
            yield Flaw("corpus", f"{pointer}/source_family_id", message, None, family, related)
            continue
        for index, source in enumerate(binding["source_ids"]):
            if source not in in_shards[family]:
                message = f"no shard holds the source {excerpt(source)} of the family {excerpt(family)}"
                yield Flaw("corpus", f"{pointer}/source_ids/{index}", message, None, source, related)


CHECKS: tuple[Check, ...] = (
    identity,
    listed_shards,
    shard_splits,
    split_counts,
    split_families,
    bindings,
)
