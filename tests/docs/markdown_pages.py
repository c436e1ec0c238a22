"""The Markdown pages of the repository, and what is in them.

Pages are tested by conventions, written as comments that readers do not see:

- every ``sh`` block is run, in the order of the page, in one folder with copies of ``fixtures``, ``schemas`` and the pilot;
- ``<!-- exits with 1 -->`` before a block gives its exit code, 0 by default;
- ``<!-- not run: reason -->`` before a block is for the few that cannot be run;
- a ``text`` block right after an ``sh`` block is its output, on standard output;
- ``<!-- file: name -->`` before a block makes it a file of that name in the folder;
- ``<!-- continues: page.md -->`` runs that page first, in the same folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.glob("**/*.md"),
        *ROOT.glob("interop/*/README.md"),
        ROOT / "fixtures/conformance/README.md",
        ROOT / "examples/pilot/README.md",
    ]
)
"""README, CONTRIBUTING and others at the top, everything below docs/, and the READMEs of interop, the pack and the pilot."""

FENCED = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"<!-- (?P<key>exits with|not run:|file:) (?P<value>[^\n]+) -->\s*\Z")


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes:
        language: after the fence.
        text: without the fence.
        notes: from the comment right before the block.
        start: where the text begins in the page.
        follows: whether only white space separates it from the block before it.
    """

    language: str
    text: str
    notes: dict[str, str]
    start: int
    follows: bool


def read(path: str | Path) -> str:
    """The text of a page, by its path from the top of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def name(path: Path) -> str:
    """The path of a page from the top of the repository."""
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page that are not inside a list, in order."""
    end = 0
    for found in FENCED.finditer(text):
        if found["indent"]:
            continue
        between = text[end : found.start()]
        note = _NOTE.search(between)
        notes = {note["key"].rstrip(":"): note["value"]} if note else {}
        yield Block(found["language"], found["text"], notes, found.start("text"), not between.strip())
        end = found.end()


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return FENCED.sub("", text)


def example(text: str, title: str) -> str:
    """The first fenced block after the comment that names it."""
    _, comment, rest = text.partition(f"<!-- {title} -->\n")
    assert comment, title
    return next(blocks(rest)).text


def section(text: str, heading: str) -> str:
    """What is under a heading such as ``## Limits``, up to the next one of its level."""
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, heading
    level = heading.partition(" ")[0]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as forges and the site make them."""
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
