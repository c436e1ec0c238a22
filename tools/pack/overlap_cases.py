"""Cases of the rules on the shards of a corpus against one another: token counts, digests of sources, overlap."""

from __future__ import annotations

from typing import Any

from tools.edits import Edit, append, put, repeat, swap
from tools.pack.case_builder import Group
from tools.pack.shards_cases import source

_SPLITS, _SHARDS = "/corpus/splits", "/corpus/shards"

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _counts(cases)
    _digests(cases)
    _sources(cases)
    _shards(cases)


def _counts(cases: Group) -> None:
    rule = "shard-count-mismatch"

    def counted(shard: int, tokens: int, **members: int) -> list[Edit]:
        """The held-out shard, of two sequences of 64 to 2048 tokens, or the one for validation, of four."""
        numbers = {"token_count": tokens, **members}
        return [
            *(put(f"{_SHARDS}/{shard}/{name}", value) for name, value in numbers.items()),
            *(put(f"{_SPLITS}/{shard - 1}/{name}", value) for name, value in numbers.items() if "count" in name),
        ]

    at = f"{_SHARDS}/3/token_count"
    cases.accepted(rule, "least", "A shard of two sequences of at least 64 tokens has 128 tokens.", *counted(3, 128))
    cases.accepted(rule, "most", "A shard of two sequences of at most 2048 tokens has 4096 tokens.", *counted(3, 4096))
    cases.rejected(rule, "less", "A shard of two sequences of at least 64 tokens has 127 tokens.", *counted(3, 127), at=[at])
    cases.rejected(rule, "more", "A shard of two sequences of at most 2048 tokens has 4097 tokens.", *counted(3, 4097), at=[at])
    cases.rejected(
        rule, "two", "Two shards have fewer tokens than sequences, which is a finding at each.",
        *counted(3, 1), *counted(2, 3), at=[f"{_SHARDS}/2/token_count", at],
    )
    cases.rejected(
        rule, "both", "A shard's bounds are out of order, so that its tokens are both too few and too many, which is one finding.",
        *counted(3, 200, min_sequence_tokens=101, max_sequence_tokens=99), at=[at],
        also=[("shard-bounds-mismatch", f"{_SHARDS}/3/min_sequence_tokens")],
        related={at: [f"{_SHARDS}/3/sequence_count", f"{_SHARDS}/3/min_sequence_tokens"],
            f"{_SHARDS}/3/min_sequence_tokens": [f"{_SHARDS}/3/max_sequence_tokens"]},
    )
    cases.rejected(
        rule, "only-more", "A shard's bounds are out of order, and its tokens are as few as the shortest sequences make, but too many.",
        *counted(3, 202, min_sequence_tokens=101, max_sequence_tokens=99), at=[at],
        also=[("shard-bounds-mismatch", f"{_SHARDS}/3/min_sequence_tokens")],
        related={at: [f"{_SHARDS}/3/sequence_count", f"{_SHARDS}/3/max_sequence_tokens"],
            f"{_SHARDS}/3/min_sequence_tokens": [f"{_SHARDS}/3/max_sequence_tokens"]},
    )
    half = 2**63
    cases.rejected(
        rule, "beyond-64-bits", "Tokens are as many as the sequences can hold at least only modulo 2^64.",
        *counted(3, 5, sequence_count=half, min_sequence_tokens=2, max_sequence_tokens=3), at=[at],
        also=[("unsafe-integer", f"{_SHARDS}/3/sequence_count"), ("unsafe-integer", f"{_SPLITS}/2/sequence_count")],
    )
    cases.warned(
        "unsafe-integer", "held-by-sequences", "A shard of 2^52 sequences has 2^63 tokens, as many as they can hold.",
        *counted(3, half, sequence_count=2**52), at=[at, f"{_SPLITS}/2/token_count"],
    )


def _held(shard: int, name: str, **members: Any) -> Edit:
    """A shard holds a further source of the family prose."""
    return append(f"{_SHARDS}/{shard}/source_lineage", {**source(name, "prose"), **members})


