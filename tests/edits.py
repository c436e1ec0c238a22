"""Changes of the canonical documents, as functions that can be listed, and what a rule must say of them.

Whatever a change makes untrue besides what its case is about is made true again, so that the one rule fires
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

from psion_contract.reading.pointers import parts, value_at
from tools import canonical

_PATHS = {
    "descriptor": "psion/models/psion_compact_decoder_descriptor_v1.json",
    "corpus": "psion/tokenized/psion_tokenized_corpus_manifest_v1.json",
    "policy": "psion/sampling/psion_sampling_policy_v1.json",
    "config": "psion/pretrain/psion_pretrain_stage_config_v1.json",
    "receipt": "psion/pretrain/psion_pretrain_stage_receipt_v1.json",
}


def canonical_documents(*roles: str) -> dict[str, Any]:
    """The canonical documents of those roles, to do with as one likes."""
    return {role: deepcopy(_built()[_PATHS[role]]) for role in roles}


_built = cache(canonical.documents)


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


class Case(NamedTuple):
    """A canonical document with something changed, alone or with the others.

    Attributes:
        rule: that the case is about; it is the only one that fires.
        what: the change in words.
        role: of the document changed.
        edits: the changes.
        places: where the rule fires; nowhere for what is accepted.
        together: whether the config and all that it refers to are checked, not the one document alone.
    """

    rule: str
    what: str
    role: str
    edits: tuple[Edit, ...]
    places: tuple[str, ...] = ()
    together: bool = False

    def documents(self) -> dict[str, Any]:
        """The documents by role, changed."""
        roles = ("descriptor", "corpus", "policy", "config") if self.together else (self.role,)
        found = canonical_documents(*roles)
        for edit in self.edits:
            edit(found[self.role])
        return found
