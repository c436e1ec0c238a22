"""Reads files of traces, which are ingested together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psion_contract.exceptions import TraceFileError
from psion_contract.reading.escaping import excerpt, printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, read
from psion_contract.reading.source import Source

MEMBERS = ("trace_id", "trace_kind", "lineage_digest")
"""The members of a trace."""


def read_traces(sources: Iterable[Source], limits: Limits = DEFAULT_LIMITS) -> list[tuple[str, str, str]]:
    """The traces in JSON texts, each an object with the three members or an array of such objects.

    Args:
        sources: the texts.
        limits: the limits of the reader, per text.

    Returns:
        Of each trace, its id, kind and lineage digest.

    Raises:
        TraceFileError: a text is not strict JSON, or contains something else.
    """
    traces = []
    for source in sources:
        reading = read(source.data, limits, source.first_line)
        if reading.problems:
            problem = reading.problems[0]
            line, column = reading.text.position_of_offset(problem.offset)
            location = f"{printable(source.name)}:{line}:{column}"
            raise TraceFileError(f"{location}: {problem.rule}: {problem.message}")
        rows = reading.value if isinstance(reading.value, list) else [reading.value]
        for index, row in enumerate(rows):
            pointer = f"/{index}" if rows is reading.value else ""
            line, column = reading.text.position(pointer) or (source.first_line, 1)
            traces.append(_trace(row, f"{printable(source.name)}:{line}:{column}"))
    return traces


def _trace(row: Any, location: str) -> tuple[str, str, str]:
    if not isinstance(row, dict) or set(row) != set(MEMBERS):
        found = excerpt(list(row) if isinstance(row, dict) else row)
        message = f"expected an object with exactly {', '.join(MEMBERS)}; found {found}"
        raise TraceFileError(f"{location}: {message}")
    trace_id, trace_kind, lineage_digest = (row[name] for name in MEMBERS)
    return trace_id, trace_kind, lineage_digest
