"""The replay receipt against the corpus' replay contract and its own digest."""

from __future__ import annotations

from collections.abc import Iterable

from psion_contract import digests
from psion_contract.rules.base import Flaw, Subject, check, check_equal

check_equal(
    "replay-contract-mismatch",
    ("stable_dataset_identity", "iteration_mode", "shard_ordering", "deterministic_shuffle_seed"),
    ("receipt", "/replay_receipt"),
    ("corpus", "/replay_contract"),
    "the replay had {name} {stands}, but the corpus' replay contract says {right}",
)


@check("replay-digest-mismatch", "receipt", receipt=("/replay_receipt",))
def replay_digest(s: Subject) -> Iterable[Flaw]:
    """The replay receipt carries its own digest D3."""
    replay = s.receipt["replay_receipt"]
    stands, right = replay["replay_digest"], digests.sha256(digests.replay_preimage(replay))
    if stands == right:
        return ()
    message = f"the digest D3 of the replay receipt's members is {right}"
    other = (("receipt", "/replay_receipt"),)
    return (Flaw("receipt", "/replay_receipt/replay_digest", message, right, stands, other),)


@check("replay-not-exact", "receipt", receipt=("/replay_receipt/exact_replay_observed",))
def replay_exact(s: Subject) -> Iterable[Flaw]:
    """The replays reproduced the order of the data."""
    if s.receipt["replay_receipt"]["exact_replay_observed"]:
        return ()
    message = "the replays did not reproduce the order of the data exactly"
    other = (("receipt", "/replay_receipt"),)
    return (Flaw("receipt", "/replay_receipt/exact_replay_observed", message, True, False, other),)
