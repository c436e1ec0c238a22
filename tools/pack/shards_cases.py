"""Cases of the rules on the shards of a corpus manifest: what they add up to, hold and repeat."""

from __future__ import annotations

from typing import Any

from tools.edits import append, drop, each, put, repeat, swap
from tools.pack.case_builder import Group

_BINDINGS, _SPLITS, _SHARDS = "/corpus/source_family_bindings", "/corpus/splits", "/corpus/shards"

# A case reads best as a few full lines.
# fmt: off


def source(name: str, family: str) -> dict[str, Any]:
    """An entry of the lineage of a shard."""
    return {"source_id": name, "source_family_id": family, "source_normalized_digest": f"digest-of-{name}"}


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _counts(cases)
    _families(cases)
    _bindings(cases)
    _bounds(cases)
    _versions(cases)


def _counts(cases: Group) -> None:
    rule = "split-count-mismatch"
    cases.accepted(
        rule, "moved",
        "Tokens and sequences move from one shard of a split to another, so that the sums stay the same.",
        put(f"{_SHARDS}/0/token_count", 19999), put(f"{_SHARDS}/1/token_count", 10001),
        put(f"{_SHARDS}/0/sequence_count", 21), put(f"{_SHARDS}/1/sequence_count", 9),
    )
    for member, more, less in (("sequence_count", 3, 29), ("token_count", 1501, 29999)):
        slug = member.replace("_", "-")
        cases.rejected(
            rule, f"{slug}-more",
            f"The {member} of a shard is one more than that of its split, which lists no other.",
            put(f"{_SHARDS}/3/{member}", more), at=[f"{_SPLITS}/2/{member}"],
        )
        cases.rejected(
            rule, f"{slug}-less", f"The {member} of a split is one less than the sum over its shards.",
            put(f"{_SPLITS}/0/{member}", less), at=[f"{_SPLITS}/0/{member}"],
        )
    most = 2**64 - 1
    cases.rejected(
        rule, "beyond-64-bits", "The token_count of a split is the sum over its shards only modulo 2^64.",
        each(_SHARDS, "token_count", most), put(f"{_SPLITS}/0/token_count", most - 1),
        put(f"{_SPLITS}/1/token_count", most), put(f"{_SPLITS}/2/token_count", most),
        at=[f"{_SPLITS}/0/token_count"],
        also=[("unsafe-integer",
            f"{_SHARDS}/{number}/token_count") for number in range(4)] + [("unsafe-integer",
            f"{_SPLITS}/{number}/token_count") for number in range(3)] + [("shard-count-mismatch",
            f"{_SHARDS}/{number}/token_count") for number in range(4)],
    )
    cases.rejected(
        rule, "all-shards",
        "The only split lists all shards, and its sequence_count is one less than their sum.",
        put(f"{_SPLITS}/2/shard_ids", ["s1", "s2", "s3", "s4"]),
        put(f"{_SPLITS}/2/source_family_ids", ["prose", "code", "exams"]), drop(f"{_SPLITS}/0"),
        drop(f"{_SPLITS}/0"), each(_SHARDS, "split_name", "held"), each(_SHARDS, "split_kind", "held_out"),
        put(f"{_SPLITS}/0/sequence_count", 35), put(f"{_SPLITS}/0/token_count", 35500),
        at=[f"{_SPLITS}/0/sequence_count"],
    )
    cases.rejected(
        rule, "unknown-shard",
        "A split lists a shard that is not there, so that its wrong token_count is not looked at.",
        append(f"{_SPLITS}/2/shard_ids", "s9"), put(f"{_SPLITS}/2/token_count", 7), at=[],
        also=[("split-shards-mismatch", f"{_SPLITS}/2/shard_ids/1")],
    )
    cases.rejected(
        rule, "first-shard",
        "Two shards have one id, and the counts of the split are those of the first, as they must be.",
        repeat(f"{_SHARDS}/3", token_count=1501), at=[], also=[("duplicate-id", f"{_SHARDS}/4/shard_id")],
    )
    cases.rejected(
        rule, "listed-elsewhere",
        "A split lists a shard that names another split, and its counts are too small by that shard.",
        append(f"{_SPLITS}/2/shard_ids", "s3"),
        at=[f"{_SPLITS}/2/sequence_count", f"{_SPLITS}/2/token_count"],
        also=[("split-shards-mismatch", f"{_SPLITS}/2/shard_ids/1"), ("split-families-mismatch",
            f"{_SPLITS}/2/source_family_ids")],
    )


