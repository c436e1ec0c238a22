"""The contract of a Psion pretrain stage, and the checker that holds documents to it.

``check_documents`` checks a set of documents against each other; ``Checker`` checks many against inputs
that are given once. What they return is a ``Report`` of ``Finding``s. ``new_config`` and ``new_receipt``
make documents, ``seal`` recomputes their digests, ``StageProgram`` keeps the history of a run. See docs/
for the contract itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from psion_contract.checker import Checker, check_documents
from psion_contract.findings import DocumentEntry, Finding, LeftAlone, Related, Report, Severity, Skipped
from psion_contract.intake import Source
from psion_contract.strictjson import Limits
from psion_contract.version import VERSION

if TYPE_CHECKING:
    from psion_contract.documenttext import document_text
    from psion_contract.given import InconsistentError, WrongKindError
    from psion_contract.produce import new_config, new_receipt
    from psion_contract.rows import MeasuredRow, RowProblem, RowsError
    from psion_contract.sealing import NotSealableError, Sealing, seal
    from psion_contract.stage_program import (
        StageProgram,
        StageRefusalError,
        StateChangedError,
        StateFileError,
        StateLockedError,
    )

__version__ = VERSION

__all__ = [
    "Checker",
    "DocumentEntry",
    "Finding",
    "InconsistentError",
    "LeftAlone",
    "Limits",
    "MeasuredRow",
    "NotSealableError",
    "Related",
    "Report",
    "RowProblem",
    "RowsError",
    "Sealing",
    "Severity",
    "Skipped",
    "Source",
    "StageProgram",
    "StageRefusalError",
    "StateChangedError",
    "StateFileError",
    "StateLockedError",
    "WrongKindError",
    "__version__",
    "check_documents",
    "document_text",
    "new_config",
    "new_receipt",
    "seal",
]

# What only producers need is imported when it is asked for, so that a check starts without it.
_ON_DEMAND = {
    "InconsistentError": "given",
    "MeasuredRow": "rows",
    "NotSealableError": "sealing",
    "RowProblem": "rows",
    "RowsError": "rows",
    "Sealing": "sealing",
    "StageProgram": "stage_program",
    "StageRefusalError": "stage_program",
    "StateChangedError": "stage_program",
    "StateFileError": "stage_program",
    "StateLockedError": "stage_program",
    "WrongKindError": "given",
    "document_text": "documenttext",
    "new_config": "produce",
    "new_receipt": "produce",
    "seal": "sealing",
}


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
