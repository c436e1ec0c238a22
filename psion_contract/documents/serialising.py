"""Contract documents as text, in the one layout in which this project writes them."""

from __future__ import annotations

from json import dumps

from psion_contract.documents import kinds, schemas
from psion_contract.documents.digests import Json


def document_text(document: Json) -> str:
    """A contract document as text.

    Two spaces, members in contract order, those that are null left out, non-ASCII characters as
    themselves, a newline at the end.

    Args:
        document: one that fits its schema.

    Raises:
        ValueError: it is of no kind that the contract knows.
    """
    kind = kinds.recognise(document)
    if kind is None:
        versions = ", ".join(kinds.KINDS)
        raise ValueError(f"not a contract document; its schema_version would be one of {versions}")
    return dumps(schemas.in_contract_order(kind.version, document), ensure_ascii=False, indent=2) + "\n"
