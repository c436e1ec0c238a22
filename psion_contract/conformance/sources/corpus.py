"""Cases of the rules on a corpus manifest by itself."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.editing import append, drop, each, put, repeat, swap
from psion_contract.conformance.sources.making import Group

_BINDINGS, _SPLITS, _SHARDS = "/corpus/source_family_bindings", "/corpus/splits", "/corpus/shards"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    made = Group("corpus", "A tokenized corpus manifest by itself.", on=("corpus",))
    _duplicates(made)
    _identity(made)
    _from_splits(made)
    _from_shards(made)
    _counts(made)
    _families(made)
    _bindings(made)
    _bounds(made)
    _versions(made)
    return made


def source(name: str, family: str) -> dict[str, Any]:
    """An entry of the lineage of a shard."""
    return {"source_id": name, "source_family_id": family, "source_normalized_digest": "d"}


def _duplicates(made: Group) -> None:
    rule, lineage = "duplicate-id", f"{_SHARDS}/0/source_lineage"
    made.accepted(
        rule, "shard-digest", "Shards of one digest are still several.", each(_SHARDS, "shard_digest", "β"),
    )
    made.rejected(
        rule, "split", "A split stands there twice.", repeat(f"{_SPLITS}/0"), at=[f"{_SPLITS}/3/split_name"],
    )
    made.rejected(
        rule, "shard", "A shard stands there twice.", repeat(f"{_SHARDS}/0"), at=[f"{_SHARDS}/4/shard_id"],
    )
    made.rejected(
        rule, "source", "A shard names a source twice.", append(lineage, source("handbook", "prose")),
        at=[f"{lineage}/2/source_id"],
    )
    made.rejected(
        rule, "binding", "A family is bound twice.", repeat(f"{_BINDINGS}/0"),
        at=[f"{_BINDINGS}/3/source_family_id"],
    )
    made.rejected(
        rule, "three-times", "A family is bound three times, and the second and third are too many.",
        repeat(f"{_BINDINGS}/0"), repeat(f"{_BINDINGS}/0"),
        at=[f"{_BINDINGS}/3/source_family_id", f"{_BINDINGS}/4/source_family_id"],
    )
    made.rejected(
        rule, "two-families", "A source is bound to two families.",
        append(f"{_BINDINGS}/1/source_ids", "letters"),
        append(f"{_SHARDS}/1/source_lineage", source("letters", "code")), at=[f"{_BINDINGS}/1/source_ids/1"],
    )
    made.rejected(
        rule, "three-families", "A source is bound to three families; the first has it.",
        append(f"{_BINDINGS}/1/source_ids", "letters"), append(f"{_BINDINGS}/2/source_ids", "letters"),
        append(f"{_SHARDS}/1/source_lineage", source("letters", "code")),
        append(f"{_SHARDS}/3/source_lineage", source("letters", "exams")),
        at=[f"{_BINDINGS}/1/source_ids/1", f"{_BINDINGS}/2/source_ids/1"],
    )


def _identity(made: Group) -> None:
    rule, place = "corpus-identity-mismatch", "/corpus/replay_contract/stable_dataset_identity"
    made.accepted(
        rule, "another-version", "Another version, in name and identity.",
        put("/corpus/dataset_version", "β"), put(place, "quay-corpus@β"),
    )
    made.accepted(
        rule, "two-ats", "Name and version may hold an @ themselves.",
        put("/corpus/dataset_id", "quay@corpus"), put(place, "quay@corpus@1"),
    )
    made.rejected(rule, "version", "Another version.", put("/corpus/dataset_version", "2"), at=[place])
    made.rejected(rule, "name", "Another name.", put("/corpus/dataset_id", "Quay-corpus"), at=[place])
    made.rejected(rule, "identity", "No @ between them.", put(place, "quay-corpus-1"), at=[place])


def _from_splits(made: Group) -> None:
    rule = "split-shards-mismatch"
    made.accepted(
        rule, "order", "Splits, shards and lists may stand in any order.", swap(_SHARDS, 0, 3),
        swap(_SPLITS, 0, 2), swap(f"{_SPLITS}/2/shard_ids", 0, 1),
    )
    made.rejected(
        rule, "listed-nowhere", "A split lists a shard beside its own that is not there.",
        append(f"{_SPLITS}/2/shard_ids", "s9"), at=[f"{_SPLITS}/2/shard_ids/1"],
    )
    made.rejected(
        rule, "listed-elsewhere", "A split lists a shard that names another split.",
        append(f"{_SPLITS}/2/shard_ids", "s3"),
        put(f"{_SPLITS}/2/source_family_ids", ["exams", "prose", "code"]),
        put(f"{_SPLITS}/2/sequence_count", 6), put(f"{_SPLITS}/2/token_count", 5500),
        at=[f"{_SPLITS}/2/shard_ids/1"],
    )
    made.rejected(
        rule, "first-shard", "Of two shards with one id the first says which split it is of.",
        repeat(f"{_SHARDS}/3", split_name="train", split_kind="train"), at=[f"{_SPLITS}/0/shard_ids"],
        also=[("duplicate-id", f"{_SHARDS}/4/shard_id")],
    )
    made.rejected(
        rule, "second-split", "A split that is named like an earlier one can list shards that name it, too.",
        repeat(f"{_SPLITS}/2", shard_ids=["s5"]), repeat(f"{_SHARDS}/3", shard_id="s5"),
        at=[f"{_SPLITS}/2/shard_ids"], also=[("duplicate-id", f"{_SPLITS}/3/split_name")],
    )


def _from_shards(made: Group) -> None:
    rule = "split-shards-mismatch"
    made.rejected(
        rule, "unlisted", "A shard names a split that does not list it.",
        repeat(f"{_SHARDS}/3", shard_id="s5"), at=[f"{_SPLITS}/2/shard_ids"],
    )
    made.rejected(
        rule, "nowhere", "A shard names a split that is not there.",
        repeat(f"{_SHARDS}/3", shard_id="s5", split_name="x"), at=[f"{_SHARDS}/4/split_name"],
    )
    made.rejected(
        rule, "nowhere-twice",
        "Two shards name a split that is not there, and what kind they are is nothing to it.",
        repeat(f"{_SHARDS}/3", shard_id="s5", split_name="x"),
        repeat(f"{_SHARDS}/3", shard_id="s6", split_name="x", split_kind="test"),
        at=[f"{_SHARDS}/4/split_name", f"{_SHARDS}/5/split_name"],
    )
    made.rejected(
        rule, "kind", "A shard is of another kind than its split.", put(f"{_SHARDS}/3/split_kind", "test"),
        at=[f"{_SHARDS}/3/split_kind"],
    )
    made.rejected(
        rule, "split-kind", "A split is of another kind than its two shards, and each says so.",
        put(f"{_SPLITS}/0/kind", "custom"), at=[f"{_SHARDS}/0/split_kind", f"{_SHARDS}/1/split_kind"],
    )
    made.rejected(
        rule, "unlisted-kind", "An unlisted shard of another kind is two things at once.",
        repeat(f"{_SHARDS}/3", shard_id="s5", split_kind="test"),
        at=[f"{_SPLITS}/2/shard_ids", f"{_SHARDS}/4/split_kind"],
    )
    made.rejected(
        rule, "first-split", "Of two splits with one name the first says which shards and what kind.",
        repeat(f"{_SPLITS}/2", kind="test"), repeat(f"{_SHARDS}/3", shard_id="s5"),
        put(f"{_SPLITS}/3/shard_ids", ["s5"]), at=[f"{_SPLITS}/2/shard_ids"],
        also=[("duplicate-id", f"{_SPLITS}/3/split_name")],
    )


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
