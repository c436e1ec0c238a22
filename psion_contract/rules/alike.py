"""Flaws with one cause, gathered into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.rules.base import Flaw


def gathered(flaws: Iterable[Flaw]) -> Iterator[Flaw]:
    """Of flaws that say the same and are held against the same, the first, which counts the others.

    A number that stands once and is repeated by hundreds of tensors or thousands of shards contradicts all
    of them when it is wrong. That is one thing to mend, and a reader should see it as one.
    """
    alike: dict[tuple[str, Any], list[Flaw]] = {}
    for flaw in flaws:
        alike.setdefault((flaw.message, flaw.related), []).append(flaw)
    for first, *others in alike.values():
        more = f"; so also in {len(others)} more" if others else ""
        yield first._replace(message=first.message + more)
