"""A report for programs: JSON, as ``schemas/psion.check_report.v1.schema.json`` describes it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from json import JSONEncoder
from typing import Any

from psion_contract.findings import Report

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_encode_ascii = JSONEncoder(allow_nan=False).encode

_FEW = 64
"""So many items are encoded at once."""


def render(report: Report) -> str:
    """The report as JSON text with a final newline: each member has a line, and so has each finding and document."""
    members = report.to_dict()
    parts: list[str] = []
    while members:  # what has been written is not kept: a report may be large
        name = next(iter(members))
        value = members.pop(name)
        parts += [",\n  " if parts else "{\n  ", _encode(name), ": "]
        if value and isinstance(value, list):
            for number, item in enumerate(value):
                parts += [",\n    " if number else "[\n    ", _encode(item)]
            parts.append("\n  ]")
        else:
            parts.append(_encode(value))
    return "".join([*parts, "\n}\n"])


def compact_list(items: Iterable[Any]) -> str:
    """A JSON array as `compact` writes it, of items that are made meanwhile: only a few of them are there at a time."""
    rest = iter(items)
    parts = [_encode_ascii(some)[1:-1] for some in iter(lambda: list(islice(rest, _FEW)), [])]
    return f"[{', '.join(parts)}]"


def compact(value: Any) -> str:
    """A JSON value as text on one line of ASCII, with a final newline: no reader finds the end of a line in it."""
    return _encode_ascii(value) + "\n"
