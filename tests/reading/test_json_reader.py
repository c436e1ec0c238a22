"""The reader: what is strict JSON of the contract, and what is wrong with what is not, and where."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jiter import from_json
from support.json_texts import ANY_TEXT, VALUES, Written, written
from syrupy.assertion import SnapshotAssertion

from psion_contract.reading.json_reader import DEFAULT_LIMITS, MAX_DEPTH, Limits, Reading, read
from psion_contract.reading.json_text import MAX_PROBLEMS, Problem, Text
from psion_contract.reading.python_values import to_bytes
from psion_contract.reading.scanner import MAX_DIGITS, scan

# One thing wrong, and where.


def seen(data: bytes, limits: Limits = DEFAULT_LIMITS) -> list[tuple[str, str, tuple[int, int]]]:
    """Each problem as rule, pointer and position."""
    reading = read(data, limits)
    return [
        (each.rule, each.pointer, reading.text.position_of_offset(each.offset)) for each in reading.problems
    ]


@pytest.mark.parametrize(
    ("data", "position"),
    [
        pytest.param(b"", (1, 1), id="nothing"),
        pytest.param(b" \n ", (2, 2), id="white space alone"),
        pytest.param(b"\xef\xbb\xbf{}", (1, 1), id="byte order mark"),
        pytest.param("{}".encode("utf-16"), (1, 1), id="UTF-16"),
        pytest.param(b'{"a":\n "\xff"}', (2, 3), id="a byte that is not UTF-8"),
        pytest.param(b'["\xc3\xa9\xc3"]', (1, 4), id="half a character"),
        pytest.param(b'["\xed\xa0\x80"]', (1, 3), id="a surrogate as UTF-8"),
        pytest.param(b'["\xc0\x80"]', (1, 3), id="NUL in two bytes"),
        pytest.param(b"NaN", (1, 1), id="NaN"),
        pytest.param(b'{"a": [1,\n -Infinity]}', (2, 2), id="minus infinity"),
        pytest.param(b'{"a": Infinity}', (1, 7), id="infinity"),
        pytest.param(b"{'a': 1}", (1, 2), id="single quotes"),
        pytest.param(b"{a: 1}", (1, 2), id="a name without quotes"),
        pytest.param(b"{1: 1}", (1, 2), id="a number for a name"),
        pytest.param(b'{"a" 1}', (1, 6), id="no colon"),
        pytest.param(b'{"a": 1 "b": 2}', (1, 9), id="no comma"),
        pytest.param(b'{"a": 1,}', (1, 8), id="comma before a brace"),
        pytest.param(b"[1, 2,\n]", (1, 6), id="comma before a bracket"),
        pytest.param(b"[,1]", (1, 2), id="comma after a bracket"),
        pytest.param(b"[1,,2]", (1, 4), id="two commas"),
        pytest.param(b"[1}", (1, 3), id="a brace for a bracket"),
        pytest.param(b'{"a": 1', (1, 8), id="an end too early"),
        pytest.param(b'{"a": "b', (1, 9), id="an end inside a string"),
        pytest.param(b"{} {}", (1, 4), id="two documents"),
        pytest.param(b"{}\x00", (1, 3), id="NUL behind the end"),
        pytest.param(b"// no\n{}", (1, 1), id="a comment"),
        pytest.param(b'{"a": 01}', (1, 8), id="a leading zero"),
        pytest.param(b'{"a": +1}', (1, 7), id="a plus"),
        pytest.param(b'{"a": .5}', (1, 7), id="no digit before the point"),
        pytest.param(b'{"a": 5.}', (1, 8), id="no digit behind the point"),
        pytest.param(b'{"a": 0x1}', (1, 8), id="hexadecimal"),
        pytest.param(b'{"a": -}', (1, 7), id="a minus alone"),
        pytest.param(b'{"a": True}', (1, 7), id="a capital"),
        pytest.param(b'{"a": "\t"}', (1, 8), id="a tab in a string"),
        pytest.param(b'{"a": "x\ny"}', (1, 9), id="a line feed in a string"),
        pytest.param(b'{"a": "\\x41"}', (1, 8), id="an invalid escape sequence"),
        pytest.param(b'{"a": "\\u12g4"}', (1, 8), id="an escape with a wrong digit"),
        pytest.param(b'{"a": "b", "c": "\\ud800"}', (1, 17), id="the first half of a pair"),
        pytest.param(b'{"a": "\\udc00\\ud800"}', (1, 7), id="a pair the wrong way round"),
        pytest.param(b'{"a": 1, "\\ud800": 2}', (1, 10), id="half a pair in a name"),
        pytest.param(b"\x0c{}", (1, 1), id="a form feed before the start"),
        pytest.param("{\u00a0}".encode(), (1, 2), id="a no-break space"),
    ],
)
def test_what_is_not_strict_json_is_reported_with_its_place(data: bytes, position: tuple[int, int]) -> None:
    assert seen(data) == [("invalid-json", "", position)]
    reading = read(data)
    assert not reading.readable
    assert reading.value is None
    assert reading.problems[0].message.isprintable()


WRONG = (
    b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'["\xff"]', b"[NaN]", b"[1,]", b'["\x01"]', b'["\\ud800"]', b'["\\x41"]',
    b"[1 2]", b"[01]", b"[tru]", b"{'a': 1}", b'{"a" 1}', b"[] []", b"[", b"", b'["a', b"[1.]", b"[+1]", b"[0x1]",
)  # fmt: skip


def test_the_messages_of_the_reader(snapshot: SnapshotAssertion) -> None:
    assert {repr(data): read(data).problems[0].message for data in WRONG} == snapshot


@pytest.mark.parametrize(
    ("data", "pointer", "position"),
    [
        pytest.param(b'{"a": 1, "a": 1}', "/a", (1, 10), id="plain"),
        pytest.param(b'{"a": 1,\n "\\u0061": 2}', "/a", (2, 2), id="escaped"),
        pytest.param(b'{"\\u0061": 1, "a": 2}', "/a", (1, 15), id="escaped first"),
        pytest.param(b'{"\\u00e9": 1, "\xc3\xa9": 2}', "/é", (1, 15), id="escaped beyond ASCII"),
        pytest.param(b'{"\\ud801\\udc37": 1, "\xf0\x90\x90\xb7": 2}', "/𐐷", (1, 21), id="escaped as a pair"),
        pytest.param(b'{"/": 1, "\\/": 2}', "/~1", (1, 10), id="a slash"),
        pytest.param(b'{"": 1, "": 2}', "/", (1, 9), id="the empty name"),
        pytest.param(b'[{"b": {"a": 1, "a": {}}}]', "/0/b/a", (1, 17), id="deeper"),
    ],
)
def test_a_member_that_is_repeated_is_reported_with_both_places(
    data: bytes, pointer: str, position: tuple[int, int]
) -> None:
    assert seen(data) == [("duplicate-member", pointer, position)]
    assert read(data).readable


def test_a_member_given_three_times_is_reported_twice_each_against_the_first() -> None:
    problems = read(b'{"a": 1, "a": 2, "a": 3}').problems
    assert [(each.rule, each.offset, each.other) for each in problems] == [
        ("duplicate-member", 9, 1),
        ("duplicate-member", 17, 1),
    ]


def test_names_that_only_look_alike_are_different() -> None:
    composed, decomposed = "\u00e9", "e\u0301"
    assert seen(json.dumps({composed: 1, decomposed: 2, "A": 3, "a": 4}, ensure_ascii=False).encode()) == []
    assert seen(b'[{"a": 1}, {"a": 1}, {"b": {"a": 1}, "a": 1}]') == []


@pytest.mark.parametrize(
    "number", ["1337.0", "0.5", "-0", "-0.0", "1e3", "1E3", "1e-3", "1E+3", "1.5e3", "1e999", "-1e999", "0e0"]
)
def test_a_number_with_fraction_exponent_or_negative_zero_is_reported_with_its_pointer(number: str) -> None:
    data = f'{{"a": [0,\n  {number}], "b": 1}}'.encode()
    assert seen(data) == [("non-integer-number", "/a/1", (2, 3))]
    (problem,) = read(data).problems
    assert problem.actual == number
    assert read(data).readable


@pytest.mark.parametrize(
    "data",
    [b'["-0"]', b'{"-0": 0}', b'["-0.0", 0]', b'["\\"-0\\"", 0]', b'{"a-0": [0, 10, -1, "1e5", "1.5"]}'],
)
def test_a_text_in_quotes_is_no_number(data: bytes) -> None:
    assert seen(data) == []


def test_a_number_that_is_long_is_quoted_short() -> None:
    (problem,) = read(b"[0." + b"1" * 5000 + b"]").problems
    assert problem.rule == "non-integer-number"
    assert len(problem.message) < 200
    assert len(problem.actual) <= 40


def test_several_things_wrong_are_all_reported_in_the_order_of_the_text() -> None:
    data = b'{\n "a": 1.5,\n "b": [-0, {"c": 1e2, "c": 2}],\n "a": 3,\n "d": 0.0\n}'
    assert seen(data) == [
        ("non-integer-number", "/a", (2, 7)),
        ("non-integer-number", "/b/0", (3, 8)),
        ("non-integer-number", "/b/1/c", (3, 18)),
        ("duplicate-member", "/b/1/c", (3, 23)),
        ("duplicate-member", "/a", (4, 2)),
        ("non-integer-number", "/d", (5, 7)),
    ]


def test_what_went_wrong_before_the_text_broke_off_is_reported_too() -> None:
    assert seen(b'{"a": 1.5, "a": 2, "b": [}') == [
        ("non-integer-number", "/a", (1, 7)),
        ("duplicate-member", "/a", (1, 12)),
        ("invalid-json", "", (1, 26)),
    ]


def test_the_line_of_a_problem_is_that_of_the_file() -> None:
    reading = read(b'{"a": 1.5}', first_line=12)
    assert reading.text.position_of_offset(reading.problems[0].offset) == (12, 7)


def test_of_a_repeated_member_the_last_value_is_kept() -> None:
    assert read(b'{"a": 1, "b": 2, "a": 3}').value == {"a": 3, "b": 2}


# Limits.


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def objects(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, MAX_DEPTH + 2, 100_000])
def test_no_limit_makes_the_reader_go_deeper_than_the_deepest(levels: int) -> None:
    limits = Limits(max_depth=1_000_000)
    assert read(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, limits).readable
    (problem,) = read(b"[" * levels + b"]" * levels, limits).problems
    assert (problem.rule, problem.offset) == ("limit-exceeded", MAX_DEPTH)


@pytest.mark.parametrize("make", [nested, objects])
@pytest.mark.parametrize("limit", [1, 2, 128, MAX_DEPTH])
def test_the_limit_on_nesting_is_the_deepest_that_is_read(make: Any, limit: int) -> None:
    limits = Limits(max_depth=limit)
    assert seen(make(limit), limits) == []
    step = len(make(1)) // 2 if make is nested else len(b'{"a":')
    assert seen(make(limit + 1), limits) == [("limit-exceeded", "", (1, limit * step + 1))]


def test_the_limit_on_nesting_is_128_by_default() -> None:
    assert seen(nested(128)) == []
    assert [rule for rule, _, _ in seen(nested(129))] == ["limit-exceeded"]


@pytest.mark.parametrize("data", [b"[" * 2_000_000, b'{"a":' * 400_000, nested(1_000_000)], ids=len)
def test_megabytes_of_brackets_are_a_finding(data: bytes) -> None:
    ((rule, _, position),) = seen(data)
    assert rule == "limit-exceeded"
    assert position[0] == 1


def test_a_text_of_as_many_bytes_as_the_limit_is_read() -> None:
    data = b'["1234"]'
    assert seen(data, Limits(max_bytes=len(data))) == []
    assert seen(data, Limits(max_bytes=len(data) - 1)) == [("limit-exceeded", "", (1, 1))]


def test_a_text_that_is_too_large_is_not_kept() -> None:
    assert read(b"[1, 2]", Limits(max_bytes=2)).text.data == b""


@pytest.mark.parametrize(
    ("data", "members"),
    [
        (b"[]", 0),
        (b"[ \n ]", 0),
        (b"{}", 0),
        (b"[1]", 1),
        (b"[[]]", 1),
        (b"[1, 2, 3]", 3),
        (b'{"a": 1, "b": [2, {"c": 3}]}', 5),
        (b'["[,{", "\\",[", ","]', 3),
        (b"[[], {}, [ ], [{ }]]", 5),
        (b'[""]', 1),
        (b'[["a"], ["b"], {"c": "d"}]', 6),
    ],
)
def test_members_and_items_are_counted_together(data: bytes, members: int) -> None:
    assert seen(data, Limits(max_members=members)) == []
    if members:
        assert seen(data, Limits(max_members=members - 1)) == [("limit-exceeded", "", (1, 1))]


@given(written())
def test_the_count_of_members_is_that_of_the_value(text: Written) -> None:
    data, members = text.text.encode(), len(text.offsets) - 1
    assert not any(each.rule == "limit-exceeded" for each in read(data, Limits(max_members=members)).problems)
    if members:
        limits = Limits(max_members=members - 1)
        assert [each.rule for each in read(data, limits).problems] == ["limit-exceeded"]


def test_the_limits_have_defaults() -> None:
    assert Limits() == (16 * 1024 * 1024, 128, 1_000_000, None)
    assert Limits() == DEFAULT_LIMITS


@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_may_have_as_many_digits_as_python_reads_unasked(sign: str) -> None:
    longest = sign + "9" * MAX_DIGITS
    assert seen(f"[{longest}]".encode()) == []
    assert read(longest.encode()).value == int(longest)
    assert [rule for rule, _, _ in seen(f"[{longest}, 0.5]".encode())] == ["non-integer-number"]
    assert seen(f'{{"a":\n{longest}9}}'.encode()) == [("limit-exceeded", "", (2, 1))]


def test_after_ten_thousand_problems_the_reader_stops_and_says_so() -> None:
    problems = read(b"[" + b"0.5," * (MAX_PROBLEMS + 5) + b"0.5]").problems
    assert [each.rule for each in problems] == ["non-integer-number"] * MAX_PROBLEMS + ["limit-exceeded"]


# What is read.


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b" 0 ", 0),
        (b"-1", -1),
        (b"18446744073709551616", 2**64),
        (b'"\\u0000\\u001f\\/\\b\\f\\n\\r\\t\\"\\\\"', '\x00\x1f/\b\f\n\r\t"\\'),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\xc2\x85\xe2\x80\xa8\x7f"', "\x85\u2028\x7f"),
        (b'"\xef\xbf\xbf\xef\xbb\xbf"', "\uffff\ufeff"),
        (b'\r\n\t {"a":[{}]}\n', {"a": [{}]}),
    ],
)
def test_strict_json_is_read_unchanged(data: bytes, value: Any) -> None:
    reading = read(data)
    assert reading.problems == ()
    assert reading.value == value
    assert type(reading.value) is type(value)


@pytest.mark.parametrize(
    ("number", "unsafe"),
    [(2**53 - 1, False), (2**53, True), (2**64, True), (0, False), (-1, False)],
)
def test_integers_that_some_readers_round_are_noted(number: int, unsafe: bool) -> None:
    assert read(json.dumps({"a": [number]}).encode()).unsafe is unsafe


def test_integers_that_some_readers_round_are_noted_beside_other_problems() -> None:
    reading = read(f'{{"a": {2**53}, "b": 0.5}}'.encode())
    assert reading.readable
    assert reading.unsafe


def test_a_value_that_is_known_to_be_plain_needs_no_second_look() -> None:
    assert read(b"[1]", plain=lambda value: value == [1]).plain
    assert not read(b"[1]", plain=lambda value: False).plain
    assert not read(b"[1, 1]", plain=None).plain


@pytest.mark.parametrize("data", [b'{"a": 1, "a": 1}', b"[1", b"\xef\xbb\xbf[1]", b'["\\ud800"]'])
def test_what_is_not_json_is_never_plain(data: bytes) -> None:
    assert not read(data, plain=lambda value: True).plain


@given(written())
def test_whatever_the_white_space_and_the_escapes_the_value_is_the_same(text: Written) -> None:
    reading = read(text.text.encode())
    assert reading.problems == ()
    assert reading.value == text.value


@given(VALUES)
def test_an_object_is_read_as_the_text_that_it_would_be(value: Any) -> None:
    reading = read(to_bytes(value) if not isinstance(value, str) else json.dumps(value).encode())
    assert reading.problems == ()
    assert reading.value == value


def test_half_a_surrogate_pair_in_a_text_is_a_problem_and_no_exception() -> None:
    assert [rule for rule, _, _ in seen(to_bytes('["\ud800"]'))] == ["invalid-json"]
    with pytest.raises(ValueError, match=r"/0: the string has the unpaired surrogate U\+D800"):
        to_bytes(["\ud800"])


# Two readers and a third.


def accepted_by_jiter(data: bytes) -> bool:
    try:
        from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="lossless-float")
    except ValueError:
        return False
    return True


def exact(data: bytes, max_depth: int = MAX_DEPTH) -> list[Problem] | None:
    """What the exact scanner finds; None if there is no text to scan."""
    try:
        return scan(data.decode(), max_depth)
    except UnicodeDecodeError:
        return None


class RefusedError(Exception):
    """A third reader's verdict: no strict JSON."""


