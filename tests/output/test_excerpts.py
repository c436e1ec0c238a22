"""Excerpts: the line of a finding with carets under its value, at any width and with any characters."""

from __future__ import annotations

import pytest

from psion_contract.catalog import finding
from psion_contract.findings import Finding, Report, place_in
from psion_contract.output import text
from psion_contract.output.excerpts import NARROWEST, excerpt_lines


def at(line: str, column: int, number: int = 7) -> Finding:
    """A finding at a column of a line."""
    place = place_in(line, column - 1, (1, column))
    return finding("invalid-json", "d", "/x", "m", place=(number, column, place[2]))


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        ('  "a": 17,', 8, ('  "a": 17,', "       ^^")),
        ('  "a": "b c",', 8, ('  "a": "b c",', "       ^^^^^")),
        ('  "a": {', 8, ('  "a": {', "       ^")),
        ('  "a": tru', 8, ('  "a": tru', "       ^^^")),
        ('\t\t"a": 1', 8, ('  "a": 1', "       ^")),
        ('  "é漢": 1', 9, ('  "é漢": 1', "         ^")),
        ('  "e\u0301": 1', 9, ('  "e\u0301": 1', "       ^")),
        ('  "a\x1b[2J\u202e": 1', 14, ('  "a\ufffd[2J\ufffd": 1', "             ^")),
        ('  "a##[x]": 1', 13, ('  "a## [x]": 1', "             ^")),
        (" " * 30 + "1", 31, (" " * 8 + "1", " " * 8 + "^")),
        ("[1, 2", 6, ("[1, 2", "     ^")),
    ],
)
def test_the_value_at_a_place_is_marked(line: str, column: int, shown: tuple[str, str]) -> None:
    first, second = excerpt_lines(at(line, column), 100)
    assert first.partition(" | ")[2] == shown[0]
    assert second.partition(" | ")[2] == shown[1]
    assert first.startswith("       7 | ")


@pytest.mark.parametrize("line", ["", "{", "  }", "[]", "],"])
def test_a_line_that_says_nothing_is_not_shown(line: str) -> None:
    assert list(excerpt_lines(at(line, 1), 100)) == []


@pytest.mark.parametrize("width", [1, NARROWEST, 60, 80, 200])
@pytest.mark.parametrize("column", [1, 20, 61, 300, 900])
def test_an_excerpt_fits_and_shows_its_place(width: int, column: int) -> None:
    line = "".join(f'"k{n:03}": {n:03}, ' for n in range(80))
    first, second = excerpt_lines(at(line, column), width)
    assert len(first) <= max(width, NARROWEST + 12)
    caret = second.index("^")
    assert first[caret] in (line[column - 1], ".")


def test_without_a_text_there_is_no_excerpt() -> None:
    assert list(excerpt_lines(finding("invalid-json", "d", "/x", "m"), 80)) == []


@pytest.mark.parametrize("width", [10, 40, 72])
def test_sentences_are_wrapped_to_the_width_of_a_terminal(width: int) -> None:
    message = "the family is not among those that the corpus binds to the split, " * 5
    found = at('  "a": 17,', 8)._replace(message=message.strip())
    wide, narrow = text.render(Report((found,))), text.render(Report((found,)), width=width)
    assert max(map(len, narrow.splitlines()[1:12])) <= max(width, NARROWEST + 12)
    assert narrow.split() == wide.split()
