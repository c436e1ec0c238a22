"""What differs between two schemas and decides nothing: annotations, and where definitions stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.pointers import child
from psion_contract.schema_tools.catalog import Schema
from psion_contract.schema_tools.views import ANNOTATIONS, plain


def remarks(old: Schema, new: Schema) -> list[tuple[str, str]]:
    """Each difference that is harmless, as a pointer into the schema and words."""
    return list(_definitions(old, new)) + list(_annotations(old, new, ""))


def _definitions(old: Schema, new: Schema) -> Iterator[tuple[str, str]]:
    before, after = old.get("$defs", {}), new.get("$defs", {})
    come = {plain(new, each): name for name, each in after.items() if name not in before}
    for name, each in before.items():
        if name not in after:
            other = come.pop(plain(old, each), None)
            words = "the definition is gone" if other is None else f"the definition is now called {other}"
            yield child("/$defs", name), words
    for name in come.values():
        yield child("/$defs", name), "the definition is new"


def _annotations(old: Any, new: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Annotations that differ where both schemas have something in the same place."""
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _annotations(one, other, child(pointer, index))
    if not isinstance(old, dict) or not isinstance(new, dict):
        return
    of_members = pointer.endswith("/properties")
    for key in {**old, **new}:
        if key in ANNOTATIONS and not of_members:
            if old.get(key) != new.get(key):
                change = "is new" if key not in old else "is gone" if key not in new else "changed"
                yield pointer or "/", f"{key} {change}"
        elif key in old and key in new and key not in ("const", "enum"):
            yield from _annotations(old[key], new[key], child(pointer, key))
