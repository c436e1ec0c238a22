"""The catalogue of rules, ``schemas/rules.v1.json``, and the one constructor of a finding.

Every implementation reads the catalogue; docs/reference/rules describes each rule in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from json import loads
from typing import Any, Literal, NamedTuple

from psion_contract.findings import NO_PLACE, Finding, Place, Related, Severity
from psion_contract.resources import data_bytes

Origin = Literal["parity", "stricter", "ours"]


class Rule(NamedTuple):
    """One rule of the contract.

    Attributes:
        name: kebab-case, states the defect. Never changed and never reused.
        severity: an ``error`` decides the verdict, a ``warning`` only in strict mode.
        origin: ``parity`` if the Rust implementation has the same rule, ``stricter`` if it accepts what this
            rule rejects, ``ours`` if it has no such rule.
        section: the section of the rules' reference that describes it.
        sentence: what breaks the rule, in one sentence.
        remedy: how to fix it.
    """

    name: str
    severity: Severity
    origin: Origin
    section: str
    sentence: str
    remedy: str


class CheckEntry(NamedTuple):
    """One check of one or more rules, as data.

    Attributes:
        id: its first rule; if a rule has several checks, followed by a full stop and a qualifier.
        rules: names of the rules that it checks.
        judges: role of the document that it judges.
        reads: the pointers it reads, by role; an empty pointer is the whole document.
    """

    id: str
    rules: tuple[str, ...]
    judges: str
    reads: Mapping[str, tuple[str, ...]]


_CATALOG: dict[str, Any] = loads(data_bytes("schemas", "rules.v1.json"))

SECTIONS: tuple[str, ...] = tuple(_CATALOG["sections"])
"""The sections of the rules' reference, in order."""

RULES: dict[str, Rule] = {entry["name"]: Rule(**entry) for entry in _CATALOG["rules"]}
"""Every rule by its name, in the order of the reference."""

CHECK_ENTRIES: dict[str, CheckEntry] = {
    entry["id"]: CheckEntry(
        entry["id"],
        tuple(entry["rules"]),
        entry["judges"],
        {role: tuple(pointers) for role, pointers in entry["reads"].items()},
    )
    for entry in _CATALOG["checks"]
}
"""Every check by its id, in the order in which checks are applied."""


MAX_RELATED = 20
"""Maximum number of other sides of one finding that are listed."""

_MAX_TEXT = 1000
"""How many characters of a long string a finding keeps."""

_MAX_ITEMS = 50
"""A longer list or object is not kept."""


def finding(
    rule: str,
    document: str,
    pointer: str,
    message: str,
    *,
    expected: Any = None,
    actual: Any = None,
    related: tuple[Related, ...] = (),
    keyword: str | None = None,
    place: Place | None = None,
) -> Finding:
    """A finding, with the severity that the catalogue gives its rule.

    Args:
        rule: name of a rule of the catalogue.
        document: name of the document.
        pointer: from the root of the document's file.
        message: what is wrong and what would be right.
        expected: the correct JSON value, if there is exactly one.
        actual: the JSON value found, if there is one. Of either, an object or list that is long or
            nested is left out, and a long string is cut: a finding shares nothing with the document and is small.
        related: the other sides of the contradiction, of which the first `MAX_RELATED` are kept.
        keyword: for ``schema-violation``, the JSON Schema keyword that fails.
        place: line, column and snippet, if the source text is known.

    Raises:
        KeyError: the catalogue has no such rule.
    """
    severity = RULES[rule].severity
    line, column, snippet = place or NO_PLACE
    return Finding(
        rule,
        severity,
        document,
        pointer,
        message,
        _kept(expected),
        _kept(actual),
        related[:MAX_RELATED],
        keyword,
        line,
        column,
        snippet,
    )


def _kept(value: Any) -> Any:
    """What a finding keeps of a value: a copy, without what is long or nested."""
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else value[: _MAX_TEXT - 1] + "…"
    if not isinstance(value, (dict, list, tuple)):
        return value
    items = value.values() if isinstance(value, dict) else value
    if len(value) > _MAX_ITEMS or any(isinstance(item, (dict, list, tuple)) for item in items):
        return None
    return (
        {name: _kept(item) for name, item in value.items()}
        if isinstance(value, dict)
        else list(map(_kept, value))
    )
