"""The running digest of the order in which a run reads sequences."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from psion_contract.atomic_file import create_file
from psion_contract.build.rounding import whole_number
from psion_contract.exceptions import ArgumentError, OrderLogError
from psion_contract.reading.escaping import excerpt, printable
from psion_contract.record.order_log import (
    MAX_STEP_SEQUENCES,
    Header,
    OrderLog,
    Place,
    header_line,
    new_recording,
    step_lines,
)

_VERSION = 1
_NAME = re.compile(r"[^|\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,1000}")


class OrderDigest:
    """A running digest of the order in which sequences are read, which a resumed run continues.

    It can be copied and pickled. One process has one: its order is that of its rank. A log that it begins has a new random
    id, which tells a replay from a copy; a resumed run continues its own.

    Args:
        dataset_identity: of the corpus.
        log: file to write the order to, without which no divergence can be found; it is opened for each step.
        rank: of this process, from 0.
        ranks: number of processes.

    Raises:
        ArgumentError: an argument is malformed.
    """

    def __init__(
        self,
        dataset_identity: str,
        *,
        log: str | os.PathLike[str] | None = None,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        rank, ranks = _number("rank", rank), _number("ranks", ranks)
        if rank >= ranks:
            raise ArgumentError(f"rank: {rank} of {ranks} processes; ranks begin with 0")
        self._header = Header(_name("dataset_identity", dataset_identity), rank, ranks)
        self._log = None if log is None else os.fsdecode(log)
        self._restart()

    def _restart(self) -> None:
        self._pending: list[Place] = []
        self._shards: dict[str, int] = {}  # as the log numbers them
        self._end = 0  # of what we have written to the log
        self._recording = new_recording()  # of a log that we begin
        self._step, self._sequences, self._digest = -1, 0, self._header.digest

    @property
    def digest(self) -> str:
        """The digest up to the last ended step, 64 hexadecimal characters."""
        return self._digest

    @property
    def step(self) -> int | None:
        """The last ended step; None before the first one."""
        return None if self._step < 0 else self._step

    @property
    def sequences(self) -> int:
        """Number of sequences up to the last ended step."""
        return self._sequences

    @property
    def pending(self) -> int:
        """Number of sequences that were added since."""
        return len(self._pending)

    def add(self, shard: str, sequence: Any) -> None:
        """Add a sequence that was read.

        Args:
            shard: id of its shard.
            sequence: its number in the shard, from 0.

        Raises:
            ArgumentError: an argument is malformed, or the step has too many sequences. Nothing is added.
        """
        self.extend([(shard, sequence)])

    def extend(self, places: Iterable[tuple[str, Any]]) -> None:
        """Add sequences that were read, each the id of its shard and its number in it, as `add` does.

        Raises:
            ArgumentError: as by `add`. Nothing is added.
        """
        added = [(_name("shard", shard), _number("sequence", sequence)) for shard, sequence in places]
        if len(self._pending) + len(added) > MAX_STEP_SEQUENCES:
            raise ArgumentError(
                f"a step has more than {MAX_STEP_SEQUENCES} sequences; call end_step after each"
            )
        self._pending += added

    def end_step(self, step: Any) -> None:
        """End a step of the optimizer, and write it to the log.

        Args:
            step: its number, larger than the last one.

        Raises:
            ArgumentError: the number is not larger, or the log exists although nothing was loaded.
            OrderLogError: the log cannot be written.
        """
        number = _number("step", step)
        if number <= self._step:
            raise ArgumentError(f"step: {number} follows {self._step}; steps increase")
        named = len(self._shards)
        digest, lines = step_lines(self._digest, number, self._pending, self._shards)
        if self._log is not None:
            try:
                self._append(self._log, lines)
            except BaseException:  # the step can be ended again
                for shard in list(self._shards)[named:]:
                    del self._shards[shard]
                raise
        self._step, self._digest = number, digest
        self._sequences += len(self._pending)
        self._pending = []

    def state_dict(self) -> dict[str, Any]:
        """The state as JSON values, for a checkpoint; what it refers to in the log is on disk then."""
        if self._log is not None and self._end:
            with _errors(self._log), open(self._log, "r+b") as file:
                os.fsync(file.fileno())
        return {
            "version": _VERSION,
            **self._header._asdict(),
            "step": self.step,
            "sequences": self._sequences,
            "digest": self._digest,
            "pending": [list(place) for place in self._pending],
        }

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Continue from a saved state; the steps after it are removed from the log.

        Args:
            state: what `state_dict` returned; None to begin again, with an empty log.

        Raises:
            ArgumentError: it is not such a state, or one of another corpus or rank. Nothing is changed.
            OrderLogError: the log is not that of this run, or ends before the state. Nothing is changed.
        """
        if state is None:
            if self._log is not None and os.path.exists(self._log):
                OrderLog(self._log)  # nothing else is removed
                with _errors(self._log):
                    os.unlink(self._log)
            self._restart()
            return
        step, sequences, digest, pending = self._checked(state)
        end, shards = 0, dict[str, int]()
        if self._log is not None and step >= 0:
            end, shards = self._truncate(self._log, step, digest)
        self._restart()
        self._end, self._shards = end, shards
        self._step, self._sequences, self._digest, self._pending = step, sequences, digest, pending

    def _checked(self, state: Mapping[str, Any]) -> tuple[int, int, str, list[Place]]:
        try:
            identity = _name("state: dataset_identity", state["dataset_identity"])
            found = Header(identity, *(_number(f"state: {each}", state[each]) for each in ("rank", "ranks")))
            if state["version"] != _VERSION:
                raise ArgumentError(
                    f"state: the order has version {excerpt(state['version'])}; expected {_VERSION}"
                )
            step = -1 if state["step"] is None else _number("state: step", state["step"])
            sequences = _number("state: sequences", state["sequences"])
            pending = [
                (_name("state: shard", shard), _number("state: sequence", at))
                for shard, at in state["pending"]
            ]
            digest = _name("state: digest", state["digest"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(f"state: not the state of an order: {error!r:.200}") from error
        if found != self._header:
            raise ArgumentError(f"state: the order is of {_shown(found)}; expected {_shown(self._header)}")
        return step, sequences, digest, pending

    def _truncate(self, log: str, step: int, digest: str) -> tuple[int, dict[str, int]]:
        """Remove the steps after a state from the log; its size then, and the shards that it names."""
        file = OrderLog(log)
        if file.header != self._header:
            raise OrderLogError(
                f"{file.path}: the order is of {_shown(file.header)}; expected {_shown(self._header)}"
            )
        for each in file.steps():
            if each.number >= step:
                break
        else:
            raise OrderLogError(f"{file.path}: ends before step {step}, which the state is of")
        if each.digest != digest:
            message = (
                f"step {each.number} has the digest {each.digest}; the state of step {step} has {digest}"
            )
            raise OrderLogError(f"{file.path}: {message}: it is the order of another run")
        with _errors(log), open(log, "r+b") as opened:
            opened.truncate(each.end)
        return each.end, dict(file.shards)

    def _append(self, log: str, lines: Iterable[str]) -> None:
        """Write lines after what we have written; what cannot be written whole is taken back."""
        if not self._end:
            lines = [header_line(self._header, self._recording), *lines]
        data = "".join(f"{line}\n" for line in lines).encode()
        with _errors(log):
            if self._end:
                self._write_after(log, data)
            else:
                try:
                    create_file(log, data)
                except FileExistsError:
                    message = "has an order already; load the state of the checkpoint to continue it, or None to begin again"
                    raise ArgumentError(f"{printable(log)}: {message}") from None
        self._end += len(data)

    def _write_after(self, log: str, data: bytes) -> None:
        with open(log, "r+b", buffering=0) as file:
            if (size := file.seek(0, os.SEEK_END)) != self._end:
                raise OrderLogError(
                    f"{printable(log)}: has {size} bytes; expected {self._end}, those of the steps so far: something else writes "
                    f"to it; each process needs a log of its own, and each run a folder"
                )
            try:
                written = 0
                while written < len(data):
                    written += file.write(data[written:])
            except BaseException:
                with suppress(OSError):
                    file.truncate(self._end)
                raise


@contextmanager
def _errors(log: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OrderLogError(f"{printable(log)}: cannot be written: {error.strerror}") from error


def _number(argument: str, value: Any) -> int:
    try:
        return whole_number(value)
    except ValueError as error:
        raise ArgumentError(f"{argument}: {error}") from None


def _name(argument: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentError(f"{argument}: expected a string, found a {type(value).__name__}")
    if not _NAME.fullmatch(value):
        raise ArgumentError(
            f"{argument}: {excerpt(value)} is no identifier: 1 to 1000 characters, without | and control characters"
        )
    return value


def _shown(header: Header) -> str:
    return f"rank {header.rank} of {header.ranks} of {excerpt(header.dataset_identity)}"
