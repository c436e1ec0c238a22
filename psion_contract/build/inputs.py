"""What new documents are made from, each held to its schema and of the kind that it should be."""

from __future__ import annotations

from typing import Any

from psion_contract.exceptions import InconsistentError, WrongKindError
from psion_contract.checker import Checker
from psion_contract.documents.digests import Json
from psion_contract.findings import Report
from psion_contract.reading.source import Source
from psion_contract.documents.kinds import ROLES
from psion_contract.reading.json_reader import Limits, to_bytes

Input = dict[str, Any] | str | bytes | Source
"""A document: parsed, as text or bytes, or as a source, by whose name findings then call it."""




class Given:
    """The documents that something is made from, each sound and of the kind it should be.

    Args:
        limits: what the reader accepts at most.
        documents: by role.

    Attributes:
        values: by role, the JSON value.

    Raises:
        InconsistentError: one of them cannot be read or does not fit its schema.
        WrongKindError: one of them is of another kind.
    """

    def __init__(self, limits: Limits, **documents: Input) -> None:
        sources = {role: _source(role, value) for role, value in documents.items()}
        reader = Checker(limits=limits)
        self.values = {role: _value(reader, role, source) for role, source in sources.items()}
        self._checker = Checker(sources.values(), limits=limits)

    def check(self, name: str, document: Json) -> Report:
        """The report on a document that was made of these."""
        return self._checker.check([Source(name, to_bytes(document), located=False)])


def _source(name: str, value: Input) -> Source:
    if isinstance(value, Source):
        return value
    return Source(name, to_bytes(value), located=isinstance(value, (str, bytes)))


def _value(reader: Checker, role: str, source: Source) -> Json:
    """The value of the one document of that role in a source."""
    documents, findings = reader.read([source])
    if findings:
        raise InconsistentError(Report(tuple(findings)))
    found = [each for each in documents if each.kind.role == role]
    if len(found) != 1:
        held = ", ".join(f"a {each.kind.title}" for each in documents) or "nothing of the contract"
        raise WrongKindError(f"{source.name} holds {held}, where one {ROLES[role].title} is needed")
    return found[0].value


def refuse_unless_ok(report: Report) -> None:
    """Raise where the report does not say that all is well."""
    if not report.ok:
        raise InconsistentError(report)
