"""The replay receipt against the corpus' replay contract and its own digest."""

from __future__ import annotations

from collections.abc import Iterator

from psion_contract import digests
from psion_contract.quoting import shown
from psion_contract.rules.base import Body, Flaw, Subject, check


def _member(name: str) -> Body:
    def body(s: Subject) -> Iterator[Flaw]:
        stands, right = s.receipt["replay_receipt"][name], s.corpus["replay_contract"][name]
        if stands != right:
            message = f"the replay had {name} {shown(stands)}, but the corpus' replay contract says {shown(right)}"
            other = (("corpus", f"/replay_contract/{name}"),)
            yield Flaw("receipt", f"/replay_receipt/{name}", message, right, stands, other)

    return body


for _name in ("stable_dataset_identity", "iteration_mode", "shard_ordering", "deterministic_shuffle_seed"):
    check(
        "replay-contract-mismatch",
        "receipt",
        receipt=(f"/replay_receipt/{_name}",),
        corpus=(f"/replay_contract/{_name}",),
    )(_member(_name))


@check("replay-digest-mismatch", "receipt", receipt=("/replay_receipt",))
def replay_digest(s: Subject) -> Iterator[Flaw]:
    """The replay receipt carries its own digest D3."""
    replay = s.receipt["replay_receipt"]
    stands, right = replay["replay_digest"], digests.sha256(digests.replay_preimage(replay))
    if stands != right:
        message = f"the digest D3 of the replay receipt's members is {right}"
        yield Flaw("receipt", "/replay_receipt/replay_digest", message, right, stands, (("receipt", "/replay_receipt"),))


@check("replay-not-exact", "receipt", receipt=("/replay_receipt/exact_replay_observed",))
def replay_exact(s: Subject) -> Iterator[Flaw]:
    """The replays reproduced the order of the data."""
    if not s.receipt["replay_receipt"]["exact_replay_observed"]:
        message = "the replays did not reproduce the order of the data exactly"
        other = (("receipt", "/replay_receipt"),)
        yield Flaw("receipt", "/replay_receipt/exact_replay_observed", message, True, False, other)
