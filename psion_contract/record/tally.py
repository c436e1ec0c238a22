"""Counts what a run reads, and sums its losses exactly, by split and source family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import isfinite
from numbers import Real
from typing import Any, NamedTuple, NoReturn

from psion_contract.build.report_rows import MeasuredRow
from psion_contract.build.rounding import whole_number
from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import Json
from psion_contract.reading.python_values import scalar

_SCALE = 1074
"""Every finite float is an integer multiple of 2 ** -1074."""

_VERSION = 1

_Pair = tuple[str, str]
"""A split and a family."""

_MAX_BITS = _SCALE + 1024 + 64
"""A sum of losses has fewer: a float is less than 2 ** 1024, and nobody adds 2 ** 64 of them."""


class Counts(NamedTuple):
    """What was measured for one family in one split.

    Attributes:
        tokens: tokens that were read.
        targets: those whose loss was computed.
        sequences: sequences that were read.
        loss: the sum of the losses at the targets in nats, as a multiple of 2 ** -1074.
    """

    tokens: int
    targets: int
    sequences: int
    loss: int


_NOTHING = Counts(0, 0, 0, 0)


class Tally:
    """Tokens, target tokens, sequences and summed loss by split and source family.

    Sums are exact: the same measurements give the same tally in any order, from one process or merged from several, and
    however often the run was interrupted. A tally can be copied and pickled.
    """

    def __init__(self) -> None:
        self._counts: dict[_Pair, Counts] = {}

    def add(
        self, split: str, family: str, *, tokens: Any, targets: Any, loss: Any, sequences: Any = 1
    ) -> None:
        """Add what was read of one family.

        Numbers may be scalars of numpy or torch.

        Args:
            split: name of the split.
            family: id of the source family.
            tokens: number of tokens that were read, without padding.
            targets: number of those whose loss was computed, at most `tokens`.
            loss: the sum of the losses at the targets, in nats; not their mean.
            sequences: number of sequences, at most `tokens`.

        Raises:
            ArgumentError: a value is not such a number, or the loss is negative or not finite. Nothing is added.
        """
        pair = (_text("split", split), _text("family", family))
        added = Counts(
            _count(pair, "tokens", tokens),
            _count(pair, "targets", targets),
            _count(pair, "sequences", sequences),
            _scaled(pair, loss),
        )
        _check(pair, added)
        self._counts[pair] = _sum(self._counts.get(pair, _NOTHING), added)

    def merge(self, *others: Tally) -> None:
        """Add the tallies of other processes, or of other parts of the run.

        Raises:
            ArgumentError: one of them is not a tally. Nothing is added.
        """
        for other in others:
            if not isinstance(other, Tally):
                raise ArgumentError(f"merge: expected tallies, found a {type(other).__name__}")
        for other in others:
            for pair, counts in list(other._counts.items()):
                self._counts[pair] = _sum(self._counts.get(pair, _NOTHING), counts)

    def clear(self, split: str, family: str | None = None) -> None:
        """Forget what was measured in a split, or for one family of it, before it is measured again."""
        for pair in [each for each in self._counts if each[0] == split and family in (None, each[1])]:
            del self._counts[pair]

    def counts(self, split: str, family: str) -> Counts:
        """What was measured for one family in one split so far; zeros if nothing was."""
        return self._counts.get((split, family), _NOTHING)

    def mean_loss(self, split: str, family: str) -> float | None:
        """The mean loss per target token in nats, rounded once from the exact sum; None without a target."""
        counts = self.counts(split, family)
        return float(Fraction(counts.loss, counts.targets << _SCALE)) if counts.targets else None

    def rows(self, corpus: Json) -> list[MeasuredRow]:
        """The rows for ``new_receipt(reports=…)``.

        Args:
            corpus: the corpus manifest, a parsed object.

        Returns:
            One row for each family of each split, in the order of the corpus. A family of which nothing was read has 0
            tokens, 0 sequences and the loss None. What the corpus does not have comes last, for ``new_receipt`` to
            refuse by name.
        """
        known = dict.fromkeys(_pairs(corpus))
        return [self._row(*pair) for pair in [*known, *sorted(self._counts.keys() - known)]]

    def missing(self, corpus: Json) -> list[tuple[str, str]]:
        """The split and family of each row that would have no measured loss, in the order of the corpus.

        Args:
            corpus: the corpus manifest, a parsed object.
        """
        return [pair for pair in _pairs(corpus) if not self.counts(*pair).targets]

    def state_dict(self) -> dict[str, Any]:
        """The tally as JSON values, for a checkpoint. Sums of losses are exact: ``0x1p-3`` is 1/8."""
        rows = [
            {"split": split, "family": family, **counts._asdict(), "loss": _as_text(counts.loss)}
            for (split, family), counts in sorted(self._counts.items())
        ]
        return {"version": _VERSION, "rows": rows}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Replace the tally with a saved one.

        Raises:
            ArgumentError: `state` is not what `state_dict` returns. The tally is unchanged.
        """
        try:
            if state["version"] != _VERSION:
                raise ArgumentError(
                    f"state: the tally has version {excerpt(state['version'])}; expected {_VERSION}"
                )
            loaded = dict[_Pair, Counts]()
            for pair, counts in map(_loaded, state["rows"]):
                if pair in loaded:
                    _refuse(pair, "two rows of the state; expected one")
                loaded[pair] = counts
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(f"state: not the state of a tally: {error!r:.200}") from error
        self._counts = loaded

    def __eq__(self, other: object) -> bool:
        """Whether both have the same counts and sums."""
        return isinstance(other, Tally) and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def _row(self, split: str, family: str) -> MeasuredRow:
        counts = self.counts(split, family)
        row: MeasuredRow = {
            "split": split,
            "family": family,
            "tokens": counts.tokens,
            "sequences": counts.sequences,
            "detail": None,
        }
        row["loss"] = self.mean_loss(split, family)
        if counts.tokens:
            row["detail"] = (
                f"{counts.tokens} tokens, {counts.targets} of them targets, in {counts.sequences} sequences."
            )
        return row


