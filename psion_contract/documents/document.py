"""A contract document with its place, its value and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from psion_contract.documents import kinds
from psion_contract.documents.kinds import Kind
from psion_contract.findings import DocumentEntry, Position
from psion_contract.reading.json_text import Text
from psion_contract.reading.pointers import overlaps

T = TypeVar("T")


class Document:
    """One contract document.

    Attributes:
        name: of the file or entry that holds it.
        pointer: where it is in that file.
        kind: what it is.
        value: the JSON object.
        text: of the whole file, for positions; None where it was given as an object.
        judged: False for an input, which only others refer to.
        broken: pointers, from the document's root, of what the reader or the schema refused.
        unsafe: whether it may hold an integer above 2^53 - 1.
    """

    __slots__ = ("_memory", "broken", "judged", "kind", "name", "pointer", "text", "unsafe", "value")

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
        self.unsafe = False
        self._memory: dict[object, Any] = {}

    def remember(self, make: Callable[[dict[str, Any]], T]) -> T:
        """The result of `make` for the value, computed once."""
        if make not in self._memory:
            self._memory[make] = make(self.value)
        return cast(T, self._memory[make])

    def broken_at(self, needed: Iterable[str]) -> str | None:
        """The first broken pointer that overlaps one of the pointers needed, or None."""
        return next((bad for bad in self.broken for need in needed if overlaps(bad, need)), None)

    def position(self, pointer: str = "") -> Position | None:
        """Line and column of the value at `pointer`, from the document's root; None without source text."""
        return None if self.text is None else self.text.position(self.pointer + pointer)

    @property
    def identity(self) -> dict[str, str] | None:
        """The members by which others refer to it; None where one of them is unusable."""
        if self.broken and self.broken_at(self.kind.identity_pointers) is not None:
            return None
        return kinds.identify(self.kind, self.value)

    def entry(self) -> DocumentEntry:
        """The document as a report lists it."""
        return DocumentEntry(self.name, self.pointer, self.kind.version, self.identity, self.judged)
