"""Identifiers that are easily taken for others (docs/reference/rules, "Documents beside each other").

Everything that decides is spelled out as code points, so that implementations with other versions of Unicode agree.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple
from unicodedata import normalize

from psion_contract.documents.digests import utf16_order
from psion_contract.documents.document import Document
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.pointers import child

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that are not shown, among them those that change the direction of text, as ranges of a regular expression."""

BLANK = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Characters that look like a space, as ranges of a regular expression."""

NORMALISED = (
    "\u0000-\u06ff\u0900-\u0dff\u1100-\u11ff\u1e00-\u214f\u3040-\u30ff\uac00-\ud7a3\uf900-\ufaff\ufb1d-\ufb4f"
)
"""Characters that all versions of Unicode from 14.0 normalise alike, as ranges of a regular expression."""

_CYRILLIC = (
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0475\u051d\u0445\u0443"
    "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0474\u051c\u0425\u04ae"
)
_GREEK = "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
_FULL_WIDTH = "".join(map(chr, range(0xFF01, 0xFF5F)))

LOOK_ALIKES = {
    **dict(zip(_CYRILLIC, "acdehijlopqsvwxyABCEHIJKMOPSTVWXY", strict=True)),
    **dict(zip(_GREEK, "oABEZHIKMNOPTYX", strict=True)),
    **dict(zip(_FULL_WIDTH, map(chr, range(0x21, 0x7F)), strict=True)),
}
"""Characters that look like one of ASCII, with that one."""

_LEFT_OUT = frozenset({"summary", "detail", "rationale", "pretrain_runs"})
"""The members that hold text for people, and those that hold documents."""

_CLUSTER = ("cluster_id", "cluster_state_digest", "scheduler_node_id", "topology_digest")
"""The identifiers of ``cluster_execution``, whose further members are not interpreted."""

_LONGEST = 1000
"""How many characters an identifier has at most; normalising very long ones takes time with the square."""

_LISTED = 4
"""How many code points a message spells."""

# Compiled when first used, because most documents are ASCII.
_INVISIBLE, _BLANK, _HIDDEN, _NORMALISED = (
    f"[{INVISIBLE}]",
    f"[{BLANK}]",
    f"[{INVISIBLE}{BLANK}]",
    f"[{NORMALISED}]+",
)
_TRANSLATION = str.maketrans(LOOK_ALIKES)

Path = tuple[Any, ...]
"""The name or index of a member and the path of what contains it; empty for the root."""


class Confusable(NamedTuple):
    """An identifier that is easily taken for another one.

    Attributes:
        document: that contains it.
        pointer: where it is first, in the order of the document's RFC 8785 form.
        value: the identifier.
        message: what it is taken for, and by which code points.
        other: the document and the pointer of an identifier that it is taken for, if there is one.
    """

    document: Document
    pointer: str
    value: str
    message: str
    other: tuple[Document, str] | None


class _Look(NamedTuple):
    """How an identifier of a document is seen.

    Attributes:
        plain: the identifier without what is not seen.
        skeleton: the same with look-alikes replaced; identifiers that look alike have the same.
        path: where the identifier is first in the document.
    """

    plain: str
    skeleton: str
    path: Path


def confusables(documents: Iterable[Document]) -> Iterator[Confusable]:
    """The identifiers of documents that are easily taken for others, among all identifiers of these documents.

    A broken document is left out. Only identifiers are remembered, and the first document of each that is taken for
    another one.

    Args:
        documents: the documents, which can be iterated over several times.
    """
    alike: dict[str, dict[str, str]] = {}
    for document in _suspects(documents):
        for look in document.remember(_suspicious).values():
            alike.setdefault(look.skeleton, {})
    if not alike:
        return
    for document in _sound(documents):
        for value, look in document.remember(_looks).items():
            if look.skeleton in alike:
                alike[look.skeleton][value] = look.plain
    doubtful = {
        skeleton: sorted(values, key=utf16_order)
        for skeleton, values in alike.items()
        if len(values) > 1 or any(value != plain for value, plain in values.items())
    }
    if not doubtful:
        return
    first: dict[str, tuple[Document, _Look]] = {}
    for document in _sound(documents):
        for value, look in document.remember(_looks).items():
            if look.skeleton in doubtful:
                first.setdefault(value, (document, look))
    for document in _suspects(documents):
        for value, (plain, skeleton, path) in document.remember(_suspicious).items():
            others = (
                each
                for each in doubtful.get(skeleton, ())
                if each != value and (plain != value or first[each][1].plain != plain)
            )
            other = next(others, None)
            if plain == value and other is None:
                continue
            place = None if other is None else (first[other][0], _pointer(first[other][1].path))
            message = f"the identifier {excerpt(value)} {_reason(value, plain, other)}"
            yield Confusable(document, _pointer(path), value, message, place)


def _sound(documents: Iterable[Document]) -> Iterator[Document]:
    return (document for document in documents if not document.broken)


def _suspects(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents with identifiers that may look like others."""
    return (document for document in _sound(documents) if is_suspicious(document))


