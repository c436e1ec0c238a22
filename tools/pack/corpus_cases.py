"""Cases of the rules on a corpus manifest by itself."""

from __future__ import annotations

from tools.edits import append, put, repeat, swap
from tools.pack import overlap_cases as overlap
from tools.pack import shards_cases as shards
from tools.pack.case_builder import Group
from tools.pack.shards_cases import source

_BINDINGS, _SPLITS, _SHARDS = "/corpus/source_family_bindings", "/corpus/splits", "/corpus/shards"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("corpus", "A tokenized corpus manifest by itself.", on=("corpus",))
    _duplicates(cases)
    _identity(cases)
    _from_splits(cases)
    _from_shards(cases)
    shards.add(cases)
    overlap.add(cases)
    return cases


def _duplicates(cases: Group) -> None:
    rule, lineage = "duplicate-id", f"{_SHARDS}/0/source_lineage"
    cases.accepted(
        rule, "shard-digest", "Two shards of one split have the same shard_digest, which need not be unique.",
        put(f"{_SHARDS}/0/shard_digest", "β"), put(f"{_SHARDS}/1/shard_digest", "β"),
    )
    cases.rejected(
        rule, "split", "The corpus has the same split twice.", repeat(f"{_SPLITS}/0"),
        at=[f"{_SPLITS}/3/split_name"],
    )
    cases.rejected(
        rule, "shard", "The corpus has the same shard twice.", repeat(f"{_SHARDS}/0"),
        at=[f"{_SHARDS}/4/shard_id"],
    )
    cases.rejected(
        rule, "source", "The source_lineage of a shard names the same source twice.",
        append(lineage, source("handbook", "prose")), at=[f"{lineage}/2/source_id"],
    )
    cases.rejected(
        rule, "binding", "The corpus binds the same family twice.", repeat(f"{_BINDINGS}/0"),
        at=[f"{_BINDINGS}/3/source_family_id"],
    )
    cases.rejected(
        rule, "three-times",
        "The corpus binds the same family three times, and the second and third are too many.",
        repeat(f"{_BINDINGS}/0"), repeat(f"{_BINDINGS}/0"),
        at=[f"{_BINDINGS}/3/source_family_id", f"{_BINDINGS}/4/source_family_id"],
    )
    cases.rejected(
        rule, "two-families", "A source is bound to two families, and the second is one too many.",
        append(f"{_BINDINGS}/1/source_ids", "letters"),
        append(f"{_SHARDS}/1/source_lineage", source("letters", "code")), at=[f"{_BINDINGS}/1/source_ids/2"],
    )
    cases.rejected(
        rule, "three-families", "A source is bound to three families, and the second and third are too many.",
        append(f"{_BINDINGS}/1/source_ids", "letters"), append(f"{_BINDINGS}/2/source_ids", "letters"),
        append(f"{_SHARDS}/1/source_lineage", source("letters", "code")),
        append(f"{_SHARDS}/3/source_lineage", source("letters", "exams")),
        at=[f"{_BINDINGS}/1/source_ids/2", f"{_BINDINGS}/2/source_ids/1"],
        also=[("split-overlap", f"{_SHARDS}/3/source_lineage/1/source_id")],
    )


def _identity(cases: Group) -> None:
    rule, pointer = "corpus-identity-mismatch", "/corpus/replay_contract/stable_dataset_identity"
    cases.accepted(
        rule, "another-version", "The dataset version is β, and so it is in the stable dataset identity.",
        put("/corpus/dataset_version", "β"), put(pointer, "quay-corpus@β"),
    )
    cases.accepted(
        rule, "two-ats", "The dataset id holds an @ itself, which is allowed.",
        put("/corpus/dataset_id", "quay@corpus"), put(pointer, "quay@corpus@1"),
    )
    cases.rejected(
        rule, "version", "The stable dataset identity names version 1, and the dataset_version is 2.",
        put("/corpus/dataset_version", "2"), at=[pointer],
    )
    cases.rejected(
        rule, "name", "The stable dataset identity differs from the dataset_id in the case of a letter.",
        put("/corpus/dataset_id", "Quay-corpus"), at=[pointer],
    )
    cases.rejected(
        rule, "identity", "The stable dataset identity lacks the @ between dataset id and version.",
        put(pointer, "quay-corpus-1"), at=[pointer],
    )


