"""Generates the tables of the documentation.

A table is between two comments, the first of which names it. Everything else is written by hand.
"""

from __future__ import annotations

import re

from tools.docs import member_tables, rule_tables
from tools.repository import ROOT

_TABLE = re.compile(r"<!-- table: (?P<name>[^\n]+) -->\n.*?<!-- end of table -->\n", re.DOTALL)


def tables() -> dict[str, str]:
    """Every table by its name, as Markdown."""
    return {f"members {name}": text for name, text in member_tables.tables().items()} | rule_tables.tables()


def files() -> dict[str, str]:
    """The pages with tables, with these up to date.

    Returns:
        The full text of each page, by its path relative to the repository.

    Raises:
        KeyError: a page has a table of an unknown name.
    """
    tables_by_name = tables()
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("docs/**/*.md"))}
    return {
        path.relative_to(ROOT).as_posix(): filled(text, tables_by_name)
        for path, text in pages.items()
        if _TABLE.search(text)
    }


def filled(text: str, tables_by_name: dict[str, str]) -> str:
    """A page with its tables replaced."""
    return _TABLE.sub(
        lambda part: (
            f"<!-- table: {part['name']} -->\n\n{tables_by_name[part['name']]}\n<!-- end of table -->\n"
        ),
        text,
    )