def _families(cases: Group) -> None:
    rule, families = "split-families-mismatch", f"{_SPLITS}/0/source_family_ids"
    cases.accepted(
        rule, "order", "A split lists the families of its shards in another order, which does not count.",
        swap(families, 0, 1),
    )
    cases.rejected(
        rule, "missing", "A split does not list one of the families of its shards.", drop(f"{families}/1"),
        at=[families],
    )
    cases.rejected(
        rule, "too-many", "A split lists, beside its own, a family that none of its shards has.",
        append(families, "exams"), at=[f"{families}/2"],
    )
    cases.rejected(
        rule, "instead", "A split lists an unknown family in the place of the one of its shards.",
        put(f"{_SPLITS}/2/source_family_ids/0", "ghost"),
        at=[f"{_SPLITS}/2/source_family_ids/0", f"{_SPLITS}/2/source_family_ids"],
    )
    cases.rejected(
        rule, "unknown-shard",
        "A split lists a shard that is not there, so that its wrong family is not looked at.",
        append(f"{_SPLITS}/2/shard_ids", "s9"), put(f"{_SPLITS}/2/source_family_ids/0", "ghost"), at=[],
        also=[("split-shards-mismatch", f"{_SPLITS}/2/shard_ids/1")],
    )


def _bindings(cases: Group) -> None:
    rule, lineage = "source-binding-mismatch", f"{_SHARDS}/{{}}/source_lineage/{{}}/{{}}".format
    cases.accepted(
        rule, "order", "Bindings and the sources of one are in another order, which makes no difference.",
        swap(_BINDINGS, 0, 2), swap(f"{_BINDINGS}/2/source_ids", 0, 1),
    )
    cases.rejected(
        rule, "family-unbound",
        "A family of the shards is not bound, reported at the first lineage entry that has it.",
        drop(f"{_BINDINGS}/0"), at=[lineage(0, 0, "source_family_id")],
    )
    cases.rejected(
        rule, "source-unbound",
        "A source of the shards is not bound, reported at the first lineage entry that has it.",
        drop(f"{_BINDINGS}/0/source_ids/1"), at=[lineage(0, 1, "source_id")],
    )
    cases.rejected(
        rule, "source-unbound-twice",
        "A source that two shards hold is not bound, reported at the first lineage entry that has it.",
        drop(f"{_BINDINGS}/0/source_ids/1"), append(f"{_SHARDS}/1/source_lineage", source("letters", "prose")),
        at=[lineage(0, 1, "source_id")],
    )
    cases.rejected(
        rule, "two-unbound",
        "A family is bound to a source that no shard has, and not to the two that shards have.",
        put(f"{_BINDINGS}/0/source_ids", ["x", "notes"]),
        at=[lineage(0, 0, "source_id"), lineage(0, 1, "source_id"), f"{_BINDINGS}/0/source_ids/0"],
    )
    cases.rejected(
        rule, "other-family", "A source has another family in one shard than it is bound to.",
        append(f"{_SHARDS}/3/source_lineage", source("driver", "exams")), at=[lineage(3, 1, "source_id")],
    )
    cases.rejected(
        rule, "family-unheld",
        "No shard has a family that is bound, so that the sources of that binding are not looked at.",
        append(_BINDINGS, {"source_family_id": "ghost", "source_ids": ["a", "b"]}),
        at=[f"{_BINDINGS}/3/source_family_id"],
    )
    cases.rejected(
        rule, "source-unheld", "No shard has one of the sources that are bound to a family.",
        append(f"{_BINDINGS}/2/source_ids", "x"), at=[f"{_BINDINGS}/2/source_ids/1"],
    )
    cases.rejected(
        rule, "source-unheld-there", "A source is bound to a second family, under which no shard has it.",
        append(f"{_BINDINGS}/2/source_ids", "kernel"), at=[f"{_BINDINGS}/2/source_ids/1"],
        also=[("duplicate-id", f"{_BINDINGS}/2/source_ids/1")],
    )
    cases.rejected(
        rule, "bound-in-two",
        "A family is bound twice, with other sources each, and together the bindings have all that shards have.",
        put(f"{_BINDINGS}/0/source_ids", ["handbook"]), repeat(f"{_BINDINGS}/0", source_ids=["letters", "notes"]),
        at=[], also=[("duplicate-id", f"{_BINDINGS}/3/source_family_id")],
    )


