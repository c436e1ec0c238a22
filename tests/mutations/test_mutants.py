"""The engine that makes mutants."""

from __future__ import annotations

from mutants import mutants


def test_what_is_changed() -> None:
    text = """
@check("r")
def f(rows, most):
    for place, row in enumerate(rows[1:]):
        if row > most and not row in ("x", "y"):
            message = f"{row} is above {most}"
            yield Flaw("config", f"/a/{place}", message, most, row, (("config", "/b"),))
"""
    assert [mutant.name.removeprefix("f: ") for mutant in mutants(text, "f.py")] == [
        "1: -> :",
        "1 -> 2",
        "row > most and (not row in ('x', 'y')) -> True",
        "row > most and (not row in ('x', 'y')) -> False",
        "row > most -> True",
        "row > most -> False",
        "row > most -> row >= most",
        "not row in ('x', 'y') -> True",
        "not row in ('x', 'y') -> False",
        "not row in ('x', 'y') -> row in ('x', 'y')",
        "row in ('x', 'y') -> True",
        "row in ('x', 'y') -> False",
        "'x' -> nothing",
        "'y' -> nothing",
        "yield Flaw('config', f'/a/{place}', message, most, row, (('config', '/b'),)) -> nothing",
        "'/a/' -> nothing",
        "{place} -> nothing",
        "('config', '/b') -> nothing",
        "'config' -> nothing",
        "'/b' -> nothing",
        "check('r') -> nothing",
    ]
