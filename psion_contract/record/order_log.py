"""The file of an order: which sequences were read, step by step, with a running digest.

``docs/reference/record.md`` describes the format. A file only grows; what a crash leaves of the last step is not
part of the order. Readers keep one step in memory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from secrets import token_hex
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

from psion_contract.documents.digests import sha256
from psion_contract.exceptions import OrderLogError
from psion_contract.reading.escaping import excerpt, printable

FORMAT = "psion.order_log.v2"

MAX_STEP_SEQUENCES = 2**20
"""Maximum number of sequences that one rank reads in a step."""

_LINE_SEQUENCES = 4096
_MAX_LINE = 2**18
_HEADER = re.compile(
    r"psion\.order_log\.(?:v1|v2 (?P<recording>[0-9a-f]{32})) (?P<rank>\d{1,10})/(?P<ranks>\d{1,10}) (?P<dataset>.+)"
)
_STEP = re.compile(
    r"(?P<kind>part|step) (?P<step>\d{1,20})(?P<read>(?: \d{1,10}:\d{1,20})*) (?P<digest>[0-9a-f]{64})"
)

Place = tuple[str, int]
"""A sequence: the id of its shard and its number in the shard, from 0."""


class Header(NamedTuple):
    """What an order is of.

    Attributes:
        dataset_identity: of the corpus.
        rank: of the process that read the sequences, from 0.
        ranks: number of processes.
    """

    dataset_identity: str
    rank: int
    ranks: int

    @property
    def digest(self) -> str:
        """The digest of an order without a step."""
        return sha256(f"psion_order|{self.dataset_identity}|{self.rank}|{self.ranks}")


class Step(NamedTuple):
    """One step of an order.

    Attributes:
        number: of the step.
        read: the sequences, in the order in which they were read.
        digest: of the order up to this step.
        end: the offset in the file after it.
    """

    number: int
    read: Sequence[Place]
    digest: str
    end: int


def step_lines(
    digest: str, number: int, read: Sequence[Place], shards: dict[str, int]
) -> tuple[str, list[str]]:
    """The lines of a step, and the digest after it.

    Args:
        digest: of the order before the step.
        number: of the step.
        read: the sequences.
        shards: the number of each shard in the file; those that are new are added.
    """
    lines = []
    for start in range(0, max(len(read), 1), _LINE_SEQUENCES):
        part = read[start : start + _LINE_SEQUENCES]
        for shard, _ in part:
            if shard not in shards:
                shards[shard] = len(shards)
                lines.append(f"shard {shard}")
        digest = _next_digest(digest, number, part)
        kind = "step" if start + _LINE_SEQUENCES >= len(read) else "part"
        lines.append(" ".join([kind, str(number), *(f"{shards[shard]}:{at}" for shard, at in part), digest]))
    return digest, lines


def new_recording() -> str:
    """The id of a new recording, 32 random hexadecimal characters."""
    return token_hex(16)


def header_line(header: Header, recording: str) -> str:
    """The first line of a file."""
    return f"{FORMAT} {recording} {header.rank}/{header.ranks} {header.dataset_identity}"


class OrderLog:
    """The order in a file, read step by step.

    Args:
        path: of the file.

    Attributes:
        path: the path, escaped for messages.
        header: what the order is of.
        recording: id of the recording, which a copy of the file has too; None in a file of version 1, which does not say it.
        file_id: device and number of the file, whatever it is called.

    Raises:
        OrderLogError: the file cannot be read, or does not begin like an order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = os.fspath(path)
        self.path = printable(os.fsdecode(path))
        self.shards: dict[str, int] = {}
        with self._open() as file:
            status = os.fstat(file.fileno())
            self.file_id = status.st_dev, status.st_ino
            self.header, self.recording = self._header(file)

    def steps(self) -> Iterator[Step]:
        """The steps in the file, each checked against its digest.

        Raises:
            OrderLogError: a line is malformed, is out of order, or does not have the digest of what was read.
        """
        with self._open() as file:
            self._header(file)
            self.shards.clear()
            digest, last = self.header.digest, -1
            read, current = list[Place](), -1
            names = list[str]()
            for line, text in self._lines(file):
                if text.startswith("shard "):
                    names.append(text[6:])
                    self.shards[names[-1]] = len(names) - 1
                    continue
                match = _STEP.fullmatch(text)
                if match is None:
                    raise self._error(line, f"expected a shard or a step, found {excerpt(text)}")
                number = int(match["step"])
                if number <= last or (read and number != current):
                    raise self._error(line, f"step {number} follows step {max(last, current)}")
                part = list(self._places(line, match["read"], names))
                digest = _next_digest(digest, number, part)
                if digest != match["digest"]:
                    message = f"the digest of the order up to here is {digest}, not the one in the file: the file was changed"
                    raise self._error(line, message)
                current = number
                read += part
                if len(read) > MAX_STEP_SEQUENCES:
                    raise self._error(line, f"step {number} has more than {MAX_STEP_SEQUENCES} sequences")
                if match["kind"] == "step":
                    yield Step(number, read, digest, file.tell())
                    read, last = [], number

    def _open(self) -> BinaryIO:
        try:
            if not S_ISREG(os.stat(self._file).st_mode):  # to open a pipe would wait for who writes to it
                raise OrderLogError(f"{self.path}: is no regular file, which can be read twice")
            return open(self._file, "rb")
        except OSError as error:
            raise OrderLogError(f"{self.path}: cannot be read: {error.strerror}") from error

    def _header(self, file: BinaryIO) -> tuple[Header, str | None]:
        _, text = next(self._lines(file), (1, ""))
        match = _HEADER.fullmatch(text)
        if match is None:
            raise self._error(1, f"not the log of an order; expected {FORMAT}, found {excerpt(text)}")
        header = Header(match["dataset"], int(match["rank"]), int(match["ranks"]))
        if header.rank >= header.ranks:
            raise self._error(1, f"rank {header.rank} of {header.ranks}; ranks begin with 0")
        return header, match["recording"]

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, str]]:
        """The complete lines: what follows the last newline was cut off by a crash."""
        line = 0 if file.tell() == 0 else 1
        while data := self._line(file):
            line += 1
            if not data.endswith(b"\n"):
                if len(data) == _MAX_LINE:
                    raise self._error(line, f"longer than {_MAX_LINE} bytes")
                return
            try:
                yield line, data[:-1].decode()
            except UnicodeDecodeError:
                raise self._error(line, "not UTF-8") from None

    def _line(self, file: BinaryIO) -> bytes:
        try:
            return file.readline(_MAX_LINE)
        except OSError as error:
            raise OrderLogError(f"{self.path}: cannot be read: {error.strerror}") from error

    def _places(self, line: int, text: str, names: Sequence[str]) -> Iterator[Place]:
        for word in text.split():
            shard, _, at = word.partition(":")
            if int(shard) >= len(names):
                raise self._error(line, f"shard {shard} has no name; {len(names)} are named before this line")
            yield names[int(shard)], int(at)

    def _error(self, line: int, message: str) -> OrderLogError:
        return OrderLogError(f"{self.path}:{line}: {message}")


