"""The digests of documents, stored and computed, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from json import dumps

from psion_contract.documents.document import Document
from psion_contract.evidence.stored_digests import Row
from psion_contract.findings import Finding, LeftAlone
from psion_contract.output.text import Look, Style, blocks, ignored, plain
from psion_contract.reading.escaping import printable

Listing = list[tuple[Document, list[Row]]]

_WORDS: dict[str, tuple[Look, str]] = {
    "agrees": ("good", "agrees"),
    "differs": ("error", "DIFFERS"),
    "not-stored": ("dim", "not stored in the document"),
    "not-computed": ("warning", "not computed: the model descriptor is not among the documents"),
}


def as_text(
    listing: Listing,
    findings: Sequence[Finding],
    left_alone: Sequence[LeftAlone],
    preimage: bool,
    style: Style = plain,
) -> str:
    """The digests as text, one block per document.

    Args:
        listing: the documents with their digests.
        findings: what the reader and the schemas found.
        left_alone: what was ignored.
        preimage: whether to print preimages.
        style: how to mark up the text.
    """
    parts = ["\n".join(_block(document, rows, preimage, style)) for document, rows in listing]
    if left_alone:
        parts.append("\n".join(ignored(left_alone)))
    return "\n\n".join([*blocks(findings, style), *parts]) + "\n"


def _block(document: Document, rows: list[Row], preimage: bool, style: Style) -> Iterator[str]:
    location = printable(document.name) + (f"#{printable(document.pointer)}" if document.pointer else "")
    yield f"{style('bold', location)}: {document.kind.title}"
    if document.broken:
        yield "  no digests: the document does not match its schema"
    for row in rows:
        look, words = _WORDS[row.state]
        pointer = f"  {printable(row.pointer)}" if row.pointer else ""
        yield f"  {row.id:<8}{row.name}{pointer}: {style(look, words)}"
        if row.state == "differs":
            yield f"    stored    {row.stored}"
            yield f"    computed  {row.computed}"
        else:
            yield f"    {row.stored or row.computed}"
        if preimage and row.preimage is not None:
            yield f"    preimage  {printable(row.preimage)}"


def as_json(
    listing: Listing, findings: Sequence[Finding], left_alone: Sequence[LeftAlone], preimage: bool
) -> str:
    """The digests as JSON text; arguments as for `as_text`."""
    value = {
        "findings": [finding.to_dict() for finding in findings],
        "left_alone": [each._asdict() for each in left_alone],
        "documents": [
            {
                "name": document.name,
                "pointer": document.pointer,
                "kind": document.kind.version,
                "digests": [
                    {
                        "id": row.id,
                        "name": row.name,
                        "pointer": row.pointer,
                        "stored": row.stored,
                        "computed": row.computed,
                        "state": row.state,
                        **({"preimage": row.preimage} if preimage else {}),
                    }
                    for row in rows
                ],
            }
            for document, rows in listing
        ],
    }
    return dumps(value, ensure_ascii=False, indent=2) + "\n"
