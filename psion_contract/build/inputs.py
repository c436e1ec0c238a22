"""The input documents of a new document, each valid and of the right kind."""

from __future__ import annotations

import warnings
from json import dumps
from typing import Any

from psion_contract.checker import Checker
from psion_contract.documents.kinds import ROLES, Kind
from psion_contract.documents.serialising import in_contract_order
from psion_contract.exceptions import ContractWarning, InconsistentError, WrongKindError
from psion_contract.findings import Report
from psion_contract.reading.json_reader import Json, Limits, checked_limits, read
from psion_contract.reading.python_values import to_bytes
from psion_contract.reading.source import Source, source_of

Input = Any
"""A document as `check_documents` takes it; in findings, a source and a path keep their names."""


class Inputs:
    """The input documents of a new document, each valid and of the right kind.

    Args:
        limits: the limits of the reader.
        documents: the documents, by role.

    Attributes:
        values: the JSON values, by role.

    Raises:
        ArgumentError: one of them has no JSON form.
        InconsistentError: one of them cannot be read or does not match its schema.
        UnreadableError: a file cannot be read.
        WrongKindError: one of them is another kind of document.
    """

    def __init__(self, limits: Limits, **documents: Input) -> None:
        checked_limits(limits)
        sources = {role: source_of(role, value, limits) for role, value in documents.items()}
        reader = Checker(limits=limits)
        self.values = {role: _value(reader, role, source) for role, source in sources.items()}
        self._limits, self._checker = limits, Checker(sources.values(), limits=limits)

    def check(self, name: str, document: Json) -> Report:
        """The report on a new document, checked against the inputs.

        Args:
            name: the name of the document in findings.
            document: the new document."""
        data = to_bytes(document)
        if (
            len(data) > self._limits.max_bytes // 4
        ):  # with the white space of `document_text`, it may be too large
            data = dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "surrogatepass")
        return self._checker.check([Source(name, data, located=False)])


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


def in_order(kind: Kind, document: Json) -> Json:
    """A copy of a valid document with its members in contract order, which shares nothing with the inputs."""
    ordered: Json = in_contract_order(kind.version, read(to_bytes(document)).value)
    return ordered


def refuse_unless_ok(report: Report) -> None:
    """Raise `InconsistentError` unless the report is ok."""
    if not report.ok:
        raise InconsistentError(report)


def warn_of(report: Report, stacklevel: int = 3) -> None:
    """Issue a `ContractWarning` if an ok report has findings, which are warnings then.

    Args:
        report: the report.
        stacklevel: as for ``warnings.warn``; by default, it names the caller of the caller.
    """
    if report.findings:
        warnings.warn(ContractWarning.of(report), stacklevel=stacklevel)
