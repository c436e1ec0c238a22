"""Which files a command may replace: none that it reads and no document; below a folder of files, only an old report."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from itertools import islice
from stat import S_ISREG

import click

from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, file_sources, is_lines, is_parquet
from psion_contract.reading.json_reader import DEFAULT_LIMITS

_LARGE = (
    b'{\n  "schema_version": "psion.check_report.v1"',
    b'{"$schema": "https://json.schemastore.org/sarif',
)
"""How reports in JSON begin."""

_STARTS = (
    *_LARGE,
    b'{"finding": {"rule": ',
    b'{"summary": {"schema_version": "psion.check_report.v1"',
    b'{"incomplete": {"why": ',
    b'[{"description": ',
    b"[]\n",
    b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="psion-contract"',
    b"<!DOCTYPE html>",
    b"## ",
    b"::",
)
"""How all reports begin, but for text, which ends with the outcome, and Parquet, which has it in its metadata."""

_END = re.compile(
    rb"(?:\A|\n)(?:(?:in)?consistent|incomplete: )[^\n]*\n\Z|psion_contract\.verdict.*PAR1\Z", re.DOTALL
)

_HEAD = 200
"""How many bytes of a file that cannot be read tell whether it means to be a document."""

_TAIL = 1 << 16
"""How many bytes the metadata of a report in Parquet has at most."""

_LINES = 100
"""How many lines of JSON Lines tell."""


def refuse_to_replace(output: str | None, read: Iterable[str]) -> None:
    """Refuse to write over one of the files that a command reads.

    Args:
        output: the file that is written; None or ``-`` for standard output.
        read: paths of these files.

    Raises:
        click.ClickException: it is one of them, by whatever name."""
    if output not in (None, STDIN) and any(is_same_file(output, each) for each in read):
        raise click.ClickException(f"{printable(output)}: is read by this command; write to another file")


def refuse_report(path: str, folders: Iterable[str]) -> None:
    """Refuse to write a report over a document, or over a file below a folder that is no old report.

    Args:
        path: of the report.
        folders: those of files that documents are about.

    Raises:
        click.ClickException: it would replace that."""
    name = printable(path)
    if is_document(path):
        raise click.ClickException(f"{name}: is a document of the contract; write to another file")
    if is_below(path, folders) and not is_report(path):
        raise click.ClickException(
            f"{name}: is in a folder of --files, and no old report; write to another file"
        )


def is_same_file(path: str, other: str) -> bool:
    """Whether two paths name the same file."""
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether there is a regular file at a path, and it is below one of some folders."""
    real = os.path.realpath(path)
    return os.path.isfile(real) and any(
        real.startswith(os.path.join(os.path.realpath(each), "")) for each in folders
    )


def is_report(path: str) -> bool:
    """Whether a file is an old report, or empty."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            return not head or head.startswith(_STARTS) or bool(_END.search(file.read()))
    except OSError:
        return False


def is_document(path: str) -> bool:
    """Whether a file is, holds or means to be a document of the contract, and so is no old report."""
    try:
        if not S_ISREG(os.stat(path).st_mode) or is_parquet(path):
            return False
        with open(path, "rb") as file:
            head = file.read(_HEAD).lstrip()
        if head.startswith(_LARGE) or not (head.startswith((b"{", b"[")) or is_lines(path)):
            return False  # without reading all of a report, which can be large
        from psion_contract.documents.loading import LoadedDocuments
        from psion_contract.reading.claims import text_claims

        sources = islice(file_sources(path, DEFAULT_LIMITS, named=False), _LINES)
        loaded = LoadedDocuments(sources, DEFAULT_LIMITS, judged=False)
    except (OSError, UnreadableError):
        return False
    # An old report quotes lines of documents, but does not begin with one.
    is_cut_off = head.startswith((b"{", b"[")) and text_claims(head)
    return bool(loaded.documents) or any(
        each.rule == "unknown-kind" or (each.rule == "invalid-json" and is_cut_off)
        for each in loaded.source_findings
    )
