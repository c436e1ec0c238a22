"""The changes to a text in which lines were replaced, as a diff for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from psion_contract.output.text import Style, plain
from psion_contract.reading.escaping import printable

_CONTEXT = 3


def render(name: str, before: str, after: str, style: Style = plain) -> str:
    """A unified diff with three lines of context; empty if nothing changed.

    It is for reading, not for patching: invisible characters except tabs are escaped, and line endings are ignored.
    Lines are compared one by one, so its cost is linear.

    Args:
        name: of the file.
        before: its old text.
        after: its new text, with as many lines.
        style: how to mark it up.
    """
    pairs = list(zip(before.split("\n"), after.split("\n"), strict=True))
    changed = [index for index, (old, new) in enumerate(pairs) if old != new]
    if not changed:
        return ""
    lines = [style("bold", f"{mark} {_escaped(name)}") for mark in ("---", "+++")]
    for first, last in _hunks(changed):
        start, end = max(first - _CONTEXT, 0), min(last + 1 + _CONTEXT, len(pairs))
        place = f"{start + 1},{end - start}"
        lines += [f"@@ -{place} +{place} @@", *_hunk(pairs[start:end], style)]
    return "".join(f"{line}\n" for line in lines)


def _hunks(changed: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and the last changed line of each hunk: changes with touching contexts are in one."""
    first = last = -1
    for index in changed:
        if first >= 0 and index - last > 2 * _CONTEXT:
            yield first, last
            first = -1
        first, last = (index if first < 0 else first), index
    yield first, last


def _hunk(pairs: Iterable[tuple[str, str]], style: Style) -> Iterator[str]:
    """The lines of a hunk; of replaced lines that follow each other, first the old ones."""
    for is_change, group in groupby(pairs, lambda pair: pair[0] != pair[1]):
        replaced = list(group)
        if is_change:
            yield from (style("error", f"-{_escaped(old)}") for old, _ in replaced)
            yield from (style("good", f"+{_escaped(new)}") for _, new in replaced)
        else:
            yield from (f" {_escaped(line)}" for line, _ in replaced)


def _escaped(line: str) -> str:
    return "\t".join(map(printable, line.removesuffix("\r").split("\t")))
