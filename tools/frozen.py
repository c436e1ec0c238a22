"""Freezes what is published: schemas, cases, digest vectors, and the names and severities of rules.

Each of four tables has one line for each frozen item:

- ``schemas/SHA256SUMS``: the SHA-256 digest of each schema file, for ``sha256sum -c`` at the top of the repository;
- ``tools/frozen_tables/cases.txt``: a digest of each case, over what a checker receives and must report (the bytes of its
  texts, not their encoding in the case file; not its description, which may be reworded);
- ``tools/frozen_tables/vectors.txt``: a digest of each digest vector, without its description;
- ``tools/frozen_tables/rules.txt``: the severity of each rule; its prose may be reworded.

``python -m tools build`` appends a line for each new item, and refuses to run if a frozen item has changed or is gone.
There is no option to override that: a change needs a new id or a new version. To change what was never released,
delete its line by hand, which the diff shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from json import dumps
from typing import Any

from tools import repository
from tools import schemas as published
from tools.pack.case_builder import Json, data_of
from tools.pack.pack_files import groups, vectors

Table = dict[str, str]
"""By frozen item, its digest or severity."""

SCHEMAS = "schemas/SHA256SUMS"
CASES = "tools/frozen_tables/cases.txt"
VECTORS = "tools/frozen_tables/vectors.txt"
RULES = "tools/frozen_tables/rules.txt"


def files() -> dict[str, str]:
    """The text of each table, with a line for each new item."""
    return {path: _text(_recorded(path) | current) for path, current in _current().items()}


def violations() -> list[str]:
    """The frozen items that have changed or are gone, one line each."""
    return [
        f"{path}: {name} {'has changed' if name in current else 'is gone'}"
        for path, current in _current().items()
        for name, value in _recorded(path).items()
        if current.get(name) != value
    ]


def _current() -> dict[str, Table]:
    """By table, its content for the present items."""
    of_the_pack = [
        path for path in repository.files_below("fixtures/conformance") if path.endswith(".schema.json")
    ]
    schemas = {path: repository.text(path) or "" for path in of_the_pack} | published.files()
    rules = repository.json("schemas/rules.v1.json")["rules"]
    return {
        SCHEMAS: {path: _sha256(text.encode()) for path, text in schemas.items()},
        CASES: {case["id"]: _case_digest(case) for group in groups() for case in group.cases},
        VECTORS: {vector["id"]: _digest(vector) for vector in vectors()},
        RULES: {rule["name"]: rule["severity"] for rule in rules},
    }


def _case_digest(case: Json) -> str:
    texts: Json = {
        name: [{"name": text["name"], "sha256": _sha256(data_of(text))} for text in case[name]]
        for name in ("documents", "inputs")
        if name in case
    }
    return _digest({**case, **texts})


def _digest(entry: Mapping[str, Any]) -> str:
    """The digest of an entry's canonical JSON, without the description."""
    content = {name: value for name, value in entry.items() if name != "description"}
    return _sha256(dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()


def _recorded(path: str) -> Table:
    rows = [line.split("  ", 1) for line in (repository.text(path) or "").splitlines()]
    for number, row in enumerate(rows, 1):
        if len(row) != 2:
            raise repository.BrokenFileError(
                f"{path}:{number}: expected two columns, separated by two spaces"
            )
    return {name: value for value, name in rows}


def _text(table: Table) -> str:
    return "".join(f"{value}  {name}\n" for name, value in table.items())
