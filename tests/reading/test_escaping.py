"""Values and strings as messages show them: on one line, short, and harmless on a terminal."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.json_texts import VALUES

from psion_contract.reading.escaping import excerpt, listed, printable, quoted


@pytest.mark.parametrize(
    ("value", "shown_as"),
    [
        ("plain é 𐐷", '"plain é 𐐷"'),
        ('"\\', '"\\"\\\\"'),
        ("a\nb\tc\x1b", '"a\\u000ab\\u0009c\\u001b"'),
        ("\u202e\u2066\ufeff\u00ad", '"\\u202e\\u2066\\ufeff\\u00ad"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("\ud800", '"\\ud800"'),
        ("x" * 72, '"' + "x" * 72 + '"'),
        ("ab" * 36 + "c", '"' + "ab" * 23 + "a…" + "ba" * 11 + 'bc"'),
    ],
)
def test_a_string_is_quoted_so_that_all_of_it_is_visible(value: str, shown_as: str) -> None:
    assert quoted(value) == shown_as


@pytest.mark.parametrize(
    ("value", "shown_as"),
    [
        (None, "null"),
        (True, "true"),
        (2**64, "18446744073709551616"),
        ([], "[]"),
        (["a", "b"], '"a", "b"'),
        ({"é": [1, None]}, '{"\\u00e9": [1, null]}'),
        ([1] * 100, "[" + "1, " * 15 + "1… 1" + ", 1" * 7 + "]"),
    ],
)
def test_a_value_is_shown_on_one_line_and_shortened(value: Any, shown_as: str) -> None:
    assert excerpt(value) == shown_as


def test_of_a_long_list_the_rest_is_counted() -> None:
    assert listed([f"{number:060}" for number in range(9)]) == f'"{0:060}", "{1:060}" and 7 more'
    assert listed([]) == ""
    assert listed(["x" * 500]) == f'"{"x" * 47}…{"x" * 24}"'


@given(VALUES)
def test_no_value_can_draw_on_a_terminal_or_fill_it(value: Any) -> None:
    assert excerpt(value).isprintable()
    assert len(excerpt(value)) < 1000


@given(st.text())
def test_printable_text_is_printable_and_the_visible_is_left_alone(value: str) -> None:
    result = printable(value)
    assert result.isprintable()
    is_command = value.lstrip().startswith(("::", "##["))
    assert (result == value) is (value.isprintable() and not is_command)
    for char in result:
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("::error::x.json", "\\u003a:error::x.json"),
        (" ::x", " \\u003a:x"),
        ("\t::x", "\\u0009\\u003a:x"),
        ("##[group]x", "#\\u0023[group]x"),
        (":::x", "\\u003a\\u003a:x"),
        ("a::b", "a::b"),
        ("#x", "#x"),
    ],
)
def test_a_name_starts_no_command_of_a_ci_service(name: str, shown: str) -> None:
    assert printable(name) == shown
