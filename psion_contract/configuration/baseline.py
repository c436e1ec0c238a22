"""The baseline: the findings that a tree had before it was held to the contract.

A finding is known by its rule, document and pointer, so that edits elsewhere do not change it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from json import dumps
from typing import NamedTuple

from psion_contract.catalog import RULES
from psion_contract.documents import schemas
from psion_contract.exceptions import ConfigurationError
from psion_contract.findings import UNLISTED_RULE, Finding
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import Limits, read
from psion_contract.reading.urls import is_remote

SCHEMA = "psion.check_baseline.v1"

MAX_SIZE = 64 * 1024 * 1024
"""Maximum size of a baseline, in bytes."""


_NEVER_KNOWN = frozenset(
    {UNLISTED_RULE, *(each.name for each in RULES.values() if each.section == "Suppressions")}
)
"""Rules of findings that are about other findings, or about their suppressions, and that no baseline suppresses."""

_LIMITS = Limits(max_bytes=MAX_SIZE, max_members=MAX_SIZE)


class Key(NamedTuple):
    """What a finding is known by.

    Attributes:
        rule: name of the rule.
        document: name of the document, relative to the folder of the baseline.
        pointer: pointer in the document.
    """

    rule: str
    document: str
    pointer: str


def key_of(finding: Finding, folder: str) -> Key:
    """The key of a finding in a baseline in `folder`."""
    return Key(finding.rule, relative_name(finding.document, folder), finding.pointer)


def keys_of(findings: Iterable[Finding], folder: str) -> frozenset[Key]:
    """The keys that a baseline in `folder` records: those of findings that are not suppressed."""
    return frozenset(
        key_of(each, folder)
        for each in findings
        if each.suppression is None and each.rule not in _NEVER_KNOWN
    )


def relative_name(name: str, folder: str) -> str:
    """The name of a document as a file in `folder` has it: relative, with forward slashes; a URL stays as it is."""
    if is_remote(name):
        return name
    try:
        relative = os.path.relpath(name, folder)
    except ValueError:  # on Windows, another drive
        relative = name
    return relative.replace(os.sep, "/")


def load(path: str) -> frozenset[Key]:
    """The findings of a baseline.

    Raises:
        ConfigurationError: the file cannot be read, or is no baseline.
    """
    name = printable(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{name}: no such baseline; `psion-contract baseline --update --baseline {name} PATH...` writes it"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{name}: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise ConfigurationError(f"{name}: larger than {MAX_SIZE} bytes, the limit")
    reading = read(data, _LIMITS)
    if reading.problems:
        problem = reading.problems[0]
        line, column = reading.text.position_of_offset(problem.offset)
        raise ConfigurationError(f"{name}:{line}:{column}: {problem.message}")
    if not schemas.is_valid(SCHEMA, reading.value):
        from psion_contract.documents.explanation import violations

        first = violations(SCHEMA, reading.value, 1)[0]
        place = f"{name}: {printable(first.pointer)}" if first.pointer else name
        raise ConfigurationError(f"{place}: {first.message}")
    keys = (Key(**each) for each in reading.value["findings"])
    return frozenset(each for each in keys if each.rule not in _NEVER_KNOWN)


def text_of(keys: Iterable[Key]) -> str:
    """A baseline as text: one finding a line, sorted, so that changes of it are easy to read."""
    rows = ",\n".join(f"    {dumps(each._asdict())}" for each in sorted(set(keys), key=_order))
    listed = f"[\n{rows}\n  ]" if rows else "[]"
    return f'{{\n  "schema_version": "{SCHEMA}",\n  "findings": {listed}\n}}\n'


def _order(key: Key) -> tuple[str, str, str]:
    return key.document, key.pointer, key.rule
