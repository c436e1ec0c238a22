"""A report for people, written while the check goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from psion_contract.findings import Finding, Report
from psion_contract.output import text
from psion_contract.output.text import Style, plain
from psion_contract.reading.escaping import counted


class TextStream:
    """Blocks of lines for findings, as they are found.

    As in the text of a whole report, findings that say the same share a block, as far as they are found together, and
    a rule has only some blocks for one file; the others are counted at the end.

    Args:
        style: how to mark it up.
        width: columns of the terminal, to which sentences are wrapped; None if it is not for a terminal.
    """

    def __init__(self, style: Style = plain, width: int | None = None) -> None:
        self._style = style
        self._width = width
        self._shown: Counter[tuple[str, str]] = Counter()
        self._unlisted: dict[str, Counter[str]] = {}
        self._explained: set[str] = set()
        self._suppressed: list[Finding] = []
        self._suppressed_count = 0

    def found(self, findings: Iterable[Finding]) -> str:
        """The text for further findings."""
        listed = list(findings)
        suppressed = [each for each in listed if each.suppression is not None]
        self._suppressed_count += len(suppressed)
        self._suppressed += suppressed[: max(0, text.MAX_SUPPRESSED - len(self._suppressed))]
        blocks: list[str] = []
        for path, groups in text.grouped(listed).items():
            unlisted = self._unlisted.setdefault(path, Counter())
            blocks += text.file_blocks(
                path, groups.values(), self._shown, unlisted, self._explained, self._style, self._width
            )
            if not unlisted:
                del self._unlisted[path]
        return "".join(f"{block}\n\n" for block in blocks)

    def end(self, report: Report) -> str:
        """The text after all findings."""
        blocks = ["\n".join(each) for each in self._closing(report)]
        return "\n\n".join(blocks) + "\n"

    def incomplete(self, documents: int, why: str) -> str:
        """The text after the findings of a check that was not finished."""
        return f"{self._style('error', 'incomplete')}: {why} after {counted(documents, 'document')}; no verdict\n"

    def _closing(self, report: Report) -> Iterator[Iterable[str]]:
        for path, unlisted in self._unlisted.items():
            yield text.unlisted_lines(path, unlisted)
        if self._suppressed:
            lines = list(text.suppressed_lines(self._suppressed, self._style, self._width))
            more = self._suppressed_count - len(self._suppressed)
            yield [*lines, f"  and {more} more"] if more else lines
        if report.skipped:
            yield text.skipped_lines(report.skipped, self._style, self._width)
        yield text.closing(report, self._style)
