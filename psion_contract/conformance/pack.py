"""Loads the conformance pack: cases and digest vectors."""

from __future__ import annotations

import os
from base64 import b64decode
from functools import cache
from json import loads
from typing import Any, NamedTuple

from psion_contract.resources import data_bytes, data_path

Json = dict[str, Any]

Location = tuple[str, str]
"""Document and pointer."""

FindingKey = tuple[str, str, str]
"""What identifies a finding of a case: rule, document, pointer."""


class CaseText(NamedTuple):
    """One text of a case.

    Attributes:
        name: the name that findings use.
        data: the bytes of the text.
    """

    name: str
    data: bytes


class Case(NamedTuple):
    """A case: texts, and what a checker must report about them.

    Attributes:
        id: never changed, never used for another case.
        description: one sentence.
        rule: the rule that the case is about.
        documents: the texts to check.
        inputs: texts that the documents may refer to.
        strict: whether warnings make the verdict ``inconsistent`` too.
        limits: limits of the reader that differ from the default.
        verdict: ``consistent`` or ``inconsistent``.
        findings: the expected findings.
        related: by finding, the other sides of the contradiction, if any.
    """

    id: str
    description: str
    rule: str
    documents: tuple[CaseText, ...]
    inputs: tuple[CaseText, ...]
    strict: bool
    limits: dict[str, int]
    verdict: str
    findings: frozenset[FindingKey]
    related: dict[FindingKey, frozenset[Location]]


class Vector(NamedTuple):
    """The input, the preimage and the value of a digest.

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


@cache
def load_cases() -> tuple[Case, ...]:
    """All cases, in the order of their files."""
    return tuple(_case(entry) for file in _files("conformance", "cases") for entry in file["cases"])


@cache
def load_vectors() -> tuple[Vector, ...]:
    """All digest vectors, in the order of their files."""
    return tuple(Vector(**entry) for file in _files("digests") for entry in file["vectors"])


def _files(*folder: str) -> list[Json]:
    names = sorted(os.listdir(data_path("fixtures", *folder)))
    return [loads(data_bytes("fixtures", *folder, name)) for name in names if name.endswith(".json")]


def _case(entry: Json) -> Case:
    expected = entry["expected"]
    return Case(
        entry["id"],
        entry["description"],
        entry["rule"],
        tuple(map(_text, entry["documents"])),
        tuple(map(_text, entry.get("inputs", ()))),
        entry.get("strict", False),
        entry.get("limits", {}),
        expected["verdict"],
        frozenset(map(finding_key, expected["findings"])),
        {
            finding_key(finding): frozenset(
                (location["document"], location["pointer"]) for location in finding["related"]
            )
            for finding in expected["findings"]
            if "related" in finding
        },
    )


def finding_key(finding: Json) -> FindingKey:
    """The key of a finding of a case or of an answer."""
    return finding["rule"], finding["document"], finding["pointer"]


def _text(entry: Json) -> CaseText:
    if "path" in entry:
        data = data_bytes("fixtures", "conformance", *entry["path"].split("/"))
    elif "base64" in entry:
        data = b64decode(entry["base64"], validate=True)
    else:
        data = entry["text"].encode()
    return CaseText(entry["name"], data)
