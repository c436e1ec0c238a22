"""Changes of documents, as functions that can be listed, and the canonical documents to change."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from psion_contract import canonical
from psion_contract.pointers import parts, value_at

_PATHS = {
    "descriptor": "psion/models/psion_compact_decoder_descriptor_v1.json",
    "corpus": "psion/tokenized/psion_tokenized_corpus_manifest_v1.json",
    "policy": "psion/sampling/psion_sampling_policy_v1.json",
    "config": "psion/pretrain/psion_pretrain_stage_config_v1.json",
    "receipt": "psion/pretrain/psion_pretrain_stage_receipt_v1.json",
}


def canonical_documents(*roles: str) -> dict[str, Any]:
    """The canonical documents of those roles, to do with as one likes."""
    built = canonical.documents()
    return {role: built[_PATHS[role]] for role in roles}


Edit = Callable[[Any], None]


def put(pointer: str, value: Any) -> Edit:
    """Set a member or an item."""

    def edit(document: Any) -> None:
        holder, last = value_at(document, pointer.rpartition("/")[0]), parts(pointer)[-1]
        holder[int(last) if isinstance(holder, list) else last] = deepcopy(value)

    return edit


def drop(pointer: str) -> Edit:
    """Remove a member or an item."""

    def edit(document: Any) -> None:
        holder, last = value_at(document, pointer.rpartition("/")[0]), parts(pointer)[-1]
        del holder[int(last) if isinstance(holder, list) else last]

    return edit


def add(pointer: str, value: Any) -> Edit:
    """Append to a list."""
    return lambda document: value_at(document, pointer).append(deepcopy(value))


def again(pointer: str, **changes: Any) -> Edit:
    """Append a changed copy of an item to its list."""

    def edit(document: Any) -> None:
        value_at(document, pointer.rpartition("/")[0]).append(
            {**deepcopy(value_at(document, pointer)), **changes}
        )

    return edit


def swap(pointer: str, first: int, second: int) -> Edit:
    """Exchange two items of a list."""

    def edit(document: Any) -> None:
        items = value_at(document, pointer)
        items[first], items[second] = items[second], items[first]

    return edit
