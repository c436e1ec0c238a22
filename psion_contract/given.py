"""What new documents are made from, each held to its schema and of the kind that it should be."""

from __future__ import annotations

from typing import Any

from psion_contract.checker import Checker
from psion_contract.digests import Json
from psion_contract.findings import Report
from psion_contract.intake import Source
from psion_contract.kinds import ROLES
from psion_contract.strictjson import Limits, to_bytes

Input = dict[str, Any] | str | bytes | Source
"""A document: parsed, as text or bytes, or as a source, by whose name findings then call it."""


class InconsistentError(ValueError):
    """What would have been made, or what it was to be made from, does not hold to the contract.

    Attributes:
        report: the findings, with what was checked. Documents are called by the names of their sources,
            else ``descriptor``, ``corpus``, ``policy`` and ``config``; the one that was to be made, ``new
            config`` or ``new receipt``.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        lines = [
            f"{each.document}{f'#{each.pointer}' if each.pointer else ''}: {each.severity}: {each.rule}: "
            f"{each.message}"
            for each in report.findings
        ]
        super().__init__("\n".join(["does not hold to the contract:", *lines]))


class WrongKindError(ValueError):
    """Another kind of document was given than is needed."""


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
