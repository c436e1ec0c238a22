"""Judges parts of the sources in processes, each with a checker of its own, in order."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import current_process, parent_process
from threading import Thread
from typing import Any

from psion_contract.exceptions import StreamError, UnreadableError
from psion_contract.reading.source import Source
from psion_contract.streaming.parts import Judge, Part
from psion_contract.streaming.rereading import SourcePart
from psion_contract.streaming.slices import Slice

_IN_FLIGHT = 2
"""How many parts each process may be ahead of the one whose findings come next."""

_judge: Judge | None = None
"""The judge of a worker process."""


def default_jobs() -> int:
    """As many processes as there are cores for this one; 1 if it may start none, like a worker of a pool."""
    if current_process().daemon:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def judged(judge: Judge, parts: Iterable[SourcePart], jobs: int) -> Iterator[Part]:
    """What the judge says of each part, in order.

    Args:
        judge: the judge, which the processes get a copy of.
        parts: the parts.
        jobs: how many processes; with 1, this one does it.

    Raises:
        UnreadableError: a part cannot be read; what came before it has been judged.
        StreamError: a process cannot be started, or ended before it was done.
    """
    if jobs == 1:
        yield from map(judge.judge, parts)
        return
    if current_process().daemon:
        raise StreamError("a daemonic process, like a worker of a pool, cannot start others; use one job")
    try:
        executor = ProcessPoolExecutor(jobs, initializer=_start, initargs=(judge,))
    except OSError as error:  # such as where no semaphores can be shared
        raise _not_started(jobs, error) from error
    waiting: deque[Future[Part]] = deque()
    failures: list[UnreadableError] = []
    try:
        for part in _readable(parts, failures):
            # Tuples take a tenth of the time of sources to pickle.
            given = part if isinstance(part, Slice) else list(map(tuple, part))
            try:
                waiting.append(executor.submit(_judged, given))
            except OSError as error:
                for each in executor._processes.values():  # those that were started wait for parts for ever
                    each.terminate()
                raise _not_started(jobs, error) from error
            if len(waiting) > _IN_FLIGHT * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        if failures:
            raise failures[0]
    except BrokenProcessPool as error:
        raise StreamError(
            "a worker process ended before it was done, perhaps for lack of memory; there is no verdict. Fewer --jobs need less"
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)  # waits for the parts in flight, which take a moment


def _not_started(jobs: int, error: OSError) -> StreamError:
    return StreamError(f"cannot start {jobs} worker processes: {error.strerror}; try fewer --jobs")


def _readable(parts: Iterable[SourcePart], failures: list[UnreadableError]) -> Iterator[SourcePart]:
    """The parts up to one that cannot be read; that error is noted, for those before it are still being judged."""
    try:
        yield from parts
    except UnreadableError as error:
        failures.append(error)


def _start(judge: Judge) -> None:
    global _judge  # noqa: PLW0603 - one for each process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process ends this one
    Thread(target=_end_with_the_main_process, daemon=True).start()
    _judge = judge


def _end_with_the_main_process() -> None:
    """End this process when the main one is killed; otherwise it would wait for parts for ever."""
    main = parent_process()
    assert main is not None
    main.join()
    os._exit(1)


def _judged(part: list[tuple[Any, ...]] | Slice) -> Part:
    assert _judge is not None
    return _judge.judge(part if isinstance(part, Slice) else list(map(Source._make, part)))
