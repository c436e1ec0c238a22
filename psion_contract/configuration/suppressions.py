"""Marks the findings of a report that a configuration or a baseline suppresses (docs/reference/rules, "Suppressions")."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Set
from datetime import date
from fnmatch import translate

from psion_contract.catalog import finding
from psion_contract.configuration.baseline import Key, key_of, relative_name
from psion_contract.configuration.settings import Configuration, SuppressionEntry
from psion_contract.findings import UNLISTED_RULE, Finding, Report, Skipped, Suppression
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.urls import is_remote


class Suppressing:
    """The suppressions of a configuration, and then a baseline, applied to one finding after the other.

    A suppression that has expired or gives no reason does not apply; that, and a suppression that names a document of the
    report and marks nothing, is a finding on the configuration, which nothing suppresses.

    Args:
        configuration: has the suppressions; None if there are none.
        today: the day to compare dates with.
        baseline: the findings of a baseline, and the path of its file; None if there is none.
    """

    def __init__(
        self, configuration: Configuration | None, today: date, baseline: tuple[Set[Key], str] | None = None
    ) -> None:
        self._configuration = configuration
        self._today = today
        folder = configuration.folder if configuration else os.curdir
        self._entries = [_Entry(each, folder) for each in configuration.suppressions] if configuration else []
        self._by_rule: dict[str, list[_Entry]] = {}
        for entry in self._entries:
            if entry.fault(today) is None:
                self._by_rule.setdefault(entry.given.rule, []).append(entry)
        self._names = _Names(folder)
        self._is_complete = True
        self._known, path = baseline or (frozenset[Key](), "")
        self._known_folder = os.path.dirname(path) or os.curdir
        self._known_because = Suppression(f"in the baseline {path}", None, None, "baseline")

    def marked(self, found: Finding) -> Finding:
        """The finding, marked if a suppression names it or the baseline has it."""
        if found.rule == UNLISTED_RULE:
            self._is_complete = False
        entries = self._by_rule.get(found.rule)
        if entries:
            found = _marked(found, entries, self._names)
        if self._known and found.suppression is None and key_of(found, self._known_folder) in self._known:
            return found._replace(suppression=self._known_because)
        return found

    def faults(self, shown: Iterable[str], skipped: Iterable[Skipped]) -> Iterator[Finding]:
        """The findings on the suppressions themselves, after all others.

        What a rule that was skipped, or a finding that is not listed, would have said is unknown, and so whether it would
        have been suppressed.

        Args:
            shown: the names of the files that were looked at, without inputs, whose rules may not have been applied.
            skipped: the rules that were not applied.
        """
        configuration = self._configuration
        if configuration is None:
            return
        names = {self._names.of(each) for each in shown}
        unapplied: dict[str, set[str]] = {}
        for each in skipped:
            unapplied.setdefault(each.rule, set()).add(self._names.of(each.document))
        for entry in self._entries:
            fault = entry.fault(self._today)
            if fault is None and not entry.used and self._is_complete and entry.concerns(names):
                was_skipped = any(map(entry.names, unapplied.get(entry.given.rule, ())))
                fault = None if was_skipped else "unused-suppression"
            if fault is not None:
                yield _fault_finding(configuration, entry.given, fault)

    def applied(self, report: Report, shown: Iterable[str]) -> Report:
        """A whole report with its findings marked, and the findings on the suppressions; for `shown`, see `faults`."""
        findings = [self.marked(each) for each in report.findings]
        return report._replace(findings=(*findings, *self.faults(shown, report.skipped)))


class _Names:
    """The names of documents relative to a folder, each made once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._relative: dict[str, str] = {}

    def of(self, name: str) -> str:
        if name not in self._relative:
            self._relative[name] = relative_name(name, self._folder)
        return self._relative[name]


class _Entry:
    """A suppression that remembers which documents it names.

    Args:
        given: what the configuration says.
        folder: the folder of the configuration.
    """

    def __init__(self, given: SuppressionEntry, folder: str) -> None:
        self.given = given
        self.used = False
        self.suppression = Suppression(given.reason, given.owner, given.expires, "configuration")
        self._folder = folder
        document = given.document
        self._document = document if is_remote(document) else relative_name(self._path(document), folder)
        self._pattern = re.compile(translate(self._document))
        self._names: dict[str, bool] = {}

    def fault(self, today: date) -> str | None:
        """The rule that it breaks by itself."""
        if not self.given.reason:
            return "unreasoned-suppression"
        if self.given.expires is not None and self.given.expires < today.isoformat():
            return "expired-suppression"
        return None

    def suppresses(self, found: Finding, name: str) -> bool:
        pointer = self.given.pointer
        inside = not pointer or found.pointer == pointer or found.pointer.startswith(f"{pointer}/")
        return inside and self.names(name)

    def names(self, name: str) -> bool:
        """Whether it names a document; a file of JSON Lines stands for all its lines."""
        if name not in self._names:
            path = _lines_of(name)
            self._names[name] = self._is(name) or (path is not None and self._is(path))
        return self._names[name]

    def _is(self, name: str) -> bool:
        return name == self._document or self._pattern.match(name) is not None

    def concerns(self, shown: Iterable[str]) -> bool:
        """Whether it can be judged by a report: it names what the report shows, or no file that exists."""
        if any(map(self.names, shown)):
            return True
        if is_remote(self._document) or any(each in self._document for each in "*?["):
            return False
        path = _lines_of(self._document)
        if path is not None and os.path.isfile(self._path(path)):
            return any(path in (each, _lines_of(each)) for each in shown)
        return not os.path.isfile(self._path(self._document))

    def _path(self, document: str) -> str:
        return os.path.join(self._folder, document)


def _lines_of(name: str) -> str | None:
    """The file of JSON Lines of which a name may mean one line."""
    path, _, line = name.rpartition(":")
    return path if path and line.isdecimal() else None


def _marked(found: Finding, entries: Iterable[_Entry], names: _Names) -> Finding:
    for entry in entries:
        if entry.suppresses(found, names.of(found.document)):
            entry.used = True
            return found._replace(suppression=entry.suppression)
    return found


def _fault_finding(configuration: Configuration, entry: SuppressionEntry, rule: str) -> Finding:
    what = f"the suppression of {entry.rule} in {excerpt(entry.document)}"
    message, actual = {
        "expired-suppression": (f"{what} expired after {entry.expires}", entry.expires),
        "unreasoned-suppression": (f"{what} gives no reason, so it does not apply", None),
        "unused-suppression": (f"{what} suppresses nothing", None),
    }[rule]
    pointer = f"{configuration.pointer}/suppressions/{entry.number}"
    return finding(rule, configuration.path, pointer, message, actual=actual, place=entry.place)
