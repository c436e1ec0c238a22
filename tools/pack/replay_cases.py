"""Cases of the rules on the replay of a receipt."""

from __future__ import annotations

from typing import Any

from tools.edits import Edit, put, reverse
from tools.pack.case_builder import ZEROS, Group
from tools.pack.restoring import resealed, unchanged

_REPLAY = "/receipt/replay_receipt"

# A case reads best as a few full lines.
# fmt: off


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _contract(cases)
    _replay(cases)


def _both(member: str, value: Any) -> list[Edit]:
    return [put(f"{_REPLAY}/{member}", value), put(f"/corpus/replay_contract/{member}", value)]


def _contract(cases: Group) -> None:
    rule = "replay-contract-mismatch"
    cases.accepted(
        rule, "single-pass", "Corpus and receipt both declare a single_pass in manifest_order.",
        *_both("iteration_mode", "single_pass"), *_both("shard_ordering", "manifest_order"),
    )
    cases.accepted(
        rule, "seed", "Corpus and receipt both declare a deterministic_shuffle_seed of 0.",
        *_both("deterministic_shuffle_seed", 0),
    )
    for member, value in {
        "stable_dataset_identity": "other@1",
        "iteration_mode": "single_pass",
        "shard_ordering": "manifest_order",
        "deterministic_shuffle_seed": 18,
    }.items():
        cases.rejected(
            rule, member.replace("_", "-"), f"The replay receipt has another {member} than the corpus.",
            put(f"{_REPLAY}/{member}", value), at=[f"{_REPLAY}/{member}"],
        )
    seed = f"{_REPLAY}/deterministic_shuffle_seed"
    cases.rejected(
        rule, "seed-unused",
        "Receipt and corpus have different seeds, which counts even in manifest_order, where none is used.",
        *_both("shard_ordering", "manifest_order"), put(seed, 18), at=[seed],
    )
    cases.rejected(
        rule, "seed-64-bits",
        "Receipt and corpus have different seeds that a double cannot tell apart, 2^53 + 1 and 2^53.",
        put("/corpus/replay_contract/deterministic_shuffle_seed", 2**53), put(seed, 2**53 + 1), at=[seed],
        also=[("unsafe-integer", seed), ("unsafe-integer",
            "/corpus/replay_contract/deterministic_shuffle_seed")],
    )
    cases.rejected(
        rule, "all",
        "All four members of the replay receipt that the corpus declares differ from the corpus.",
        put(f"{_REPLAY}/stable_dataset_identity", "other@1"), put(f"{_REPLAY}/iteration_mode", "single_pass"),
        put(f"{_REPLAY}/shard_ordering", "manifest_order"), put(seed, 0),
        at=[f"{_REPLAY}/{member}" for member in ("stable_dataset_identity", "iteration_mode",
            "shard_ordering", "deterministic_shuffle_seed")],
    )


def _replay(cases: Group) -> None:
    rule, digest = "replay-digest-mismatch", f"{_REPLAY}/replay_digest"
    cases.accepted(
        rule, "more-replays", "The replay receipt counts 65535 successful replays, and D3 is made from that.",
        put(f"{_REPLAY}/successful_replays", 65535),
    )
    cases.accepted(
        rule, "member-order",
        "The members of the replay receipt are in reverse order, which makes no difference to D3.",
        reverse(_REPLAY), then=unchanged,
    )
    cases.rejected(
        rule, "zeros",
        "The replay_digest is all zeros, and D5 is right, made from the digest that is stored.",
        put(digest, ZEROS), at=[digest], then=resealed,
    )
    cases.rejected(
        rule, "zeros-unsealed",
        "The replay_digest was set to zeros after the receipt was sealed, so that D5 is wrong too.",
        put(digest, ZEROS),
        at=[digest], also=[("receipt-digest-mismatch", "/receipt/receipt_digest")], then=unchanged,
    )
    for member, value in {
        "receipt_id": "other",
        "successful_replays": 3,
        "summary": "Same order twice: “deja vu”.",
    }.items():
        cases.rejected(
            rule, member.replace("_", "-"),
            f"The {member} of the replay receipt was changed after D3 was made.",
            put(f"{_REPLAY}/{member}", value), at=[digest], then=unchanged,
        )

    rule, pointer = "replay-not-exact", f"{_REPLAY}/exact_replay_observed"
    cases.accepted(rule, "exact", "The receipt says that the replay was exact.")
    cases.warned(
        rule, "sealed", "The receipt says that the replay was not exact.", put(pointer, False), at=[pointer],
    )
    cases.rejected(
        rule, "unsealed", "The receipt was changed to say that the replay was not exact after D3 was made.",
        put(pointer, False), at=[pointer], also=[("replay-digest-mismatch", digest)], then=unchanged,
    )
