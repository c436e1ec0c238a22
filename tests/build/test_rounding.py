"""Shares in basis points and losses in thousandths, rounded as section 2 of the contract says."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise, permutations
from numbers import Integral, Real
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psion_contract.build.rounding import basis_points, thousandths, whole_number

U64 = 2**64 - 1
COUNTS = st.lists(st.integers(0, U64) | st.integers(0, 20), min_size=1, max_size=60).filter(any)


# Shares.


@given(COUNTS)
def test_shares_add_up_to_the_whole(counts: list[int]) -> None:
    assert sum(basis_points(counts)) == 10_000


@given(COUNTS)
def test_a_share_is_less_than_one_basis_point_off_the_exact_one(counts: list[int]) -> None:
    for count, share in zip(counts, basis_points(counts), strict=True):
        assert abs(share - Fraction(10_000 * count, sum(counts))) < 1


@given(COUNTS)
def test_what_is_left_goes_to_the_largest_remainders_and_of_equal_ones_to_the_earlier(
    counts: list[int],
) -> None:
    exact = [Fraction(10_000 * count, sum(counts)) for count in counts]
    raised = [share > each for share, each in zip(basis_points(counts), exact, strict=True)]
    remainders = [(each % 1, -place) for place, each in enumerate(exact)]
    got = [each for each, more in zip(remainders, raised, strict=True) if more]
    went_without = [each for each, more in zip(remainders, raised, strict=True) if not more]
    assert not got or not went_without or min(got) > max(went_without)


@given(COUNTS)
def test_a_count_of_zero_has_no_share_and_a_larger_count_no_smaller_one(counts: list[int]) -> None:
    shared = sorted(zip(counts, basis_points(counts), strict=True))
    assert all(share == 0 for count, share in shared if count == 0)
    assert all(low[1] <= high[1] for low, high in pairwise(shared) if low[0] < high[0])


def test_ties_are_broken_in_row_order() -> None:
    assert basis_points([1, 1, 1]) == [3334, 3333, 3333]
    assert basis_points([5, 1, 5, 1, 5, 1, 1]) == [2632, 526, 2632, 526, 2632, 526, 526]
    assert {tuple(basis_points(order)) for order in permutations([2, 2, 3])} == {
        (2857, 2857, 4286),
        (2857, 4286, 2857),
        (4286, 2857, 2857),
    }


def test_shares_of_counts_that_a_double_cannot_hold_are_exact() -> None:
    assert basis_points([U64, U64, U64 - 1]) == [3334, 3333, 3333]
    assert basis_points([2**53, 2**53 + 1]) == [5000, 5000]
    assert basis_points([U64, 1]) == [10_000, 0]
    # The first exact share is 1000 less 10^-15, which a double rounds to 1000.
    assert basis_points([10**18 - 1, 6 * 10**14, 9 * 10**18 - 6 * 10**14 + 1]) == [1000, 1, 8999]
    assert basis_points([10**400, 10**400]) == [5000, 5000]


def test_of_nothing_there_are_no_shares() -> None:
    with pytest.raises(ValueError):
        basis_points([0, 0])


# Losses.


@pytest.mark.parametrize(
    ("nats", "milli"),
    [
        ("2.0005", 2000),
        ("2.0015", 2002),
        ("2.00150000000000000000000000000001", 2002),
        ("2.00049999999999999999999999999999999999999999999", 2000),
        ("2.00050000000000000000000000000000000000000000001", 2001),
        (2.0005, 2000),  # the nearest double is above the half
        (1.0015, 1002),  # and here below it
        (Decimal("0.0005"), 0),
        (Decimal("3.41E0"), 3410),
        (7, 7000),
        (0.0, 0),
        (-0.0, 0),
        ("1e-400", 0),
        (5e-324, 0),
        ("4294967.295", 2**32 - 1),
    ],
)
def test_a_loss_is_rounded_half_to_even_from_its_decimal_text(nats: Any, milli: int) -> None:
    assert thousandths(nats) == milli


@given(st.floats(0, 4_000_000))
def test_a_float_is_rounded_by_the_shortest_decimal_that_reads_back(loss: float) -> None:
    assert thousandths(loss) == round(Fraction(repr(loss)) * 1000)


@given(st.decimals(0, 4_000_000, places=40))
def test_a_decimal_of_any_length_is_rounded_once(loss: Decimal) -> None:
    with localcontext(prec=3):  # the caller's precision does not matter
        assert thousandths(loss) == round(Fraction(loss) * 1000)


NO_LOSSES = (
    float("nan"), float("inf"), "sNaN", -0.001, "4294967.2951", 1e300, "1e999999999", "three", "", "3,4",
    Fraction(1, 3), None, True, 1j,
)  # fmt: skip


@pytest.mark.parametrize("loss", NO_LOSSES, ids=repr)
def test_a_loss_that_is_none_is_refused(loss: Any) -> None:
    with pytest.raises(ValueError):
        thousandths(loss)


def test_numbers_of_an_array_library_are_numbers() -> None:
    class Int64:
        def __int__(self) -> int:
            return 12

    class Float32:
        def __str__(self) -> str:
            return "3.4119"

    Integral.register(Int64)
    Real.register(Float32)
    assert whole_number(Int64()) == 12
    assert thousandths(Float32()) == 3412


@pytest.mark.parametrize("value", [-1, 1.0, True, "7", None, Decimal(7), U64 + 1, [1], Fraction(2)])
def test_a_count_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        whole_number(value)