def _bounds(cases: Group) -> None:
    rule, shortest, longest = "shard-bounds-mismatch", "min_sequence_tokens", "max_sequence_tokens"
    packed = f"/corpus/packing_policy/{longest}"
    cases.accepted(
        rule, "equal", "The shortest sequence of a shard is as long as the longest, which is allowed.",
        put(f"{_SHARDS}/0/{shortest}", 2048), put(f"{_SHARDS}/0/token_count", 40960), put(f"{_SPLITS}/0/token_count", 50960),
    )
    cases.rejected(
        rule, "order", "The shortest sequence of a shard is longer than the longest.",
        put(f"{_SHARDS}/0/{shortest}", 2049), at=[f"{_SHARDS}/0/{shortest}"],
        also=[("shard-count-mismatch", f"{_SHARDS}/0/token_count")],
    )
    cases.rejected(
        rule, "order-two",
        "The shortest sequence is longer than the longest in two shards, which is a finding at each.",
        put(f"{_SHARDS}/0/{longest}", 63),
        put(f"{_SHARDS}/3/{longest}", 63), at=[f"{_SHARDS}/0/{shortest}", f"{_SHARDS}/3/{shortest}"],
        also=[("shard-count-mismatch", f"{_SHARDS}/{number}/token_count") for number in (0, 3)],
    )
    cases.rejected(
        rule, "packed", "The longest sequence of a shard is one token longer than the packing policy allows.",
        put(f"{_SHARDS}/3/{longest}", 2049), at=[f"{_SHARDS}/3/{longest}"],
    )
    cases.rejected(
        rule, "packed-all",
        "The longest sequence of each shard is one token longer than the packing policy allows.",
        put(packed, 2047), at=[f"{_SHARDS}/{number}/{longest}" for number in range(4)],
    )


def _versions(cases: Group) -> None:
    rule = "shard-version-mismatch"
    for top, name in {
        "tokenizer/tokenizer_digest": "tokenizer_digest",
        "raw_source_schema_version": "source_manifest_schema_version",
        "preprocessing_version": "preprocessing_version",
        "packing_policy/policy_version": "packing_policy_version",
    }.items():
        slug = name.replace("_", "-")
        cases.accepted(
            rule, f"{slug}-anew", f"The {name} of all shards is β, as the corpus says at its top.",
            put(f"/corpus/{top}", "β"), each(_SHARDS, name, "β"),
        )
        cases.rejected(
            rule, f"{slug}-one", f"One shard has another {name} than the corpus says at its top.",
            put(f"{_SHARDS}/2/{name}", "x"), at=[f"{_SHARDS}/2/{name}"],
        )
        cases.rejected(
            rule, f"{slug}-all", f"All shards have another {name} than the corpus says at its top.",
            put(f"/corpus/{top}", "x"), at=[f"{_SHARDS}/{number}/{name}" for number in range(4)],
        )
