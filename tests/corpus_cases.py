"""Changes of the canonical corpus manifest, and where which rule must fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from edits import Case, Edit, add, again, drop, put, swap

MAX_U64 = 2**64 - 1


def of_shards(member: str, shards: Iterable[int] = range(8)) -> tuple[str, ...]:
    """Where that member of each shard stands, or of those shards."""
    return tuple(f"/shards/{position}/{member}" for position in shards)


def every_shard(change: Edit) -> Edit:
    """Change each shard."""

    def edit(corpus: Any) -> None:
        for shard in corpus["shards"]:
            change(shard)

    return edit


def merged(corpus: Any) -> None:
    """Make one split of all shards."""
    shards, families = (
        corpus["shards"],
        [each["source_family_id"] for each in corpus["source_family_bindings"]],
    )
    for shard in shards:
        shard.update(split_name="all", split_kind="custom")
    whole = {"split_name": "all", "kind": "custom", "source_family_ids": families}
    whole["shard_ids"] = [shard["shard_id"] for shard in shards]
    for name in ("sequence_count", "token_count"):
        whole[name] = sum(shard[name] for shard in shards)
    corpus["splits"] = [whole]


def corpus_cases() -> Iterator[Case]:
    def case(what: str, *edits: Edit, at: tuple[str, ...] = ()) -> Case:
        return Case(rule, what, "corpus", edits, at)

    rule, lineage, bindings = "duplicate-id", "/shards/0/source_lineage", "/source_family_bindings"
    yield case("two shards of one digest", *(put(f"/shards/{n}/shard_digest", "same") for n in (0, 1)))
    yield case("a split twice", again("/splits/0"), at=("/splits/4/split_name",))
    yield case("a shard twice", again("/shards/0"), at=("/shards/8/shard_id",))
    yield case("a source twice in a shard", again(f"{lineage}/0"), at=(f"{lineage}/2/source_id",))
    yield case("a family bound twice", again(f"{bindings}/0"), at=(f"{bindings}/5/source_family_id",))
    probes = {"source_id": "harbour_handbook", "source_family_id": "comprehension_probes"}
    yield case(
        "a source of two families",
        add(f"{bindings}/3/source_ids", "harbour_handbook"),
        again("/shards/6/source_lineage/1", **probes),
        drop("/shards/6/source_lineage/0"),
        drop("/splits/2/source_family_ids/0"),
        at=(f"{bindings}/3/source_ids/1",),
    )

    rule, place = "corpus-identity-mismatch", "/replay_contract/stable_dataset_identity"
    yield case("another version throughout", put("/dataset_version", "3"), put(place, "tidewater-corpus@3"))
    yield case("another version", put("/dataset_version", "3"), at=(place,))
    yield case("another name", put("/dataset_id", "Tidewater-corpus"), at=(place,))
    yield case("another identity", put(place, "tidewater-corpus-2026.02"), at=(place,))

    rule = "split-shards-mismatch"
    yield case("shards and splits in another order", swap("/shards", 0, 7), swap("/splits", 0, 3))
    unknown = put("/splits/3/shard_ids/0", "nowhere")
    yield case("a shard that is not there", unknown, at=("/splits/3/shard_ids/0", "/splits/3/shard_ids"))
    yield case(
        "a shard of another split",
        add("/splits/3/shard_ids", "tidewater-0007"),
        put(
            "/splits/3/source_family_ids",
            ["engineering_prose", "comprehension_probes", "held_out_examinations"],
        ),
        put("/splits/3/sequence_count", 3072),
        put("/splits/3/token_count", 5_177_344),
        at=("/splits/3/shard_ids/1",),
    )
    yield case(
        "a shard that no split lists",
        again("/shards/7", shard_id="tidewater-0009"),
        at=("/splits/3/shard_ids",),
    )
    yield case(
        "a shard of a split that is not there",
        put("/shards/7/split_name", "nowhere"),
        at=("/splits/3/shard_ids/0", "/shards/7/split_name"),
    )
    yield case("a shard of another kind", put("/shards/7/split_kind", "test"), at=("/shards/7/split_kind",))
    yield case(
        "a split of another kind", put("/splits/0/kind", "custom"), at=of_shards("split_kind", range(4))
    )

    rule = "split-count-mismatch"
    yield case(
        "tokens moved", put("/shards/0/token_count", 421_527_551), put("/shards/1/token_count", 301_989_889)
    )
    yield case("a token more", put("/shards/7/token_count", 1_507_329), at=("/splits/3/token_count",))
    yield case("no sequence", put("/splits/2/sequence_count", 0), at=("/splits/2/sequence_count",))
    large = every_shard(put("/token_count", MAX_U64))
    yield case("more than 2^64 tokens", large, at=tuple(f"/splits/{split}/token_count" for split in range(4)))

    yield case("one split of all shards", merged)
    merged_and_more = merged, put("/splits/0/sequence_count", 1)
    yield case("one split of all shards and more", *merged_and_more, at=("/splits/0/sequence_count",))

    rule = "split-families-mismatch"
    yield case("families in another order", swap("/splits/0/source_family_ids", 0, 2))
    yield case(
        "a family left out", drop("/splits/0/source_family_ids/1"), at=("/splits/0/source_family_ids",)
    )
    extra = add("/splits/0/source_family_ids", "comprehension_probes")
    yield case("a family of another split", extra, at=("/splits/0/source_family_ids/3",))
    other = put("/splits/3/source_family_ids/0", "nowhere")
    yield case("another family", other, at=("/splits/3/source_family_ids/0", "/splits/3/source_family_ids"))

    rule = "source-binding-mismatch"
    bindings = "/source_family_bindings"
    yield case("bindings in another order", swap(bindings, 0, 4), swap(f"{bindings}/1/source_ids", 0, 1))
    yield case("a family unbound", drop(f"{bindings}/1"), at=("/shards/1/source_lineage/0/source_family_id",))
    yield case(
        "a source unbound", drop(f"{bindings}/1/source_ids/1"), at=("/shards/1/source_lineage/1/source_id",)
    )
    family = add(bindings, {"source_family_id": "letters", "source_ids": ["a", "b"]})
    yield case("a family that no shard holds", family, at=(f"{bindings}/5/source_family_id",))
    yield case(
        "a source that no shard holds",
        add(f"{bindings}/0/source_ids", "x"),
        at=(f"{bindings}/0/source_ids/2",),
    )

    rule = "shard-bounds-mismatch"
    equal = put("/shards/0/min_sequence_tokens", 2048), put("/packing_policy/max_sequence_tokens", 2048)
    yield case("all sequences as long as they may be", *equal)
    bounds = put("/shards/0/min_sequence_tokens", 2049)
    yield case("shortest above longest", bounds, at=("/shards/0/min_sequence_tokens",))
    longest = put("/shards/6/max_sequence_tokens", 47)
    yield case("longest below shortest", longest, at=("/shards/6/min_sequence_tokens",))
    longest = put("/shards/6/max_sequence_tokens", 2049)
    yield case("longer than the packing policy makes them", longest, at=("/shards/6/max_sequence_tokens",))
    full = of_shards("max_sequence_tokens", range(6))  # the last two have no sequence of 2048 tokens
    yield case("packing policy for shorter ones", put("/packing_policy/max_sequence_tokens", 2047), at=full)

    rule = "shard-version-mismatch"
    again_packed = every_shard(put("/packing_policy_version", "4"))
    yield case("packed anew", put("/packing_policy/policy_version", "4"), again_packed)
    for place, name in {
        "/tokenizer/tokenizer_digest": "tokenizer_digest",
        "/raw_source_schema_version": "source_manifest_schema_version",
        "/preprocessing_version": "preprocessing_version",
        "/packing_policy/policy_version": "packing_policy_version",
    }.items():
        yield case(f"one shard with another {name}", put(f"/shards/5/{name}", "x"), at=(f"/shards/5/{name}",))
        yield case(f"all shards with another {name}", put(place, "x"), at=of_shards(name))
