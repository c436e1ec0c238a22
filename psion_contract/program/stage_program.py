"""The stage program of a run, kept in a file, for trainers and ``psion-contract program``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Self

from psion_contract.exceptions import StateChangedError
from psion_contract.program.machine import Clock, StageMachine, now_ms
from psion_contract.program.state_file import DEFAULT_WAIT, StateFile
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits


class StageProgram(StageMachine):
    """The stages of one run, as section 1.6 of the contract records them.

    Created by `start`, `load`, `from_json` or `locked`. Section 3, "Stage program", of the contract says which
    changes are allowed; any other raises ``StageRefusalError`` and changes nothing. Processes that share a state
    file change it under its lock::

        with StageProgram.locked("run.json") as program:
            program.record_pretrain_receipt(receipt, inputs)
    """

    def __init__(self, state: Json, clock: Clock, limits: Limits) -> None:
        super().__init__(state, clock, limits)
        self._saved: dict[str, bytes] = {}  # by file, the contents last read or saved
        self._locked_file = ""  # the file that this program has locked

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, clock: Clock = now_ms, limits: Limits = DEFAULT_LIMITS
    ) -> Self:
        """A program from its state file, checked as by `from_json`.

        Args:
            path: of the state file.
            clock: the time in milliseconds since the Unix epoch.
            limits: the limits of the reader, for the state and for documents.

        Raises:
            StateFileError: the file does not exist or cannot be read.
            StageRefusalError: it contains no program state, or one that breaks a rule.
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
        """A program from its state file, locked against changes by others.

        Changes are saved at the end of the block, unless the block raises.

        Args:
            path: of the state file.
            wait: seconds to wait for another process that holds the lock; 0 to fail immediately.
            clock: the time in milliseconds since the Unix epoch.
            limits: the limits of the reader, for the state and for documents.

        Raises:
            StateLockedError: another process held the lock for that long.
            StateFileError: the file cannot be read, locked or written.
            StageRefusalError: it contains no program state, or one that breaks a rule.
        """
        file = StateFile(path)
        file.read(0)  # create no lock file for a file that does not exist
        with file.locked(wait):
            program = cls._load(file, clock, limits)
            loaded, program._locked_file = program._state, file.target
            try:
                yield program
                if program._state is not loaded:
                    program.save(path)
            finally:
                program._locked_file = ""

    def save(self, path: str | os.PathLike[str], *, wait: float = DEFAULT_WAIT) -> None:
        """Write the state; after a crash, the file has either the old or the new contents.

        Args:
            path: of the file that the program was loaded from or saved to, or of a new one.
            wait: seconds to wait for another process that holds the lock; 0 to fail immediately.

        Raises:
            StateChangedError: the file is not what this program read or saved; it is unchanged.
            StateLockedError: another process held the lock for that long.
            StateFileError: the file cannot be locked or written.
        """
        file = StateFile(path)
        with nullcontext() if self._locked_file == file.target else file.locked(wait):
            known = self._saved.get(file.target)
            found = file.read(len(known or b"")) if file.exists else None
            if found != known:
                what = "it was changed in the meantime" if known else "it already exists"
                what = "it no longer exists" if found is None else what
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