def strictly_loaded(data: bytes) -> tuple[Any, bool]:
    """The value, and whether each number is a plain integer, by the standard library's reader.

    Raises:
        RefusedError: it is not strict JSON, or repeats a member.
    """
    plain = True

    def number(text: str) -> Any:
        nonlocal plain
        plain = False
        return 0

    def integer(text: str) -> int:
        nonlocal plain
        plain = plain and text != "-0"
        return int(text)

    def refuse(text: str) -> Any:
        raise RefusedError(text)

    def members(each: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(each)) < len(each):
            raise RefusedError("a member twice")
        return dict(each)

    try:
        value = json.loads(
            data.decode(),
            parse_float=number,
            parse_int=integer,
            parse_constant=refuse,
            object_pairs_hook=members,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # also what is not UTF-8, and half a surrogate pair
        raise RefusedError(str(error)) from error
    return value, plain


@given(ANY_TEXT)
def test_the_fast_reader_and_the_exact_one_give_one_verdict(data: bytes) -> None:
    problems = exact(data)
    if problems is None:
        assert not accepted_by_jiter(data)
    else:
        refused = [each for each in problems if each.rule != "non-integer-number"]
        assert accepted_by_jiter(data) is not bool(refused)


@given(ANY_TEXT)
def test_the_reader_gives_the_verdict_of_the_standard_library(data: bytes) -> None:
    reading = read(data)
    try:
        value, plain = strictly_loaded(data)
    except RefusedError:
        assert reading.problems
        assert {each.rule for each in reading.problems} != {"non-integer-number"}
    else:
        assert {each.rule for each in reading.problems} <= {"non-integer-number"}
        assert plain is not bool(reading.problems)
        assert not plain or reading.value == value


@given(ANY_TEXT, st.integers(1, 4), st.integers(0, 6), st.integers(0, 60))
def test_reading_never_raises_and_every_problem_is_in_the_text(
    data: bytes, depth: int, members: int, size: int
) -> None:
    for limits in (
        DEFAULT_LIMITS,
        Limits(max_depth=depth),
        Limits(max_members=members),
        Limits(max_bytes=size),
    ):
        reading = read(data, limits)
        assert sound(reading)
        if not reading.readable:
            assert reading.value is None


def sound(reading: Reading) -> bool:
    """Whether each problem has a place inside the text, and a message that fits on one line."""
    text: Text = reading.text
    lines = text.text.split("\n")
    for problem in reading.problems:
        line, column = text.position_of_offset(problem.offset)
        if not (0 <= problem.offset <= len(text.text) and 1 <= line <= len(lines)):
            return False
        if not 1 <= column <= len(lines[line - 1]) + 1:
            return False
        if not (problem.message.isprintable() and len(problem.message) < 300):
            return False
    return True


@given(ANY_TEXT)
def test_the_pointer_of_a_problem_leads_to_a_value(data: bytes) -> None:
    reading = read(data)
    if reading.readable:
        for problem in reading.problems:
            assert reading.text.offset(problem.pointer) is not None


@pytest.mark.parametrize("collects", [True, False])
def test_a_large_text_is_read_like_a_small_one(collects: bool) -> None:
    members = b",".join(
        b'{"name": "%s%d", "value": %d}' % (b"n" * 6000, number, number) for number in range(200)
    )
    (gc.enable if collects else gc.disable)()
    try:
        for text, rules in (
            (b"[%s]" % members, []),
            (b'[%s, {"a": 1, "a": 2}]' % members, ["duplicate-member"]),
            (b"[%s, NaN]" % members, ["invalid-json"]),
        ):
            reading = read(text)
            assert len(text) > 1 << 20
            assert [problem.rule for problem in reading.problems] == rules
            assert reading.value == (json.loads(text) if reading.readable else None)
            assert gc.isenabled() == collects
    finally:
        gc.enable()
