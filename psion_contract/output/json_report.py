"""A report for programs: JSON, as ``schemas/psion.check_report.v1.schema.json`` describes it."""

from __future__ import annotations

from json import JSONEncoder
from typing import Any

from psion_contract.findings import Report

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def render(report: Report) -> str:
    """The report as JSON text with a final newline: each member has a line, and so has each finding and document."""
    members = report.to_dict()
    lines = []
    while members:  # what has been written is not kept: a report may be large
        name = next(iter(members))
        value = members.pop(name)
        if value and isinstance(value, list):
            items = ",\n    ".join(map(_encode, value))
            lines.append(f"{_encode(name)}: [\n    {items}\n  ]")
        else:
            lines.append(f"{_encode(name)}: {_encode(value)}")
    text = ",\n  ".join(lines)
    return f"{{\n  {text}\n}}\n"


def compact(value: Any) -> str:
    """A JSON value as text on one line, with a final newline; also for readers to which other characters end a line."""
    text = _encode(value)
    if not text.isascii():
        for each in _ENDS_OF_LINES:
            text = text.replace(each, f"\\u{ord(each):04x}")
    return text + "\n"


_ENDS_OF_LINES = "\x85\u2028\u2029"
"""Characters that end a line to some readers, such as `str.splitlines`, and that JSON need not escape."""
