"""The exceptions that public calls raise, all derived from `PsionContractError`.

A check raises nothing for the contents of a document: defects are findings. Calls that build, seal or load documents
raise if there is no result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from psion_contract.catalog import RULES
from psion_contract.findings import Finding, Report

_MAX_LISTED = 20
"""Maximum number of findings or problems in the text of an exception or a warning."""


class PsionContractError(Exception):
    """The base class of all exceptions of this package. All of them can be copied and pickled, with their notes."""


class ContractWarning(UserWarning):
    """What a call accepted, but hardly as it was meant: findings of severity warning, or losses out of the ordinary.

    Attributes:
        report: the report with the findings; None for a warning about rows.
    """

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(message)
        self.report = report

    @classmethod
    def of(cls, report: Report) -> ContractWarning:
        """The warning for the findings of a report."""
        return cls("\n".join(["the contract has warnings:", *_lines(report)]), report)


class ArgumentError(PsionContractError, TypeError, ValueError):
    """An argument has a type or a value that the call cannot use; the message names the argument and the member."""


class UnreadableError(PsionContractError):
    """A path cannot be read; the message says which and why."""


class ArtifactError(PsionContractError, ValueError):
    """A file that documents are about, such as a shard or a checkpoint, cannot be read or is not what it should be.

    Attributes:
        path: of the file or folder.
        problem: what is wrong.
        expected: what would be right; empty if nothing more can be said.
    """

    def __init__(self, path: str, problem: str, expected: str = "") -> None:
        self.path = str(path)  # without the connection of a remote one
        self.problem = problem
        self.expected = expected
        shown = path if path.isprintable() else ascii(path)[1:-1]
        super().__init__(f"{shown}: {problem}" + (f"; expected {expected}" if expected else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        """The arguments to make it again, for pickle and copy, and its attributes, such as its notes."""
        return type(self), (self.path, self.problem, self.expected), self.__dict__


class StreamError(PsionContractError):
    """A check of a stream cannot be finished, so there is no verdict; the message says why."""


class InconsistentError(PsionContractError, ValueError):
    """A new document or one of its inputs breaks the contract.

    Attributes:
        report: the report on the documents. An input has the name of its source, or else ``descriptor``,
            ``corpus``, ``policy`` or ``config``; the new document is ``new config`` or ``new receipt``.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("\n".join(["the documents break the contract:", *_lines(report)]))

    def __reduce__(self) -> tuple[Any, ...]:
        """The arguments to make it again, for pickle and copy, and its attributes, such as its notes."""
        return type(self), (self.report,), self.__dict__


class WrongKindError(PsionContractError, ValueError):
    """An input is another kind of document than expected."""


class SidecarError(PsionContractError, ValueError):
    """A sidecar that is not complete, or that cannot be used; the message has a line for each gap, with its place."""


class ModelMismatchError(PsionContractError, ValueError):
    """A model that a descriptor does not describe: its checkpoint has other tensors, or its config says something else.

    Attributes:
        path: of the checkpoint or the config.
        problems: a line for each tensor that is missing, surplus, or has another shape or dtype, at most 1000; or for
            each member of the config.
        remarks: what the names of the tensors tell about the model, such as its position encoding.
    """

    def __init__(self, path: str, problems: Sequence[str], remarks: Sequence[str] = ()) -> None:
        self.path = path
        self.problems = tuple(problems)
        self.remarks = tuple(remarks)
        lines = [f"{path}: {each}" for each in (*self.remarks, *self.problems[:_MAX_LISTED])]
        super().__init__("\n".join(lines + _rest(self.problems)))

    def __reduce__(self) -> tuple[Any, ...]:
        """The arguments to make it again, for pickle and copy, and its attributes, such as its notes."""
        return type(self), (self.path, self.problems, self.remarks), self.__dict__


class NotSealableError(PsionContractError, ValueError):
    """The file has no receipt at its root, so there is nothing to seal; the message says what it has."""


class RowProblem(NamedTuple):
    """One problem of one measured row.

    Attributes:
        row: its position, from 0.
        member: the member concerned; empty for the row as a whole.
        message: what is wrong and what would be right.
    """

    row: int
    member: str
    message: str


class RowsError(PsionContractError, ValueError):
    """Measured rows that cannot become rows of a receipt.

    Attributes:
        problems: the problems in the order of the rows, at most 100; the last one says if there may be more.
    """

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        lines = []
        for row, member, message in self.problems[:_MAX_LISTED]:
            place = f'["{member}"]' if member else ""
            lines.append(f"reports[{row}]{place}: {message}")
        super().__init__("\n".join(lines + _rest(self.problems)))

    def __reduce__(self) -> tuple[Any, ...]:
        """The arguments to make it again, for pickle and copy, and its attributes, such as its notes."""
        return type(self), (self.problems,), self.__dict__


class RowFileError(PsionContractError, ValueError):
    """A file of rows that cannot be used; the message has a line for each problem, at most 100."""


class TraceFileError(PsionContractError, ValueError):
    """A file of traces that cannot be read; the message says where and why."""


class OrderLogError(PsionContractError, ValueError):
    """The log of an order cannot be read, written or continued; the message says which, where and why."""


class StageRefusalError(PsionContractError):
    """A change of a stage program that the contract does not allow. The program is unchanged.

    Attributes:
        rule: the rule that the change would break; of several, the first.
        stage: id of the current stage; None before the first one.
        expected: the correct JSON value, if there is exactly one, else None.
        findings: all findings on the state after the change, and on the receipt to be recorded.
    """

    def __init__(self, message: str, stage: str | None, findings: Iterable[Finding]) -> None:
        self._message = message
        self.stage = stage
        self.findings = tuple(findings)
        first = next((each for each in self.findings if each.severity == "error"), self.findings[0])
        self.rule = first.rule
        self.expected: Any = first.expected
        others = len(self.findings) - 1
        more = f" ({others} more finding{'s' if others > 1 else ''})" if others else ""
        super().__init__(f"{message}: {first.rule}: {first.message}{more}. {self.remedy}")

    def __reduce__(self) -> tuple[Any, ...]:
        """The arguments to make it again, for pickle and copy, and its attributes, such as its notes."""
        return type(self), (self._message, self.stage, self.findings), self.__dict__

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return RULES[self.rule].remedy


class StateFileError(PsionContractError):
    """A state file that cannot be read or written; the message says which and why."""


class StateLockedError(StateFileError):
    """Another process holds the lock of a state file."""


class StateChangedError(StateFileError):
    """A state file has changed since it was read."""


class ConfigurationError(PsionContractError, ValueError):
    """A configuration or a baseline that cannot be used; the message says which file and why, a line for each problem."""


class MissingExtraError(PsionContractError, ImportError):
    """A part of the package needs a library that is not installed; the message says how to install it."""


class SchemaError(PsionContractError, ValueError):
    """A schema that cannot be found, read or used; the message says which and why."""


def _lines(report: Report) -> list[str]:
    """A line for each finding of a report, up to a limit."""
    lines = [
        f"{each.document}{f'#{each.pointer}' if each.pointer else ''}: {each.severity}: {each.rule}: {each.message}"
        for each in report.findings[:_MAX_LISTED]
    ]
    return lines + _rest(report.findings)


def _rest(listed: Sequence[Any]) -> list[str]:
    """The line that ends a list that is too long."""
    return [f"and {len(listed) - _MAX_LISTED} more"] if len(listed) > _MAX_LISTED else []
