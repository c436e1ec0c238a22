"""Identity conflicts among any number of documents: 16 bytes are remembered of each claim, and claims that occur twice
are looked at again."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator

from psion_contract.documents import digests
from psion_contract.documents.document import Document
from psion_contract.findings import MAX_FINDINGS
from psion_contract.identities import Conflict, Identities, claim_key, in_order

Reload = Callable[[Collection[int]], Iterator[list[Document]]]
"""Loads parts of the sources again, given their numbers."""

_GROUPS = 1000
"""How many claims are looked at together: of each, the first document is kept."""


class Claims:
    """What documents claim to be.

    Args:
        identities: those of the inputs.
    """

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._known = identities.known_keys()
        self._keys = array("Q")
        self._parts = array("Q")

    def add(self, part: int, keys: array[int]) -> None:
        """Note the claims of a part of the sources."""
        self._keys += keys
        self._parts.extend([part] * len(keys))

    def conflicts(self, reload: Reload) -> Iterator[Conflict]:
        """The conflicts of the documents, as `Identities.conflicts_with` gives them.

        Args:
            reload: loads the documents of a part of the sources again.
        """
        repeated = self._repeated()
        if not repeated:
            return
        differing = self._differing(repeated, reload)
        for start in range(0, min(len(differing), MAX_FINDINGS + 1), _GROUPS):
            yield from self._among(differing[start : start + _GROUPS], reload)

    def _repeated(self) -> array[int]:
        """The keys that occur twice, or in the inputs, sorted."""
        ordered = array("Q", sorted(self._keys))
        found = array("Q")
        for number, key in enumerate(ordered):
            again = number + 1 < len(ordered) and ordered[number + 1] == key
            if (again or key in self._known) and (not found or found[-1] != key):
                found.append(key)
        return found

    def _parts_with(self, keys: array[int]) -> set[int]:
        return {
            part
            for key, part in zip(self._keys, self._parts, strict=True)
            if _position(keys, key) is not None
        }

    def _differing(self, keys: array[int], reload: Reload) -> array[int]:
        """Of sorted keys those whose documents are not all copies, in the order of the documents."""
        high, low = array("Q", bytes(8 * len(keys))), array("Q", bytes(8 * len(keys)))
        found: dict[int, None] = {}
        order = array("Q")
        for document in self._claiming(keys, reload):
            key = claim_key(document)
            assert key is not None
            position = _position(keys, key)
            assert position is not None
            content = document.remember(digests.content_digest)
            both = int(content[:16], 16), int(content[16:32], 16)
            if not high[position] and not low[position]:
                high[position], low[position] = both
                order.append(key)
                if key in self._known:
                    found[key] = None
            elif both != (high[position], low[position]):
                found[key] = None
        return array("Q", (key for key in order if key in found))

    def _among(self, keys: array[int], reload: Reload) -> Iterator[Conflict]:
        """The conflicts of the documents with these keys, in this order."""
        ordered = array("Q", sorted(keys))
        first: dict[int, Document] = {}
        seen: dict[int, set[str]] = {key: set() for key in keys}
        found: dict[int, list[Conflict]] = {key: [] for key in keys}
        for documents in self._claiming_together(ordered, reload):
            by_key: dict[int, list[Document]] = {}
            for document in documents:
                key = claim_key(document)
                assert key is not None
                by_key.setdefault(key, []).append(document)
            for key, alike in by_key.items():
                if len(found[key]) > MAX_FINDINGS:
                    continue
                new = [each for each in alike if each.remember(digests.content_digest) not in seen[key]]
                if not new:
                    continue
                before = [first[key]] if key in first else []
                for each in self._identities.conflicts_with([*before, *new]):
                    if each.document not in before:
                        found[key].append(each)
                if not before:
                    first[key] = in_order(new)[0]
                seen[key].update(each.remember(digests.content_digest) for each in new)
        for key in keys:
            yield from found[key]

    def _claiming(self, keys: array[int], reload: Reload) -> Iterator[Document]:
        for documents in self._claiming_together(keys, reload):
            yield from documents

    def _claiming_together(self, keys: array[int], reload: Reload) -> Iterator[list[Document]]:
        """The documents with one of the sorted keys, those of each part together."""
        for documents in reload(self._parts_with(keys)):
            yield [
                each
                for each in documents
                if (key := claim_key(each)) is not None and _position(keys, key) is not None
            ]


def _position(ordered: array[int], key: int) -> int | None:
    position = bisect_left(ordered, key)
    return position if position < len(ordered) and ordered[position] == key else None
