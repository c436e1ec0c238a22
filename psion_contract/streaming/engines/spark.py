"""Checks on Spark: of dataframes, and of files that the machines of a cluster can read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from psion_contract.checker import Checker
from psion_contract.findings import Finding, Report
from psion_contract.streaming.arrow import Apply, Step, check_archive

_TASKS = 4
"""So many tasks for each core, so that all of them end at about the same time."""


def applying(frame: DataFrame) -> Apply:
    """Applies the steps of a check to a dataframe with the columns ``name`` and ``text``.

    Args:
        frame: the rows, which must be the same each time; they come in no particular order.
    """

    def apply(step: Step) -> Iterable[pa.RecordBatch]:
        shared = frame.sparkSession.sparkContext.broadcast(step)

        def stepped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from map(shared.value, batches)

        table = frame.mapInArrow(stepped, from_arrow_schema(step.schema)).toArrow()
        found: list[pa.RecordBatch] = table.to_batches()
        return found

    return apply


def check_frame(frame: DataFrame, checker: Checker | None = None) -> Iterator[Finding | Report]:
    """Check the documents of a dataframe with the columns ``name`` and ``text``.

    Args:
        frame: the rows, which may have more of the columns that docs/reference/arrow.md lists.
        checker: has the inputs, the limits and the strictness; by default there are no inputs.

    Yields:
        The findings, in order of ``position`` and ``name``, then the report.
    """
    return check_archive(applying(frame), checker)


@contextmanager
def cluster(address: str | None, cores: int) -> Iterator[Callable[[pa.Table], Apply]]:
    """A cluster, on which rows are distributed.

    Args:
        address: of the master, such as ``spark://host:7077``; None for this machine.
        cores: how many of this machine work, if it is this machine.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master(address or f"local[{cores}]")
        .appName("psion-contract")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", 1000)
        .getOrCreate()
    )
    try:
        parallel = session.sparkContext.defaultParallelism

        def distributed(rows: pa.Table) -> Apply:
            frame = session.createDataFrame(rows)
            return applying(frame.repartition(max(1, min(rows.num_rows, _TASKS * parallel))).cache())

        yield distributed
    finally:
        session.stop()
