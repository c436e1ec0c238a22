"""Counts to basis points and losses to thousandths, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from numbers import Integral, Real
from typing import Any

WHOLE = 10_000
"""All of a split, in basis points."""

_MOST = 2**64 - 1
_LARGEST_LOSS = Decimal("4294967.295")  # thousandths are a u32
_THOUSANDTH = Decimal("0.001")
_EXACT = Context(prec=20, rounding=ROUND_HALF_EVEN)  # our own: the caller's may round earlier


def basis_points(counts: Sequence[int]) -> list[int]:
    """The share of each count in their sum, in basis points that add up to exactly 10000.

    Each count gets the whole basis points of its exact share; the rest goes to the largest remainders, one
    each, to the earlier of equal ones. So a share differs from the exact one by less than one basis point,
    and a count of zero has a share of zero.

    Args:
        counts: non-negative integers of any size.

    Raises:
        ValueError: all counts are zero.
    """
    total = sum(counts)
    if total == 0:
        raise ValueError("all counts are zero, so there are no shares")
    shares = [WHOLE * count // total for count in counts]
    largest_first = sorted(range(len(counts)), key=lambda place: -(WHOLE * counts[place] % total))
    for place in largest_first[: WHOLE - sum(shares)]:
        shares[place] += 1
    return shares


def thousandths(loss: Any) -> int:
    """A loss in nats as thousandths of a nat, rounded half to even from its decimal text.

    The decimal text of a number is its ``str``: for a float, the shortest decimal that reads back as the same
    float. So 2.0005 becomes 2000, whatever its binary fraction is.

    Args:
        loss: a float, an int, a Decimal, a number of an array library, or decimal text such as ``2.0005``.

    Raises:
        ValueError: it is not a number, negative, not finite, or above 4294967.295 nats.
    """
    if isinstance(loss, bool) or not isinstance(loss, (str, Real, Decimal)):
        raise ValueError(f"expected a number of nats or its decimal text, found a {type(loss).__name__}")
    try:
        value = Decimal(str(loss))
    except ArithmeticError:
        raise ValueError(f"{str(loss)[:40]!r} is not a decimal number") from None
    if not value.is_finite():
        raise ValueError(f"a loss of {loss} cannot be recorded: losses are finite")
    if not 0 <= value <= _LARGEST_LOSS:
        raise ValueError(f"a loss of {str(loss)[:40]} nats is out of range: 0 to {_LARGEST_LOSS}")
    return int(value.quantize(_THOUSANDTH, context=_EXACT).scaleb(3, context=_EXACT))


def whole_number(value: Any, most: int = _MOST) -> int:
    """A count as an int.

    Raises:
        ValueError: it is not an integer from 0 to `most` (floats and booleans are not).
    """
    number = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else -1
    if not 0 <= number <= most:
        shown = str(value) if isinstance(value, (Real, Decimal)) else repr(value)
        raise ValueError(f"{shown[:40]} is not an integer from 0 to {most}")
    return number
