"""Sequences and tokens of shards, and how sequences are counted."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from psion_contract.reading.files import State


class Counts(NamedTuple):
    """What a shard holds. A sequence has at least one token; empty ones are not counted.

    Attributes:
        sequences: number of sequences.
        tokens: number of tokens of all sequences.
        shortest: tokens of the shortest sequence; 0 without sequences.
        longest: tokens of the longest sequence; 0 without sequences.
    """

    sequences: int
    tokens: int
    shortest: int
    longest: int

    def __add__(self, other: object) -> Counts:
        """The counts of two shards together."""
        if not isinstance(other, Counts):
            return NotImplemented
        if not self.sequences or not other.sequences:
            return self if self.sequences else other
        return Counts(
            self.sequences + other.sequences,
            self.tokens + other.tokens,
            min(self.shortest, other.shortest),
            max(self.longest, other.longest),
        )


NOTHING = Counts(0, 0, 0, 0)


class Shard(NamedTuple):
    """A data file of a corpus.

    Attributes:
        path: the data file, whose bytes are the shard.
        counts: its sequences and tokens.
        format: the name of the format, one of `FORMATS`.
        detail: what else the format says, by its own names.
        state: size and time of the last change of the data file, after it was counted; None if it is not known.
    """

    path: str
    counts: Counts
    format: str
    detail: Mapping[str, object]
    state: State | None = None


def windows(tokens: int, sequence_tokens: int) -> Counts:
    """The counts of tokens that are cut into sequences of `sequence_tokens`; the last one may be shorter."""
    if not tokens:
        return NOTHING
    whole, rest = divmod(tokens, sequence_tokens)
    return Counts(whole + (rest > 0), tokens, rest or sequence_tokens, sequence_tokens if whole else rest)


def whole_windows(tokens: int, sequence_tokens: int) -> Counts:
    """The counts of tokens that are cut into sequences of `sequence_tokens`; what is left over is not counted."""
    whole = tokens // sequence_tokens
    return Counts(whole, whole * sequence_tokens, sequence_tokens, sequence_tokens) if whole else NOTHING


def of_lengths(lengths: Iterable[int]) -> Counts:
    """The counts of sequences of these lengths, in tokens."""
    found = lengths if isinstance(lengths, array) else array("Q", lengths)
    sequences = len(found) - found.count(0)
    return Counts(sequences, sum(found), min(filter(None, found)), max(found)) if sequences else NOTHING
