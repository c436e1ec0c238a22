"""A report for programs: JSON, as ``schemas/psion.check_report.v1.schema.json`` describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from json import JSONEncoder
from typing import Any

from psion_contract.findings import Report


def render(report: Report) -> str:
    """The report as JSON text, indented by two spaces, with a final newline."""
    return indented(report.to_dict())


def compact(value: Any) -> str:
    """A JSON value as text on one line, with a final newline."""
    return _encode(value) + "\n"


_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def indented(value: Any) -> str:
    """A JSON value as text, indented by two spaces, with a final newline."""
    return _indented(value, "\n") + "\n"


def _indented(value: Any, margin: str) -> str:
    """The text that `json.dumps` makes with ``indent=2``, which is slow because it does not use its C encoder.

    Args:
        value: a JSON value, which is not deep.
        margin: a line feed and the indentation of the line that the value is on.
    """
    inner = margin + "  "
    encode = _flat_encoder(inner)
    if not value or not isinstance(value, (dict, list)):
        return encode(value)
    if _is_flat(value.values() if isinstance(value, dict) else value):
        text = encode(value)
        return f"{text[0]}{inner}{text[1:-1]}{margin}{text[-1]}"
    if isinstance(value, dict):
        members = [f"{encode(name)}: {_indented(item, inner)}" for name, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{margin}}}"
    if all(item and isinstance(item, dict) and _is_flat(item.values()) for item in value):
        # One call of the encoder: no string has a line feed, so only objects of the list meet like this.
        deeper = inner + "  "
        text = _flat_encoder(deeper)(value)[2:-2].replace(f"}},{deeper}{{", f"{inner}}},{inner}{{{deeper}")
        return f"[{inner}{{{deeper}{text}{inner}}}{margin}]"
    return f"[{inner}{f',{inner}'.join([_indented(item, inner) for item in value])}{margin}]"


def _is_flat(items: Iterable[Any]) -> bool:
    """Whether no item is an object or a list with anything in it."""
    for item in items:  # noqa: SIM110 - faster than all()
        if item and isinstance(item, (dict, list)):
            return False
    return True


@cache
def _flat_encoder(margin: str) -> Callable[[Any], str]:
    """Encodes scalars, and what contains nothing else, with `margin` between the items."""
    return JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(f",{margin}", ": ")).encode
