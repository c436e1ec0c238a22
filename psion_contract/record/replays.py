"""Compares the orders of a run and its replays, and says what a receipt may claim of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from psion_contract.build.new_documents import Replays
from psion_contract.exceptions import ArgumentError, OrderLogError
from psion_contract.reading.escaping import counted, excerpt, printable, quoted
from psion_contract.reading.json_reader import Json
from psion_contract.record.order_log import OrderLog, Place, Step, combined_digest, logs_at

_Path = str | os.PathLike[str]

_DIGEST = "digest of the order [0-9a-f]{64}"

_SAME = "is the same recording as {}: a copy is no replay; read the data again"


class Divergence(NamedTuple):
    """The first place where two orders differ.

    Attributes:
        step: the number of the step.
        rank: of the process.
        position: in what the process read in the step, from 0.
        first: what the first order has there: the id of a shard and the number of a sequence in it; None if it has
            nothing.
        second: what the second one has there.
    """

    step: int
    rank: int
    position: int
    first: Place | None
    second: Place | None

    def __str__(self) -> str:
        """The place in words, with what both have there."""
        rank = f", rank {self.rank}" if self.rank else ""
        if self.first is None and self.second is None:
            return f"step {self.step}{rank}: only one of the two has this step, in which nothing was read"
        where = f"step {self.step}{rank}, position {self.position}"
        return f"{where}: {_shown(self.first)} against {_shown(self.second)}"


class OrderComparison(NamedTuple):
    """The orders of a run and of a replay side by side.

    Attributes:
        steps: number of steps of the first order, over all ranks.
        sequences: number of its sequences.
        digest: its digest.
        divergence: the first place where the second one differs; None if it does not.
        complete: whether each rank of the second one has at least as many sequences.
        distinct: whether it is known that these are two recordings. Logs of version 1 do not say which recording they are,
            so one of them may be a copy of the other.
    """

    steps: int
    sequences: int
    digest: str
    divergence: Divergence | None
    complete: bool
    distinct: bool


def compare_orders(first: _Path, second: _Path) -> OrderComparison:
    """Compare two orders from their logs.

    Args:
        first: the order of a run: a file, or a folder with ``rank-0.log``, ``rank-1.log`` and so on.
        second: the order of a replay, or of another run.

    Raises:
        OrderLogError: a log cannot be read, was changed, or has no step; or the two are not of the same corpus and
            number of ranks, or are copies of one recording.
    """
    ours, theirs = logs_at(first), logs_at(second)
    if [log.header for log in ours] != [log.header for log in theirs]:
        raise OrderLogError(
            f"{printable(os.fsdecode(second))}: is {_of(theirs[0])}; expected {_of(ours[0])}, as {printable(os.fsdecode(first))}"
        )
    steps = sequences = 0
    complete, distinct, divergences, digests = True, True, list[Divergence](), list[str]()
    for one, other in zip(ours, theirs, strict=True):
        if one.recording is not None and one.recording == other.recording:
            raise OrderLogError(f"{other.path}: {_SAME.format(one.path)}")
        distinct = distinct and None not in (one.recording, other.recording)
        compared = _compare_ranks(one, other)
        steps += compared.steps
        sequences += compared.sequences
        complete = complete and compared.complete
        digests.append(compared.digest)
        if compared.divergence is not None:
            divergences.append(compared.divergence)
    if not steps:
        raise OrderLogError(f"{printable(os.fsdecode(first))}: has no complete step")
    return OrderComparison(
        steps, sequences, combined_digest(digests), min(divergences, default=None), complete, distinct
    )


def observed_replays(order: _Path, replays: Iterable[_Path]) -> Replays:
    """What a receipt may say of the replays of an order, for ``new_receipt(replays=…)``.

    A replay counts as completed if it read as many sequences as the run. They are exact if each of them, completed or
    not, gave the order of the run.

    Args:
        order: the log of the run, as `compare_orders` takes it.
        replays: the logs of the replays.

    Raises:
        ArgumentError: no replay is given, or none is completed; or a log is given twice, is that of the run or a copy of it,
            or does not say which recording it is.
        OrderLogError: a log cannot be used; see `compare_orders`.
    """
    return observed(order, replays)[0]


def observed(order: _Path, replays: Iterable[_Path]) -> tuple[Replays, int]:
    """What `observed_replays` says, whose arguments and errors it has, and the number of sequences in the order of all ranks."""
    if isinstance(replays, (str, bytes, os.PathLike)):
        raise ArgumentError("replays: expected a list of paths, found one path")
    replays = list(replays)
    logs = [logs_at(each) for each in (order, *replays)]
    _refuse_twice(log for each in logs for log in each)
    compared = [compare_orders(order, each) for each in replays]
    if not any(each.complete for each in compared):
        what = "none of the replays is" if compared else "there is no replay; a receipt needs one that is"
        raise ArgumentError(f"replays: {what} complete: it reads as many sequences as the run")
    completed = sum(each.complete for each in compared)
    steps, sequences, digest, *_ = compared[0]
    number = f"{completed} replay{'' if completed == 1 else 's'}"
    what = f"{number} of {counted(sequences, 'sequence')} in {counted(steps, 'step')}"
    diverging = next((each.divergence for each in compared if each.divergence is not None), None)
    outcome = "exact" if diverging is None else f"not exact: at {diverging}"
    summary = f"{what}, {outcome}; digest of the order {digest}."
    return Replays(completed, diverging is None, summary, logs[0][0].header.dataset_identity), sequences


def require_same(replay: OrderLog, steps: Iterable[list[Place]]) -> None:
    """Hold what is read again against the replay of a finished run.

    Args:
        replay: to which the receipt refers.
        steps: what is read in each step, from the first one; it may end early.

    Raises:
        ArgumentError: it is something else.
        OrderLogError: the log cannot be read.
    """
    for step, read in zip(replay.steps(), steps, strict=False):
        if read != step.read:
            raise ArgumentError(
                f"{replay.path}: the run is finished, and its replay has other sequences in step {step.number}; the log is "
                "unchanged"
            )


def replay_flaws(receipt: Json, order: _Path, replays: Iterable[_Path]) -> list[str]:
    """What a receipt says of its replays and the logs do not, in words, each with its pointer; empty if they agree.

    Compared are ``successful_replays``, ``exact_replay_observed`` and the identity of the dataset, and of the summary the
    digest of the order, if it has the words of `observed_replays`.

    Args:
        receipt: the receipt, a parsed object.
        order: the log of the run, as for `observed_replays`.
        replays: the logs of the replays.

    Raises:
        ArgumentError: as by `observed_replays`.
        OrderLogError: as by `observed_replays`.
    """
    observed, stated = observed_replays(order, replays)._asdict(), receipt["replay_receipt"]
    names = ("successful_replays", "exact_replay_observed", "stable_dataset_identity")
    pairs = [(name, stated[name], observed[name]) for name in names]
    if said := re.search(_DIGEST, stated["summary"]):
        found = re.search(_DIGEST, observed["summary"])
        assert found is not None
        pairs.append(("summary", said[0], found[0]))
    return [
        f"/replay_receipt/{name} says {excerpt(says)}; the logs say {excerpt(found)}"
        for name, says, found in pairs
        if says != found
    ]


def _refuse_twice(logs: Iterable[OrderLog]) -> None:
    """Refuse what would be compared with itself, or counted twice."""
    seen, recordings = set[tuple[int, int]](), dict[str, str]()
    for log in logs:
        if log.file_id in seen:
            raise ArgumentError(
                f"replays: {log.path} is given twice, or as the order of the run; each replay has a log of its own"
            )
        seen.add(log.file_id)
        if log.recording is None:
            raise ArgumentError(
                f"replays: {log.path} is a log of version 1, which does not say which recording it is, so a copy would count "
                f"as a replay; record it again"
            )
        if (other := recordings.setdefault(log.recording, log.path)) != log.path:
            raise ArgumentError(f"replays: {log.path} {_SAME.format(other)}")


def _compare_ranks(one: OrderLog, other: OrderLog) -> OrderComparison:
    steps = sequences = replayed = 0
    digest, divergence = one.header.digest, None
    for ours, theirs in zip_longest(one.steps(), other.steps()):
        if ours is not None:
            steps += 1
            sequences += len(ours.read)
            digest = ours.digest
        replayed += len(theirs.read) if theirs is not None else 0
        if divergence is None:
            divergence = _compare_steps(one.header.rank, ours, theirs)
    return OrderComparison(steps, sequences, digest, divergence, replayed >= sequences, True)


def _compare_steps(rank: int, ours: Step | None, theirs: Step | None) -> Divergence | None:
    if ours is None or theirs is None or ours.number != theirs.number:
        number = min(each.number for each in (ours, theirs) if each is not None)
        first = _at(ours, number, 0)
        return Divergence(number, rank, 0, first, _at(theirs, number, 0))
    if ours.read == theirs.read:
        return None
    pairs = enumerate(zip_longest(ours.read, theirs.read))
    position, (first, second) = next(each for each in pairs if each[1][0] != each[1][1])
    return Divergence(ours.number, rank, position, first, second)


def _at(step: Step | None, number: int, position: int) -> Place | None:
    return step.read[position] if step is not None and step.number == number and step.read else None


def _shown(place: Place | None) -> str:
    return "nothing" if place is None else f"sequence {place[1]} of shard {quoted(place[0])}"


def _of(log: OrderLog) -> str:
    return f"of {quoted(log.header.dataset_identity)} with {counted(log.header.ranks, 'rank')}"
