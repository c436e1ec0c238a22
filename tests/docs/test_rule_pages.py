"""Every rule is described on the page of its subject, and the generated tables are complete."""

from __future__ import annotations

import re

import markdown_pages as pages
import pytest

from psion_contract.catalog import RULES, SECTIONS
from tools import docs
from tools.docs.rule_tables import PAGES

FOLDER = "docs/reference/rules"


def entries(name: str) -> dict[str, str]:
    """By rule, its entry on a page."""
    found = re.split(r"^## `([a-z-]+)`$", pages.read(f"{FOLDER}/{name}"), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], map(str.strip, found[1::2]), strict=True))


def test_every_section_has_a_page() -> None:
    assert list(PAGES) == list(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_page_has_an_entry_for_each_rule_of_its_section_in_order(section: str) -> None:
    assert list(entries(PAGES[section])) == [rule.name for rule in RULES.values() if rule.section == section]


@pytest.mark.parametrize("name", RULES)
def test_an_entry_says_where_the_finding_is(name: str) -> None:
    entry = entries(PAGES[RULES[name].section])[name]
    assert re.search(r"\b[Aa]t\s+(?:the|each|that|its|a|those|descriptor|receipt|`)", entry)


def test_the_tables_are_up_to_date() -> None:
    outdated = [path for path, text in docs.files().items() if pages.read(path) != text]
    assert outdated == [], "run python -m tools build"


def test_every_table_is_on_a_page() -> None:
    text = "".join(map(pages.read, docs.files()))
    assert [name for name in docs.tables() if f"<!-- table: {name} -->" not in text] == []


def test_a_table_that_was_edited_by_hand_is_made_anew() -> None:
    text = pages.read(f"{FOLDER}/reading.md")
    edited = text.replace(
        "[`invalid-json`](#invalid-json) | error", "[`invalid-json`](#invalid-json) | warning"
    )
    assert edited != text
    assert docs.filled(edited, docs.tables()) == text


def test_a_page_that_asks_for_an_unknown_table_is_refused() -> None:
    with pytest.raises(KeyError, match="rules of thumb"):
        docs.filled("<!-- table: rules of thumb -->\n<!-- end of table -->\n", docs.tables())