def _from_splits(cases: Group) -> None:
    rule = "split-shards-mismatch"
    cases.accepted(
        rule, "order", "Splits, shards and a split's shard_ids are in another order, which makes no difference.",
        swap(_SHARDS, 0, 3), swap(_SPLITS, 0, 2), swap(f"{_SPLITS}/2/shard_ids", 0, 1),
    )
    cases.rejected(
        rule, "listed-nowhere", "A split lists, beside its own, a shard that the corpus does not have.",
        append(f"{_SPLITS}/2/shard_ids", "s9"), at=[f"{_SPLITS}/2/shard_ids/1"],
    )
    cases.rejected(
        rule, "listed-elsewhere", "A split lists a shard that names another split.",
        append(f"{_SPLITS}/2/shard_ids", "s3"),
        put(f"{_SPLITS}/2/source_family_ids", ["exams", "prose", "code"]),
        put(f"{_SPLITS}/2/sequence_count", 6), put(f"{_SPLITS}/2/token_count", 5500),
        at=[f"{_SPLITS}/2/shard_ids/1"],
    )
    cases.rejected(
        rule, "first-shard",
        "Two shards have one id; the first names the split that lists it, the second one that does not.",
        repeat(f"{_SHARDS}/3", split_name="train", split_kind="train"), at=[f"{_SPLITS}/0/shard_ids"],
        also=[("duplicate-id", f"{_SHARDS}/4/shard_id"), ("split-overlap", f"{_SHARDS}/3/shard_digest"),
            ("split-overlap", f"{_SHARDS}/3/source_lineage/0/source_id")],
    )
    cases.rejected(
        rule, "second-split",
        "Two splits have one name, and the second alone, not the first, lists a shard that names it.",
        repeat(f"{_SPLITS}/2", shard_ids=["s5"]), repeat(f"{_SHARDS}/3", shard_id="s5"),
        at=[f"{_SPLITS}/2/shard_ids"], also=[("duplicate-id", f"{_SPLITS}/3/split_name")],
    )
    cases.rejected(
        rule, "second-split-lists", "The second of two splits of one name lists a shard that the corpus does not have, and is checked too.",
        repeat(f"{_SPLITS}/2", shard_ids=["s4", "s9"]), at=[f"{_SPLITS}/3/shard_ids/1"],
        also=[("duplicate-id", f"{_SPLITS}/3/split_name")],
    )
    cases.rejected(
        rule, "second-split-kind", "The second of two splits of one name is of another kind than its shard, which is compared with the first.",
        repeat(f"{_SPLITS}/2", kind="test"), at=[], also=[("duplicate-id", f"{_SPLITS}/3/split_name")],
    )
    cases.rejected(
        rule, "second-shard", "The second of two shards of one id names a split that the corpus does not have, and is checked too.",
        repeat(f"{_SHARDS}/3", split_name="x"), at=[f"{_SHARDS}/4/split_name"],
        also=[("duplicate-id", f"{_SHARDS}/4/shard_id")],
    )
    cases.rejected(
        rule, "second-shard-kind", "The second of two shards of one id is of another kind than the split that it names, and is checked too.",
        repeat(f"{_SHARDS}/3", split_kind="test"), at=[f"{_SHARDS}/4/split_kind"],
        also=[("duplicate-id", f"{_SHARDS}/4/shard_id")],
    )


def _from_shards(cases: Group) -> None:
    rule = "split-shards-mismatch"
    cases.rejected(
        rule, "unlisted", "A shard names a split that does not list it.",
        repeat(f"{_SHARDS}/3", shard_id="s5"), at=[f"{_SPLITS}/2/shard_ids"],
    )
    cases.rejected(
        rule, "nowhere", "A shard names a split that the corpus does not have.",
        repeat(f"{_SHARDS}/3", shard_id="s5", split_name="x"), at=[f"{_SHARDS}/4/split_name"],
    )
    cases.rejected(
        rule, "nowhere-twice",
        "Two shards name a split that the corpus does not have, and their kinds are not looked at.",
        repeat(f"{_SHARDS}/3", shard_id="s5", split_name="x"),
        repeat(f"{_SHARDS}/3", shard_id="s6", split_name="x", split_kind="test"),
        at=[f"{_SHARDS}/4/split_name", f"{_SHARDS}/5/split_name"],
    )
    cases.rejected(
        rule, "kind", "The split_kind of a shard is not the kind of the split that it names.",
        put(f"{_SHARDS}/3/split_kind", "test"), at=[f"{_SHARDS}/3/split_kind"],
    )
    cases.rejected(
        rule, "split-kind",
        "A split is of another kind than its two shards, which is a finding at each of them.",
        put(f"{_SPLITS}/0/kind", "custom"), at=[f"{_SHARDS}/0/split_kind", f"{_SHARDS}/1/split_kind"],
    )
    cases.rejected(
        rule, "unlisted-kind",
        "A shard that its split does not list is of another kind, too, which makes two findings.",
        repeat(f"{_SHARDS}/3", shard_id="s5", split_kind="test"),
        at=[f"{_SPLITS}/2/shard_ids", f"{_SHARDS}/4/split_kind"],
    )
    cases.rejected(
        rule, "first-split",
        "Two splits have one name; a shard has the kind of the first, which counts, but the second lists it.",
        repeat(f"{_SPLITS}/2", kind="test"), repeat(f"{_SHARDS}/3", shard_id="s5"),
        put(f"{_SPLITS}/3/shard_ids", ["s5"]), at=[f"{_SPLITS}/2/shard_ids"],
        also=[("duplicate-id", f"{_SPLITS}/3/split_name")],
    )
