"""How digest vectors are written down: an input, and its preimage as a person wrote it."""

from __future__ import annotations

from json import dumps
from typing import Any

from psion_contract.documents.digests import sha256
from tools.edits import Edit, edited

Json = dict[str, Any]


def vector(digest: str, slug: str, description: str, value: Any, *preimage: str) -> Json:
    """A vector.

    Args:
        digest: ``D1`` to ``D9``, or ``content``.
        slug: the rest of its id.
        description: one sentence.
        value: what the preimage is made of: a JSON value, or a JSON text if its spelling matters.
        preimage: its pieces, written out by hand.
    """
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, separators=(",", ":"))
    whole = "".join(preimage)
    return {
        "id": f"{digest}.{slug}",
        "description": description,
        "digest": digest,
        "input": text,
        "preimage": whole,
        "sha256": sha256(whole),
    }


def edited_value(value: Any, *edits: Edit) -> Any:
    """A copy of a value with edits, whose places call the value ``v``."""
    return edited({"v": value}, *edits)["v"]
