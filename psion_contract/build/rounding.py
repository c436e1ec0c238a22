"""Exact conversion of counts to basis points and of losses to thousandths."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from numbers import Integral, Real
from typing import Any

TOTAL_BPS = 10_000
"""All of a split, in basis points."""

_MAX_U64 = 2**64 - 1
_MAX_LOSS = Decimal("4294967.295")  # thousandths are a u32
_THOUSANDTH = Decimal("0.001")
_EXACT = Context(
    prec=20, rounding=ROUND_HALF_EVEN
)  # independent of the caller's context, which may have less precision


def basis_points(counts: Sequence[int]) -> list[int]:
    """Shares of counts in basis points, which add up to exactly 10000.

    Each count gets the whole basis points of its exact share; the remaining basis points go,
    one each, to the largest remainders, earlier counts first among equal ones. So a share differs from the
    exact one by less than one basis point, and a count of zero has a share of zero.

    Args:
        counts: non-negative integers of any size.

    Returns:
        One share for each count, in the same order.

    Raises:
        ValueError: all counts are zero.
    """
    total = sum(counts)
    if total == 0:
        raise ValueError("all counts are zero, so there are no shares")
    shares = [TOTAL_BPS * count // total for count in counts]
    largest_first = sorted(range(len(counts)), key=lambda index: -(TOTAL_BPS * counts[index] % total))
    for index in largest_first[: TOTAL_BPS - sum(shares)]:
        shares[index] += 1
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
    if not 0 <= value <= _MAX_LOSS:
        raise ValueError(f"a loss of {str(loss)[:40]} nats is out of range: 0 to {_MAX_LOSS}")
    return int(value.quantize(_THOUSANDTH, context=_EXACT).scaleb(3, context=_EXACT))


def whole_number(value: Any, maximum: int = _MAX_U64) -> int:
    """A count as an int.

    Raises:
        ValueError: it is not an integer from 0 to `maximum` (floats and booleans are not).
    """
    number = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else -1
    if not 0 <= number <= maximum:
        excerpt = str(value) if isinstance(value, (Real, Decimal)) else repr(value)
        raise ValueError(f"{excerpt[:40]} is not an integer from 0 to {maximum}")
    return number
