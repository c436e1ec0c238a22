"""What a rule is made of: checks that read some members of some documents and yield flaws.

A check is pure: values in, flaws out. It states which members it needs; where one of them is missing or
broken the check is skipped, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from psion_contract.library import Document

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
        rule: the rule broken, where it is not the check's own.
    """

    role: str
    pointer: str
    message: str
    expected: Any = None
    actual: Any = None
    related: tuple[tuple[str, str], ...] = ()


class Subject:
    """A document to judge, with the documents that it refers to.

    The JSON values are attributes by role (`subject.receipt`, `subject.corpus`, …); a check may read only
    what it says it needs. `documents` holds the documents, of which those that were not found are absent.
    """

    __slots__ = ("config", "corpus", "descriptor", "documents", "main", "policy", "program", "receipt")

    def __init__(self, main: Document, documents: dict[str, Document]) -> None:
        self.main = main
        self.documents = documents
        for role, document in documents.items():
            setattr(self, role, document.value)

    receipt: dict[str, Any]
    config: dict[str, Any]
    descriptor: dict[str, Any]
    corpus: dict[str, Any]
    policy: dict[str, Any]
    program: dict[str, Any]

    def of(self, role: str, make: Callable[[dict[str, Any]], T]) -> T:
        """What `make` makes of the document of that role, remembered with the document."""
        return self.documents[role].remember(make)


Body = Callable[[Subject], Iterator[Flaw]]


class Check(NamedTuple):
    """One check of one rule.

    Attributes:
        rule: name of the rule.
        subject: role of the document that is judged.
        needs: pointers that must be sound, by role.
        body: yields the flaws of a subject.
    """

    rule: str
    subject: str
    needs: Mapping[str, tuple[str, ...]]
    body: Body


CHECKS: dict[str, list[Check]] = {}
"""The checks by the role of the document they judge, in the order of the rules' modules."""


def check(rule: str, subject: str, **needs: tuple[str, ...]) -> Callable[[Body], Body]:
    """Make a function a check of `rule` that judges documents of the role `subject`.

    Args:
        rule: a name of the rule table.
        subject: the role of the document judged.
        needs: the pointers that the check reads, by role; ``("",)`` for the whole document.
    """

    def register(body: Body) -> Body:
        CHECKS.setdefault(subject, []).append(Check(rule, subject, needs, body))
        return body

    return register