def _digests(cases: Group) -> None:
    rule, digest = "source-digest-mismatch", f"{_SHARDS}/{{}}/source_lineage/{{}}/source_normalized_digest".format
    cases.accepted(rule, "same", "Two shards hold one source, with one digest.", _held(1, "letters"))
    cases.accepted(
        rule, "shared", "All sources have one digest, which need not be unique.",
        *(put(digest(shard, entry), "x") for shard, entry in ((0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (3, 0))),
    )
    cases.rejected(
        rule, "two", "Two shards hold one source, with two digests.",
        _held(1, "letters", source_normalized_digest="x"), at=[digest(1, 1)],
    )
    cases.rejected(
        rule, "case", "Two shards hold one source, with digests that differ in the case of a letter.",
        _held(1, "letters", source_normalized_digest="Digest-of-letters"), at=[digest(1, 1)],
    )
    third = [repeat(f"{_SHARDS}/0", shard_id="s5"), append(f"{_SPLITS}/0/shard_ids", "s5"),
        put(f"{_SPLITS}/0/sequence_count", 50), put(f"{_SPLITS}/0/token_count", 50000)]
    cases.rejected(
        rule, "first-again", "Of three shards that hold one source, the second has another digest than first and third.",
        *third, _held(1, "letters", source_normalized_digest="x"), at=[digest(1, 1)],
    )
    cases.rejected(
        rule, "first-other", "Of three shards that hold one source, the first has another digest than second and third.",
        *third, _held(1, "letters"), put(digest(0, 1), "x"), at=[digest(1, 1), digest(4, 1)],
    )
    cases.rejected(
        rule, "within-a-shard", "A shard names one source twice, with two digests.",
        _held(0, "letters", source_normalized_digest="x"), at=[digest(0, 2)],
        also=[("duplicate-id", f"{_SHARDS}/0/source_lineage/2/source_id")],
    )
    cases.rejected(
        rule, "other-family", "A source has another digest under another family.",
        append(f"{_SHARDS}/1/source_lineage", {**source("letters", "code"), "source_normalized_digest": "x"}),
        at=[digest(1, 1)], also=[("source-binding-mismatch", f"{_SHARDS}/1/source_lineage/1/source_id")],
    )


def _measured(kind: str) -> list[Edit]:
    """The split with the exams is of another kind."""
    return [put(f"{_SPLITS}/2/kind", kind), put(f"{_SHARDS}/3/split_kind", kind)]


def _sources(cases: Group) -> None:
    rule, at = "split-overlap", f"{_SHARDS}/{{}}/source_lineage/{{}}/source_id".format
    listed = append(f"{_SPLITS}/2/source_family_ids", "prose")
    cases.accepted(rule, "two-training-shards", "Two shards of the training split hold one source.", _held(1, "letters"))
    cases.accepted(
        rule, "two-measured", "A source is both in the validation split and in the held-out one, and not trained on.",
        _held(3, "notes"), listed,
    )
    cases.warned(
        rule, "validation", "A source of the training split is in the validation split too.", _held(2, "letters"),
        at=[at(2, 2)], related={at(2, 2): [at(0, 1)]},
    )
    for kind in ("held_out", "test"):
        cases.warned(
            rule, kind.replace("_", "-"), f"A source of the training split is in a {kind} split too.", *_measured(kind),
            _held(3, "letters"), listed, at=[at(3, 1)],
        )
    for kind in ("preference", "replay", "custom"):
        cases.accepted(
            rule, kind, f"A source of the training split is in a {kind} split too, with which nothing is measured.",
            *_measured(kind), _held(3, "letters"), listed,
        )
        cases.accepted(
            rule, f"{kind}-and-validation", f"A source is in a {kind} split and in the validation split, neither of which trains.",
            *_measured(kind), _held(3, "notes"), listed,
        )
    cases.warned(
        rule, "once", "A source of the training split is in both measured splits, and reported in the first.",
        _held(2, "letters"), _held(3, "letters"), listed, at=[at(2, 2)],
    )
    cases.warned(
        rule, "two-sources", "Two sources of the training split are in the validation split, and each is reported.",
        _held(2, "letters"), _held(2, "handbook"), at=[at(2, 2), at(2, 3)],
    )
    cases.warned(
        rule, "measured-first", "The shard for validation that holds a source of the training split comes before the latter's.",
        swap(_SHARDS, 0, 2), _held(0, "letters"), at=[at(0, 2)], related={at(0, 2): [at(2, 1)]},
    )
    cases.warned(
        rule, "first-training-shard", "A source of the validation split is in two training shards, the first of which is named.",
        _held(1, "letters"), _held(2, "letters"), at=[at(2, 2)], related={at(2, 2): [at(0, 1)]},
    )
    cases.rejected(
        rule, "own-kind", "A shard of the held-out split says custom as its own kind, so that its source is not measured with.",
        put(f"{_SHARDS}/3/split_kind", "custom"), _held(3, "letters"), listed, at=[],
        also=[("split-shards-mismatch", f"{_SHARDS}/3/split_kind")],
    )


def _shards(cases: Group) -> None:
    rule, at = "split-overlap", f"{_SHARDS}/{{}}/shard_digest".format
    cases.accepted(
        rule, "digest-twice", "Two shards of the training split have one shard_digest.", put(at(1), "digest-of-s1"),
    )
    for slug, shard in (("digest-validation", 2), ("digest-held-out", 3)):
        cases.warned(
            rule, slug, f"The shard s{shard + 1}, which is measured with, has the shard_digest of one that is trained on.",
            put(at(shard), "digest-of-s1"), at=[at(shard)], related={at(shard): [at(0)]},
        )
    cases.warned(
        rule, "digest-test", "A shard of a test split has the shard_digest of one that is trained on.",
        *_measured("test"), put(at(3), "digest-of-s2"), at=[at(3)], related={at(3): [at(1)]},
    )
    cases.accepted(
        rule, "digest-custom", "A shard of a custom split has the shard_digest of one that is trained on.",
        *_measured("custom"), put(at(3), "digest-of-s1"),
    )
    cases.warned(
        rule, "digest-once", "All shards have one shard_digest, which is reported at the first that is measured with.",
        *(put(at(shard), "x") for shard in range(4)), at=[at(2)], related={at(2): [at(0)]},
    )
    cases.accepted(
        rule, "digest-of-a-source", "A shard that is measured with has the digest of a source that is trained on.",
        put(at(3), "digest-of-letters"),
    )
