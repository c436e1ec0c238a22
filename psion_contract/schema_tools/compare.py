"""Where two schemas differ: every place of a document that they judge differently, and in which aspects."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from psion_contract.pointers import child
from psion_contract.quoting import shown
from psion_contract.schema_tools.aspects import Aspect, aspects
from psion_contract.schema_tools.catalog import Schema
from psion_contract.schema_tools.views import Condition, View, plain


class Step(Enum):
    """A step to something that has no name of its own; other steps are names of members."""

    ITEM = "*"
    UNLISTED = "<other>"


Path = tuple[str | Step, ...]


class Difference(NamedTuple):
    """One aspect in which two schemas differ at one place.

    Attributes:
        path: of the place.
        when: the condition under which the aspect counts, in words; empty where it always does.
        old: what the old schema says of the place.
        new: what the new schema says of it.
        aspect: in what they differ.
    """

    path: Path
    when: str
    old: View
    new: View
    aspect: Aspect


def differences(old: Schema, new: Schema) -> Iterator[Difference]:
    """Every difference between two self-contained schemas."""
    return _Walk(old, new).at((), [old], [new], "")


def pointer_of(path: Path) -> str:
    """A path as a pointer, with ``*`` for any item of a list."""
    pointer = ""
    for step in path:
        pointer = child(pointer, step.value if isinstance(step, Step) else step)
    return pointer


class _Walk:
    """One comparison, going down both schemas side by side."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._inside: list[tuple[str, str]] = []

    def at(self, path: Path, before: list[Any], after: list[Any], when: str) -> Iterator[Difference]:
        """The differences at a place and below it."""
        texts = plain(self._old, before), plain(self._new, after)
        if texts[0] == texts[1] or texts in self._inside:  # the same, or a circle of references
            return
        self._inside.append(texts)
        old, new = View(self._old, before), View(self._new, after)
        for aspect in aspects(old, new):
            yield Difference(path, when, old, new, aspect)
        for name in {**old.known, **new.known}:
            yield from self._below((*path, name), old.member(name), new.member(name), when)
        yield from self._below((*path, Step.UNLISTED), old.member(None), new.member(None), when)
        yield from self.at((*path, Step.ITEM), old.items, new.items, when)
        yield from self._conditions(path, old, new, when)
        self._inside.pop()

    def _below(self, path: Path, before: list[Any], after: list[Any], when: str) -> Iterator[Difference]:
        if False not in before and False not in after:
            yield from self.at(path, before, after, when)

    def _conditions(self, path: Path, old: View, new: View, when: str) -> Iterator[Difference]:
        before, after = _by_test(old), _by_test(new)
        for text in {**before, **after}:
            nothing = Condition((before.get(text) or after[text]).test, [], [])
            one, other = before.get(text, nothing), after.get(text, nothing)
            test = View(self._old if text in before else self._new, nothing.test)
            # What depends on a condition that one side never lets come true shows where it is ruled out.
            if not _ruled_out(test, old) and not _ruled_out(test, new):
                words = _in_words(test)
                yield from self.at(path, one.then, other.then, _both(when, words))
                yield from self.at(path, one.otherwise, other.otherwise, _both(when, f"not ({words})"))


def _by_test(view: View) -> dict[str, Condition]:
    """The conditions of a place by what they test; those that test the same are one."""
    found: dict[str, Condition] = {}
    for condition in view.conditions:
        text = plain(view.root, condition.test)
        known = found.get(text, Condition(condition.test, [], []))
        found[text] = Condition(
            known.test, known.then + condition.then, known.otherwise + condition.otherwise
        )
    return found


def _ruled_out(test: View, view: View) -> bool:
    """Whether a test asks for a member that may not be there, or for none of its words."""
    for name in test.required:
        if False in view.member(name):
            return True
        wanted, possible = (View(each.root, each.member(name)).allowed for each in (test, view))
        if wanted is not None and possible is not None and not any(each in possible for each in wanted):
            return True
    return False


def _in_words(test: View) -> str:
    """A condition in words."""
    words = []
    for name in {**test.required, **test.known}:
        member = View(test.root, test.member(name))
        if member.allowed is not None:
            words.append(f"{name} is {' or '.join(map(shown, member.allowed))}")
        elif len(member.types) == 1:
            words.append(f"{name} is of type {next(iter(member.types))}")
        else:
            words.append(f"{name} is there")
    return " and ".join(words) or "a condition holds"


def _both(first: str, second: str) -> str:
    return f"{first} and {second}" if first else second
