"""The stage program of a run, kept in a file: what trainers and ``psion-contract program`` use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Self

from psion_contract.documents.digests import Json
from psion_contract.exceptions import StateChangedError
from psion_contract.program.clock import Clock, now_ms
from psion_contract.program.machine import StageMachine
from psion_contract.program.state_file import DEFAULT_WAIT, StateFile
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits


class StageProgram(StageMachine):
    """The stages of one run, as section 1.6 of the contract records them.

    Made with `start`, `load`, `from_json` or `locked`. What each call may do is section 3, "Stage program";
    one that may not be done raises ``StageRefusalError`` and changes nothing. A process that shares the state
    file with others changes it under the lock::

        with StageProgram.locked("run.json") as program:
            program.record_pretrain_receipt(receipt, inputs)
    """

    def __init__(self, state: Json, clock: Clock, limits: Limits) -> None:
        super().__init__(state, clock, limits)
        self._saved: dict[str, bytes] = {}  # by file, what it held when it was last read or saved
        self._held = ""  # the file whose lock is held for this program

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, clock: Clock = now_ms, limits: Limits = DEFAULT_LIMITS
    ) -> Self:
        """A program from its state file, read as `from_json` reads it.

        Raises:
            StateFileError: there is no such file, or it cannot be read.
            StageRefusalError: it holds no state of a program, or one that breaks a rule.
        """
        return cls._load(StateFile(path), clock, limits)

    @classmethod
    @contextmanager
    def locked(
        cls,
        path: str | os.PathLike[str],
        *,
        wait: float = DEFAULT_WAIT,
        clock: Clock = now_ms,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Iterator[Self]:
        """A program from its state file, which nobody else changes meanwhile.

        What was changed is saved at the end of the block, unless the block raises.

        Args:
            path: of the state file.
            wait: seconds to wait for another process that holds the lock; 0 to be told at once.
            clock: gives the time in milliseconds since the Unix epoch.
            limits: what the reader accepts at most, of the state and of the documents given.

        Raises:
            StateLockedError: another process held the lock all the time.
            StateFileError: the file cannot be read, locked or written.
            StageRefusalError: it holds no state of a program, or one that breaks a rule.
        """
        file = StateFile(path)
        file.read(0)  # where there is no such file, no lock is to be left beside it
        with file.locked(wait):
            program = cls._load(file, clock, limits)
            loaded, program._held = program._state, file.target
            try:
                yield program
                if program._state is not loaded:
                    program.save(path)
            finally:
                program._held = ""

    def save(self, path: str | os.PathLike[str], *, wait: float = DEFAULT_WAIT) -> None:
        """Write the state: whatever happens meanwhile, the file is the old one or the new one, whole.

        Args:
            path: of the file that the program was loaded from or saved to, or of one that is not there yet.
            wait: seconds to wait for another process that holds the lock; 0 to be told at once.

        Raises:
            StateChangedError: the file is not what this program read or saved; it stays as it is.
            StateLockedError: another process held the lock all the time.
            StateFileError: the file cannot be locked or written.
        """
        file = StateFile(path)
        with nullcontext() if self._held == file.target else file.locked(wait):
            known = self._saved.get(file.target)
            found = file.read(len(known or b"")) if file.exists else None
            if found != known:
                what = "it was changed meanwhile" if known else "there is such a file already"
                what = "it is gone" if found is None else what
                raise StateChangedError(f"{file.path}: not saved: {what}")
            data = self.to_json().encode()
            file.replace(data)
            self._saved[file.target] = data

    @classmethod
    def _load(cls, file: StateFile, clock: Clock, limits: Limits) -> Self:
        data = file.read(limits.max_bytes)
        program = cls.from_json(data, name=file.path, clock=clock, limits=limits)
        program._saved[file.target] = data
        return program
