"""Named bytes, the input of every check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from psion_contract.exceptions import ArgumentError
from psion_contract.findings import IgnoredReason
from psion_contract.reading.escaping import excerpt, printable, quoted
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Limits, read
from psion_contract.reading.json_text import Problem
from psion_contract.reading.python_values import NotJsonError, plain, to_bytes

_TEXT = (str, bytes, bytearray, memoryview)
_MARKS = frozenset({"schema_version", "checkpoint_family"})
"""Members by which contract documents are recognised."""

_FILE_NAME = re.compile(r'[^\s{}\[\]"][^\n{}\[\]"]*\.(?:jsonl?|ndjson)')


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
        rest_claims: whether bytes after `data`, which are over a limit, claim the contract.
        ignored: why the bytes were not read at all, for what is below a directory and only listed; None if they were.
    """

    name: str
    data: bytes
    named: bool = True
    first_line: int = 1
    located: bool = True
    group: str = ""
    fault: Problem | None = None
    rest_claims: bool = False
    ignored: IgnoredReason | None = None


Documents = Mapping[str, Any] | Iterable[Any]
"""Documents to check: a mapping of names to documents, or documents in a list (see `sources_of`)."""


def sources_of(
    documents: Documents, argument: str = "documents", limits: Limits = DEFAULT_LIMITS
) -> Iterator[Source]:
    """The sources for documents in any accepted form.

    A document is text, bytes, a Python value (see `python_values`), the path of a file as an ``os.PathLike``, or a
    `Source`. Documents are the values of a mapping, under their names, or a list: there a path and a source have their
    own names, a tuple of a name and a document has that name, and others are ``documents[0]`` and so on. A path is
    read as the command line reads it.

    Args:
        documents: the documents.
        argument: the name of the argument, for messages.
        limits: of the reader, for files.

    Raises:
        ArgumentError: it is none of these, or a name is not a string, is empty or occurs twice.
        UnreadableError: a file cannot be read.
    """
    if isinstance(documents, (dict, Mapping)):
        if not _MARKS.isdisjoint(documents):
            raise ArgumentError(f"{argument}: found one document; put it in a list: [document]")
        return _named(documents.items(), argument, limits)
    if isinstance(documents, (*_TEXT, os.PathLike, Source)) or not isinstance(documents, Iterable):
        kind = type(documents).__name__
        message = (
            f"{argument}: expected a mapping of names to documents, or a list of documents; found a {kind}"
        )
        raise ArgumentError(message)
    return _listed(documents, argument, limits)


def source_of(name: str, value: Any, limits: Limits = DEFAULT_LIMITS) -> Source:
    """The source for one document in any accepted form; a source and a path keep their names.

    Raises:
        ArgumentError: it has no JSON form, or is a file with several documents.
        UnreadableError: the file cannot be read.
    """
    if isinstance(value, Source):
        return _checked(value, name)
    path = os.fsdecode(value) if isinstance(value, os.PathLike) else ""
    found = list(_sources(path or name, value, limits))
    if len(found) != 1:
        raise ArgumentError(f"{name}: expected one document, found {len(found)} in {quoted(path)}")
    if (fault := found[0].fault) is not None:
        raise ArgumentError(f"{name}: {f'{fault.pointer}: ' if fault.pointer else ''}{fault.message}")
    return found[0]


def json_object(argument: str, value: Any, limits: Limits = DEFAULT_LIMITS) -> Any:
    """An argument that should be a JSON object, which may be in a file; shares nothing with the caller's objects.

    Args:
        argument: the name of the argument.
        value: a Python value, the path of a file, or a source. What is not an object in Python is returned too.
        limits: of the reader.

    Raises:
        ArgumentError: it has no JSON form, or the file is not strict JSON with an object.
        UnreadableError: the file cannot be read.
    """
    if not isinstance(value, (Source, os.PathLike)):
        return plain(value, argument)
    source = source_of(argument, value, limits)
    reading, name = read(source.data, limits, source.first_line), printable(source.name)
    if reading.problems:
        problem = reading.problems[0]
        line, column = reading.text.position_of_offset(problem.offset)
        raise ArgumentError(f"{name}:{line}:{column}: {problem.message}")
    if not isinstance(reading.value, dict):
        found = "a list" if isinstance(reading.value, list) else excerpt(reading.value)
        raise ArgumentError(f"{name}: expected an object, found {found}")
    return reading.value


def _listed(documents: Iterable[Any], argument: str, limits: Limits) -> Iterator[Source]:
    """The sources for documents in a list."""
    names = set[str]()
    for index, value in enumerate(documents):
        place = f"{argument}[{index}]"
        if isinstance(value, Source):
            yield _checked(value, place)
            continue
        pair = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], (str, os.PathLike))
        name, document = value if pair else (value if isinstance(value, os.PathLike) else place, value)
        yield from _named([(name, document)], argument, limits, names)


def _named(
    entries: Iterable[tuple[Any, Any]], argument: str, limits: Limits, names: set[str] | None = None
) -> Iterator[Source]:
    """The sources for documents with names, which are added to `names`."""
    names = set() if names is None else names
    for given, value in entries:
        name = os.fsdecode(given) if not isinstance(given, str) and isinstance(given, os.PathLike) else given
        if not isinstance(name, str):
            kind = type(name).__name__
            raise ArgumentError(f"{argument}: the name {quoted(repr(name))} is a {kind}; expected a string")
        if not name:
            raise ArgumentError(f"{argument}: a name is empty")
        if name in names:
            raise ArgumentError(f"{argument}: the name {quoted(name)} occurs twice")
        names.add(name)
        if isinstance(value, bytes):
            yield Source(name, value)
        else:
            yield from _sources(name, value, limits)


def _sources(name: str, value: Any, limits: Limits) -> Iterator[Source]:
    """The sources for one document, several if it is the path of a folder or a JSON Lines file."""
    if isinstance(value, Source):
        yield _checked(value, name)._replace(name=name)
    elif isinstance(value, os.PathLike):
        from psion_contract.reading.files import gather  # imports this module

        path = os.fsdecode(value)
        path = "./-" if path == "-" else path  # a file of that name, not standard input
        for source in gather([path], limits):
            yield source._replace(name=name) if source.name == path else source
    else:
        try:
            data = to_bytes(value)
        except NotJsonError as error:
            yield Source(name, b"", located=False, fault=Problem("invalid-json", error.reason, error.pointer))
        else:
            yield Source(name, data, True, 1, isinstance(value, _TEXT), fault=_file_name_given(value))


def _checked(source: Source, place: str) -> Source:
    """A source whose members have the right types."""
    for member, kind in (("name", str), ("data", bytes), ("first_line", int)):
        value = getattr(source, member)
        if not isinstance(value, kind):
            found = type(value).__name__
            raise ArgumentError(f"{place}: the {member} of a Source is a {found}; expected {kind.__name__}")
    if source.first_line < 1:
        raise ArgumentError(f"{place}: the first_line of a Source is {source.first_line}; lines count from 1")
    return source


def _file_name_given(value: Any) -> Problem | None:
    """The problem of a string that is the name of a file rather than JSON text."""
    if not isinstance(value, str) or not _FILE_NAME.fullmatch(value):
        return None
    return Problem(
        "invalid-json", f"{quoted(value)} is a file name, not JSON text; to read the file, use pathlib.Path"
    )