def logs_at(path: str | os.PathLike[str]) -> list[OrderLog]:
    """The logs of one order: a file, or a folder with one ``rank-N.log`` for each rank.

    Raises:
        OrderLogError: a file cannot be read or is no log, or the files are not those of all ranks of one order.
    """
    name = printable(os.fsdecode(path))
    if not os.path.isdir(path):
        logs = [OrderLog(path)]
    else:
        folder = os.fsdecode(path)
        files = [each for each in os.listdir(folder) if re.fullmatch(r"rank-\d+\.log", each)]
        logs = sorted(
            (OrderLog(os.path.join(folder, each)) for each in files), key=lambda log: log.header.rank
        )
    found = [log.header.rank for log in logs]
    if not logs:
        raise OrderLogError(
            f"{name}: expected the log of an order, rank-0.log; a recorder writes it to the folder order"
        )
    count = logs[0].header.ranks
    is_whole = len(found) == count and found == list(range(len(found)))
    if not is_whole or len({(log.header.dataset_identity, log.header.ranks) for log in logs}) > 1:
        ranks = ", ".join(map(str, found))
        raise OrderLogError(
            f"{name}: expected the logs of all {count} ranks of one run, found ranks: {ranks}"
        )
    return logs


def combined_digest(digests: Iterable[str]) -> str:
    """The digest of an order from those of its ranks; with one rank, that rank's."""
    listed = list(digests)
    return listed[0] if len(listed) == 1 else sha256("|".join(["psion_order_ranks", *listed]))


def _next_digest(digest: str, number: int, read: Iterable[Place]) -> str:
    return sha256("|".join([f"psion_order_step|{digest}|{number}", *(f"{shard}|{at}" for shard, at in read)]))
