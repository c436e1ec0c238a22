"""Another implementation, in a process of its own, over the line protocol (docs/conformance.md)."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from json import dumps, loads
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import Any

from psion_contract.conformance.runner import UnansweredError

Json = dict[str, Any]

MAX_ENDS, MAX_HANGS = 100, 10
"""After ending so often, or hanging so often, without an answer in between, a command is not started again."""

_MAX_LINE = 16 * 1024 * 1024
_GRACE = 2.0
"""Seconds that a command has to end when there are no more requests."""


class NotStartedError(Exception):
    """The command cannot be started at all."""


class Command:
    """Asks a command, which is started once, and again only where it has ended or had to be ended.

    Its standard error is ours. To be used in a ``with`` statement, which starts and ends the command.

    Args:
        arguments: the program and its arguments.
        timeout: seconds in which a request must be answered.
    """

    def __init__(self, arguments: Sequence[str], timeout: float) -> None:
        self._arguments = arguments
        self._timeout = timeout
        self._process: _Process | None = None
        self._ends = self._hangs = 0
        self._asked = 0

    def __enter__(self) -> Command:
        """Start the command.

        Raises:
            NotStartedError: it cannot be started.
        """
        self._process = _Process(self._arguments)
        return self

    def __exit__(self, *_: object) -> None:
        """End the command."""
        self._end(_GRACE)

    def ask(self, request: Json) -> Json:
        """The answer to a request.

        Raises:
            UnansweredError: there was none, or none of the protocol.
        """
        process = self._process or self._restarted()
        self._asked += 1
        process.requests.put(dumps({"id": self._asked, **request}).encode() + b"\n")
        deadline = monotonic() + self._timeout
        while True:
            answer = self._received(process, deadline - monotonic())
            asked = answer["id"]
            if type(asked) is not int or not 0 < asked <= self._asked:
                raise UnansweredError(f"answered request {asked!r} where request {self._asked} was asked")
            if asked == self._asked:
                self._ends = self._hangs = 0
                return answer
            # An answer to an earlier request comes too late: that case has failed already.

    def _received(self, process: _Process, seconds: float) -> Json:
        """The next thing that is said, whichever request it answers."""
        try:
            line = process.lines.get(timeout=max(seconds, 0))
        except Empty:
            self._hangs += 1
            self._end(0)
            raise UnansweredError(f"no answer in {self._timeout:g} s; the command was ended") from None
        if not line:
            self._ends += 1
            code = self._end(_GRACE)
            raise UnansweredError(f"the command ended with exit code {code} instead of an answer")
        try:
            answer = loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or "id" not in answer:
            raise UnansweredError(f"answered what is none of the protocol: {line[:200]!r}")
        return answer

    def _restarted(self) -> _Process:
        for times, what, most in ((self._ends, "ended", MAX_ENDS), (self._hangs, "hung", MAX_HANGS)):
            if times >= most:
                raise UnansweredError(f"not asked: the command has {what} {most} times without an answer")
        try:
            self._process = _Process(self._arguments)
        except NotStartedError as error:
            raise UnansweredError(f"not asked: the command cannot be started again: {error}") from error
        return self._process

    def _end(self, grace: float) -> int | None:
        process, self._process = self._process, None
        return process.end(grace) if process else None


class _Process:
    """A running command. Threads write and read, so that neither can keep the caller waiting.

    Attributes:
        requests: lines to be written; an empty one after the last.
        lines: that were read; an empty one after the last.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.requests = Queue[bytes]()
        self.lines = Queue[bytes](maxsize=4)
        try:
            self._popen = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise NotStartedError(f"{arguments[0]}: {getattr(error, 'strerror', error)}") from error
        Thread(target=self._write, daemon=True).start()
        Thread(target=self._read, daemon=True).start()

    def end(self, grace: float) -> int:
        """Let the command end, and after some seconds make it, with all that it has started."""
        self.requests.put(b"")
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace)
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._popen.pid, signal.SIGKILL)
            else:
                self._popen.kill()
        return self._popen.wait()

    def _write(self) -> None:
        assert self._popen.stdin is not None
        with (
            suppress(OSError),
            self._popen.stdin as pipe,
        ):  # that nobody reads is told by what is not answered
            while line := self.requests.get():
                pipe.write(line)
                pipe.flush()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with suppress(OSError, ValueError), self._popen.stdout as pipe:
            while line := pipe.readline(_MAX_LINE):
                self.lines.put(line)
        self.lines.put(b"")
