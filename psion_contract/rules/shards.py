"""The shards of a corpus manifest against what the manifest says of all shards."""

from __future__ import annotations

from collections.abc import Iterator

from psion_contract.reading.escaping import excerpt
from psion_contract.reading.pointers import value_at
from psion_contract.rules.checks import Check, Flaw, Subject, check

_LONGEST = "/packing_policy/max_sequence_tokens"


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
    _repeats("tokenizer-digest", "tokenizer_digest", "/tokenizer/tokenizer_digest"),
    _repeats("source-manifest", "source_manifest_schema_version", "/raw_source_schema_version"),
    _repeats("preprocessing", "preprocessing_version", "/preprocessing_version"),
    _repeats("packing-policy", "packing_policy_version", "/packing_policy/policy_version"),
)
