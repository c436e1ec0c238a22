"""What a rule is made of: checks that read some members of some documents and give flaws.

A check is pure: values in, flaws out. It states which members it needs; where one of them is missing or
broken the check is skipped, and the report says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, TypeVar

from psion_contract.library import Document
from psion_contract.quoting import shown

T = TypeVar("T")


class Flaw(NamedTuple):
    """What a check found, in terms of roles; the checker makes a finding of it.

    Attributes:
        role: which document of the subject the flaw is in.
        pointer: where, from that document's root.
        message: what is wrong and what would be right.
        expected: the value that would be right, where there is one.
        actual: the value that stands there, where there is one.
        related: role and pointer of each other side of the contradiction.
        rule: the rule broken, where the check holds several.
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

    A check may read only what it says it needs.

    Args:
        main: the document to judge.
        others: the documents that it refers to, by role; those that were not found are absent.

    Attributes:
        documents: all of them, by role.
        receipt, config, descriptor, corpus, policy, program: the JSON value of the document of that role.
    """

    receipt: dict[str, Any]
    config: dict[str, Any]
    descriptor: dict[str, Any]
    corpus: dict[str, Any]
    policy: dict[str, Any]
    program: dict[str, Any]

    def __init__(self, main: Document, others: Mapping[str, Document]) -> None:
        self.main = main
        self.documents = {**others, main.kind.role: main}
        for role, document in self.documents.items():
            self.__dict__[role] = document.value

    def of(self, role: str, make: Callable[[dict[str, Any]], T]) -> T:
        """What `make` makes of the document of that role, remembered with the document."""
        return self.documents[role].remember(make)


Body = Callable[[Subject], Iterable[Flaw]]


class Check(NamedTuple):
    """One check of one or more rules.

    Attributes:
        rules: names of the rules. Of several, each flaw names its own: what reads the same members is one
            pass over them.
        subject: role of the document that is judged.
        needs: pointers that must be sound, by role.
        body: gives the flaws of a subject.
        parts: checks that together say the same, each needing less: applied instead where the whole
            cannot be.
    """

    rules: tuple[str, ...]
    subject: str
    needs: Mapping[str, tuple[str, ...]]
    body: Body
    parts: tuple["Check", ...] = ()


CHECKS: dict[str, list[Check]] = {}
"""The checks by the role of the document they judge, in the order of the rules' modules."""


def check(rules: str, subject: str, **needs: tuple[str, ...]) -> Callable[[Body], Body]:
    """Make a function a check that judges documents of the role `subject`.

    Args:
        rules: a name of the rule table, or several with spaces between.
        subject: the role of the document judged.
        needs: the pointers that the check reads, by role; ``("",)`` for the whole document.
    """

    def register(body: Body) -> Body:
        CHECKS.setdefault(subject, []).append(Check(tuple(rules.split()), subject, needs, body))
        return body

    return register


def check_parts(*parts: Check, all_well: Callable[[Subject], bool]) -> None:
    """Make several checks one that first asks whether any of them can have anything to say.

    Args:
        parts: checks of one subject.
        all_well: given sound documents, true only where every part finds nothing.
    """

    def body(s: Subject) -> Iterable[Flaw]:
        if all_well(s):
            return ()
        return (
            flaw if flaw.rule else flaw._replace(rule=part.rules[0])
            for part in parts
            for flaw in part.body(s)
        )

    rules = tuple(dict.fromkeys(rule for part in parts for rule in part.rules))
    needs: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for role, pointers in part.needs.items():
            needs[role] = (*needs.get(role, ()), *pointers)
    CHECKS.setdefault(parts[0].subject, []).append(Check(rules, parts[0].subject, needs, body, parts))


def check_equal(
    rule: str,
    names: Sequence[str],
    own: tuple[str, str],
    other: tuple[str, str],
    message: str,
) -> None:
    """Make a check that members of one object equal those of the same names of another.

    Args:
        rule: a name of the rule table.
        names: of the members, which the schemas require in both objects.
        own: role and pointer of the object that is judged; the role is also the subject.
        other: role and pointer of the object that it is held against.
        message: with ``{name}``, ``{stands}`` and ``{right}`` to be filled in.
    """
    own_object, other_object, members = _object_at(own), _object_at(other), itemgetter(*names)
    check_parts(
        *(_check_member(rule, name, own, other, message) for name in names),
        all_well=lambda s: members(own_object(s)) == members(other_object(s)),
    )


def _check_member(rule: str, name: str, own: tuple[str, str], other: tuple[str, str], message: str) -> Check:
    own_object, other_object = _object_at(own), _object_at(other)
    place, other_place = f"{own[1]}/{name}", f"{other[1]}/{name}"

    def body(s: Subject) -> Iterable[Flaw]:
        stands, right = own_object(s)[name], other_object(s)[name]
        if stands == right:
            return ()
        text = message.format(name=name, stands=shown(stands), right=shown(right))
        return (Flaw(own[0], place, text, right, stands, ((other[0], other_place),)),)

    return Check((rule,), own[0], _needs_of_both(own, other, name), body)


def _needs_of_both(own: tuple[str, str], other: tuple[str, str], name: str) -> dict[str, tuple[str, ...]]:
    needs: dict[str, tuple[str, ...]] = {own[0]: (f"{own[1]}/{name}",)}
    needs[other[0]] = (*needs.get(other[0], ()), f"{other[1]}/{name}")
    return needs


def _object_at(place: tuple[str, str]) -> Callable[[Subject], dict[str, Any]]:
    role, pointer = place
    if not pointer:
        return attrgetter(role)
    name = pointer[1:]
    return lambda s: getattr(s, role)[name]
