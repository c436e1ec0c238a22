"""A contract document: its location, its value, and what is wrong with it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from psion_contract.documents import kinds
from psion_contract.documents.kinds import Kind
from psion_contract.findings import DocumentEntry, Identity, Place
from psion_contract.reading.json_text import Text
from psion_contract.reading.pointers import ancestors, overlaps

T = TypeVar("T")


class Document:
    """One contract document.

    Attributes:
        name: name of the file or entry that contains it.
        pointer: its pointer in that file.
        kind: its kind.
        value: the JSON object.
        text: the text of the whole file, for positions; None for a parsed object.
        judged: False for an input, which is only referred to.
        broken: pointers, from the root of the document, to the values that the reader or the schema refused, sorted.
        explained: whether `broken` lists all of them; if not, it is the whole document, and any value may be sound.
        misread: whether another reader may see another document: the text has a problem here.
        unsafe: whether it may contain an integer above 2^53 - 1, or below its negative.
        non_ascii: whether it may have identifiers with characters outside ASCII that look like others.
    """

    __slots__ = (
        "_cache",
        "broken",
        "explained",
        "judged",
        "kind",
        "misread",
        "name",
        "non_ascii",
        "pointer",
        "text",
        "unsafe",
        "value",
    )

    def __init__(
        self, name: str, pointer: str, kind: Kind, value: dict[str, Any], text: Text | None, judged: bool
    ) -> None:
        self.name = name
        self.pointer = pointer
        self.kind = kind
        self.value = value
        self.text = text
        self.judged = judged
        self.broken: tuple[str, ...] = ()
        self.explained = True
        self.misread = False
        self.unsafe = False
        self.non_ascii = False
        self._cache: dict[object, Any] = {}

    def remember(self, compute: Callable[[dict[str, Any]], T]) -> T:
        """The result of `compute` for the value, computed once."""
        cache: dict[object, T] = self._cache
        if compute not in cache:
            cache[compute] = compute(self.value)
        return cache[compute]

    def broken_at(self, needed: Iterable[str]) -> str | None:
        """A broken pointer that equals one of the `needed` pointers, or is above or below it; None if there is none."""
        broken = self.broken
        if len(broken) == 1:  # most broken documents, of which every check asks
            only = broken[0]
            return only if any(overlaps(only, pointer) for pointer in needed) else None
        for pointer in needed:
            for each in ancestors(pointer):
                position = bisect_left(broken, each)
                if position < len(broken) and broken[position] == each:
                    return each
            position = bisect_left(broken, pointer + "/")
            if position < len(broken) and broken[position].startswith(pointer + "/"):
                return broken[position]
        return None

    def place(self, pointer: str = "") -> Place | None:
        """The position of the value at `pointer`, from the document's root; None without source text."""
        return None if self.text is None else self.text.place(self.pointer + pointer)

    @property
    def identity(self) -> Identity | None:
        """The members by which others refer to it; None if one of them is unusable."""
        if self.broken and self.explained and self.broken_at(self.kind.identity_pointers) is not None:
            return None
        return kinds.identify(self.kind, self.value)

    def entry(self) -> DocumentEntry:
        """The entry of the document in a report."""
        return DocumentEntry(self.name, self.pointer, self.kind.version, self.identity, self.judged)
