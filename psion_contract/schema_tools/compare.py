"""Where two schemas differ: every place of a document that they judge differently, and in which aspects."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from json import dumps
from typing import Any, NamedTuple

from psion_contract.pointers import child
from psion_contract.schema_tools.aspects import Aspect, aspects, condition_changed, in_words
from psion_contract.schema_tools.catalog import Schema
from psion_contract.schema_tools.views import Condition, View, plain


class Step(Enum):
    """A step to something that has no name of its own; other steps are names of members."""

    ITEM = "*"
    UNLISTED = "<other>"


Path = tuple[str | Step, ...]
When = tuple[str, ...]


class Difference(NamedTuple):
    """One aspect in which two schemas differ at one place.

    Attributes:
        path: of the place.
        when: the conditions under which the aspect counts, in words; none where it always does.
        old: what the old schema says of the place.
        new: what the new schema says of it.
        aspect: in what they differ.
    """

    path: Path
    when: When
    old: View
    new: View
    aspect: Aspect


def differences(old: Schema, new: Schema) -> Iterator[Difference]:
    """Every difference between two self-contained schemas."""
    return _Walk(old, new).at((), [old], [new], ())


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
        self._told: dict[str, list[When]] = {}

    def at(self, path: Path, before: list[Any], after: list[Any], when: When) -> Iterator[Difference]:
        """The differences at a place and below it."""
        texts = plain(self._old, before), plain(self._new, after)
        if texts[0] == texts[1] or texts in self._inside:  # the same, or a circle of references
            return
        self._inside.append(texts)
        old, new = View(self._old, before), View(self._new, after)
        for aspect in aspects(old, new):
            yield from self._once(Difference(path, when, old, new, aspect))
        for name in {**old.known, **new.known}:
            yield from self._below((*path, name), old.member(name), new.member(name), when)
        yield from self._below((*path, Step.UNLISTED), old.member(None), new.member(None), when)
        yield from self.at((*path, Step.ITEM), old.items, new.items, when)
        for one, other in _paired(old, new):
            yield from self._condition(path, old, new, one, other, when)
        self._inside.pop()

    def _once(self, difference: Difference) -> Iterator[Difference]:
        """The difference, unless it was told with fewer conditions."""
        path, when, _, _, aspect = difference
        told = self._told.setdefault(
            dumps([pointer_of(path), aspect.keyword, aspect.message, aspect.member]), []
        )
        if not any(set(known) <= set(when) for known in told):
            told.append(when)
            yield difference

    def _below(self, path: Path, before: list[Any], after: list[Any], when: When) -> Iterator[Difference]:
        if False not in before and False not in after:
            yield from self.at(path, before, after, when)

    def _condition(
        self, path: Path, old: View, new: View, one: Condition | None, other: Condition | None, when: When
    ) -> Iterator[Difference]:
        """The differences under a condition: what always holds and what it asks for, on both sides."""
        condition = one or other
        assert condition
        test = View(self._old if one else self._new, condition.test)
        if one and other and plain(self._old, one.test) != plain(self._new, other.test):
            aspect = condition_changed(test, View(self._new, other.test))
            yield from self._once(Difference(path, when, old, new, aspect))
        elif not _ruled_out(test, old) and not _ruled_out(test, new):
            # Where one side never lets it come true, what depends on it shows where it is ruled out.
            nothing, words = Condition([], [], []), in_words(test)
            then = [*old.always, *test.schemas, *(one or nothing).then]
            now = [*new.always, *test.schemas, *(other or nothing).then]
            yield from self.at(path, then, now, (*when, words))
            untrue = {"not": test.schemas[0]}
            then = [*old.always, untrue, *(one or nothing).otherwise]
            now = [*new.always, untrue, *(other or nothing).otherwise]
            yield from self.at(path, then, now, (*when, f"not ({words})"))


def _paired(old: View, new: View) -> Iterator[tuple[Condition | None, Condition | None]]:
    """The conditions of both sides: those that test the same together, then those that ask for the same."""
    before, after = ({plain(view.root, each.test): each for each in view.conditions} for view in (old, new))
    for text in [text for text in before if text in after]:
        yield before.pop(text), after.pop(text)
    for text, condition in after.items():
        body = plain(new.root, [condition.then, condition.otherwise])
        same = (text for text, each in before.items() if plain(old.root, [each.then, each.otherwise]) == body)
        one = next(same, None)
        yield (None if one is None else before.pop(one)), condition
    for condition in before.values():
        yield condition, None


def _ruled_out(test: View, view: View) -> bool:
    """Whether a test asks for a member that may not be there, or for none of its words."""
    for name in test.required:
        if False in view.member(name):
            return True
        wanted, possible = (View(each.root, each.member(name)).allowed for each in (test, view))
        if wanted is not None and possible is not None and not any(each in possible for each in wanted):
            return True
    return False
