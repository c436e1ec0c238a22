"""The folder of a run: its documents, each written once, and the logs of its order and replays."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from psion_contract.atomic_file import create_file
from psion_contract.build.inputs import Inputs
from psion_contract.documents.differences import difference
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import counted, printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json


class RunFolder:
    """The folder of a run.

    Args:
        folder: its path.

    Attributes:
        path: the same.

    Raises:
        ArgumentError: it is no path.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        if not isinstance(folder, (str, bytes, os.PathLike)):
            raise ArgumentError(f"folder: expected the path of a folder, found a {type(folder).__name__}")
        self.path = os.fsdecode(folder)

    def at(self, *parts: str) -> str:
        """The path of what has a name in the folder."""
        return os.path.join(self.path, *parts)

    def log(self, name: str, rank: int) -> str:
        """The path of the log of a rank, of the order of the run or of a replay."""
        return self.at(name, f"rank-{rank}.log")

    def keep(self, name: str, document: Json) -> None:
        """Write a document of the run, unless it is there; another one is never replaced.

        Raises:
            ArgumentError: another one is there.
        """
        path = self.at(f"{name}.json")
        with suppress(FileExistsError):
            create_file(path, document_text(document).encode())
            return
        found = Inputs(DEFAULT_LIMITS, **{name: Path(path)}).values[name]
        if differing := difference(found, document):
            raise ArgumentError(
                f"{printable(path)}: is another {name}; it differs in {differing}: use a new folder for a new run"
            )

    def make(self, name: str, ranks: int) -> None:
        """Make the folder of the logs of an order.

        Raises:
            ArgumentError: it cannot be made, or has logs of more ranks, which nobody would write again.
        """
        try:
            os.makedirs(self.at(name), exist_ok=True)
        except OSError as error:
            raise ArgumentError(
                f"folder: {printable(self.at(name))} cannot be made: {error.strerror}"
            ) from error
        logs = [re.fullmatch(r"rank-(\d+)\.log", each) for each in os.listdir(self.at(name))]
        if surplus := [each[0] for each in logs if each and int(each[1]) >= ranks]:
            raise ArgumentError(
                f"{printable(self.at(name, max(surplus)))}: is of a run with more than {counted(ranks, 'rank')}; remove the "
                "logs of that run, or use a new folder"
            )

    def replays(self) -> list[str]:
        """The paths of the replays."""
        return [self.at(each) for each in sorted(os.listdir(self.path)) if each.startswith("replay-")]

    @property
    def is_finished(self) -> bool:
        """Whether the run has its receipt."""
        return os.path.exists(self.at("receipt.json"))

    def require_unfinished(self) -> None:
        """Refuse a change of what the receipt is about.

        Raises:
            ArgumentError: the run is finished.
        """
        if self.is_finished:
            raise ArgumentError(
                f"{printable(self.at('receipt.json'))}: the run is finished; use a new folder to begin another one"
            )
