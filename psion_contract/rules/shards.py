"""The shards of a corpus manifest against what the manifest says of all of them."""

from __future__ import annotations

from collections.abc import Iterator

from psion_contract.pointers import value_at
from psion_contract.quoting import shown
from psion_contract.rules.base import Body, Flaw, Subject, check

_LONGEST = "/packing_policy/max_sequence_tokens"


@check("shard-bounds-mismatch", "corpus", corpus=("/shards",))
def ordered_bounds(s: Subject) -> Iterator[Flaw]:
    """The shortest sequence of a shard is not longer than its longest."""
    for position, shard in enumerate(s.corpus["shards"]):
        shortest, longest = shard["min_sequence_tokens"], shard["max_sequence_tokens"]
        if shortest > longest:
            message = f"the shard's shortest sequence has {shortest} tokens, its longest only {longest}"
            other = (("corpus", f"/shards/{position}/max_sequence_tokens"),)
            yield Flaw("corpus", f"/shards/{position}/min_sequence_tokens", message, None, shortest, other)


@check("shard-bounds-mismatch", "corpus", corpus=("/shards", _LONGEST))
def packed_bounds(s: Subject) -> Iterator[Flaw]:
    """No sequence is longer than the packing policy makes them."""
    most = s.corpus["packing_policy"]["max_sequence_tokens"]
    for position, shard in enumerate(s.corpus["shards"]):
        longest = shard["max_sequence_tokens"]
        if longest > most:
            message = f"a sequence has {longest} tokens, but the packing policy allows {most}"
            place = f"/shards/{position}/max_sequence_tokens"
            yield Flaw("corpus", place, message, None, longest, (("corpus", _LONGEST),))


_REPEATED = {
    "tokenizer_digest": "/tokenizer/tokenizer_digest",
    "source_manifest_schema_version": "/raw_source_schema_version",
    "preprocessing_version": "/preprocessing_version",
    "packing_policy_version": "/packing_policy/policy_version",
}
"""What each shard repeats, and where the manifest says it."""


def _repeats(name: str, place: str) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        right = value_at(s.corpus, place)
        for position, shard in enumerate(s.corpus["shards"]):
            stands = shard[name]
            if stands != right:
                message = f"the shard's {name} is {shown(stands)}, but the corpus says {shown(right)}"
                other = (("corpus", place),)
                yield Flaw("corpus", f"/shards/{position}/{name}", message, right, stands, other)

    return body


for _name, _place in _REPEATED.items():
    check("shard-version-mismatch", "corpus", corpus=("/shards", _place))(_repeats(_name, _place))
