"""Checks on a cluster: a module for each engine, which only adapts its collections to `psion_contract.streaming.arrow`.

Each needs the extra of its name. docs/how-to/check-on-a-cluster.md has recipes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from psion_contract.exceptions import MissingExtraError, PsionContractError, StreamError, UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import is_remote
from psion_contract.streaming.workers import default_jobs

if TYPE_CHECKING:
    from psion_contract.streaming.arrow import ArrowArchive

ENGINES = {"ray": "ray_data", "dask": "dask_bags", "spark": "spark"}
"""By name, the module of this package for an engine. It has a function ``cluster``."""


@contextmanager
def archive_on(
    engine: str,
    address: str | None,
    jobs: int | None,
    limits: Limits,
    paths: Sequence[str],
    stdin_name: str = "<stdin>",
    excludes: Sequence[str] = (),
    further: Iterable[Source] = (),
) -> Iterator[ArrowArchive]:
    """The documents of files, looked at by a cluster, whose machines find the files under the same paths.

    Args:
        engine: one of `ENGINES`.
        address: of the cluster; None for one on this machine.
        jobs: how many cores of this machine work, if it is this machine; by default all.
        limits: the limits of the reader.
        paths: as for `psion_contract.streaming.check_files`.
        stdin_name: the name of standard input.
        excludes: patterns of what is not read below a directory.
        further: sources after the files.

    Raises:
        MissingExtraError: the engine is not installed.
        UnreadableError: a path cannot be read, or is a relative one and the cluster has an address.
        StreamError: the cluster cannot be reached, or a step fails there.
    """
    try:
        from psion_contract.streaming.arrow import ArrowArchive, Step
        from psion_contract.streaming.engines.pieces import pieces, reading, rows_of

        module: Any = import_module(f"{__name__}.{ENGINES[engine]}")
    except ImportError as error:
        raise MissingExtraError(
            f"the engine {engine} is not installed: pip install 'psion-contract[{engine}]'"
        ) from error
    if address is not None:
        _refuse_relative(paths)
    found = list(pieces(paths, limits, stdin_name, excludes))
    if rest := list(further):
        found.append(rest)
    with ExitStack() as stack:
        with _explained(engine):
            distributed = stack.enter_context(module.cluster(address, jobs or default_jobs()))
            apply = reading(distributed(rows_of(found)), limits)

        def explained(step: Step) -> Iterator[Any]:
            with _explained(engine):
                yield from apply(step)

        yield ArrowArchive(explained, limits)


def _refuse_relative(paths: Sequence[str]) -> None:
    """Other machines, and other processes on this one, have other current folders."""
    for path in paths:
        if not (os.path.isabs(path) or path == STDIN or is_remote(path)):
            raise UnreadableError(
                f"{printable(path)}: is a relative path; the machines of a cluster find files by absolute ones"
            )


@contextmanager
def _explained(engine: str) -> Iterator[None]:
    """Raises what goes wrong on a cluster as one exception."""
    try:
        yield
    except PsionContractError as error:
        if type(error).__module__.startswith("psion_contract."):
            raise
        raise StreamError(f"{engine}: {_said(error)}") from error  # Ray makes a class of both
    except Exception as error:  # each engine has others
        raise StreamError(f"{engine}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """What an engine says of an error: the exception of this package that was raised there, or its last line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    own = [line.partition(": ")[2] for line in lines if line.startswith("psion_contract.exceptions.")]
    return printable((own or lines or [type(error).__name__])[-1])
