"""The pages are complete and consistent: links, commands and options that they mention, changelog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import markdown_pages as pages
import pytest

from psion_contract.cli import application

each_page = pytest.mark.parametrize("path", pages.PAGES, ids=pages.name)


@each_page
def test_every_link_leads_somewhere(path: Path) -> None:
    text = pages.prose(path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert pages.ROOT in there.parents, f"{target} is outside the project"
        if anchor:
            assert anchor in pages.anchors(there.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("path", sorted(pages.DOCS.glob("**/index.md")), ids=pages.name)
def test_an_index_links_to_every_page_of_its_folder(path: Path) -> None:
    linked = {
        (path.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+\.md)", pages.read(path))
    }
    there = {*path.parent.glob("*.md"), *path.parent.glob("*/index.md")} - {path}
    assert there - linked - {pages.DOCS / "adr" / "index.md"} == set()


@each_page
def test_no_path_of_a_machine_is_given(path: Path) -> None:
    machine = re.compile(
        r"(?<![\w.*:/}-])(?:/(?:home|root|tmp|usr|opt|var|work|mnt|srv|Users)/|[A-Z]:\\)|file://"
    )
    assert machine.search(path.read_text(encoding="utf-8")) is None


# Commands.


def command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and the words after it."""
    found: click.Command = application
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        sub = found.get_command(click.Context(found), words[0])
        assert sub is not None, f"psion-contract has no {words[0]}"
        found, words = sub, words[1:]
    return found, words


def mentions(text: str) -> Iterator[list[str]]:
    """The words after each `psion-contract` in code."""
    code = re.findall(r"`(psion-contract [^`\n]+)`", text)
    code += [block.text.replace("\\\n", " ") for block in pages.blocks(text) if block.language == "sh"]
    for line in "\n".join(code).splitlines():
        for rest in re.findall(r"psion-contract ((?:[a-z]|--[a-z])[^|>#']*)", line):
            yield rest.split()


@each_page
def test_every_command_mentioned_exists_with_its_options(path: Path) -> None:
    for words in mentions(path.read_text(encoding="utf-8")):
        found, rest = command(words)
        known = {name for each in found.params for name in (*each.opts, *each.secondary_opts)}
        options = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert options <= known | {"--help", "--version"}, " ".join(words)


@pytest.mark.parametrize("path", ["README.md", "docs/reference/command-line.md"])
def test_the_table_of_commands_lists_all_of_them(path: str) -> None:
    rows = re.findall(r"^\| (`psion-contract .*?) \|", pages.read(path), re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`psion-contract ([a-z]+)", row)}
    assert listed == set(application.list_commands(click.Context(application)))


# README and changelog.


def test_one_line_leads_from_nothing_to_a_check() -> None:
    (line,) = [
        block.text
        for block in pages.blocks(pages.read("README.md"))
        if "--canonical" in block.text and "venv" in block.text
    ]
    assert line.count("\n") == 1
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_test_command_is_marked() -> None:
    assert "pytest" in pages.example(pages.read("README.md"), "test command")


def test_the_changelog_says_what_changed_in_schemas_rules_and_fixtures() -> None:
    for release in pages.read("CHANGELOG.md").split("\n## ")[1:]:
        assert {"Schemas", "Rules", "Fixtures"} <= set(re.findall(r"^### (.+)$", release, re.MULTILINE))
