"""Exact conversion of counts to basis points and of losses to thousandths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from numbers import Integral, Real
from typing import Any

from psion_contract.reading.escaping import quoted
from psion_contract.reading.python_values import scalar

TOTAL_BPS = 10_000
"""All of a split, in basis points."""

_MAX_U64 = 2**64 - 1
_SHOWN = 40  # characters of a value in a message
_NOT_READ = "a family that was not read has 0 tokens, 0 sequences and no loss"
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
    loss = scalar(loss)
    if loss is None or (isinstance(loss, str) and not loss.strip()):
        raise ValueError(f"there is no loss; {_NOT_READ}")
    if isinstance(loss, bool) or not isinstance(loss, (str, Real, Decimal)):
        raise ValueError(f"expected a number of nats or its decimal text, found a {type(loss).__name__}")
    text = str(loss)[:_SHOWN]
    try:
        value = Decimal(str(loss))
    except ArithmeticError:
        hint = '; the decimal separator is "."' if "," in text else ""
        raise ValueError(f"{text!r} is not a decimal number{hint}") from None
    if not value.is_finite():
        raise ValueError(f"a loss of {text} cannot be recorded: losses are finite; {_NOT_READ}")
    if not 0 <= value <= _MAX_LOSS:
        raise ValueError(f"a loss of {text} nats is out of range: 0 to {_MAX_LOSS}")
    return int(value.quantize(_THOUSANDTH, context=_EXACT).scaleb(3, context=_EXACT))


def whole_number(value: Any, maximum: int = _MAX_U64) -> int:
    """A count as an int.

    Raises:
        ValueError: it is not an integer from 0 to `maximum` (floats and booleans are not).
    """
    value = scalar(value)
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if 0 <= number <= maximum:
            return number
        raise ValueError(f"{_short(number)} is out of range: 0 to {maximum}")
    if isinstance(value, (str, Real, Decimal)) and not isinstance(value, bool):
        text = str(value)
        if re.fullmatch(r"-?[0-9]+", text) and not 0 <= Decimal(text) <= maximum:
            raise ValueError(f"{text[:_SHOWN]} is out of range: 0 to {maximum}")
        raise ValueError(_intended(text) or f"{quoted(text, _SHOWN)} is not an integer from 0 to {maximum}")
    raise ValueError(f"expected an integer from 0 to {maximum}, found {_kind(value)}")


def _short(number: int) -> str:
    """An integer, or its size if it has too many digits to read."""
    return str(number) if abs(number) < 10**_SHOWN else f"an integer of {number.bit_length()} bits"


def _intended(text: str) -> str:
    """What is wrong with a number that is not written as an integer, and the integer that it stands for."""
    if len(text) > _SHOWN:
        return ""
    try:
        value = Decimal(text.replace(",", ""))
    except ArithmeticError:
        return ""
    if not value.is_finite():
        return ""
    is_whole = value == value.to_integral_value() and 0 <= value <= _MAX_U64
    kind = "written with separators" if "," in text else "a string" if text.isdecimal() else "a float"
    return f"{text} is {kind}; give an int{f': {int(value)}' if is_whole else ''}"


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
