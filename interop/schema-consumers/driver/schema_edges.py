"""Edited documents, near the edges of the schemas, where validators may disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import product
from random import Random
from typing import Any, NamedTuple

from driver.contract_documents import Document, as_text
from psion_contract.reading.pointers import child, parts, value_at

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_WHITE_SPACE = "\u180e\u200b\u2060\ufeff"  # the \s of some engines matches one or another of these
CONTROLS = "\x00\x08\x1b\x1f\x7f\x80\x9f"
OTHERS = "|é\u0301\ufffd\uffff\U0001f600\U0010ffff"
STRINGS = ("", "  ", WHITE_SPACE, *WHITE_SPACE, *NOT_WHITE_SPACE, *CONTROLS, *OTHERS)

SIZES = (1, 10_000, 2**16 - 1, 2**32 - 1, 2**53 - 1, 2**53, 2**63, 2**64 - 1, 2**64, 2**64 + 2048, 2**65)
INTEGERS = sorted({size + step for size in SIZES for step in (-1, 0, 1)} | {-1, -(2**63), -(2**64), 10**4299})

ANY_TYPE: tuple[Any, ...] = (None, True, 0, "text", [], {})
UNKNOWN_NAMES = ("", "unknown", "__proto__", "toString", "schema_version ")

PARTITIONS: tuple[dict[str, Any], ...] = (
    {"kind": "whole_model"},
    {"kind": "whole_model", "replica_index": 0},
    {"kind": "replica"},
    {"kind": "replica", "replica_index": 0},
    {"kind": "replica", "replica_index": None},
    {"kind": "replica", "start_layer": 0, "end_layer": 4},
    {"kind": "layer_range", "start_layer": 0},
    {"kind": "layer_range", "start_layer": 0, "end_layer": 4},
    {"kind": "layer_range", "start_layer": 0, "end_layer": -4},
    {"kind": "tensor_range", "axis": 0, "start": 0, "end": 2**64 - 1},
    {"kind": "tensor_range", "axis": 0, "start": 0, "end": 2**64},
    {"kind": "tensor_range", "axis": 0, "start": 0, "end": 64, "replica_index": 0},
    {"kind": "expert_range", "start": 0, "end": 64},
    {"kind": None},
    {"replica_index": 0},
)

DROPPED = object()
"""Marks a member that is removed."""


class Change(NamedTuple):
    """A value, and the JSON pointer where it is put."""

    pointer: str
    value: Any

    def __str__(self) -> str:
        """The change, for people."""
        shown = "nothing" if self.value is DROPPED else ascii(self.value)
        return f"{shown if len(shown) < 60 else shown[:50] + '...'} at {self.pointer or 'the root'}"

    def applied(self, document: Any) -> Any:
        """A changed copy of the document."""
        value = deepcopy(self.value) if self.value is not DROPPED else DROPPED
        if not self.pointer:
            return value
        document = deepcopy(document)
        holder = value_at(document, self.pointer.rpartition("/")[0])
        last: Any = parts(self.pointer)[-1]
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is DROPPED:
            holder.pop(last, None)
        else:
            holder[last] = value
        return document


def mutations(bases: Sequence[Document], count: int, seed: int) -> Iterator[Document]:
    """Changed documents.

    First come documents whose members contradict one another, then a random selection of all single changes. The same
    change at the same place of several documents of a kind counts once. One in four is followed by a document with a
    second change.

    Args:
        bases: valid documents.
        count: the number of changes to select.
        seed: of the selection.
    """
    for base in bases:
        for several in _contradictions(base.value):
            yield _changed(base, *several)
    random = Random(seed)
    every: dict[tuple[str, str, str], tuple[Document, Change]] = {}
    for base in bases:
        for change in _changes(base.value):
            place = re.sub(r"/\d+", "/0", change.pointer)
            every.setdefault((base.schema, place, repr(change.value)), (base, change))
    for base, change in random.sample(list(every.values()), min(count, len(every))):
        changed = _changed(base, change)
        yield changed
        if random.random() < 0.25 and (further := list(_changes(changed.value))):
            yield _changed(changed, random.choice(further))


def _changed(base: Document, *changes: Change) -> Document:
    origin, value = base.origin, base.value
    for change in changes:
        origin, value = f"{origin}, {change}", change.applied(value)
    return base._replace(origin=origin, value=value, text=as_text(value))


def _changes(value: Any, pointer: str = "") -> Iterator[Change]:
    """Every change of a value and of its parts. Of a list, only the first item is changed."""
    for other in _instead_of(value):
        yield Change(pointer, other)
    if pointer.endswith("/cluster_execution") and isinstance(value, dict):
        for anything in (*INTEGERS, *STRINGS, _nested(125)):
            yield Change(child(pointer, "anything"), anything)
    if isinstance(value, list) and value:
        yield from _changes(value[0], child(pointer, 0))
    if isinstance(value, dict):
        for name, item in value.items():
            yield Change(child(pointer, name), DROPPED)
            yield from _changes(item, child(pointer, name))
        for name in UNKNOWN_NAMES:
            yield Change(child(pointer, name), "text")


def _instead_of(value: Any) -> Iterator[Any]:
    yield from (other for other in ANY_TYPE if type(other) is not type(value))
    if isinstance(value, str):
        yield from STRINGS
        yield from (value + char for char in "\n|\x85\u2028a ")
        yield from (" " + value, value.upper(), value[:-1], value[:-1] + "\n", value[:-1] + "\uff10")
        yield "\U0001d7d8" * len(value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from INTEGERS
    elif isinstance(value, list):
        yield from ([None], value[:1], value[::-1], [*value, *value[:1]])


def _contradictions(document: Any) -> Iterator[tuple[Change, ...]]:
    """Accelerator and delivered execution, each absent, null or present; every partition of a shard."""
    names = ("accelerator_execution", "delivered_execution")
    if all(document.get(name) for name in names):
        for values in product(*((DROPPED, None, document[name]) for name in names)):
            yield tuple(Change(f"/{name}", value) for name, value in zip(names, values, strict=True))
        for partition in PARTITIONS:
            yield (Change("/delivered_execution/execution_topology/assignments/0/partition", partition),)


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value
