"""Fingerprints, by which services know a finding again after the document was edited elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from json import JSONEncoder

from psion_contract.documents.digests import sha256
from psion_contract.findings import Finding
from psion_contract.output.places import Repository, path_of

_encode = JSONEncoder(sort_keys=True).encode
_INDEX = re.compile(r"/[0-9]+(?=/|$)")
_WHERE = re.compile(r"\b(line|column|byte|character) [0-9]+\b")


@lru_cache(maxsize=1)  # several formats of one report need them
def fingerprints(findings: tuple[Finding, ...], place: Repository) -> list[str]:
    """The fingerprint of each finding: 64 hexadecimal digits.

    A fingerprint binds what the finding says and in which file, but no line, no column, and no index of a list: a
    reformatted document or an edit above does not change it. Of findings that say the same, each has another one.

    Args:
        findings: all of a report.
        place: to which the paths of files are relative.
    """
    seen: Counter[str] = Counter()
    found = []
    for each in findings:
        said = _said(each, place)
        seen[said] += 1
        found.append(sha256(f"{said}|{seen[said]}"))
    return found


def _said(finding: Finding, place: Repository) -> str:
    return _encode(
        [
            finding.rule,
            place.path(path_of(finding)),
            _without_index(finding.pointer),
            finding.keyword,
            _WHERE.sub(r"\1", finding.message) if finding.rule == "invalid-json" else finding.message,
            finding.expected,
            finding.actual,
            [
                [place.path(path_of(each)), _without_index(each.pointer), each.value]
                for each in finding.related
            ],
        ]
    )


@lru_cache(maxsize=1 << 12)  # documents of one kind have the same pointers
def _without_index(pointer: str) -> str:
    return _INDEX.sub("/*", pointer)
