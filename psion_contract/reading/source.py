"""Named bytes, the input of every check."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from psion_contract.reading.json_reader import to_bytes
from psion_contract.reading.json_text import Problem


class Source(NamedTuple):
    """Bytes to check, with their name.

    Attributes:
        name: the name that findings use.
        data: the bytes of one JSON document.
        named: whether the user named it; then it must contain a contract document.
        first_line: the line of the file on which the data starts, from 1.
        located: False if the user did not write these bytes, and positions in them would be misleading.
        group: name of the file that several sources come from, at least one of which must contain a contract
            document; empty for none.
        fault: what kept the bytes from being read or written, such as an object that is not JSON.
    """

    name: str
    data: bytes
    named: bool = True
    first_line: int = 1
    located: bool = True
    group: str = ""
    fault: Problem | None = None


def sources_of(documents: Mapping[str, Any] | Iterable[Source]) -> Iterable[Source]:
    """The sources for a mapping of names to bytes, text or parsed objects; sources are returned unchanged."""
    return _from_mapping(documents) if isinstance(documents, Mapping) else documents


def _from_mapping(documents: Mapping[str, Any]) -> Iterator[Source]:
    for name, value in documents.items():
        located = isinstance(value, (bytes, str, bytearray, memoryview))
        try:
            data = value if isinstance(value, bytes) else to_bytes(value)
        except ValueError as error:
            yield Source(name, b"", located=False, fault=Problem("invalid-json", str(error)))
        else:
            yield Source(name, data, True, 1, located)
