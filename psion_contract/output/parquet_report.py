"""The findings of a report for dashboards: a Parquet file with a row for each (docs/reference/report.md, "Parquet")."""

from __future__ import annotations

from psion_contract.exceptions import MissingExtraError
from psion_contract.findings import Report

try:
    from pyarrow import BufferOutputStream
    from pyarrow.parquet import write_table

    from psion_contract.findings_table import table_of
except ImportError as error:
    raise MissingExtraError(
        "the format parquet needs pyarrow, which is not installed: pip install 'psion-contract[arrow]'"
    ) from error


def render(report: Report) -> bytes:
    """The findings as a Parquet file; its metadata say what else the report has."""
    table = table_of(report.findings)
    summary = {
        "verdict": report.verdict,
        "outcome": report.outcome,
        "errors": report.errors,
        "warnings": report.warnings,
    }
    metadata = {f"psion_contract.{name}": str(value) for name, value in summary.items()}
    file = BufferOutputStream()
    write_table(table.replace_schema_metadata(metadata), file, compression="zstd")
    data: bytes = file.getvalue().to_pybytes()
    return data
