"""What changed in a text, for people."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from psion_contract.output.text import Paint
from psion_contract.reading.escaping import printable


def render(name: str, before: str, after: str, paint: Paint) -> str:
    """A unified diff with three lines of context; empty where nothing changed.

    What is invisible in a line is escaped, but for tabs, and line ends are not told apart: the diff is to be
    read.

    Args:
        name: of the file.
        before: its text.
        after: its text with the changes.
        paint: adds colour, or nothing.
    """
    found = unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm="")
    return "".join(f"{line}\n" for line in _painted(found, paint))


def _painted(lines: Iterator[str], paint: Paint) -> Iterator[str]:
    for line in lines:
        shown = "\t".join(map(printable, line.removesuffix("\r").split("\t")))
        if line.startswith(("---", "+++")):
            yield paint("bold", shown)
        elif line.startswith(("-", "+")):
            yield paint("error" if line[0] == "-" else "good", shown)
        else:
            yield shown
