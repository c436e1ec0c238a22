"""Cases of the rules on a corpus manifest by itself."""

from __future__ import annotations

from psion_contract.conformance.sources import shards
from psion_contract.conformance.sources.editing import append, each, put, repeat, swap
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.shards import source

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
    shards.add(made)
    return made


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
