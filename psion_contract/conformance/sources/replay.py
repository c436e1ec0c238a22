"""Cases of the rules on the replay of a receipt."""

from __future__ import annotations

from typing import Any

from psion_contract.conformance.sources.editing import Edit, put, upended
from psion_contract.conformance.sources.making import ZEROS, Group
from psion_contract.conformance.sources.sealing import as_it_is, resealed

_REPLAY = "/receipt/replay_receipt"

# A case reads best as a few full lines.
# fmt: off


def add(made: Group) -> None:
    """Add the cases, in the order of the rules."""
    _contract(made)
    _replay(made)


def _both(member: str, value: Any) -> list[Edit]:
    return [put(f"{_REPLAY}/{member}", value), put(f"/corpus/replay_contract/{member}", value)]


def _contract(made: Group) -> None:
    rule = "replay-contract-mismatch"
    made.accepted(
        rule, "single-pass", "One pass in the order of the manifest, in corpus and receipt.",
        *_both("iteration_mode", "single_pass"), *_both("shard_ordering", "manifest_order"),
    )
    made.accepted(
        rule, "seed", "Another seed, in corpus and receipt.", *_both("deterministic_shuffle_seed", 0),
    )
    for member, value in {
        "stable_dataset_identity": "other@1",
        "iteration_mode": "single_pass",
        "shard_ordering": "manifest_order",
        "deterministic_shuffle_seed": 18,
    }.items():
        made.rejected(
            rule, member.replace("_", "-"), f"The receipt has another {member}.",
            put(f"{_REPLAY}/{member}", value), at=[f"{_REPLAY}/{member}"],
        )
    seed = f"{_REPLAY}/deterministic_shuffle_seed"
    made.rejected(
        rule, "seed-unused", "The seed counts even where nothing is shuffled.",
        *_both("shard_ordering", "manifest_order"), put(seed, 18), at=[seed],
    )
    made.rejected(
        rule, "seed-64-bits", "Two seeds that a double cannot tell apart are two seeds.",
        put("/corpus/replay_contract/deterministic_shuffle_seed", 2**53), put(seed, 2**53 + 1), at=[seed],
        also=[("unsafe-integer", seed), ("unsafe-integer",
            "/corpus/replay_contract/deterministic_shuffle_seed")],
    )
    made.rejected(
        rule, "all", "Nothing of the replay is as the corpus says.",
        put(f"{_REPLAY}/stable_dataset_identity", "other@1"), put(f"{_REPLAY}/iteration_mode", "single_pass"),
        put(f"{_REPLAY}/shard_ordering", "manifest_order"), put(seed, 0),
        at=[f"{_REPLAY}/{member}" for member in ("stable_dataset_identity", "iteration_mode",
            "shard_ordering", "deterministic_shuffle_seed")],
    )


def _replay(made: Group) -> None:
    rule, digest = "replay-digest-mismatch", f"{_REPLAY}/replay_digest"
    made.accepted(
        rule, "more-replays", "Another number of replays, sealed.",
        put(f"{_REPLAY}/successful_replays", 65535),
    )
    made.accepted(
        rule, "member-order", "The order of members does not count.", upended(_REPLAY), then=as_it_is,
    )
    made.rejected(
        rule, "zeros", "The digest is of nothing; D5 is made from the digest that the receipt stores.",
        put(digest, ZEROS), at=[digest], then=resealed,
    )
    made.rejected(
        rule, "zeros-unsealed", "The digest is of nothing, and D5 is of the right one.", put(digest, ZEROS),
        at=[digest], also=[("receipt-digest-mismatch", "/receipt/receipt_digest")], then=as_it_is,
    )
    for member, value in {
        "receipt_id": "other",
        "successful_replays": 3,
        "summary": "Same order twice: “deja vu”.",
    }.items():
        made.rejected(
            rule, member.replace("_", "-"), f"The {member} was changed afterwards.",
            put(f"{_REPLAY}/{member}", value), at=[digest], then=as_it_is,
        )

    rule, place = "replay-not-exact", f"{_REPLAY}/exact_replay_observed"
    made.accepted(rule, "exact", "The replay was exact, and nothing else is said of the run.")
    made.warned(rule, "sealed", "The replay was not exact.", put(place, False), at=[place])
    made.rejected(
        rule, "unsealed", "That the replay was not exact was found out after the receipt was sealed.",
        put(place, False), at=[place], also=[("replay-digest-mismatch", digest)], then=as_it_is,
    )
