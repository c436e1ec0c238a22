"""The shards of a corpus manifest: against what the manifest says of all shards, and against one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.reading.escaping import excerpt
from psion_contract.reading.pointers import value_at
from psion_contract.rules.checks import Check, Flaw, Subject, check

_LONGEST = "/packing_policy/max_sequence_tokens"
_MEASURED = ("validation", "test", "held_out")
"""The kinds of splits that are measured with, and not trained on."""


@check("shard-bounds-mismatch.ordered")
def ordered_bounds(s: Subject) -> Iterator[Flaw]:
    """The shortest sequence of a shard is not longer than its longest."""
    for position, shard in enumerate(s.corpus["shards"]):
        shortest, longest = shard["min_sequence_tokens"], shard["max_sequence_tokens"]
        if shortest > longest:
            message = f"the shortest sequence of the shard has {shortest} tokens, the longest {longest}"
            other = (("corpus", f"/shards/{position}/max_sequence_tokens"),)
            yield Flaw("corpus", f"/shards/{position}/min_sequence_tokens", message, None, shortest, other)


@check("shard-bounds-mismatch.packed")
def packed_bounds(s: Subject) -> Iterator[Flaw]:
    """No sequence is longer than the packing policy allows."""
    limit = s.corpus["packing_policy"]["max_sequence_tokens"]
    for position, shard in enumerate(s.corpus["shards"]):
        longest = shard["max_sequence_tokens"]
        if longest > limit:
            message = f"a sequence has {longest} tokens, but the packing policy allows {limit}"
            pointer = f"/shards/{position}/max_sequence_tokens"
            yield Flaw("corpus", pointer, message, None, longest, (("corpus", _LONGEST),))


@check("shard-count-mismatch")
def token_counts(s: Subject) -> Iterator[Flaw]:
    """The tokens of a shard are at least as many as its sequences can hold, and at most."""
    for position, shard in enumerate(s.corpus["shards"]):
        tokens, sequences = shard["token_count"], shard["sequence_count"]
        least, most = sequences * shard["min_sequence_tokens"], sequences * shard["max_sequence_tokens"]
        if least <= tokens <= most:
            continue
        bound, word, limit = ("min", "at least", least) if tokens < least else ("max", "at most", most)
        member = f"{bound}_sequence_tokens"
        message = (
            f"{sequences} sequences of {word} {shard[member]} tokens have {word} {limit} tokens, not {tokens}"
        )
        others = (
            ("corpus", f"/shards/{position}/sequence_count"),
            ("corpus", f"/shards/{position}/{member}"),
        )
        yield Flaw("corpus", f"/shards/{position}/token_count", message, None, tokens, others)


def _sources(corpus: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Of each lineage entry of a shard: its source, its digest, the kind of the split, and the entry's pointer."""
    return [
        (
            entry["source_id"],
            entry["source_normalized_digest"],
            shard["split_kind"],
            f"/shards/{position}/source_lineage/{index}",
        )
        for position, shard in enumerate(corpus["shards"])
        for index, entry in enumerate(shard["source_lineage"])
    ]


@check("source-digest-mismatch")
def source_digests(s: Subject) -> Iterator[Flaw]:
    """A source is the same text in all shards."""
    first: dict[str, tuple[str, str]] = {}
    for source, actual, _, pointer in s.of("corpus", _sources):
        expected, place = first.setdefault(source, (actual, pointer))
        if actual != expected:
            message = f"the digest of the source {excerpt(source)} is {excerpt(actual)} here, but {excerpt(expected)} before"
            other = (("corpus", f"{place}/source_normalized_digest"),)
            yield Flaw("corpus", f"{pointer}/source_normalized_digest", message, expected, actual, other)


def _overlaps(noun: str, found: list[tuple[str, str, str]]) -> Iterator[Flaw]:
    """A flaw for each name that occurs both in training and in measured splits, at its first place in the latter.

    Args:
        noun: what has the name.
        found: name, kind of the split, and pointer of each occurrence.
    """
    trained: dict[str, str] = {}
    for name, kind, pointer in found:
        if kind == "train":
            trained.setdefault(name, pointer)
    for name, kind, pointer in found:
        if kind in _MEASURED and (other := trained.pop(name, "")):
            message = f"the {noun} {excerpt(name)} is in a {kind} split and in a training split"
            yield Flaw("corpus", pointer, message, None, name, (("corpus", other),))


@check("split-overlap.shards")
def overlapping_shards(s: Subject) -> Iterator[Flaw]:
    """No shard is both trained on and measured with."""
    shards = enumerate(s.corpus["shards"])
    found = [(each["shard_digest"], each["split_kind"], f"/shards/{n}/shard_digest") for n, each in shards]
    return _overlaps("shard digest", found)


@check("split-overlap.sources")
def overlapping_sources(s: Subject) -> Iterator[Flaw]:
    """No source is both trained on and measured with."""
    entries = s.of("corpus", _sources)
    return _overlaps("source", [(name, kind, f"{place}/source_id") for name, _, kind, place in entries])


def _repeats(check_id: str, name: str, pointer: str) -> Check:
    @check(f"shard-version-mismatch.{check_id}")
    def repeated(s: Subject) -> Iterator[Flaw]:
        expected = value_at(s.corpus, pointer)
        for position, shard in enumerate(s.corpus["shards"]):
            actual = shard[name]
            if actual != expected:
                message = f"{name} of the shard is {excerpt(actual)}, but the corpus has {excerpt(expected)}"
                other = (("corpus", pointer),)
                yield Flaw("corpus", f"/shards/{position}/{name}", message, expected, actual, other)

    return repeated


CHECKS: tuple[Check, ...] = (
    ordered_bounds,
    packed_bounds,
    token_counts,
    source_digests,
    overlapping_shards,
    overlapping_sources,
    _repeats("tokenizer-digest", "tokenizer_digest", "/tokenizer/tokenizer_digest"),
    _repeats("source-manifest", "source_manifest_schema_version", "/raw_source_schema_version"),
    _repeats("preprocessing", "preprocessing_version", "/preprocessing_version"),
    _repeats("packing-policy", "packing_policy_version", "/packing_policy/policy_version"),
)
