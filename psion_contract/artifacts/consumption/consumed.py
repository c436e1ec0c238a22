"""What a trainer has read of a data file or a folder of them."""

from __future__ import annotations

from typing import NamedTuple


class Consumed(NamedTuple):
    """What was read of some data, repetitions counted each time.

    Attributes:
        path: a data file, or a folder that stands for all data files below it, as the trainer names it.
        sequences: number of sequences.
        tokens: number of tokens in them.
    """

    path: str
    sequences: int
    tokens: int
