"""The changes to a text, as a diff for people."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from psion_contract.output.text import Style, plain
from psion_contract.reading.escaping import printable


def render(name: str, before: str, after: str, style: Style = plain) -> str:
    """A unified diff with three lines of context; empty if nothing changed.

    It is for reading, not for patching: invisible characters except tabs are escaped, and line endings are ignored.

    Args:
        name: of the file.
        before: its old text.
        after: its new text.
        style: how to mark it up.
    """
    found = unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm="")
    return "".join(f"{line}\n" for line in _styled(found, style))


def _styled(lines: Iterator[str], style: Style) -> Iterator[str]:
    for line in lines:
        escaped = "\t".join(map(printable, line.removesuffix("\r").split("\t")))
        if line.startswith(("---", "+++")):
            yield style("bold", escaped)
        elif line.startswith(("-", "+")):
            yield style("error" if line[0] == "-" else "good", escaped)
        else:
            yield escaped
