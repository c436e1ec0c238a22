"""The documents that new ones are made from, each valid and of the right kind."""

from __future__ import annotations

from typing import Any

from psion_contract.checker import Checker
from psion_contract.documents.kinds import ROLES
from psion_contract.exceptions import InconsistentError, WrongKindError
from psion_contract.findings import Report
from psion_contract.reading.json_reader import Json, Limits, to_bytes
from psion_contract.reading.source import Source

Input = dict[str, Any] | str | bytes | Source
"""A document: parsed, as text or bytes, or as a source, whose name findings then use."""


class Inputs:
    """The documents that a new one is made from, each valid and of the right kind.

    Args:
        limits: the limits of the reader.
        documents: by role.

    Attributes:
        values: the JSON values, by role.

    Raises:
        InconsistentError: one of them cannot be read or does not match its schema.
        WrongKindError: one of them has another kind.
    """

    def __init__(self, limits: Limits, **documents: Input) -> None:
        sources = {role: _source(role, value) for role, value in documents.items()}
        reader = Checker(limits=limits)
        self.values = {role: _value(reader, role, source) for role, source in sources.items()}
        self._checker = Checker(sources.values(), limits=limits)

    def check(self, name: str, document: Json) -> Report:
        """The report on a document made from these."""
        return self._checker.check([Source(name, to_bytes(document), located=False)])


def _source(name: str, value: Input) -> Source:
    if isinstance(value, Source):
        return value
    return Source(name, to_bytes(value), located=isinstance(value, (str, bytes)))


def _value(reader: Checker, role: str, source: Source) -> Json:
    """The value of the only document of that role in a source."""
    documents, findings = reader.read([source])
    if findings:
        raise InconsistentError(Report(tuple(findings)))
    found = [each for each in documents if each.kind.role == role]
    if len(found) != 1:
        held = ", ".join(f"a {each.kind.title}" for each in documents) or "no contract document"
        raise WrongKindError(f"{source.name} holds {held}; expected one {ROLES[role].title}")
    return found[0].value


def refuse_unless_ok(report: Report) -> None:
    """Raise `InconsistentError` unless the report is ok."""
    if not report.ok:
        raise InconsistentError(report)
