"""Identity conflicts among any number of documents: 16 bytes are remembered of each claim, and claims that occur twice
are looked at again."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from psion_contract.documents import digests
from psion_contract.documents.document import Document
from psion_contract.findings import MAX_FINDINGS
from psion_contract.identities import Conflict, Identities, claim_key, in_order

if TYPE_CHECKING:
    from psion_contract.streaming.archives import Archive

_GROUPS = 1000
"""How many claims are looked at together: of each, the first document is kept."""


class Keys:
    """Keys of claims, 8 bytes each.

    Args:
        ordered: the keys, sorted.
    """

    def __init__(self, ordered: array[int]) -> None:
        self.ordered = ordered

    def position(self, key: int) -> int | None:
        """The position of a key; None if it is not one of them."""
        ordered = self.ordered
        position = bisect_left(ordered, key)
        return position if position < len(ordered) and ordered[position] == key else None

    def __contains__(self, key: object) -> bool:
        """Whether a key is one of them."""
        return isinstance(key, int) and self.position(key) is not None

    def __len__(self) -> int:
        """How many there are."""
        return len(self.ordered)


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

    def conflicts(self, archive: Archive) -> Iterator[Conflict]:
        """The conflicts of the documents, as `Identities.conflicts_with` gives them.

        Args:
            archive: has the documents.
        """
        repeated = Keys(self._repeated())
        if not repeated:
            return
        differing = self._differing(repeated, archive)
        for start in range(0, min(len(differing), MAX_FINDINGS + 1), _GROUPS):
            yield from self._among(differing[start : start + _GROUPS], archive)

    def _repeated(self) -> array[int]:
        """The keys that occur twice, or in the inputs, sorted."""
        ordered = array("Q", sorted(self._keys))
        found = array("Q")
        for number, key in enumerate(ordered):
            again = number + 1 < len(ordered) and ordered[number + 1] == key
            if (again or key in self._known) and (not found or found[-1] != key):
                found.append(key)
        return found

    def _parts_with(self, keys: Keys) -> set[int]:
        return {part for key, part in zip(self._keys, self._parts, strict=True) if key in keys}

    def _differing(self, keys: Keys, archive: Archive) -> array[int]:
        """Of keys those whose documents are not all copies, in the order of the documents."""
        high, low = array("Q", bytes(8 * len(keys))), array("Q", bytes(8 * len(keys)))
        found: dict[int, None] = {}
        order = array("Q")
        for key, both in archive.contents(self._parts_with(keys), keys):
            position = keys.position(key)
            assert position is not None
            if not high[position] and not low[position]:
                high[position], low[position] = both
                order.append(key)
                if key in self._known:
                    found[key] = None
            elif both != (high[position], low[position]):
                found[key] = None
        return array("Q", (key for key in order if key in found))

    def _among(self, keys: array[int], archive: Archive) -> Iterator[Conflict]:
        """The conflicts of the documents with these keys, in this order, as far as they are listed."""
        wanted = Keys(array("Q", sorted(keys)))
        first: dict[int, Document] = {}
        seen: dict[int, set[str]] = {key: set() for key in keys}
        found: dict[int, list[Conflict]] = {key: [] for key in keys}
        held = 0
        for documents in self._claiming(wanted, archive):
            by_key: dict[int, list[Document]] = {}
            for document in documents:
                key = claim_key(document)
                assert key is not None
                by_key.setdefault(key, []).append(document)
            for key, alike in by_key.items():
                if key not in found or len(found[key]) > MAX_FINDINGS:
                    continue
                new = [each for each in alike if each.remember(digests.content_digest) not in seen[key]]
                if not new:
                    continue
                before = [first[key]] if key in first else []
                conflicts = self._identities.conflicts_with(new, before)
                found[key] += conflicts
                held += len(conflicts)
                if not before:
                    first[key] = in_order(new)[0]
                seen[key].update(each.remember(digests.content_digest) for each in new)
                while held - len(found[last := next(reversed(found))]) > MAX_FINDINGS:
                    held -= len(found.pop(last))  # those before it are more than are listed
                    del seen[last]
        for each in found.values():
            yield from each

    def _claiming(self, keys: Keys, archive: Archive) -> Iterator[list[Document]]:
        """The documents with one of the keys, those of each part together."""
        for documents in archive.documents(self._parts_with(keys)):
            yield [each for each in documents if claim_key(each) in keys]
