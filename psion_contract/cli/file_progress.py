"""Compares documents with files, with a progress bar on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from psion_contract.artifacts.references import Roots
from psion_contract.checker import Examination
from psion_contract.cli.progress_bar import ProgressBar
from psion_contract.evidence.file_claims import with_files
from psion_contract.exceptions import ArgumentError


def roots_of(files: Sequence[str]) -> Roots:
    """The folders that ``--files`` names.

    Raises:
        click.UsageError: a path does not exist, or two contradict each other.
    """
    try:
        return Roots(files)
    except ArgumentError as error:
        raise click.UsageError(f"--{error}") from error


def compared(examination: Examination, roots: Roots) -> Examination:
    """An examination with what the files say, and a bar on a terminal meanwhile.

    Args:
        examination: of the documents.
        roots: where the files are.
    """
    bar = FileBar()
    try:
        return with_files(examination, roots, progress=bar.show)
    finally:
        bar.clear()


class FileBar(ProgressBar):
    """A bar of the bytes of files that were read."""

    def show(self, read: int, total: int) -> None:
        """Show how many bytes were read, if it is time."""
        if (seconds := self.seconds()) is not None:
            said = f"{read / 1e9:,.1f} of {total / 1e9:,.1f} GB, {read / seconds / 1e6:,.0f} MB/s"
            self.draw(read, total, said)
