"""Documents in the rows of a Parquet file: the column ``text``, and optionally their names in the column ``name``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from psion_contract.exceptions import MissingExtraError
from psion_contract.reading.escaping import listed, quoted
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.json_text import Problem
from psion_contract.reading.source import Source

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

_ROWS = 4
"""How many rows are taken together: more are no faster, and each may be as long as the limit."""

_BUFFER = 1 << 20


def has_texts(path: str) -> bool:
    """Whether a file has a column ``text`` of texts; true also where the rest is wrong, which its reader says.

    Raises:
        MissingExtraError: pyarrow is not installed.
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        try:
            schema: Any = _opened(file).schema_arrow
            return any(field.name == "text" and _is_text(field.type) for field in schema)
        except _error():
            return True  # whoever reads it says what is wrong


def group_sizes(path: str) -> list[int]:
    """How many rows each row group of a file has, if it has texts; otherwise nothing.

    Raises:
        MissingExtraError: pyarrow is not installed.
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        try:
            table = _opened(file)
        except _error():
            return []
        if _column_problem(table) is not None:
            return []
        return [table.metadata.row_group(number).num_rows for number in range(table.num_row_groups)]


def rows_in(
    file: BinaryIO, name: str, limits: Limits, named: bool, group: int | None = None, before: int = 0
) -> Iterator[Source]:
    """The rows of a Parquet file, up to the limit on lines; row groups are read one after the other, a few rows at a time.

    Args:
        file: the file; it must be possible to seek in it.
        name: the name of the file. A row without a name of its own is ``NAME:ROW``, from 1.
        limits: the limits of the reader.
        named: whether the user named the file.
        group: the only row group to read, from 0; None for all.
        before: how many rows there are before that.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    error = _error()
    number = before
    try:
        table = _opened(file)
        if problem := _column_problem(table):
            yield _refused(name, problem, named)
            return
        columns = [each for each in ("text", "name") if each in table.schema_arrow.names]
        groups = None if group is None else [group]
        for batch in table.iter_batches(_ROWS, row_groups=groups, columns=columns, use_threads=False):
            texts = _bytes_of(batch, "text")
            names = _bytes_of(batch, "name") if "name" in columns else [None] * len(texts)
            for data, own in zip(texts, names, strict=True):
                number += 1
                if limits.max_lines is not None and number > limits.max_lines:
                    fault = Problem("limit-exceeded", f"more than {limits.max_lines} rows, the limit")
                    yield Source(name, b"", named, fault=fault)
                    return
                row_name = own.decode("utf-8", "surrogateescape") if own else f"{name}:{number}"
                row = Source(row_name, b"null", named, group=name)
                yield row._replace(located=False) if data is None else row._replace(data=data)
    except error as failure:
        after = f" after {number} rows" if number else ""
        yield _refused(name, f"cannot be read as Parquet{after}: {str(failure).partition(chr(10))[0]}", named)
        return
    if not number:
        yield Source(name, b"null", named, located=False, group=name)  # a file without any document


def _refused(name: str, message: str, named: bool) -> Source:
    return Source(name, b"", named, group=name, fault=Problem("invalid-json", message))


def _opened(file: BinaryIO) -> ParquetFile:
    from pyarrow.parquet import ParquetFile

    return ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)


def _column_problem(table: ParquetFile) -> str | None:
    """Why a file has no documents in rows; None if it has."""
    schema: Any = table.schema_arrow
    if "text" not in schema.names:
        return f'no column "text"; the columns are {listed(schema.names[:10])}'
    return next(filter(None, (_type_problem(schema, column) for column in ("text", "name"))), None)


def _type_problem(schema: Any, column: str) -> str | None:
    """Why a column, if there is one, is not of texts; names may be numbers."""
    from pyarrow import types

    found = [field.type for field in schema if field.name == column]
    if len(found) > 1:
        return f"{len(found)} columns {quoted(column)}; expected one"
    for kind in found:
        if not _is_text(kind) and not (column == "name" and types.is_integer(kind)):
            return f"the column {quoted(column)} has values of type {kind}; expected text"
    return None


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    values = kind.value_type if types.is_dictionary(kind) else kind
    return str(values).removeprefix("large_").removesuffix("_view") in ("string", "binary")


def _bytes_of(batch: RecordBatch, column: str) -> list[bytes | None]:
    """The values of a column as bytes: texts need not be UTF-8."""
    from pyarrow import large_binary, string, types

    values = batch.column(column)
    if types.is_integer(values.type):
        values = values.cast(string())
    found: list[bytes | None] = values.cast(large_binary()).to_pylist()
    return found


def _error() -> Any:
    """The errors of pyarrow; the last one where the name of a column is no Unicode.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        from pyarrow import ArrowException
    except ImportError as error:
        raise MissingExtraError(
            "a Parquet file; to read that, pip install 'psion-contract[arrow]'"
        ) from error
    return (ArrowException, OSError, UnicodeDecodeError)
