"""Runs another implementation in its own process, over the line protocol (see `protocol`)."""

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

from psion_contract.conformance.protocol import Json
from psion_contract.conformance.runner import UnansweredError
from psion_contract.reading.escaping import excerpt, quoted

MAX_ENDS, MAX_HANGS = 100, 10
"""After this many exits, or timeouts, without an answer in between, a command is not restarted."""

MAX_LINE = 16 * 1024 * 1024
"""Maximum size of a line, in bytes."""

_GRACE = 2.0
"""Seconds to wait for a command to exit after the last request."""

_END_GRACE = 0.5
"""Seconds to wait for a command to exit after its output was closed, which happens just before it exits."""


class NotStartedError(Exception):
    """The command cannot be started."""


class Command:
    """Sends requests to a command, which is restarted if it has exited or was terminated.

    Its standard error is passed through. Use it in a ``with`` statement, which starts and stops the command.

    Args:
        arguments: the program and its arguments.
        timeout: seconds to wait for each answer.
    """

    def __init__(self, arguments: Sequence[str], timeout: float) -> None:
        self._arguments = arguments
        self._timeout = timeout
        self._process: _Process | None = None
        self._ends = self._hangs = 0
        self._asked = 0
        self._answered: set[int] = set()

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
            UnansweredError: there was no valid answer.
        """
        process = self._process or self._restarted()
        self._asked += 1
        process.requests.put(dumps({"id": self._asked, **request}).encode() + b"\n")
        deadline = monotonic() + self._timeout
        while True:
            answer = self._answer(self._line(process, deadline))
            if answer["id"] == self._asked:
                self._ends = self._hangs = 0
                return answer
            # A late answer to an earlier request, whose case has already failed.

    def finish(self) -> None:
        """Let the command end, and read the rest of its output.

        Raises:
            UnansweredError: it wrote something that is not a first answer to a request.
        """
        process = self._process
        if process is None:
            return
        process.requests.put(b"")
        deadline = monotonic() + _GRACE
        try:
            while (line := process.line(deadline)) != b"":
                self._answer(line)
        except Empty:
            pass
        finally:
            self._end(deadline - monotonic())

    def _line(self, process: _Process, deadline: float) -> bytes | None:
        """The next line, whatever request it answers."""
        try:
            line = process.line(deadline)
        except Empty:
            self._hangs += 1
            code = self._end(0)
            what = (
                "the command was terminated"
                if code is None
                else f"the command {_ending(code)}, but another process holds its standard output open"
            )
            raise UnansweredError(f"no answer within {self._timeout:g} s; {what}") from None
        if line == b"":
            self._ends += 1
            code = self._end(_END_GRACE)
            what = "closed its standard output" if code is None else _ending(code)
            raise UnansweredError(f"the command {what} instead of answering")
        return line

    def _answer(self, line: bytes | None) -> Json:
        """The answer on a line, which must be the first one to its request."""
        if line is None:
            raise UnansweredError(f"the answer is a line of more than {MAX_LINE // 2**20} MiB")
        try:
            answer = loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or type(answer.get("id")) is not int:
            text = line[:1000].decode(errors="replace").rstrip("\r\n")
            raise UnansweredError(f"the answer is not a JSON object with an integer id: {quoted(text, 200)}")
        asked = answer["id"]
        if not 0 < asked <= self._asked:
            raise UnansweredError(f"answered request {excerpt(asked)} instead of request {self._asked}")
        if asked in self._answered:
            raise UnansweredError(f"answered request {asked} twice")
        self._answered.add(asked)
        return answer

    def _restarted(self) -> _Process:
        for times, what, limit in (
            (self._ends, "ended without an answer", MAX_ENDS),
            (self._hangs, "timed out", MAX_HANGS),
        ):
            if times >= limit:
                raise UnansweredError(f"not asked: the command {what} {limit} times")
        try:
            self._process = _Process(self._arguments)
        except NotStartedError as error:
            raise UnansweredError(f"not asked: the command cannot be started again: {error}") from error
        return self._process

    def _end(self, grace: float) -> int | None:
        process, self._process = self._process, None
        return process.end(grace) if process else None


class _Process:
    """A running command. Two threads write and read, so neither can block the caller.

    Attributes:
        requests: lines to write; an empty one ends the input.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.requests = Queue[bytes]()
        self._lines = Queue[bytes | None](maxsize=4)
        try:
            self._popen = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise NotStartedError(f"{arguments[0]}: {getattr(error, 'strerror', error)}") from error
        Thread(target=self._write, daemon=True).start()
        Thread(target=self._read, daemon=True).start()

    def line(self, deadline: float) -> bytes | None:
        """The next line; None for one that is too long, empty at the end of the output.

        Raises:
            Empty: there is no line before the deadline.
        """
        return self._lines.get(timeout=max(deadline - monotonic(), 0))

    def end(self, grace: float) -> int | None:
        """Let the command end, and after `grace` seconds terminate it and every process that it started.

        Returns:
            Its return code, as `subprocess.Popen.returncode`; None if it was terminated.
        """
        code = self._popen.poll()  # before its input is closed, which may end it
        self.requests.put(b"")
        if code is None and grace > 0:
            with suppress(subprocess.TimeoutExpired):
                code = self._popen.wait(grace)
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._popen.pid, signal.SIGKILL)
            else:
                self._popen.kill()
        self._popen.wait()
        return code

    def _write(self) -> None:
        assert self._popen.stdin is not None
        # A command that does not read its input gives no answer, which is reported.
        with suppress(OSError), self._popen.stdin as pipe:
            while line := self.requests.get():
                pipe.write(line)
                pipe.flush()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with suppress(OSError, ValueError), self._popen.stdout as pipe:
            while line := pipe.readline(MAX_LINE + 1):
                whole = len(line) <= MAX_LINE or line.endswith(b"\n")
                self._lines.put(line if whole else None)
                while not whole:
                    rest = pipe.readline(MAX_LINE)
                    whole = not rest or rest.endswith(b"\n")
        self._lines.put(b"")


def _ending(code: int) -> str:
    """How a command ended, from `subprocess.Popen.returncode`."""
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):  # a signal without a name
        return f"was killed by signal {-code} ({signal.Signals(-code).name})"
    return f"was killed by signal {-code}"
