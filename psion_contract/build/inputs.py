"""The input documents of a new document, each valid and of the right kind."""

from __future__ import annotations

from typing import Any

from psion_contract.checker import Checker
from psion_contract.documents.kinds import ROLES
from psion_contract.exceptions import InconsistentError, WrongKindError
from psion_contract.findings import Report
from psion_contract.reading.json_reader import Json, Limits, to_bytes
from psion_contract.reading.source import Source

Input = dict[str, Any] | str | bytes | Source
"""A document: parsed, as text or bytes, or as a source, whose name is then used in findings."""


class Inputs:
    """The input documents of a new document, each valid and of the right kind.

    Args:
        limits: the limits of the reader.
        documents: the documents, by role.

    Attributes:
        values: the JSON values, by role.

    Raises:
        InconsistentError: one of them cannot be read or does not match its schema.
        WrongKindError: one of them is another kind of document.
    """

    def __init__(self, limits: Limits, **documents: Input) -> None:
        sources = {role: _source(role, value) for role, value in documents.items()}
        reader = Checker(limits=limits)
        self.values = {role: _value(reader, role, source) for role, source in sources.items()}
        self._checker = Checker(sources.values(), limits=limits)

    def check(self, name: str, document: Json) -> Report:
        """The report on a new document, checked against the inputs.

        Args:
            name: the name of the document in findings.
            document: the new document."""
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
    matching = [each for each in documents if each.kind.role == role]
    if len(matching) != 1:
        found = ", ".join(f"a {each.kind.title}" for each in documents) or "no contract document"
        raise WrongKindError(f"{source.name} contains {found}; expected one {ROLES[role].title}")
    return matching[0].value


def refuse_unless_ok(report: Report) -> None:
    """Raise `InconsistentError` unless the report is ok."""
    if not report.ok:
        raise InconsistentError(report)
