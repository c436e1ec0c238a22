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

    Made with `start`, `load`, `from_json` or `locked`. Section 3, "Stage program", of the contract says what
    each call may do; one that it does not allow raises ``StageRefusalError`` and changes nothing. Processes
    that share a state file change it under its lock::

        with StageProgram.locked("run.json") as program:
            program.record_pretrain_receipt(receipt, inputs)
    """

    def __init__(self, state: Json, clock: Clock, limits: Limits) -> None:
        super().__init__(state, clock, limits)
        self._saved: dict[str, bytes] = {}  # by file, its contents when last read or saved
        self._held = ""  # the file whose lock this program holds

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, clock: Clock = now_ms, limits: Limits = DEFAULT_LIMITS
    ) -> Self:
        """A program from its state file, read as `from_json` reads it.

        Raises:
            StateFileError: the file does not exist or cannot be read.
            StageRefusalError: it holds no program state, or one that breaks a rule.
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
            wait: seconds to wait for another process that holds the lock; 0 to fail at once.
            clock: the time in milliseconds since the Unix epoch.
            limits: the limits of the reader, for the state and for documents.

        Raises:
            StateLockedError: another process held the lock for that long.
            StateFileError: the file cannot be read, locked or written.
            StageRefusalError: it holds no program state, or one that breaks a rule.
        """
        file = StateFile(path)
        file.read(0)  # leave no lock beside a file that does not exist
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
        """Write the state; whatever happens, the file is the old one or the new one, whole.

        Args:
            path: of the file that the program was loaded from or saved to, or of a new one.
            wait: seconds to wait for another process that holds the lock; 0 to fail at once.

        Raises:
            StateChangedError: the file is not what this program read or saved; it is unchanged.
            StateLockedError: another process held the lock for that long.
            StateFileError: the file cannot be locked or written.
        """
        file = StateFile(path)
        with nullcontext() if self._held == file.target else file.locked(wait):
            known = self._saved.get(file.target)
            found = file.read(len(known or b"")) if file.exists else None
            if found != known:
                what = "it was changed in the meantime" if known else "it exists already"
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