def _pairs(corpus: Json) -> Iterator[tuple[str, str]]:
    """The split and family of each row of a receipt."""
    try:
        for split in corpus["splits"]:
            for family in split["source_family_ids"]:
                yield split["split_name"], family
    except (KeyError, TypeError) as error:
        raise ArgumentError("corpus: expected a corpus manifest, as a parsed object") from error


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(
        one.tokens + other.tokens,
        one.targets + other.targets,
        one.sequences + other.sequences,
        one.loss + other.loss,
    )


def _check(pair: _Pair, counts: Counts) -> None:
    """Refuse counts that contradict each other."""
    for member in ("targets", "sequences"):
        if (number := getattr(counts, member)) > counts.tokens:
            _refuse(pair, f"{number} {member} of {counts.tokens} tokens; expected at most one for each token")
    if counts.loss and not counts.targets:
        _refuse(pair, "there is a loss, but no target; the loss is the sum over the targets")


def _text(argument: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"{argument}: expected a string, found a {type(value).__name__}")
    return value


def _count(pair: _Pair, argument: str, value: Any) -> int:
    try:
        return whole_number(value)
    except ValueError as error:
        return _refuse(pair, f"{argument}: {error}")


def _scaled(pair: _Pair, value: Any) -> int:
    """A loss as a multiple of 2 ** -1074, exactly."""
    number = scalar(value)
    if isinstance(number, Real) and hasattr(number, "item"):  # numpy's scalars are of Python's tower
        number = number.item()
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        _refuse(pair, f"loss: expected a number of nats, found a {type(value).__name__}")
    try:
        is_finite = isfinite(number)
    except OverflowError:
        _refuse(pair, "loss: the integer is larger than any float")
    if not is_finite:
        _refuse(pair, f"loss: {number} is not finite; leave out a batch that the optimizer skips")
    if number < 0:
        _refuse(pair, f"loss: {number} is negative; a sum of losses in nats is not")
    numerator, denominator = number.as_integer_ratio()
    return numerator << (_SCALE + 1 - denominator.bit_length())


def _as_text(loss: int) -> str:
    """A sum of losses as a hexadecimal number, an integer and a power of two."""
    if not loss:
        return "0x0p+0"
    zeros = (loss & -loss).bit_length() - 1
    return f"{loss >> zeros:#x}p{zeros - _SCALE:+d}"


def _loaded(row: Mapping[str, Any]) -> tuple[_Pair, Counts]:
    """A row of a state."""
    pair = _text("state: split", row["split"]), _text("state: family", row["family"])
    digits, _, exponent = row["loss"].partition("p")
    loss, shift = int(digits, 16), _SCALE + int(exponent)
    if loss < 0 or not 0 <= shift <= _MAX_BITS or loss.bit_length() + shift > _MAX_BITS:
        _refuse(pair, f"loss: {row['loss']!r:.60} is not a sum of losses")
    tokens, targets, sequences = (
        _count(pair, member, row[member]) for member in ("tokens", "targets", "sequences")
    )
    counts = Counts(tokens, targets, sequences, loss << shift)
    _check(pair, counts)
    return pair, counts


def _refuse(pair: _Pair, message: str) -> NoReturn:
    raise ArgumentError(f"{excerpt(pair[0])}, {excerpt(pair[1])}: {message}")
