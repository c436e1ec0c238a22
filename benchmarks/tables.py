"""Tables in Markdown on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_rows(head: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table, each row as soon as it is there."""
    if title:
        print(f"\n## {title}\n")
    for row in (head, ["---"] * len(head)):
        print(f"| {' | '.join(row)} |")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
