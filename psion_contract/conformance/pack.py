"""The conformance pack as it stands in the files: cases and digest vectors."""

from __future__ import annotations

import os
from base64 import b64decode
from json import loads
from typing import Any, NamedTuple

from psion_contract.resources import data_bytes, data_path

Json = dict[str, Any]

Place = tuple[str, str, str]
"""A finding as conformance compares it: rule, document, pointer."""


class Given(NamedTuple):
    """One text that a case gives.

    Attributes:
        name: by which findings call it.
        data: the bytes of the text.
    """

    name: str
    data: bytes


class Case(NamedTuple):
    """Texts, and what a checker must say of them.

    Attributes:
        id: never changed, never used for another case.
        description: one sentence.
        rule: the rule that the case is about.
        documents: what is judged.
        inputs: what may be referred to.
        strict: whether warnings decide too.
        limits: of the reader, where others than its own are meant.
        verdict: ``consistent`` or ``inconsistent``.
        findings: the set of findings.
    """

    id: str
    description: str
    rule: str
    documents: tuple[Given, ...]
    inputs: tuple[Given, ...]
    strict: bool
    limits: dict[str, int]
    verdict: str
    findings: frozenset[Place]


class Vector(NamedTuple):
    """What a digest is made of, and what it is.

    Attributes:
        id: never changed, never used for another vector.
        description: one sentence.
        digest: ``D1`` to ``D9``, or ``content``.
        input: the JSON text of the object that the preimage is made from.
        preimage: the text that is hashed.
        sha256: the digest.
    """

    id: str
    description: str
    digest: str
    input: str
    preimage: str
    sha256: str


def load_cases() -> list[Case]:
    """All cases, in the order of their files."""
    return [_case(each) for file in _files("conformance", "cases") for each in file["cases"]]


def load_vectors() -> list[Vector]:
    """All digest vectors, in the order of their files."""
    return [Vector(**each) for file in _files("digests") for each in file["vectors"]]


def _files(*folder: str) -> list[Json]:
    names = sorted(os.listdir(data_path("fixtures", *folder)))
    return [loads(data_bytes("fixtures", *folder, name)) for name in names if name.endswith(".json")]


def _case(entry: Json) -> Case:
    expected = entry["expected"]
    return Case(
        entry["id"],
        entry["description"],
        entry["rule"],
        tuple(map(_given, entry["documents"])),
        tuple(map(_given, entry.get("inputs", ()))),
        entry.get("strict", False),
        entry.get("limits", {}),
        expected["verdict"],
        frozenset((each["rule"], each["document"], each["pointer"]) for each in expected["findings"]),
    )


def _given(entry: Json) -> Given:
    if "path" in entry:
        data = data_bytes("fixtures", "conformance", *entry["path"].split("/"))
    elif "base64" in entry:
        data = b64decode(entry["base64"], validate=True)
    else:
        data = entry["text"].encode()
    return Given(entry["name"], data)
