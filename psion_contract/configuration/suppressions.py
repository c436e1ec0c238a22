"""Marks the findings of a report that a configuration or a baseline suppresses (docs/reference/rules, "Suppressions")."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Set
from datetime import date
from fnmatch import translate

from psion_contract.catalog import finding
from psion_contract.configuration.baseline import Key, key_of, relative_name
from psion_contract.configuration.settings import Configuration, SuppressionEntry
from psion_contract.findings import Finding, Report, Suppression
from psion_contract.reading.escaping import excerpt

_OWN_RULES = frozenset({"expired-suppression", "unused-suppression", "unreasoned-suppression"})


def apply(report: Report, configuration: Configuration, today: date) -> Report:
    """The report with the suppressions of a configuration.

    Findings that a suppression names are marked. A suppression that has expired or gives no reason does not apply; that,
    and a suppression that names a document of the report and marks nothing, is a finding on the configuration.

    Args:
        report: the report of a check.
        configuration: has the suppressions.
        today: the day to compare dates with.
    """
    if not configuration.suppressions:
        return report
    entries = [_Entry(each) for each in configuration.suppressions]
    by_rule: dict[str, list[_Entry]] = {}
    for entry in entries:
        if entry.fault(today) is None:
            by_rule.setdefault(entry.given.rule, []).append(entry)
    names = _Names(configuration.folder)
    findings = [_marked(each, by_rule.get(each.rule, ()), names) for each in report.findings]
    shown = {names.of(each) for each in _names_in(report)}
    for entry in entries:
        fault = entry.fault(today)
        if fault is None and not entry.used and entry.concerns(shown, configuration.folder):
            fault = "unused-suppression"
        if fault is not None:
            findings.append(_fault_finding(configuration, entry.given, fault))
    return report._replace(findings=tuple(findings))


def apply_baseline(report: Report, keys: Set[Key], path: str) -> Report:
    """The report with the findings of a baseline marked, except those that are suppressed already.

    Args:
        report: the report of a check.
        keys: the findings of the baseline.
        path: of its file, for the reason.
    """
    folder = os.path.dirname(path) or os.curdir
    because = Suppression(f"in the baseline {path}", None, None, "baseline")
    return report._replace(
        findings=tuple(
            each._replace(suppression=because)
            if each.suppression is None and each.rule not in _OWN_RULES and key_of(each, folder) in keys
            else each
            for each in report.findings
        )
    )


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
    """A suppression that remembers which documents it names."""

    def __init__(self, given: SuppressionEntry) -> None:
        self.given = given
        self.used = False
        self.suppression = Suppression(given.reason, given.owner, given.expires, "configuration")
        self._pattern = re.compile(translate(given.document.removeprefix("./")))
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
            path, _, line = name.rpartition(":")
            is_line = bool(path) and line.isdecimal()
            self._names[name] = bool(self._pattern.match(name) or (is_line and self._pattern.match(path)))
        return self._names[name]

    def concerns(self, shown: Iterable[str], folder: str) -> bool:
        """Whether it can be judged by a report: it names what the report shows, or a file that does not exist."""
        if any(map(self.names, shown)):
            return True
        document = self.given.document
        has_wildcards = any(each in document for each in "*?[")
        return not has_wildcards and not os.path.lexists(os.path.join(folder, document))


def _names_in(report: Report) -> set[str]:
    """The names of everything that a report shows, without inputs, whose rules may not have been applied."""
    return {
        *(each.name for each in report.documents if each.judged),
        *(each.name for each in report.left_alone),
        *(each.document for each in report.findings),
    }


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
