"""The files of the conformance pack, made from its sources."""

from __future__ import annotations

import os
from json import dumps
from typing import Any

from psion_contract.documents.serialising import document_text
from psion_contract.resources import data_path
from tools import pack as sources
from tools.pack import base_documents as base

_FOLDERS = ("conformance/cases", "conformance/documents", "digests")
"""Below fixtures/: what stands there is all made from the sources."""


def files() -> dict[str, str]:
    """The text of each file by its path below fixtures/."""
    made = {
        f"conformance/{path}": document_text(base.documents()[name])
        for name, path in base.PATHS.items()
        if path.startswith("documents/")
    }
    for group in sources.groups():
        content = {
            "$schema": "../case.schema.json",
            "group": group.name,
            "description": group.description,
            "cases": group.cases,
        }
        made[f"conformance/cases/{group.name}.json"] = _text(content)
    for digest, vectors in sources.vectors().items():
        content = {"$schema": "../conformance/vector.schema.json", "digest": digest, "vectors": vectors}
        made[f"digests/{digest}.json"] = _text(content)
    return made


def differences() -> list[str]:
    """The paths below fixtures/ whose file is missing, is not what the sources say, or is one too many."""
    made = files()
    paths = {*made, *_standing()}
    return sorted(path for path in paths if path not in made or _stored(path) != made[path].encode())


def write() -> list[str]:
    """Write the files that are missing or differ and remove those too many; returns their paths."""
    made, paths = files(), differences()
    for path in paths:
        file_path = data_path("fixtures", *path.split("/"))
        if path not in made:
            os.unlink(file_path)
            continue
        os.makedirs(os.path.dirname(file_path), exist_ok=True)
        with open(file_path, "wb") as file:
            file.write(made[path].encode())
    return paths


def _text(content: Any) -> str:
    """JSON text in which an object or list that holds no other one takes one line."""
    return _lines(content, "\n") + "\n"


def _lines(value: Any, end: str) -> str:
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)) or not any(isinstance(item, (dict, list)) for item in items):
        return dumps(value, ensure_ascii=False)
    within = f"{end}  "
    names = (
        [f"{dumps(name, ensure_ascii=False)}: " for name in value]
        if isinstance(value, dict)
        else [""] * len(items)
    )
    texts = [within + name + _lines(item, within) for name, item in zip(names, items, strict=True)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + ",".join(texts) + end + closing


def _standing() -> list[str]:
    """The paths of the files that there are."""
    found = []
    for folder in _FOLDERS:
        where = data_path("fixtures", *folder.split("/"))
        names = os.listdir(where) if os.path.isdir(where) else ()
        found += [f"{folder}/{name}" for name in names if name.endswith(".json")]
    return found


def _stored(path: str) -> bytes | None:
    try:
        with open(data_path("fixtures", *path.split("/")), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
