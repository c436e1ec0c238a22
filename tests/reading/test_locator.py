"""Every value of a text is found by its pointer, however the text is written."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.json_texts import KEYS, STRINGS, Written, written

from psion_contract.reading import locator
from psion_contract.reading.json_text import Text
from psion_contract.reading.locator import Locator, end_of
from psion_contract.reading.pointers import child, overlaps, parts, value_at

PRETTY = """{
  "a": [10, 20,
    {"b": "x\\"]}"}
  ],
  "a/b": {"~": null},
  "": {"": true}
}
"""


@given(written())
def test_every_pointer_is_found_where_its_value_starts(text: Written) -> None:
    for short in (512, 8, 0):  # containers are seldom, sometimes and always remembered
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(locator, "_SHORT_TEXT", 0)
            patch.setattr(locator, "_SHORT", short)
            found = Locator(text.text)
        assert {pointer: found.offset(pointer) for pointer in text.offsets} == text.offsets


@given(written(), st.lists(KEYS, max_size=3))
def test_a_pointer_to_nothing_is_not_found(text: Written, keys: list[str]) -> None:
    pointer = ""
    for key in keys:
        pointer = child(pointer, key)
    if pointer not in text.offsets:
        assert Locator(text.text).offset(pointer) is None


@given(written())
def test_every_value_ends_before_what_follows_it(text: Written) -> None:
    for offset in text.offsets.values():
        end = end_of(text.text, offset)
        assert offset < end <= len(text.text)
        assert text.text[end : end + 1] in ("", ",", "]", "}", " ", "\t", "\n", "\r")


@given(written())
def test_line_and_column_are_counted_from_one(text: Written) -> None:
    located = Text(text.text.encode())
    starts = [0, *(place + 1 for place, char in enumerate(text.text) if char == "\n")]
    for pointer, offset in text.offsets.items():
        line = bisect_right(starts, offset)
        assert located.position(pointer) == (line, offset - starts[line - 1] + 1)


@pytest.mark.parametrize(
    ("pointer", "position"),
    [
        ("", (1, 1)),
        ("/a", (2, 8)),
        ("/a/0", (2, 9)),
        ("/a/1", (2, 13)),
        ("/a/2/b", (3, 11)),
        ("/a~1b", (5, 10)),
        ("/a~1b/~0", (5, 16)),
        ("/", (6, 7)),
        ("//", (6, 12)),
        ("/a/3", None),
        ("/a/b", None),
        ("/a/-", None),
        ("/a/00", None),
        ("/b", None),
        ("/a/0/0", None),
    ],
)
def test_positions_in_a_text_of_several_lines(pointer: str, position: tuple[int, int] | None) -> None:
    assert Text(PRETTY.encode()).position(pointer) == position


def test_columns_count_characters_and_not_bytes_or_code_units() -> None:
    assert Text('{"𐐷é": 1}'.encode()).position("/𐐷é") == (1, 8)


def test_lines_are_counted_from_the_line_that_the_document_starts_on() -> None:
    assert Text(b'\n{"a": 1}', first_line=7).position("/a") == (8, 7)


def test_a_carriage_return_alone_ends_no_line() -> None:
    assert Text(b'{"a":\r1,\r\n"b":2}').position("/a") == (1, 7)
    assert Text(b'{"a":\r1,\r\n"b":2}').position("/b") == (2, 5)


def test_of_a_repeated_member_the_last_is_found() -> None:
    assert Text(b'{"a": 1, "\\u0061": 2}').position("/a") == (1, 20)


def test_a_text_that_is_no_json_has_no_positions_to_trip_over() -> None:
    for text in ("", "{", '{"a', "[1,", "]", '\ufeff{"a":1}'):
        assert Text(text.encode()).position("/a") is None
    assert Text(b'{"a":').position("/a") == (1, 6)  # where it would be


@pytest.mark.parametrize(
    "pointer", ["/b", "/a/2", "/a/-", "/a/-1", "/a/x", "/a/0/0", "/a/1/b/c", "/a/\u00b2"]
)
def test_a_pointer_to_nothing_leads_to_none(pointer: str) -> None:
    assert value_at({"a": [1, {"b": 2}]}, pointer) is None


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("", "", True),
        ("", "/a", True),
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a/0", "/a/0/b/c", True),
        ("/a", "/ab", False),
        ("/a/1", "/a/10", False),
        ("/a/b", "/a/c", False),
    ],
)
def test_pointers_overlap_where_one_is_the_other_or_is_above_it(
    first: str, second: str, expected: bool
) -> None:
    assert overlaps(first, second) is overlaps(second, first) is expected


@given(st.lists(st.one_of(STRINGS, KEYS)))
def test_a_pointer_is_taken_apart_into_what_it_was_made_of(keys: list[str]) -> None:
    pointer = ""
    for key in keys:
        pointer = child(pointer, key)
    assert parts(pointer) == keys


@given(written())
def test_a_pointer_leads_to_the_value_that_it_was_made_for(text: Written) -> None:
    for pointer, offset in text.offsets.items():
        value = value_at(text.value, pointer)
        written_out = text.text[offset : end_of(text.text, offset)]
        if isinstance(value, bool) or value is None:
            assert written_out == {True: "true", False: "false", None: "null"}[value]
        elif isinstance(value, int):
            assert int(written_out) == value
        else:
            openings = {"str": '"', "dict": "{", "list": "["}
            assert written_out[0] == openings[type(value).__name__]


def test_values_of_a_large_text_are_found_at_any_depth() -> None:
    short = "[" * 100 + "[7]" + ',"]"]' * 100
    text = f'{{"a": [{",".join([short] * 40)}], "b": {"[0, " * 600}[[], {{}}, "}}"]{"]" * 600}}}'
    found = Locator(text)
    for number in range(40):
        for level in range(100):
            offset = found.offset(f"/a/{number}" + "/0" * level + "/1")
            assert offset == text.index(short) + number * (len(short) + 1) + len(short) - 5 * level - 4
    assert found.offset("/b" + "/1" * 600 + "/2") == text.index('"}"')
