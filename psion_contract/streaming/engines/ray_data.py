"""Checks on Ray: of datasets of Ray Data, and of files that the machines of a cluster can read."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext, Dataset

from psion_contract.checker import Checker
from psion_contract.findings import Finding, Report
from psion_contract.streaming.arrow import Apply, Step, check_archive

_LOCAL_CORES = 4
"""With fewer, the actors of Ray Data can wait for each other for ever."""


class _Stepping:
    """A step for the batches of an actor, which gets it once."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def __call__(self, table: pa.Table) -> pa.Table:
        results = [self._step(each) for each in table.to_batches()]
        return pa.Table.from_batches(results, self._step.schema)


def applying(dataset: Dataset, actors: int | None = None, batch_size: int | None = 1024) -> Apply:
    """Applies the steps of a check to a dataset with the columns ``name`` and ``text``.

    Args:
        dataset: the rows. They come in no particular order; what is to be in order has a column ``position``.
        actors: how many processes work; by default one for each core of the cluster but one.
        batch_size: how many rows are judged together.
    """

    def apply(step: Step) -> Iterable[pa.RecordBatch]:
        size = actors or max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
        result = dataset.map_batches(
            _Stepping,
            fn_constructor_args=(step,),
            compute=ActorPoolStrategy(min_size=1, max_size=size),
            batch_format="pyarrow",
            batch_size=batch_size,
            zero_copy_batch=True,
        )
        for table in result.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from table.to_batches()

    return apply


def check_dataset(dataset: Dataset, checker: Checker | None = None) -> Iterator[Finding | Report]:
    """Check the documents of a dataset with the columns ``name`` and ``text``.

    Args:
        dataset: the rows, which may have more of the columns that docs/reference/arrow.md lists.
        checker: has the inputs, the limits and the strictness; by default there are no inputs.

    Yields:
        The findings, in order of ``position`` and ``name``, then the report.
    """
    return check_archive(applying(dataset), checker)


@contextmanager
def cluster(address: str | None, cores: int) -> Iterator[Callable[[pa.Table], Apply]]:
    """A cluster, on which rows are distributed, one for each task.

    Args:
        address: of the cluster, such as ``ray://host:10001``; None for one on this machine.
        cores: how many of this machine work, if it is this machine.
    """
    options = (
        {"num_cpus": max(cores + 1, _LOCAL_CORES), "include_dashboard": False} if address is None else {}
    )
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.init(address=address or "local", logging_level=logging.ERROR, log_to_driver=False, **options)
    try:
        context = DataContext.get_current()
        context.enable_progress_bars = False
        yield lambda rows: applying(ray.data.from_arrow(_blocks(rows)), None if address else cores, 1)
    finally:
        ray.shutdown()


def _blocks(rows: pa.Table) -> list[pa.Table]:
    return [rows.slice(start, 8) for start in range(0, rows.num_rows, 8)] or [rows]
