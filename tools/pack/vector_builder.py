"""Digest vectors: inputs, and their preimages written out by hand."""

from __future__ import annotations

from json import dumps
from typing import Any

from psion_contract.documents.digests import sha256
from tools.edits import Edit

Json = dict[str, Any]

VECTORS: dict[str, list[Json]] = {}
"""By digest, its vectors."""


def vector(digest: str, slug: str, description: str, value: Any, *preimage: str) -> None:
    """Add a vector.

    Args:
        digest: ``D1`` to ``D9``, or ``content``.
        slug: the rest of its id.
        description: one sentence.
        value: what the preimage is made of: a JSON value, or its text where the spelling is the matter.
        preimage: its pieces, as a person wrote them.
    """
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, separators=(",", ":"))
    whole = "".join(preimage)
    made = {"id": f"{digest}.{slug}", "description": description, "digest": digest}
    made |= {"input": text, "preimage": whole, "sha256": sha256(whole)}
    VECTORS.setdefault(digest, []).append(made)


def edited(value: Any, *edits: Edit) -> Any:
    """A value with edits, for which it is called v."""
    tree = {"v": value}
    for edit in edits:
        edit(tree)
    return tree["v"]
