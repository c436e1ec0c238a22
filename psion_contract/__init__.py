"""The contract of a Psion pretrain stage, and the checker that holds documents to it.

``check_documents`` checks a set of documents against each other; ``Checker`` checks many against inputs
that are given once. What they return is a ``Report`` of ``Finding``s. See docs/ for the contract itself.
"""

from __future__ import annotations

from psion_contract.checker import Checker, check_documents
from psion_contract.findings import DocumentEntry, Finding, LeftAlone, Related, Report, Severity, Skipped
from psion_contract.intake import Source
from psion_contract.strictjson import Limits
from psion_contract.version import VERSION

__version__ = VERSION

__all__ = [
    "Checker",
    "DocumentEntry",
    "Finding",
    "LeftAlone",
    "Limits",
    "Related",
    "Report",
    "Severity",
    "Skipped",
    "Source",
    "__version__",
    "check_documents",
]
