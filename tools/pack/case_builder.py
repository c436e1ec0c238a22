"""How cases are written down: base documents, what is changed of them, and what must be found then.

What a case expects stands in the sources as a person wrote it; nothing of it is computed by the checker.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Iterable
from copy import deepcopy
from json import dumps
from typing import Any

from tools.edits import Edit, Tree
from tools.pack import base_documents as base
from tools.pack.restoring import sealed

Json = dict[str, Any]

Spelling = Callable[[str], str]
"""How the text of a document is changed, where the value is not the matter."""

ZEROS = "0" * 64
"""A digest of nothing."""


def respelt(old: str, new: str) -> Spelling:
    """Replace what stands once in a text."""

    def spell(text: str) -> str:
        assert text.count(old) == 1, (old, text.count(old))
        return text.replace(old, new)

    return spell


class Group:
    """The cases of one file.

    Args:
        name: of the file.
        description: one sentence on what its cases are about.
        on: names of the base documents that its cases start from, unless a case says otherwise.
        then: what is made true again after an edit, unless a case says otherwise.
    """

    def __init__(
        self, name: str, description: str, *, on: tuple[str, ...], then: Callable[[Tree], Tree] = sealed
    ) -> None:
        self.name = name
        self.description = description
        self.cases: list[Json] = []
        self._on = on
        self._then = then

    def accepted(self, rule: str, slug: str, description: str, *edits: Edit, **how: Any) -> None:
        """A case in which nothing is found."""
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
        """A case in which an error is found: `rule` at the places `at`, and `also` others."""
        findings = [*((rule, place) for place in at), *also]
        self._add(rule, slug, description, edits, "inconsistent", findings, **how)

    def warned(
        self, rule: str, slug: str, description: str, *edits: Edit, at: Iterable[str], **how: Any
    ) -> None:
        """Two cases in which only warnings are found: they decide where the check is strict."""
        findings = [(rule, place) for place in at]
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
    ) -> None:
        tree = {name: deepcopy(base.documents()[name]) for name in (self._on if on is None else on)}
        for edit in edits:
            edit(tree)
        tree = (then or self._then)(tree)
        written = {name: _given(name, value, (texts or {}).get(name)) for name, value in tree.items()}
        written |= {
            name: _given(name, None, text) for name, text in (texts or {}).items() if name not in tree
        }
        case: Json = {"id": f"{rule}.{slug}", "description": description, "rule": rule}
        case["documents"] = [each for name, each in written.items() if name not in inputs]
        if inputs:
            case["inputs"] = [each for name, each in written.items() if name in inputs]
        if strict:
            case["strict"] = True
        if limits:
            case["limits"] = limits
        found = sorted({(rule, *_split(place)) for rule, place in findings})
        case["expected"] = {
            "verdict": verdict,
            "findings": [dict(zip(("rule", "document", "pointer"), each, strict=True)) for each in found],
        }
        self.cases.append(case)


def _given(name: str, value: Any, spelling: Spelling | bytes | None) -> Json:
    """How a case gives one text: by path where it is a base document as it is, else written out."""
    given = {"name": f"{name}.json"}
    if isinstance(spelling, bytes):
        try:
            return given | {"text": spelling.decode()}
        except UnicodeDecodeError:
            return given | {"base64": b64encode(spelling).decode()}
    if spelling is None and name in base.PATHS and dumps(value) == dumps(base.documents()[name]):
        return given | {"path": base.PATHS[name]}
    text = dumps(value, ensure_ascii=False, separators=(",", ":"))
    return given | {"text": spelling(text) if spelling else text}


def _split(place: str) -> tuple[str, str]:
    """Document and pointer of a place."""
    name, slash, rest = place[1:].partition("/")
    return f"{name}.json", slash + rest
