"""The replay receipt against the replay contract of the corpus, and its digest."""

from __future__ import annotations

from collections.abc import Iterable

from psion_contract.documents import digests
from psion_contract.rules.checks import Check, Flaw, Subject, check, check_equal

_contract = check_equal(
    "replay-contract-mismatch",
    ("stable_dataset_identity", "iteration_mode", "shard_ordering", "deterministic_shuffle_seed"),
    ("receipt", "/replay_receipt"),
    ("corpus", "/replay_contract"),
    "{name} of the replay is {actual}, but the replay contract of the corpus has {expected}",
)


@check("replay-digest-mismatch")
def replay_digest(s: Subject) -> Iterable[Flaw]:
    """The replay receipt states its digest D3."""
    replay = s.receipt["replay_receipt"]
    actual, expected = replay["replay_digest"], digests.sha256(digests.replay_preimage(replay))
    if actual == expected:
        return ()
    message = f"digest D3 of the replay receipt is {expected}"
    other = (("receipt", "/replay_receipt"),)
    return (Flaw("receipt", "/replay_receipt/replay_digest", message, expected, actual, other),)


@check("replay-not-exact")
def replay_exact(s: Subject) -> Iterable[Flaw]:
    """The replays reproduced the order of the data."""
    if s.receipt["replay_receipt"]["exact_replay_observed"]:
        return ()
    message = "the replays did not reproduce the data order exactly"
    other = (("receipt", "/replay_receipt"),)
    return (Flaw("receipt", "/replay_receipt/exact_replay_observed", message, True, False, other),)


CHECKS: tuple[Check, ...] = (
    _contract,
    replay_digest,
    replay_exact,
)
