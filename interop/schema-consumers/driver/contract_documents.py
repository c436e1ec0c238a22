"""The contract documents that the validators judge."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from pathlib import Path
from typing import Any, NamedTuple

from psion_contract.conformance.pack import load_cases
from psion_contract.documents import kinds
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, read
from psion_contract.resources import data_path


class Document(NamedTuple):
    """One contract document.

    Attributes:
        origin: where it comes from, for people.
        pointer: its place there.
        schema: name of the schema that applies to it.
        value: the parsed document.
        text: the document as JSON.
    """

    origin: str
    pointer: str
    schema: str
    value: Any
    text: str


class Found(NamedTuple):
    """The documents in some texts.

    Attributes:
        documents: each different document once.
        unread: origins of the texts that are not strict JSON, which no validator gets.
    """

    documents: list[Document]
    unread: list[str]


def canonical() -> Found:
    """The documents of the canonical fixtures."""
    paths = sorted(Path(data_path("fixtures", "psion")).rglob("*.json"))
    return _found((path.name, path.read_bytes(), DEFAULT_LIMITS) for path in paths)


def pack() -> Found:
    """The documents of every case of the conformance pack, with the limits of their cases."""
    return _found(
        (f"{case.id}: {given.name}", given.data, DEFAULT_LIMITS._replace(**case.limits))
        for case in load_cases()
        for given in (*case.documents, *case.inputs)
    )


def as_text(value: Any) -> str:
    """A value as JSON, without escapes of characters beyond ASCII."""
    return dumps(value, ensure_ascii=False)


def _found(texts: Iterator[tuple[str, bytes, Limits]]) -> Found:
    documents: dict[tuple[str, str], Document] = {}
    unread = []
    for origin, data, limits in texts:
        reading = read(data, limits)
        if reading.problems:
            unread.append(origin)
            continue
        for pointer, kind, value in kinds.find(reading.value):
            text = as_text(value) if pointer else data.decode()
            documents.setdefault((kind.version, text), Document(origin, pointer, kind.version, value, text))
    return Found(list(documents.values()), unread)
