"""The generated tables of the documentation.

A table is between two comments, the first of which names it. Everything around it is written by hand.
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
    """The pages that have tables, with the tables as they should be.

    Returns:
        The full text of each page, by its path relative to the repository.

    Raises:
        KeyError: a page asks for a table that does not exist.
    """
    made = tables()
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("docs/**/*.md"))}
    return {
        path.relative_to(ROOT).as_posix(): filled(text, made)
        for path, text in pages.items()
        if _TABLE.search(text)
    }


def filled(text: str, made: dict[str, str]) -> str:
    """A page with its tables replaced by those of the same name."""
    return _TABLE.sub(
        lambda part: f"<!-- table: {part['name']} -->\n\n{made[part['name']]}\n<!-- end of table -->\n", text
    )
