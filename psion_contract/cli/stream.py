"""Checks that show findings as they are found, for input that is too large for memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from psion_contract.checker import Checker, Examination
from psion_contract.cli.check_settings import Settings, nothing_to_check, suppressing_of
from psion_contract.cli.input_size import size_of
from psion_contract.cli.progress_bar import ProgressBar
from psion_contract.cli.report_targets import ReportFiles, Target
from psion_contract.cli.terminal import emit, emit_error, style_of, width_of
from psion_contract.exceptions import MissingExtraError, StreamError, UnreadableError
from psion_contract.findings import Finding, Report, Unlisted
from psion_contract.output.jsonl_report import LineStream
from psion_contract.output.text_stream import TextStream
from psion_contract.reading.compression import ENDINGS
from psion_contract.reading.files import STDIN, gather, is_parquet
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.resolution import Resolver
from psion_contract.resources import data_path
from psion_contract.streaming.check import StreamCheck
from psion_contract.streaming.rereading import Chained, Files

Cluster = tuple[str, "str | None"]
"""The name of an engine, and the address of its cluster; None for one on this machine."""

_LOOKING = 10
"""Looking at a text takes so many times less than judging it."""


def check(
    settings: Settings, targets: Sequence[Target], files: ReportFiles, cluster: Cluster | None = None
) -> Report:
    """Check what the settings say, and write all reports, the text and the lines on standard output as findings are found.

    Args:
        settings: what to check.
        targets: the reports.
        files: writes those that need all findings.
        cluster: what judges instead of processes of this machine.

    Raises:
        click.ClickException: a path cannot be read, there is no document, a report cannot be written, or the check is
            interrupted.
        BrokenPipeError: nothing reads standard output any more.
    """
    limits: Limits = settings.limits
    available: Iterator[Source] = gather(settings["inputs"], limits, settings.stdin_name, settings["exclude"])
    suppressing = suppressing_of(settings)
    marked = suppressing.marked if suppressing is not None else None
    live = _live(targets)
    collected: list[Finding] = []
    keeps = any(not _is_live(each) for each in targets)
    unshown: Exception | None = None
    progress = _Progress(_total(settings["paths"]))
    running: StreamCheck | None = None

    def show(text: str) -> None:
        nonlocal live, unshown
        progress.clear()
        try:
            emit(text)
        except (click.ClickException, BrokenPipeError) as error:
            if not keeps:
                raise
            live, unshown = None, error  # the reports in files are written nevertheless

    try:
        checker = Checker(available, limits=limits, strict=settings["strict"])
        with _documents(settings, cluster) as every:
            running = StreamCheck(
                checker, every, settings["jobs"], marked, keep_files=suppressing is not None
            )
            report = Report()
            for found in running.parts():
                if isinstance(found, Report):
                    report = found
                    continue
                if keeps:
                    collected += found
                if found and live is not None:
                    show(live.found(found))
                progress.show(running)
        progress.clear()
        if not running.findings and not running.documents:
            raise nothing_to_check(report)
        if suppressing is not None:
            faults = list(suppressing.faults(running.files, report.skipped))
            report = report._replace(unlisted=report.unlisted.with_findings(faults))
            collected += faults
            if live is not None:
                show(live.found(faults))
    except (UnreadableError, StreamError, MissingExtraError) as error:
        progress.clear()
        _say_incomplete(live, collected, running, "stopped")
        raise click.ClickException(str(error)) from error
    except MemoryError:
        progress.clear()
        _say_incomplete(live, collected, running, "stopped")
        raise
    except KeyboardInterrupt as error:
        progress.clear()
        _say_incomplete(live, collected, running, "interrupted")
        raise click.ClickException("interrupted; there is no verdict") from error
    if live is not None:
        show(live.end(report))
    if keeps:
        counts = report.unlisted
        listing = report._replace(
            findings=tuple(collected),
            unlisted=Unlisted(documents=counts.documents, left_alone=counts.left_alone),
        )
        files.write(Examination(listing, (), Resolver()))
    if unshown is not None:
        raise unshown
    return report


@contextmanager
def _documents(settings: Settings, cluster: Cluster | None) -> Iterator[Any]:
    """The documents to check, for `StreamCheck`."""
    limits, paths, excludes = settings.limits, settings["paths"], settings["exclude"]
    canonical = [data_path("fixtures", "psion")] if settings.canonical else []
    if cluster is not None:
        from psion_contract.streaming.engines import archive_on

        further = gather(canonical, limits)
        with archive_on(
            *cluster, settings["jobs"], limits, paths, settings.stdin_name, excludes, further
        ) as archive:
            yield archive
        return
    sources = Files(paths, limits, settings.stdin_name, excludes)
    yield Chained(sources, Files(canonical, limits)) if canonical else sources


def _is_live(target: Target) -> bool:
    """Whether a report is written as findings are found."""
    form, path = target
    return path is None and form in _LIVE


def _live(targets: Sequence[Target]) -> TextStream | LineStream | None:
    for target in targets:
        if _is_live(target):
            return _LIVE[target[0]]()
    return None


_LIVE: dict[str, Callable[[], TextStream | LineStream]] = {
    "text": lambda: TextStream(style_of(sys.stdout), width_of(sys.stdout)),
    "jsonl": LineStream,
}


def waiting(targets: Sequence[Target]) -> list[Target]:
    """The reports that are written at the end."""
    return [each for each in targets if not _is_live(each)]


def _say_incomplete(
    live: TextStream | LineStream | None, collected: Sequence[Finding], running: StreamCheck | None, why: str
) -> None:
    """Say how far a check came that has no verdict, and what it found, unless that is shown already."""
    documents = running.documents if running is not None else 0
    if live is not None:
        emit(live.incomplete(documents, why))
        return
    shown = TextStream(style_of(sys.stderr), width_of(sys.stderr))
    emit_error(shown.found(collected) + shown.incomplete(documents, why))


def _total(paths: Sequence[str]) -> int | None:
    """The bytes of the files, if they are known before they are read."""
    total = 0
    for path in paths:
        if path == STDIN or not os.path.isfile(path) or path.lower().endswith(ENDINGS) or is_parquet(path):
            return None
        total += size_of(path)
    return total or None


class _Progress(ProgressBar):
    """A bar of the documents that were judged.

    Args:
        total: bytes that are to be judged, if that is known.
    """

    def __init__(self, total: int | None) -> None:
        super().__init__()
        self._total = None if total is None else total * (_LOOKING + 1)

    def show(self, running: StreamCheck) -> None:
        """Show how far the check is, if it is time."""
        if (seconds := self.seconds()) is not None:
            rate = running.documents / seconds
            said = f"{running.documents:,} documents, {rate:,.0f}/s, {running.findings:,} findings"
            self.draw(running.looked + _LOOKING * running.size, self._total, said)
