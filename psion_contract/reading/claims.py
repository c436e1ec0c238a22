"""Which names and texts claim to be documents of the contract, although no document can be made of them.

A document with a misspelt version, or a text that cannot be read, may be exactly the one that matters. Section 3 of
the contract, "What was shown and not judged"; docs/reference/rules/reading.md describes it precisely enough for a
second implementation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category, normalize

STEMS = (
    "psion.pretrain_stage_config",
    "psion.pretrain_stage_receipt",
    "psion.compact_decoder_descriptor",
    "psion.tokenized_corpus_manifest",
    "psion.sampling_policy",
    "psion.training_stage_program",
)
"""The versions of the kinds of document, without the ``.v1`` at the end."""

VERSION_MEMBER = "schema_version"

_LOOK_ALIKES = str.maketrans(
    "асԁеԍһіјкӏмпоргѕтуѵхαϲεικνορτυηγχօոսհցıɩȷɡɑᴄᴏᴠꜱʏʟ",
    "acdeghijklmnoprstyvxaceikvoptunyxonuhgiijgacovsyl",
)
"""Letters of other scripts, and unusual Latin ones, that look like a letter of a version."""

_LONGEST = 200
"""Longer names claim nothing, once the blanks around them are removed."""

_MISSPELT = 2
"""How many characters a misspelt name may have wrong, missing or too many."""

_SEPARATOR = "[^a-z0-9]*"
# These are compiled when first used: most texts need none of them.
_STEM = (
    r"(?<![a-z0-9_.-])(?:"
    + "|".join(_SEPARATOR.join(map(re.escape, re.split(r"[._]", stem))) for stem in STEMS)
    + r")(?:(?![a-z0-9_-])|(?=[^a-z0-9]*v?[0-9]))"
)
_LAST_PART = r"[^a-z0-9]*v?[0-9][^a-z]*\Z"

_SPACE = r"\s\ufeff"  # white space, also that of JavaScript
_KEY = (
    r"(?<![A-Za-z0-9_])[Ss][Cc][Hh][Ee][Mm][Aa][^A-Za-z0-9]{0,2}[Vv][Ee][Rr][Ss][Ii][Oo][Nn]"
    rf"[\"'\\{_SPACE}]{{0,8}}[:=]"
)
_CONFLICT_OR_COMMENT = rf"(?s)[{_SPACE}]*(?:(?:<{{7}}|={{7}}|>{{7}}|\|{{7}}|//|#)[^\n]*\n|/\*.{{0,200}}?\*/)"
_VALUE = rf"(?s)[{_SPACE}\"'\\]*([^\"'\r\n,}}]*)(.?)"
_BEGINNING = rb"(?i)schema"
_ESCAPED_ASCII = rb"\\u00([2-7][0-9A-Fa-f])"
_WINDOW = 1000
"""How many characters after its key the value of a broken text is looked for in."""


def claimed_version(name: str) -> str | None:
    """The version of the contract that a ``schema_version`` means: exactly, or as a near miss; None for others.

    A near miss is another version (``…v2``), has other case, separators or blanks, look-alike letters, or at most
    two wrong characters. A longer word (``psion.sampling_policy_comparison.v1``) is another kind.
    """
    stripped = name.strip()
    return _claimed_version(stripped) if 0 < len(stripped) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _claimed_version(name: str) -> str | None:
    folded = _fold(name)
    if found := re.search(_STEM, folded):
        plain = _without_separators(found.group())
        return next(f"{stem}.v1" for stem in STEMS if _without_separators(stem) == plain)
    head = re.sub(_LAST_PART, "", folded)
    return next(
        (f"{stem}.v1" for stem in STEMS if not head.startswith(stem) and _is_misspelt(head, stem)), None
    )


@lru_cache(maxsize=4096)
def is_spelling_of(member: str, right: str) -> bool:
    """Whether a member's name is `right`, in other case, with other separators or look-alikes, or misspelt."""
    if abs(len(member) - len(right)) > len(right):
        return False
    folded = _fold(member)
    return _without_separators(folded) == _without_separators(right) or _is_misspelt(folded, right)


def text_claims(data: bytes) -> bool:
    """Whether a text that cannot be read claims the contract: something like ``schema_version`` has such a value.

    Args:
        data: the bytes of the text, in UTF-8 or UTF-16, with or without a byte order mark.
    """
    data = _as_utf8(data)
    if b"\\u00" in data:
        data = re.sub(_ESCAPED_ASCII, lambda found: bytes([int(found.group(1), 16)]), data)
    if not re.search(_BEGINNING, data):
        return False
    text = data.decode("utf-8", "replace")
    return any(_value_claims(text, found.end()) for found in re.finditer(_KEY, text))


def _value_claims(text: str, start: int) -> bool:
    """Whether the value that starts at `start` is a version of the contract, possibly cut off by the end of the text."""
    window = text[start : start + _WINDOW]
    while found := re.match(_CONFLICT_OR_COMMENT, window):
        window = window[found.end() :]
    value = re.match(_VALUE, window)
    assert value is not None  # it also matches nothing
    name = value.group(1)
    if claimed_version(name) is not None:
        return True
    is_cut = not value.group(2) and start + _WINDOW >= len(text)
    folded = _fold(name[:_LONGEST])
    return is_cut and len(folded) > len("psion.") and any(stem.startswith(folded) for stem in STEMS)


def _as_utf8(data: bytes) -> bytes:
    """The text as UTF-8 if it is UTF-16, which is recognised by its byte order mark or its null bytes."""
    start = data[:2]
    if start in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    if len(start) == 2 and (start[0] == 0) != (start[1] == 0):
        return data.decode("utf-16-be" if start[0] == 0 else "utf-16-le", "replace").encode(
            "utf-8", "replace"
        )
    return data


def _fold(name: str) -> str:
    """The name in lower case, without accents, blanks and invisible characters, with Latin letters for look-alikes."""
    if name.isascii() and name.isprintable():
        return name.lower().replace(" ", "")
    seen = (
        char for char in normalize("NFKD", name) if category(char) not in ("Mn", "Cf", "Cc", "Zs", "Zl", "Zp")
    )
    return "".join(seen).lower().translate(_LOOK_ALIKES)


def _without_separators(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name)


def _is_misspelt(name: str, right: str) -> bool:
    """Whether at most two characters are wrong, missing or too many (Levenshtein distance)."""
    if abs(len(name) - len(right)) > _MISSPELT:
        return False
    row = list(range(len(right) + 1))
    for i, char in enumerate(name, 1):
        # Further from the diagonal, every distance is larger.
        first, last = max(1, i - _MISSPELT), min(len(right), i + _MISSPELT)
        previous, row[first - 1] = row[first - 1], i
        for j in range(first, last + 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (char != right[j - 1]))
    return row[-1] <= _MISSPELT
