"""Generates the tables of the documentation.

A table is between two comments, the first of which names it. Everything else is written by hand.
"""

from __future__ import annotations

import re

from tools import repository
from tools.docs import member_tables, rule_tables

_TABLE = re.compile(r"<!-- table: (?P<name>[^\n]+) -->\n.*?<!-- end of table -->\n", re.DOTALL)


def tables() -> dict[str, str]:
    """Every table by its name, as Markdown."""
    return {f"members {name}": text for name, text in member_tables.tables().items()} | rule_tables.tables()


def files() -> dict[str, str]:
    """The pages with tables, with these up to date.

    Returns:
        The full text of each page, by its path relative to the repository.

    Raises:
        BrokenFileError: a page has a table of an unknown name, or no page has a table.
    """
    tables_by_name = tables()
    pages = {
        path: repository.text(path) or "" for path in repository.files_below("docs") if path.endswith(".md")
    }
    places = {part["name"]: path for path, text in pages.items() for part in _TABLE.finditer(text)}
    for name in sorted(tables_by_name.keys() ^ places.keys()):
        problem = f"{places[name]}: unknown table" if name in places else "docs: no page has the table"
        raise repository.BrokenFileError(f"{problem} {name!r}")
    return {path: filled(text, tables_by_name) for path, text in pages.items() if _TABLE.search(text)}


def filled(text: str, tables_by_name: dict[str, str]) -> str:
    """A page with its tables replaced."""
    return _TABLE.sub(
        lambda part: (
            f"<!-- table: {part['name']} -->\n\n{tables_by_name[part['name']]}\n<!-- end of table -->\n"
        ),
        text,
    )