def is_suspicious(document: Document) -> bool:
    """Whether a sound document has identifiers that may look like others."""
    if document.non_ascii:
        document.non_ascii = bool(document.remember(_suspicious))  # spares an input the next time
    return document.non_ascii


def skeletons(document: Document) -> set[str]:
    """How the identifiers of a sound document are seen that look like others."""
    return {look.skeleton for look in document.remember(_suspicious).values()}


def identifiers_seen_as(document: Document, seen_as: Collection[str]) -> list[str]:
    """The identifiers of a sound document that are seen as one of these."""
    return [value for value, look in document.remember(_looks).items() if look.skeleton in seen_as]


def _looks(document: dict[str, Any]) -> dict[str, _Look]:
    """How each identifier of a document is seen."""
    return {value: _look(value, path) for value, path in _identifiers(document).items()}


def _suspicious(document: dict[str, Any]) -> dict[str, _Look]:
    """How the identifiers of a document are seen that look like others."""
    odd = {value: path for value, path in _identifiers(document).items() if not value.isascii()}
    looks = {value: _look(value, path) for value, path in odd.items()}
    return {value: look for value, look in looks.items() if look.skeleton != value}


def _look(value: str, path: Path) -> _Look:
    plain = plainly(value)
    return _Look(plain, plain.translate(_TRANSLATION) if not plain.isascii() else plain, path)


def _reason(value: str, plain: str, other: str | None) -> str:
    """Why an identifier is confusable, in words."""
    if value == plain:
        return f"looks like {excerpt(other)}, but has {_spelled(value, LOOK_ALIKES)}"
    reasons = []
    if hidden := re.findall(_HIDDEN, value):
        reasons.append(f"it has {_spelled(value, hidden)}")
    if normalised(value) != value:
        marks = _spelled(value, [each for each in value if not each.isascii()])
        reasons.append(f"it is not in Unicode Normalization Form C, with {marks}")
    return f"is shown as {excerpt(plain)}: {' and '.join(reasons)}"


def plainly(identifier: str) -> str:
    """An identifier as it is seen: without invisible characters, with plain spaces, normalised."""
    if identifier.isascii():
        return identifier
    return normalised(re.sub(_BLANK, " ", re.sub(_INVISIBLE, "", identifier)))


def normalised(identifier: str) -> str:
    """An identifier in Normalization Form C, as far as versions of Unicode agree."""
    return re.sub(_NORMALISED, lambda run: normalize("NFC", run[0]), identifier)


def _spelled(value: str, which: Collection[str]) -> str:
    """The code points of a value that are among the given characters, the first few of them."""
    chosen = set(which)
    found = [f"U+{ord(character):04X}" for character in dict.fromkeys(value) if character in chosen]
    return ", ".join(found[:_LISTED]) + (" and others" if len(found) > _LISTED else "")


def _identifiers(document: dict[str, Any]) -> dict[str, Path]:
    """The identifiers of a document, with the path of each where it is first.

    Receipts in a program are documents of their own.
    """
    found: dict[str, Path] = {}

    def visit(value: Any, path: Path) -> None:
        if isinstance(value, str):
            if len(value) <= _LONGEST:
                found.setdefault(value, path)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                visit(item, (index, path))
        elif isinstance(value, dict):
            names = _CLUSTER if path and path[0] == "cluster_execution" else sorted(value.keys() - _LEFT_OUT)
            for name in names:
                visit(value.get(name), (name, path))

    visit(document, ())
    return found


def _pointer(path: Path) -> str:
    pointer = ""
    while path:
        name, path = path
        pointer = child("", name) + pointer
    return pointer
