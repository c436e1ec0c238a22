"""The schemas of the package, by name."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any, NamedTuple

from psion_contract.documents import digests, schemas
from psion_contract.documents.kinds import ROLES
from psion_contract.documents.schemas import names
from psion_contract.exceptions import SchemaError
from psion_contract.reading.escaping import did_you_mean, quoted
from psion_contract.resources import data_bytes

Schema = dict[str, Any]

SHORT_NAMES = {role: kind.version for role, kind in ROLES.items()} | {
    "report": schemas.REPORT,
    "rules": schemas.RULES,
    "corpus-sidecar": schemas.CORPUS_SIDECAR,
    "policy-sidecar": schemas.POLICY_SIDECAR,
}
"""Short names of schemas: for documents, their roles."""

_SUFFIX = schemas.file_name("")


class Entry(NamedTuple):
    """One schema of the package.

    Attributes:
        name: such as ``psion.sampling_policy.v1``.
        title: its title.
        file: its path from the top of the repository, ``schemas/<name>.schema.json``.
        sha256: SHA-256 of the file's bytes, as 64 lowercase hex characters.
    """

    name: str
    title: str
    file: str
    sha256: str


def entries() -> list[Entry]:
    """All schemas of the package."""
    return [entry(name) for name in names()]


def entry(name: str) -> Entry:
    """The entry of the schema called `name`."""
    file = schemas.file_name(name)
    return Entry(name, schemas.schema(name)["title"], f"schemas/{file}", digests.sha256(text(name)))


def text(name: str) -> str:
    """The text of the file of the schema called `name`."""
    return data_bytes("schemas", schemas.file_name(name)).decode()


def schema(kind: str) -> Schema:
    """A copy of a schema of the package, parsed.

    Args:
        kind: a schema's name, such as ``psion.pretrain_stage_receipt.v1``, or the role of a kind of document,
            such as ``receipt``; also ``report`` and ``rules``.

    Raises:
        TypeError: `kind` is not a string.
        SchemaError: there is no such schema; the message suggests the closest name.
    """
    if not isinstance(kind, str):
        raise TypeError(f'kind must be a string such as "receipt", not {type(kind).__name__}')
    return deepcopy(schemas.schema(named(kind)))


def named(word: str) -> str:
    """The name of the schema that `word` means: a name, a short name, or a file as `entries` names it.

    Raises:
        SchemaError: there is no such schema; the message suggests the closest name.
    """
    name = SHORT_NAMES.get(word, word.removeprefix("schemas/").removesuffix(_SUFFIX))
    if name not in (known := names()):
        closest = did_you_mean(os.path.basename(name), [*known, *SHORT_NAMES])
        raise SchemaError(f"unknown schema {quoted(word)}{closest}")
    return name
