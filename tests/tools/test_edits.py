"""Edits: what each of them does, that they share nothing with the tree, and that a wrong place is an error."""

from __future__ import annotations

from typing import Any

import pytest

from tools.edits import (
    Edit,
    EditError,
    append,
    change,
    copy,
    drop,
    each,
    edited,
    insert,
    move,
    put,
    repeat,
    reverse,
    swap,
    value_of,
)

TREE = {"a": {"x": 1, "rows": [{"n": 1}, {"n": 2}]}, "b": {"y/z": {"~": True}}}


@pytest.mark.parametrize(
    ("edit", "place", "value"),
    [
        (put("/a/x", 2), "/a/x", 2),
        (put("/a/new", [1]), "/a/new", [1]),
        (put("/a/rows/0", 5), "/a/rows", [5, {"n": 2}]),
        (put("/c", {}), "/c", {}),
        (put("/b/y~1z/~0", False), "/b", {"y/z": {"~": False}}),
        (drop("/a/x"), "/a", {"rows": [{"n": 1}, {"n": 2}]}),
        (drop("/a/rows/0"), "/a/rows", [{"n": 2}]),
        (drop("/a"), "", {"b": {"y/z": {"~": True}}}),
        (append("/a/rows", 3, 4), "/a/rows", [{"n": 1}, {"n": 2}, 3, 4]),
        (insert("/a/rows/1", 3), "/a/rows", [{"n": 1}, 3, {"n": 2}]),
        (repeat("/a/rows/0", m=3), "/a/rows", [{"n": 1}, {"n": 2}, {"n": 1, "m": 3}]),
        (copy("/a/rows", "/b/copy"), "/b/copy", [{"n": 1}, {"n": 2}]),
        (move("/a", "/b/a"), "", {"b": {"y/z": {"~": True}, "a": TREE["a"]}}),
        (swap("/a/rows", 0, 1), "/a/rows", [{"n": 2}, {"n": 1}]),
        (each("/a/rows", "n", 0), "/a/rows", [{"n": 0}, {"n": 0}]),
        (change("/a/x", lambda value: value + 1), "/a/x", 2),
        (reverse("/a/rows"), "/a/rows", [{"n": 2}, {"n": 1}]),
    ],
    ids=[
        "put", "put new", "put item", "put document", "put escaped", "drop", "drop item", "drop document", "append",
        "insert", "repeat", "copy", "move", "swap", "each", "change", "reverse",
    ],
)  # fmt: skip
def test_an_edit(edit: Edit, place: str, value: Any) -> None:
    assert value_of(edited(TREE, edit), place) == value


def test_the_properties_of_an_object_are_reversed_too() -> None:
    assert list(edited(TREE, reverse("/a"))["a"]) == ["rows", "x"]


def test_edits_apply_in_order_to_a_copy() -> None:
    before = str(TREE)
    changed = edited(TREE, put("/a/x", 5), copy("/a/x", "/b/x"), drop("/a/x"))
    assert changed["b"]["x"] == 5
    assert str(TREE) == before


def test_values_are_copied_at_every_application() -> None:
    value: list[int] = []
    edit = put("/a/list", value)
    first, second = edited(TREE, edit, append("/a/list", 1)), edited(TREE, edit)
    assert (first["a"]["list"], second["a"]["list"], value) == ([1], [], [])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (put("/nowhere/x", 1), "/nowhere does not exist: there is no 'nowhere'"),
        (put("/a/rows/2", 1), "/a/rows/2 does not exist: there is no '2'"),
        (put("/a/x/y", 1), "/a/x/y does not exist: 'y' is below neither an object nor an array"),
        (put("/a/rows/n", 1), "/a/rows/n does not exist: 'n' is below neither an object nor an array"),
        (drop("/a/y"), "/a/y does not exist: there is no 'y'"),
        (drop("/a/rows/2"), "/a/rows/2 does not exist: there is no '2'"),
        (append("/a/x", 1), "/a/x is not an array"),
        (append("/a/y", 1), "/a/y does not exist: there is no 'y'"),
        (insert("/a/rows/2", 1), "/a/rows/2 does not exist: there is no '2'"),
        (copy("/a/y", "/a/z"), "/a/y does not exist: there is no 'y'"),
        (move("/a/y", "/a/z"), "/a/y does not exist: there is no 'y'"),
        (swap("/a", 0, 1), "/a is not an array"),
        (each("/a/x", "n", 1), "/a/x is not an array"),
    ],
    ids=[
        "put", "put item", "put below a number", "put a name in an array", "drop", "drop item", "append",
        "append missing", "insert", "copy", "move", "swap", "each",
    ],
)  # fmt: skip
def test_a_place_that_does_not_exist_is_an_error(edit: Edit, message: str) -> None:
    with pytest.raises(EditError) as caught:
        edited(TREE, edit)
    assert str(caught.value) == message
