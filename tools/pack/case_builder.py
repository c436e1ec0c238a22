"""Builds cases from base documents, edits and expected findings.

The verdict and the findings are written by hand, never computed by the checker. So is what a finding is related to, if
a case has ``related=``; for other cases see `tools.pack.recorded_related`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from json import dumps
from typing import Any

from psion_contract.documents.serialising import document_text
from tools.edits import Edit, Tree, edited
from tools.pack import base_documents as base
from tools.pack.restoring import sealed

Json = dict[str, Any]

Spelling = Callable[[str], str]
"""Changes the text of a document without changing its value."""

ZEROS = "0" * 64
"""A digest that is always wrong."""


def respelt(old: str, new: str) -> Spelling:
    """Replace a piece of text that occurs exactly once."""

    def spell(text: str) -> str:
        assert text.count(old) == 1, (old, text.count(old))
        return text.replace(old, new)

    return spell


class Group:
    """The cases of one file.

    Args:
        name: name of the file.
        description: one sentence about its cases.
        on: names of the base documents that its cases start from, unless a case has its own.
        then: restores derived values after the edits, unless a case has its own.

    Attributes:
        name: name of the file.
        description: description of the file.
        cases: the cases, in the order of the file.
        related_by_hand: ids of the cases with ``related=``.

    Every case has edits of its base documents, and these keyword arguments:

    - ``on``, ``then``: override those of the group;
    - ``texts``: by document name, a change of its spelling, or its bytes;
    - ``inputs``: names of the documents that can be referred to but are not judged;
    - ``strict``, ``limits``: options of the check;
    - ``related``: by the pointer of a finding, the pointers that it is related to, in the order of the report; ``{}`` if
      no finding is related to anything.
    """

    def __init__(
        self, name: str, description: str, *, on: tuple[str, ...], then: Callable[[Tree], Tree] = sealed
    ) -> None:
        self.name = name
        self.description = description
        self.cases: list[Json] = []
        self.related_by_hand: set[str] = set()
        self._on = on
        self._then = then

    def accepted(self, rule: str, slug: str, description: str, *edits: Edit, **how: Any) -> None:
        """A case without findings."""
        self._add(rule, slug, description, edits, "consistent", [], **how)

    def rejected(
        self,
        rule: str,
        slug: str,
        description: str,
        *edits: Edit,
        at: Iterable[str] = (),
        also: Iterable[tuple[str, str]] = (),
        **how: Any,
    ) -> None:
        """A case with errors: `rule` at the pointers `at`, and `also` other findings, each a rule and a pointer."""
        findings = [*((rule, pointer) for pointer in at), *also]
        self._add(rule, slug, description, edits, "inconsistent", findings, **how)

    def warned(
        self,
        rule: str,
        slug: str,
        description: str,
        *edits: Edit,
        at: Iterable[str],
        also: Iterable[tuple[str, str]] = (),
        **how: Any,
    ) -> None:
        """Two cases with only warnings, the second of which is strict and inconsistent."""
        findings = [*((rule, pointer) for pointer in at), *also]
        self._add(rule, slug, description, edits, "consistent", findings, **how)
        strictly = f"Strict: {description}"
        self._add(rule, f"{slug}-strict", strictly, edits, "inconsistent", findings, strict=True, **how)

    def _add(
        self,
        rule: str,
        slug: str,
        description: str,
        edits: Iterable[Edit],
        verdict: str,
        findings: Iterable[tuple[str, str]],
        *,
        on: tuple[str, ...] | None = None,
        then: Callable[[Tree], Tree] | None = None,
        texts: dict[str, Spelling | bytes] | None = None,
        inputs: Collection[str] = (),
        strict: bool = False,
        limits: dict[str, int] | None = None,
        related: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        start = {name: base.documents()[name] for name in (self._on if on is None else on)}
        tree = (then or self._then)(edited(start, *edits))
        texts_by_name = {name: _text(name, value, (texts or {}).get(name)) for name, value in tree.items()}
        texts_by_name |= {
            name: _text(name, None, text) for name, text in (texts or {}).items() if name not in tree
        }
        case: Json = {"id": f"{rule}.{slug}", "description": description, "rule": rule}
        case["documents"] = [each for name, each in texts_by_name.items() if name not in inputs]
        if inputs:
            case["inputs"] = [each for name, each in texts_by_name.items() if name in inputs]
        if strict:
            case["strict"] = True
        if limits:
            case["limits"] = limits
        expected: list[Json] = [
            {"rule": rule, **document_and_pointer(pointer)} for rule, pointer in set(findings)
        ]
        expected.sort(key=lambda each: tuple(each.values()))
        case["expected"] = {"verdict": verdict, "findings": expected}
        if related is not None:
            self.related_by_hand.add(case["id"])
            by_pointer = {pointer_of(finding): finding for finding in expected}
            for pointer, others in related.items():
                by_pointer[pointer]["related"] = list(map(document_and_pointer, others))
        self.cases.append(case)


def _text(name: str, value: Any, spelling: Spelling | bytes | None) -> Json:
    """One text of a case: the path of an unchanged base document, or else the text itself."""
    entry = {"name": f"{name}.json"}
    if isinstance(spelling, bytes):
        try:
            return entry | {"text": spelling.decode()}
        except UnicodeDecodeError:
            return entry | {"base64": b64encode(spelling).decode()}
    if spelling is None and name in base.PATHS and dumps(value) == dumps(base.documents()[name]):
        return entry | {"path": base.PATHS[name]}
    text = dumps(value, ensure_ascii=False, separators=(",", ":"))
    return entry | {"text": spelling(text) if spelling else text}


def data_of(text: Json) -> bytes:
    """The bytes of a text of a case."""
    if "base64" in text:
        return b64decode(text["base64"], validate=True)
    if "text" in text:
        return str(text["text"]).encode()
    return _base_texts()[text["path"]]


@cache
def _base_texts() -> dict[str, bytes]:
    """The bytes of the base documents by their path."""
    return {path: document_text(base.documents()[name]).encode() for name, path in base.PATHS.items()}


def document_and_pointer(pointer: str) -> Json:
    """A pointer into a tree as cases have it: document, and pointer in the document."""
    name, slash, rest = pointer[1:].partition("/")
    return {"document": f"{name}.json", "pointer": slash + rest}


def pointer_of(finding: Json) -> str:
    """The pointer into the tree of a finding, or of what it is related to."""
    return f"/{finding['document'].removesuffix('.json')}{finding['pointer']}"
