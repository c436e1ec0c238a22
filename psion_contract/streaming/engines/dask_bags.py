"""Checks on Dask: of bags, and of files that the machines of a cluster can read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from dask.bag import Bag, from_delayed
from dask.delayed import delayed
from distributed import Client

from psion_contract.checker import Checker
from psion_contract.findings import Finding, Report
from psion_contract.streaming.arrow import Apply, Step, check_archive

_TASKS = 8
"""So many tasks for each thread, so that all of them end at about the same time."""


def _stepped(rows: Iterable[Any], step: Step) -> list[pa.RecordBatch]:
    """A step for the rows of a partition, which are dictionaries, or batches already."""
    given = list(rows)
    if not given or not isinstance(given[0], pa.RecordBatch):
        given = pa.Table.from_pylist(given).combine_chunks().to_batches() if given else []
    return [step(each) for each in given]


def applying(bag: Bag) -> Apply:
    """Applies the steps of a check to a bag.

    Args:
        bag: of dictionaries with ``name`` and ``text``, or of batches with these columns.
    """

    def apply(step: Step) -> Iterable[pa.RecordBatch]:
        # The step, which has the inputs, is sent once, not with each partition.
        found: Iterable[pa.RecordBatch] = bag.map_partitions(_stepped, delayed(step)).compute()
        return found

    return apply


def check_bag(bag: Bag, checker: Checker | None = None) -> Iterator[Finding | Report]:
    """Check the documents of a bag of dictionaries with ``name`` and ``text``.

    Args:
        bag: the documents, which may have more of the columns that docs/reference/arrow.md lists. A dataframe has
            such a bag: ``frame.to_bag(format="dict")``.
        checker: has the inputs, the limits and the strictness; by default there are no inputs.

    Yields:
        The findings, in order of ``position`` and ``name``, then the report.
    """
    return check_archive(applying(bag), checker)


@contextmanager
def cluster(address: str | None, cores: int) -> Iterator[Callable[[pa.Table], Apply]]:
    """A cluster, on which rows are distributed.

    Args:
        address: of its scheduler, such as ``tcp://host:8786``; None for a cluster on this machine.
        cores: how many of this machine work, if it is this machine.
    """
    options: dict[str, Any] = {}
    if address is None:
        options = {
            "n_workers": cores,
            "threads_per_worker": 1,
            "dashboard_address": None,
            "silence_logs": logging.ERROR,
        }
    with Client(address, set_as_default=True, **options) as client:
        threads = sum(client.nthreads().values()) or 1

        def distributed(rows: pa.Table) -> Apply:
            size = max(1, -(-rows.num_rows // (_TASKS * threads)))
            starts = range(0, rows.num_rows, size) if rows.num_rows else [0]
            # Taken, because a slice is sent with all that it is a slice of.
            batches = [
                rows.take(pa.array(range(start, min(start + size, rows.num_rows)), pa.int64())).to_batches()
                for start in starts
            ]
            return applying(from_delayed([delayed(each) for each in batches]))

        yield distributed
