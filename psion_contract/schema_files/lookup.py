"""Which schemas ship with the package, and how schema files are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from psion_contract.documents import digests, schemas
from psion_contract.documents.kinds import ROLES
from psion_contract.documents.schemas import names
from psion_contract.exceptions import SchemaError
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import read
from psion_contract.resources import data_bytes

Schema = dict[str, Any]

SHORT_NAMES = {role: kind.version for role, kind in ROLES.items()} | {
    "common": schemas.COMMON,
    "report": schemas.REPORT,
}
"""What schemas may be called for short: documents by their role."""

_SUFFIX = schemas.file_name("")


class Entry(NamedTuple):
    """One shipped schema.

    Attributes:
        name: such as ``psion.sampling_policy.v1``.
        title: what people call it.
        file: its path from the top of the repository, ``schemas/<name>.schema.json``.
        sha256: of the file's bytes, as 64 hexadecimal characters.
    """

    name: str
    title: str
    file: str
    sha256: str


class Loaded(NamedTuple):
    """A schema with what it may refer to.

    Attributes:
        called: what the user called it.
        root: the schema.
        fetch: gives the schema with an absolute URI; raises SchemaError where there is none at hand.
    """

    called: str
    root: Schema
    fetch: Callable[[str], Schema]


def entries() -> list[Entry]:
    """All shipped schemas."""
    return [entry(name) for name in names()]


def entry(name: str) -> Entry:
    """What is to be said of the schema called `name`."""
    file = schemas.file_name(name)
    return Entry(name, schemas.schema(name)["title"], f"schemas/{file}", digests.sha256(text(name)))


def text(name: str) -> str:
    """The file of the schema called `name`, as it stands."""
    return data_bytes("schemas", schemas.file_name(name)).decode()


def schema(kind: str) -> Schema:
    """A shipped schema, parsed; the caller may change it.

    Args:
        kind: a schema's name, such as ``psion.pretrain_stage_receipt.v1``, or the role of a kind of document,
            such as ``receipt``; also ``common`` and ``report``.

    Raises:
        SchemaError: there is no such schema; the message suggests the closest name.
    """
    return deepcopy(schemas.schema(named(kind)))


def named(word: str, none: str = "no schema") -> str:
    """The name of the shipped schema that `word` means: its name, its file's name, or its short name.

    Args:
        word: what the user wrote.
        none: what there is not, where there is none, in words.

    Raises:
        SchemaError: there is none.
    """
    name = SHORT_NAMES.get(word, word.removesuffix(_SUFFIX))
    if name not in (known := names()):
        from difflib import get_close_matches  # only where something is wrong

        close = get_close_matches(word, [*known, *SHORT_NAMES], 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SchemaError(f"there is {none} {word!r}{hint}")
    return name


def load(word: str) -> Loaded:
    """The schema that `word` means: a file where there is one, else a shipped schema.

    What a file refers to is looked for beside it, then among the shipped schemas. Nothing is retrieved.

    Raises:
        SchemaError: there is no such schema, or it is no JSON object.
    """
    if os.path.isfile(word):
        return Loaded(word, _file(word), lambda uri: _beside(word, uri))
    if os.path.isdir(word):
        raise SchemaError(f"{printable(word)} is a directory; a schema is a file or a name")
    name = named(word, "no schema and no file")
    return Loaded(name, schemas.schema(name), shipped)


def shipped(uri: str) -> Schema:
    """The shipped schema with this ``$id``; raises SchemaError where there is none."""
    name = uri.removeprefix(schemas.BASE).removesuffix(_SUFFIX)
    if not uri.startswith(schemas.BASE) or name not in names():
        raise SchemaError(f"a $ref leads to {uri}, which is not at hand; nothing is retrieved")
    return schemas.schema(name)


def _beside(path: str, uri: str) -> Schema:
    """The schema with this URI out of a file beside `path`, or a shipped one."""
    other = os.path.join(os.path.dirname(path), uri.rpartition("/")[2])
    if os.path.isfile(other):
        found = _file(other)
        if found.get("$id", uri) == uri:
            return found
    return shipped(uri)


def _file(path: str) -> Schema:
    try:
        with open(path, "rb") as file:
            reading = read(file.read())
    except OSError as error:
        raise SchemaError(f"{printable(path)}: {error.strerror}") from error
    for problem in reading.problems:
        if problem.rule != "non-integer-number":  # a schema may hold fractions, a document may not
            line, column = reading.text.position_of_offset(problem.offset)
            raise SchemaError(f"{printable(path)}:{line}:{column}: {problem.message}")
    if not isinstance(reading.value, dict):
        raise SchemaError(f"{printable(path)}: a schema file holds a JSON object")
    return reading.value
