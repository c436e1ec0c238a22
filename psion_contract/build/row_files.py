"""Reads files of measured rows.

Errors give the file, the line and the column: its name in CSV, its number in JSON.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from itertools import islice
from json import loads
from typing import Any, NamedTuple

from psion_contract.build.report_rows import MAX_PROBLEMS, ROW_MEMBERS
from psion_contract.exceptions import RowFileError, RowProblem
from psion_contract.reading.escaping import counted, did_you_mean, excerpt, listed, printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, read
from psion_contract.reading.json_text import Text
from psion_contract.reading.pointers import child
from psion_contract.reading.source import Source

_COUNTS = ("tokens", "sequences", "loss_milli")
_MAX_DIGITS = 20  # of a u64


class RowFile(NamedTuple):
    """Rows with their locations.

    Attributes:
        rows: measured or finished rows, for ``new_receipt``.
        location: the file, line and column of a member of a row, given the index of the row and the member.
    """

    rows: list[Any]
    location: Callable[[int, str], str]

    def error(self, problems: Iterable[RowProblem]) -> RowFileError:
        """The problems of the rows, with their locations in the file."""
        lines = [f"{self.location(each.row, each.member)}: {each.message}" for each in problems]
        return RowFileError("\n".join(lines))


def read_rows(source: Source, limits: Limits = DEFAULT_LIMITS) -> RowFile:
    """The rows of a CSV or JSON file.

    The name tells which, if it ends with ``.csv`` or ``.json``; otherwise a text that begins with ``[`` or ``{`` is
    JSON. JSON: an array of objects with the members of ``MeasuredRow``, or of finished rows. Fractions
    keep their decimal text. CSV: RFC 4180 in UTF-8; the first line names the columns, which are the
    same members in any order; sources are separated by ``;``; an empty cell of ``sources`` or ``detail``
    means its default.

    Args:
        source: the file.
        limits: the limits of the reader.

    Raises:
        RowFileError: the file is neither of the two, or a line does not match the columns.
    """
    if _is_csv(source):
        return _read_csv(source, limits)
    value, text = _read_json(source, limits)
    if not isinstance(value, list):
        raise RowFileError(f"{printable(source.name)}: expected an array of rows, found {_kind(value)}")

    def location(row: int, member: str) -> str:
        pointer = child("", row)
        position = text.position(child(pointer, member)) if member else None
        line, column = position or text.position(pointer) or (1, 1)
        suffix = f": {printable(member)}" if member else ""
        return f"{printable(source.name)}:{line}:{column}{suffix}"

    return RowFile(value, location)


def _is_csv(source: Source) -> bool:
    name = source.name.lower()
    return not name.endswith(".json") and (
        name.endswith(".csv") or not source.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"[", b"{"))
    )


def _read_json(source: Source, limits: Limits) -> tuple[Any, Text]:
    reading = read(source.data, limits)
    problems = [each for each in reading.problems if each.rule != "non-integer-number"]
    if problems:
        lines = list[str]()
        for problem in problems[:MAX_PROBLEMS]:
            line, column = reading.text.position_of_offset(problem.offset)
            lines.append(f"{printable(source.name)}:{line}:{column}: {problem.message}")
        raise _error(source, lines, len(problems))
    # Read again for the decimal text of fractions; errors were reported above.
    value = loads(reading.text.text, parse_float=str) if reading.problems else reading.value
    return value, reading.text


def _kind(value: Any) -> str:
    return (
        "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else excerpt(value)
    )


def _read_csv(source: Source, limits: Limits) -> RowFile:
    name = printable(source.name)
    if len(source.data) > limits.max_bytes:
        raise RowFileError(f"{name}: larger than {limits.max_bytes} bytes, the limit")
    rows, lines = list[dict[str, Any]](), list[int]()
    problems, count = list[str](), 0
    records = _records(source, name)
    header_line, header = next(records, (1, []))
    problems += (
        f"{name}:{header_line}: {message}" for message in islice(_header_problems(header), MAX_PROBLEMS)
    )
    if not problems:
        for line, cells in records:
            if len(cells) == len(header):
                rows.append(_csv_row(header, cells))
                lines.append(line)
                continue
            count += 1
            if count <= MAX_PROBLEMS:
                problems.append(
                    f"{name}:{line}: {len(cells)} cells; expected {len(header)}, as in the first line"
                )
    if problems:
        raise _error(source, problems, count)

    def location(row: int, member: str) -> str:
        return f"{name}:{lines[row]}" + (f": column {member}" if member else "")

    return RowFile(rows, location)


def _error(source: Source, lines: Sequence[str], count: int) -> RowFileError:
    """The error that lists some of `count` problems."""
    rest = count - len(lines)
    return RowFileError(
        "\n".join(
            [
                *lines,
                *([f"{printable(source.name)}: and {counted(rest, 'more problem')}"] if rest > 0 else []),
            ]
        )
    )


def _records(source: Source, name: str) -> Iterator[tuple[int, list[str]]]:
    """The non-empty records of a CSV file, each with its first line."""
    try:
        text = source.data.decode("utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as error:
        line = source.data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{source.data[error.start]:02x} is not UTF-8 ({error.reason})"
        raise RowFileError(f"{name}:{line}: {message}") from None
    reader = csv.reader(StringIO(text, newline=""), strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise RowFileError(f"{name}:{line}: not CSV: {error}") from None
        if cells is None:
            return
        if cells:
            yield line, cells


def _header_problems(header: Sequence[str]) -> Iterator[str]:
    """What is wrong with the first line, which has the names of the columns."""
    names = ", ".join(ROW_MEMBERS)
    if len(header) == 1:
        for separator, shown in ((";", '";"'), ("\t", "tabs")):
            if separator in header[0]:
                yield f'the cells are separated by {shown}; expected ",", and "." in numbers'
                return
    if header and not any(column.lower() in ROW_MEMBERS for column in header):
        yield f"the first line has none of the names of the columns, which are {names}"
        return
    if header and header[0] in ("", "Unnamed: 0"):
        yield "the first column is an index without a name; write the table without it (pandas: index=False)"
        return
    for column, count in Counter(header).items():
        if column not in ROW_MEMBERS:
            hint = did_you_mean(column.lower(), ROW_MEMBERS)
            yield f"unknown column {excerpt(column)}; the columns are {names}{hint}"
        elif count > 1:
            yield f"the column {column} occurs {count} times"
    missing = [each for each in ("split", "family", "tokens", "sequences") if each not in header]
    if "loss" not in header and "loss_milli" not in header:
        missing.append("loss")
    if missing:
        yield f"missing columns: {listed(missing)}"


def _csv_row(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """A measured row. A malformed number stays a string, which the rows refuse."""
    row: dict[str, Any] = {}
    for column, cell in zip(header, cells, strict=True):
        if column in _COUNTS and cell.isascii() and cell.isdecimal() and len(cell) <= _MAX_DIGITS:
            row[column] = int(cell)
        elif column == "sources":
            row[column] = [each.strip() for each in cell.split(";")] if cell else None
        else:
            row[column] = cell if cell or column != "detail" else None
    return row
