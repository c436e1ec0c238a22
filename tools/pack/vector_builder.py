"""Builds digest vectors from an input and its preimage, written by hand."""

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
        slug: the second part of its id.
        description: one sentence.
        value: the input: a JSON value, or a JSON text if its spelling matters.
        preimage: the preimage in pieces, written by hand.
    """
    text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, separators=(",", ":"))
    joined = "".join(preimage)
    return {
        "id": f"{digest}.{slug}",
        "description": description,
        "digest": digest,
        "input": text,
        "preimage": joined,
        "sha256": sha256(joined),
    }


def edited_value(value: Any, *edits: Edit) -> Any:
    """A copy of a value with edits, whose pointers start with ``/v``."""
    return edited({"v": value}, *edits)["v"]
