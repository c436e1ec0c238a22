"""Judges parts of the sources in processes, each with a checker of its own, in order.

Each process has a pipe of its own: where one ends before it is done, whatever it was doing, reading from its pipe says so.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, Process, current_process, parent_process
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from psion_contract.exceptions import StreamError, UnreadableError
from psion_contract.interruption import SIGNALS
from psion_contract.reading.source import Source
from psion_contract.streaming.parts import Judge, Part
from psion_contract.streaming.rereading import SourcePart
from psion_contract.streaming.slices import Slice

_IN_FLIGHT = 2
"""How many parts each process may be ahead of the one whose findings come next."""


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
        jobs: how many processes, at most; with 1, this one does it.

    Raises:
        UnreadableError: a part cannot be read; what came before it has been judged.
        StreamError: a process cannot be started, or ended before it was done.
    """
    if jobs == 1:
        yield from map(judge.judge, parts)
        return
    if current_process().daemon:
        raise StreamError("a daemonic process, like a worker of a pool, cannot start others; use one job")
    pool = _Pool(judge, jobs)
    failures: list[UnreadableError] = []
    try:
        for part in _readable(parts, failures):
            pool.give(part)
            while pool.waiting > _IN_FLIGHT * jobs:
                yield pool.take()
        while pool.waiting:
            yield pool.take()
        if failures:
            raise failures[0]
    finally:
        pool.end()


def _readable(parts: Iterable[SourcePart], failures: list[UnreadableError]) -> Iterator[SourcePart]:
    """The parts up to one that cannot be read; that error is noted, for those before it are still being judged."""
    try:
        yield from parts
    except UnreadableError as error:
        failures.append(error)


class _Worker(NamedTuple):
    """A process, the pipe to it, and the numbers of the parts that it has yet to answer."""

    process: Process
    pipe: Connection
    numbers: deque[int]


class _Pool:
    """Processes that judge parts; each is started when there is a part for it.

    Args:
        judge: the judge, which the processes get a copy of.
        jobs: how many processes, at most.

    Attributes:
        waiting: how many parts were given whose answers have not been taken.
    """

    def __init__(self, judge: Judge, jobs: int) -> None:
        self.waiting = 0
        self._judge = judge
        self._jobs = jobs
        self._workers: list[_Worker] = []
        self._given = 0
        self._answers: dict[int, Part | Exception] = {}

    def give(self, part: SourcePart) -> None:
        """Have a part judged.

        Raises:
            StreamError: a process cannot be started, or ended before it was done.
        """
        self._collect(0)
        worker = min(self._workers, key=lambda each: len(each.numbers), default=None)
        if worker is None or (worker.numbers and len(self._workers) < self._jobs):
            worker = self._started()
        worker.numbers.append(self._given)
        self._given += 1
        self.waiting += 1
        try:
            # Tuples take a tenth of the time of sources to pickle.
            worker.pipe.send(part if isinstance(part, Slice) else list(map(tuple, part)))
        except OSError as error:
            raise _lost() from error

    def take(self) -> Part:
        """The answer to the first part whose answer has not been taken.

        Raises:
            UnreadableError: it cannot be read.
            StreamError: a process ended before it was done.
        """
        number = self._given - self.waiting
        while number not in self._answers:
            self._collect(None)
        self.waiting -= 1
        answer = self._answers.pop(number)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """End the processes, whatever they are doing."""
        for worker in self._workers:
            worker.process.kill()
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join()

    def _collect(self, seconds: float | None) -> None:
        """Read the answers that are there; wait so long for the first, None for ever."""
        readable = wait([each.pipe for each in self._workers], seconds)
        for worker in self._workers:
            if worker.pipe in readable:
                try:
                    answer = worker.pipe.recv()
                except (EOFError, OSError) as error:
                    raise _lost() from error
                self._answers[worker.numbers.popleft()] = answer

    def _started(self) -> _Worker:
        try:
            ours, theirs = Pipe()
            worker = _Worker(Process(target=_work, args=(self._judge, theirs), daemon=True), ours, deque())
            with _deferring_signals(), theirs:
                worker.process.start()
                self._workers.append(worker)
        except OSError as error:
            raise StreamError(
                f"cannot start {self._jobs} worker processes: {error.strerror}; try fewer --jobs"
            ) from error
        return worker


def _lost() -> StreamError:
    return StreamError(
        "a worker process ended before it was done, perhaps for lack of memory; there is no verdict. Fewer --jobs need less"
    )


@contextmanager
def _deferring_signals() -> Iterator[None]:
    """Have signals that end a process wait; a process that is started meanwhile has them wait until it ignores them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(judge: Judge, pipe: Connection) -> None:
    """Answer parts, as a process of its own."""
    for number in SIGNALS:  # they may come to all processes, and the main one ends this one
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    given = SimpleQueue[Any]()
    Thread(target=_receive, args=(pipe, given), daemon=True).start()
    with suppress(OSError):  # the main process has been killed
        while True:
            pipe.send(_answer(judge, given.get()))


def _answer(judge: Judge, part: list[tuple[Any, ...]] | Slice) -> Part | Exception:
    try:
        return judge.judge(part if isinstance(part, Slice) else list(map(Source._make, part)))
    except Exception as error:
        return error
    except BaseException as error:  # a library in Rust that panics raises what no other process knows
        return RuntimeError(f"{type(error).__name__}: {error}")


def _receive(pipe: Connection, given: SimpleQueue[Any]) -> None:
    """Take what comes through the pipe at once, so that the main process never waits while this one does.

    Ends this process when the main one is killed; otherwise it would wait for parts for ever."""
    main = parent_process()
    assert main is not None
    with suppress(EOFError, OSError):
        while main.sentinel not in wait([pipe, main.sentinel]):
            given.put(pipe.recv())
    os._exit(1)
