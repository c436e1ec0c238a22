"""Checks and the flaws that they find.

A check is a pure function of the members that it reads, which the catalogue lists. If one of these is missing or
broken, the check is skipped and the report says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, TypeVar

from psion_contract.catalog import CHECK_ENTRIES
from psion_contract.documents.document import Document
from psion_contract.reading.escaping import excerpt
from psion_contract.resolution import Resolution

T = TypeVar("T")


class Flaw(NamedTuple):
    """A defect that a check finds, in terms of roles; the checker turns it into a finding.

    Attributes:
        role: of the document that has the flaw.
        pointer: from the root of that document.
        message: what is wrong and what would be right.
        expected: the correct value, if there is exactly one.
        actual: the value found, if there is one.
        related: role and pointer of each other side of the contradiction.
        rule: the broken rule, if the check has several.
    """

    role: str
    pointer: str
    message: str
    expected: Any = None
    actual: Any = None
    related: tuple[tuple[str, str], ...] = ()
    rule: str = ""


class Subject:
    """A document to judge, with the documents that it refers to.

    A check may read only what the catalogue says it reads.

    Args:
        main: the document to judge.
        resolution: the documents that it refers to, as far as they were found.

    Attributes:
        receipt, config, descriptor, corpus, policy, program: the JSON value of the document of that role.
    """

    receipt: dict[str, Any]
    config: dict[str, Any]
    descriptor: dict[str, Any]
    corpus: dict[str, Any]
    policy: dict[str, Any]
    program: dict[str, Any]

    def __init__(self, main: Document, resolution: Resolution) -> None:
        self.__dict__.update(resolution.values)
        self.__dict__[main.kind.role] = main.value
        self.main = main
        self._resolution = resolution

    @cached_property
    def documents(self) -> dict[str, Document]:
        """All of them, by role."""
        return {**self._resolution.documents, self.main.kind.role: self.main}

    def of(self, role: str, compute: Callable[[dict[str, Any]], T]) -> T:
        """The result of `compute` for the document of that role, cached with the document."""
        main = self.main
        document = main if main.kind.role == role else self._resolution.documents[role]
        return document.remember(compute)


Body = Callable[[Subject], Iterable[Flaw]]


class Check(NamedTuple):
    """One check of one or more rules.

    Attributes:
        id: id of its catalogue entry; if it has parts, of the first one.
        rules: names of its rules. If there are several, each flaw names its rule.
        judges: role of the document that is judged.
        reads: pointers that must be sound, by role.
        body: finds the flaws of a subject.
        parts: checks that together find the same, each of which reads less: applied instead of the whole
            if that would be skipped.
    """

    id: str
    rules: tuple[str, ...]
    judges: str
    reads: Mapping[str, tuple[str, ...]]
    body: Body
    parts: tuple["Check", ...] = ()


def check(check_id: str) -> Callable[[Body], Check]:
    """A decorator that makes a function the check with that id.

    Raises:
        KeyError: the catalogue has no such check."""
    entry = CHECK_ENTRIES[check_id]
    return lambda body: Check(*entry, body)


def check_parts(*parts: Check, passes: Callable[[Subject], bool]) -> Check:
    """Combine checks into one with a fast test for the usual case that none of them finds anything.

    Args:
        parts: checks that judge documents of one role.
        passes: whether no part finds anything in sound documents; may be false although none does.
    """

    def body(s: Subject) -> Iterable[Flaw]:
        if passes(s):
            return ()
        return (
            flaw if flaw.rule else flaw._replace(rule=part.rules[0])
            for part in parts
            for flaw in part.body(s)
        )

    rules = tuple(dict.fromkeys(rule for part in parts for rule in part.rules))
    reads: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for role, pointers in part.reads.items():
            reads[role] = (*reads.get(role, ()), *pointers)
    return Check(parts[0].id, rules, parts[0].judges, reads, body, parts)


def check_equal(
    rule: str, names: Sequence[str], own: tuple[str, str], other: tuple[str, str], message: str
) -> Check:
    """A check that members of one object equal the members of the same names of another.

    The catalogue lists a check for each member: ``rule.member-name``.

    Args:
        rule: name of the rule.
        names: of the members, which the schemas require in both objects.
        own: role and pointer of the object that is judged.
        other: role and pointer of the object to compare it with.
        message: a format string with ``{name}``, ``{actual}`` and ``{expected}``.
    """
    own_object, other_object, members = _object_at(own), _object_at(other), itemgetter(*names)
    return check_parts(
        *(_check_member(rule, name, own, other, message) for name in names),
        passes=lambda s: members(own_object(s)) == members(other_object(s)),
    )


def _check_member(rule: str, name: str, own: tuple[str, str], other: tuple[str, str], message: str) -> Check:
    own_object, other_object = _object_at(own), _object_at(other)
    pointer, other_pointer = f"{own[1]}/{name}", f"{other[1]}/{name}"

    @check(f"{rule}.{name.replace('_', '-')}")
    def member(s: Subject) -> Iterable[Flaw]:
        actual, expected = own_object(s)[name], other_object(s)[name]
        if actual == expected:
            return ()
        text = message.format(name=name, actual=excerpt(actual), expected=excerpt(expected))
        return (Flaw(own[0], pointer, text, expected, actual, ((other[0], other_pointer),)),)

    return member


def _object_at(location: tuple[str, str]) -> Callable[[Subject], dict[str, Any]]:
    role, pointer = location
    if not pointer:
        return attrgetter(role)
    name = pointer[1:]
    holder = attrgetter(role)
    return lambda s: holder(s)[name]
