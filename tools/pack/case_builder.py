"""How cases are written down: base documents, the edits of them, and the findings to expect.

The verdict and the findings are written by hand, never computed by the checker. What a finding is related to
is written by hand too where a case says ``related=``; for other cases see `tools.pack.recorded_related`.
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
"""Changes the text of a document, where the spelling matters and not the value."""

ZEROS = "0" * 64
"""A digest of nothing."""


def respelt(old: str, new: str) -> Spelling:
    """Replace a piece that occurs once in a text."""

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
        then: restores derived values after the edits, unless a case says otherwise.

    Attributes:
        name: of the file.
        description: of the file.
        cases: in the order of the file.
        related_by_hand: ids of the cases that say what their findings are related to.

    Every case takes the edits of its base documents, and by keyword:

    - ``on``, ``then``: instead of those of the group;
    - ``texts``: by document name, a change of its spelling, or its bytes;
    - ``inputs``: names of the documents that may be referred to but are not judged;
    - ``strict``, ``limits``: of the check;
    - ``related``: by the place of a finding, the places that it is related to, in the order in which they are
      reported; ``{}`` if no finding is related to anything.
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
        """A case with errors: `rule` at the places `at`, and `also` other findings, each rule and place."""
        findings = [*((rule, place) for place in at), *also]
        self._add(rule, slug, description, edits, "inconsistent", findings, **how)

    def warned(
        self, rule: str, slug: str, description: str, *edits: Edit, at: Iterable[str], **how: Any
    ) -> None:
        """Two cases with nothing but warnings, which decide the verdict in the second, strict one."""
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
        related: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        start = {name: base.documents()[name] for name in (self._on if on is None else on)}
        tree = (then or self._then)(edited(start, *edits))
        written = {name: _text(name, value, (texts or {}).get(name)) for name, value in tree.items()}
        written |= {name: _text(name, None, text) for name, text in (texts or {}).items() if name not in tree}
        case: Json = {"id": f"{rule}.{slug}", "description": description, "rule": rule}
        case["documents"] = [each for name, each in written.items() if name not in inputs]
        if inputs:
            case["inputs"] = [each for name, each in written.items() if name in inputs]
        if strict:
            case["strict"] = True
        if limits:
            case["limits"] = limits
        expected: list[Json] = [{"rule": rule, **named(place)} for rule, place in set(findings)]
        expected.sort(key=lambda each: tuple(each.values()))
        case["expected"] = {"verdict": verdict, "findings": expected}
        if related is not None:
            self.related_by_hand.add(case["id"])
            by_place = {place_of(finding): finding for finding in expected}
            for place, others in related.items():
                by_place[place]["related"] = list(map(named, others))
        self.cases.append(case)


def _text(name: str, value: Any, spelling: Spelling | bytes | None) -> Json:
    """One text of a case: the path of an unchanged base document, else the text itself."""
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


def named(place: str) -> Json:
    """A place as cases spell it: document and pointer."""
    name, slash, rest = place[1:].partition("/")
    return {"document": f"{name}.json", "pointer": slash + rest}


def place_of(finding: Json) -> str:
    """The place of a finding, or of what it is related to."""
    return f"/{finding['document'].removesuffix('.json')}{finding['pointer']}"
