"""Check pretrain-stage records against the Psion contract.

``check_documents`` checks a set of documents against each other; ``Checker`` checks any number of sets against the
same inputs. Both return a ``Report`` with ``Finding``s. ``new_descriptor``, ``new_corpus``, ``new_policy``, ``new_config``
and ``new_receipt`` build documents, ``seal`` recomputes the digests of a receipt, ``StageProgram`` records the stages of
a run, and ``schema`` and ``registry`` return the JSON Schemas. ``psion_contract.record`` records a run while it happens. All
exceptions are in `psion_contract.exceptions`.
"""

from __future__ import annotations

from psion_contract.version import VERSION

TYPE_CHECKING = False  # as type checkers read it; importing typing takes 10 ms
if TYPE_CHECKING:
    from typing import Any

    from psion_contract.build.new_corpus import new_corpus
    from psion_contract.build.new_descriptor import new_descriptor
    from psion_contract.build.new_documents import new_config, new_receipt
    from psion_contract.build.new_policy import new_policy
    from psion_contract.build.report_rows import MeasuredRow
    from psion_contract.build.sealing import Sealing, seal
    from psion_contract.checker import Checker, check_documents
    from psion_contract.documents.schemas import registry
    from psion_contract.documents.serialising import document_text
    from psion_contract.evidence.file_claims import check_with_files
    from psion_contract.exceptions import (
        ArgumentError,
        ArtifactError,
        ConfigurationError,
        ContractWarning,
        InconsistentError,
        MissingExtraError,
        ModelMismatchError,
        NotSealableError,
        OrderLogError,
        PsionContractError,
        RowProblem,
        RowsError,
        SchemaError,
        SidecarError,
        StageRefusalError,
        StateChangedError,
        StateFileError,
        StateLockedError,
        StreamError,
        UnreadableError,
        WrongKindError,
    )
    from psion_contract.findings import (
        DocumentEntry,
        FileClaims,
        Finding,
        LeftAlone,
        Related,
        Report,
        Severity,
        Skipped,
    )
    from psion_contract.program.stage_program import StageProgram
    from psion_contract.reading.json_reader import Limits
    from psion_contract.reading.source import Source
    from psion_contract.schema_files.lookup import schema

__version__ = VERSION

__all__ = [
    "ArgumentError",
    "ArtifactError",
    "Checker",
    "ConfigurationError",
    "ContractWarning",
    "DocumentEntry",
    "FileClaims",
    "Finding",
    "InconsistentError",
    "LeftAlone",
    "Limits",
    "MeasuredRow",
    "MissingExtraError",
    "ModelMismatchError",
    "NotSealableError",
    "OrderLogError",
    "PsionContractError",
    "Related",
    "Report",
    "RowProblem",
    "RowsError",
    "SchemaError",
    "Sealing",
    "Severity",
    "SidecarError",
    "Skipped",
    "Source",
    "StageProgram",
    "StageRefusalError",
    "StateChangedError",
    "StateFileError",
    "StateLockedError",
    "StreamError",
    "UnreadableError",
    "WrongKindError",
    "__version__",
    "check_documents",
    "check_with_files",
    "document_text",
    "new_config",
    "new_corpus",
    "new_descriptor",
    "new_policy",
    "new_receipt",
    "registry",
    "schema",
    "seal",
]

# Modules are imported on demand: a check starts without what only producers need, and the command line handles an
# interruption during its imports.
_MODULES = {
    "exceptions": (
        "ArgumentError",
        "ArtifactError",
        "ConfigurationError",
        "ContractWarning",
        "InconsistentError",
        "MissingExtraError",
        "NotSealableError",
        "OrderLogError",
        "PsionContractError",
        "RowProblem",
        "RowsError",
        "SchemaError",
        "SidecarError",
        "StageRefusalError",
        "StateChangedError",
        "StateFileError",
        "StateLockedError",
        "StreamError",
        "UnreadableError",
        "ModelMismatchError",
        "WrongKindError",
    ),
    "findings": (
        "DocumentEntry",
        "FileClaims",
        "Finding",
        "LeftAlone",
        "Related",
        "Report",
        "Severity",
        "Skipped",
    ),
    "build.new_corpus": ("new_corpus",),
    "build.new_descriptor": ("new_descriptor",),
    "build.new_documents": ("new_config", "new_receipt"),
    "build.new_policy": ("new_policy",),
    "build.report_rows": ("MeasuredRow",),
    "build.sealing": ("Sealing", "seal"),
    "checker": ("Checker", "check_documents"),
    "documents.schemas": ("registry",),
    "documents.serialising": ("document_text",),
    "evidence.file_claims": ("check_with_files",),
    "program.stage_program": ("StageProgram",),
    "reading.json_reader": ("Limits",),
    "reading.source": ("Source",),
    "schema_files.lookup": ("schema",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # a type checker would take every name for an attribute

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name == "exceptions":
            return import_module(f"{__name__}.exceptions")
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "exceptions"])
