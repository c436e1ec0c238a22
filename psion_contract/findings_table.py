"""Findings as rows of Arrow: the columns are the members of a finding in the JSON report.

Values of any JSON type are JSON text. Only modules that need pyarrow import this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from psion_contract.findings import Finding, Related, Snippet, Suppression

_SNIPPET = pa.struct([("text", pa.string()), ("column", pa.int64())])

COLUMNS = pa.schema(
    [
        ("rule", pa.string()),
        ("severity", pa.string()),
        ("document", pa.string()),
        ("pointer", pa.string()),
        ("line", pa.int64()),
        ("column", pa.int64()),
        ("keyword", pa.string()),
        ("message", pa.string()),
        ("expected", pa.string()),
        ("actual", pa.string()),
        (
            "related",
            pa.list_(
                pa.struct(
                    [
                        ("document", pa.string()),
                        ("pointer", pa.string()),
                        ("line", pa.int64()),
                        ("column", pa.int64()),
                        ("value", pa.string()),
                        ("snippet", _SNIPPET),
                    ]
                )
            ),
        ),
        ("snippet", _SNIPPET),
        (
            "suppression",
            pa.struct(
                [
                    ("reason", pa.string()),
                    ("owner", pa.string()),
                    ("expires", pa.string()),
                    ("source", pa.string()),
                ]
            ),
        ),
    ]
)
"""The columns, as in the JSON report; ``expected``, ``actual`` and ``value`` are JSON text, null for null."""


def row_of(finding: Finding) -> dict[str, Any]:
    """The row of a finding."""
    row = finding.to_dict()
    for members, name in ((row, "expected"), (row, "actual"), *((each, "value") for each in row["related"])):
        value = members[name]
        members[name] = None if value is None else json.dumps(value, ensure_ascii=False)
    encodable: dict[str, Any] = _encodable(row)
    return encodable


def finding_of(row: Mapping[str, Any]) -> Finding:
    """The finding of a row."""
    values = dict(row)
    suppression = values["suppression"]
    return Finding(
        **{
            **values,
            "expected": _value(values["expected"]),
            "actual": _value(values["actual"]),
            "related": tuple(
                Related(**{**each, "value": _value(each["value"]), "snippet": _snippet(each["snippet"])})
                for each in values["related"]
            ),
            "snippet": _snippet(values["snippet"]),
            "suppression": None if suppression is None else Suppression(**suppression),
        }
    )


def table_of(findings: Iterable[Finding]) -> pa.Table:
    """A table with a row for each finding."""
    return pa.Table.from_pylist([row_of(each) for each in findings], COLUMNS)


def encodable(text: str) -> str:
    """A text with escapes for what UTF-8 cannot express, such as bytes of the name of a file."""
    return text.encode("utf-8", "backslashreplace").decode()


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _snippet(value: Mapping[str, Any] | None) -> Snippet | None:
    return None if value is None else Snippet(**value)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {name: _encodable(each) for name, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list) else value
