"""Cases of the rules on the shards of a corpus manifest: what they add up to, hold and repeat."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.editing import append, drop, each, put, repeat, swap
from psion_contract.conformance.sources.making import Group

_BINDINGS, _SPLITS, _SHARDS = "/corpus/source_family_bindings", "/corpus/splits", "/corpus/shards"

# A case reads best as a few full lines.
# fmt: off


def source(name: str, family: str) -> dict[str, Any]:
    """An entry of the lineage of a shard."""
    return {"source_id": name, "source_family_id": family, "source_normalized_digest": "d"}


def add(made: Group) -> None:
    """Add the cases, in the order of the rules."""
    _counts(made)
    _families(made)
    _bindings(made)
    _bounds(made)
    _versions(made)


def _counts(made: Group) -> None:
    rule = "split-count-mismatch"
    made.accepted(
        rule, "moved", "Tokens and sequences move from one shard of a split to the other.",
        put(f"{_SHARDS}/0/token_count", 19999), put(f"{_SHARDS}/1/token_count", 10001),
        put(f"{_SHARDS}/0/sequence_count", 21), put(f"{_SHARDS}/1/sequence_count", 9),
    )
    for member, more, less in (("sequence_count", 3, 29), ("token_count", 1501, 29999)):
        slug = member.replace("_", "-")
        made.rejected(
            rule, f"{slug}-more", f"A shard's {member} is one more.", put(f"{_SHARDS}/3/{member}", more),
            at=[f"{_SPLITS}/2/{member}"],
        )
        made.rejected(
            rule, f"{slug}-less", f"A split's {member} is one less.", put(f"{_SPLITS}/0/{member}", less),
            at=[f"{_SPLITS}/0/{member}"],
        )
    most = 2**64 - 1
    made.rejected(
        rule, "beyond-64-bits", "Sums are exact also where no 64 bits hold them.",
        each(_SHARDS, "token_count", most), put(f"{_SPLITS}/0/token_count", most - 1),
        put(f"{_SPLITS}/1/token_count", most), put(f"{_SPLITS}/2/token_count", most),
        at=[f"{_SPLITS}/0/token_count"],
        also=[("unsafe-integer",
            f"{_SHARDS}/{number}/token_count") for number in range(4)] + [("unsafe-integer",
            f"{_SPLITS}/{number}/token_count") for number in range(3)],
    )
    made.rejected(
        rule, "all-shards", "A split that lists all shards that there are is counted.",
        put(f"{_SPLITS}/2/shard_ids", ["s1", "s2", "s3", "s4"]),
        put(f"{_SPLITS}/2/source_family_ids", ["prose", "code", "exams"]), drop(f"{_SPLITS}/0"),
        drop(f"{_SPLITS}/0"), each(_SHARDS, "split_name", "held"), each(_SHARDS, "split_kind", "held_out"),
        put(f"{_SPLITS}/0/sequence_count", 35), put(f"{_SPLITS}/0/token_count", 35500),
        at=[f"{_SPLITS}/0/sequence_count"],
    )
    made.rejected(
        rule, "unknown-shard", "A split that lists a shard that is not there is not counted.",
        append(f"{_SPLITS}/2/shard_ids", "s9"), put(f"{_SPLITS}/2/token_count", 7), at=[],
        also=[("split-shards-mismatch", f"{_SPLITS}/2/shard_ids/1")],
    )
    made.rejected(
        rule, "first-shard", "Of two shards with one id the first is counted.",
        repeat(f"{_SHARDS}/3", token_count=7), at=[], also=[("duplicate-id", f"{_SHARDS}/4/shard_id")],
    )
    made.rejected(
        rule, "listed-elsewhere", "What a split lists is counted, whatever the shard says.",
        append(f"{_SPLITS}/2/shard_ids", "s3"),
        at=[f"{_SPLITS}/2/sequence_count", f"{_SPLITS}/2/token_count"],
        also=[("split-shards-mismatch", f"{_SPLITS}/2/shard_ids/1"), ("split-families-mismatch",
            f"{_SPLITS}/2/source_family_ids")],
    )


def _families(made: Group) -> None:
    rule, families = "split-families-mismatch", f"{_SPLITS}/0/source_family_ids"
    made.accepted(rule, "order", "Families may stand in any order.", swap(families, 0, 1))
    made.rejected(
        rule, "missing", "A family of the split's shards is not listed.", drop(f"{families}/1"),
        at=[families],
    )
    made.rejected(
        rule, "too-many", "A family of another split is listed.", append(families, "exams"),
        at=[f"{families}/2"],
    )
    made.rejected(
        rule, "instead", "Another family stands in the place of the right one.",
        put(f"{_SPLITS}/2/source_family_ids/0", "ghost"),
        at=[f"{_SPLITS}/2/source_family_ids/0", f"{_SPLITS}/2/source_family_ids"],
    )
    made.rejected(
        rule, "unknown-shard", "A split that lists a shard that is not there is not looked at.",
        append(f"{_SPLITS}/2/shard_ids", "s9"), put(f"{_SPLITS}/2/source_family_ids/0", "ghost"), at=[],
        also=[("split-shards-mismatch", f"{_SPLITS}/2/shard_ids/1")],
    )


def _bindings(made: Group) -> None:
    rule, lineage = "source-binding-mismatch", f"{_SHARDS}/{{}}/source_lineage/{{}}/{{}}".format
    made.accepted(
        rule, "order", "Bindings and their sources may stand in any order.", swap(_BINDINGS, 0, 2),
        swap(f"{_BINDINGS}/2/source_ids", 0, 1),
    )
    made.rejected(
        rule, "family-unbound", "A family is not bound; the first entry that has it says so.",
        drop(f"{_BINDINGS}/0"), at=[lineage(0, 0, "source_family_id")],
    )
    made.rejected(
        rule, "source-unbound", "A source is not bound; the first entry that has it says so.",
        drop(f"{_BINDINGS}/0/source_ids/1"), at=[lineage(0, 1, "source_id")],
    )
    made.rejected(
        rule, "two-unbound", "Two sources of one family are not bound.",
        put(f"{_BINDINGS}/0/source_ids", ["x"]),
        at=[lineage(0, 0, "source_id"), lineage(0, 1, "source_id"), f"{_BINDINGS}/0/source_ids/0"],
    )
    made.rejected(
        rule, "other-family", "A source is bound, but to another family than it has in one shard.",
        append(f"{_SHARDS}/3/source_lineage", source("kernel", "exams")), at=[lineage(3, 1, "source_id")],
    )
    made.rejected(
        rule, "family-unheld", "No shard holds a family that is bound; its sources are not looked at.",
        append(_BINDINGS, {"source_family_id": "ghost", "source_ids": ["a", "b"]}),
        at=[f"{_BINDINGS}/3/source_family_id"],
    )
    made.rejected(
        rule, "source-unheld", "No shard holds a source that is bound.",
        append(f"{_BINDINGS}/2/source_ids", "x"), at=[f"{_BINDINGS}/2/source_ids/1"],
    )
    made.rejected(
        rule, "source-unheld-there", "Shards hold the source under another family.",
        append(f"{_BINDINGS}/2/source_ids", "kernel"), at=[f"{_BINDINGS}/2/source_ids/1"],
        also=[("duplicate-id", f"{_BINDINGS}/2/source_ids/1")],
    )
    made.rejected(
        rule, "bound-in-two", "Two bindings of one family count together.",
        put(f"{_BINDINGS}/0/source_ids", ["handbook"]), repeat(f"{_BINDINGS}/0", source_ids=["letters"]),
        at=[], also=[("duplicate-id", f"{_BINDINGS}/3/source_family_id")],
    )


def _bounds(made: Group) -> None:
    rule, shortest, longest = "shard-bounds-mismatch", "min_sequence_tokens", "max_sequence_tokens"
    packed = f"/corpus/packing_policy/{longest}"
    made.accepted(
        rule, "equal", "All sequences are as long as they may be.", put(f"{_SHARDS}/0/{shortest}", 2048),
    )
    made.rejected(
        rule, "order", "The shortest sequence is longer than the longest.",
        put(f"{_SHARDS}/0/{shortest}", 2049), at=[f"{_SHARDS}/0/{shortest}"],
    )
    made.rejected(
        rule, "order-two", "So it is in two shards, and each says so.", put(f"{_SHARDS}/0/{longest}", 63),
        put(f"{_SHARDS}/3/{longest}", 63), at=[f"{_SHARDS}/0/{shortest}", f"{_SHARDS}/3/{shortest}"],
    )
    made.rejected(
        rule, "packed", "A sequence is longer than the packing policy makes them.",
        put(f"{_SHARDS}/3/{longest}", 2049), at=[f"{_SHARDS}/3/{longest}"],
    )
    made.rejected(
        rule, "packed-all", "The packing policy makes them shorter than in all shards.", put(packed, 2047),
        at=[f"{_SHARDS}/{number}/{longest}" for number in range(4)],
    )


def _versions(made: Group) -> None:
    rule = "shard-version-mismatch"
    for top, name in {
        "tokenizer/tokenizer_digest": "tokenizer_digest",
        "raw_source_schema_version": "source_manifest_schema_version",
        "preprocessing_version": "preprocessing_version",
        "packing_policy/policy_version": "packing_policy_version",
    }.items():
        slug = name.replace("_", "-")
        made.accepted(
            rule, f"{slug}-anew", f"All shards have another {name}, as the corpus says.",
            put(f"/corpus/{top}", "β"), each(_SHARDS, name, "β"),
        )
        made.rejected(
            rule, f"{slug}-one", f"One shard has another {name}.", put(f"{_SHARDS}/2/{name}", "x"),
            at=[f"{_SHARDS}/2/{name}"],
        )
        made.rejected(
            rule, f"{slug}-all", f"All shards have another {name}.", put(f"/corpus/{top}", "x"),
            at=[f"{_SHARDS}/{number}/{name}" for number in range(4)],
        )
