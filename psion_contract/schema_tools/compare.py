"""Where two schemas differ: place by place, keyword by keyword, each with values that may show it.

What a difference breaks is not decided here but by the validators, with documents: see `diff`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from json import dumps
from typing import Any, NamedTuple

from psion_contract.quoting import shown
from psion_contract.schema_tools.catalog import Schema
from psion_contract.schema_tools.probes import UNLISTED, of_type, probes
from psion_contract.schema_tools.views import Condition, View, plain


class Step(Enum):
    """A step to something that has no name of its own; other steps are names of members."""

    ITEM = "*"
    UNLISTED = "<any other member>"


Path = tuple[str | Step, ...]
Maker = Callable[[Any, Any], Iterator[Any]]

_TYPES_OF = {
    **dict.fromkeys(("pattern", "minLength", "maxLength"), {"string"}),
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), {"integer", "fraction"}
    ),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), {"array"}),
}
"""The types that a keyword has a say about."""


class Difference(NamedTuple):
    """Something that one of two schemas asks for and the other does not, or asks for otherwise.

    Attributes:
        path: of the value that the keyword judges.
        member: the member of that object which the difference is about; None where it is not about one.
        keyword: the keyword.
        was: its value in the old schema; None where it is absent.
        now: its value in the new schema; None where it is absent.
        message: the difference in words.
        when: the condition under which it counts; empty where it always does.
        old: what the old schema says of the place.
        new: what the new schema says of it.
        values: from a value that stands there, and from one of `member`, values that may show the
            difference.
        tighter: whether documents may become invalid.
        looser: whether documents may become valid.
    """

    path: Path
    member: str | Step | None
    keyword: str
    was: Any
    now: Any
    message: str
    when: str
    old: View
    new: View
    values: Maker
    tighter: bool
    looser: bool


def differences(old: Schema, new: Schema) -> Iterator[Difference]:
    """Every difference between two self-contained schemas.

    A schema of definitions only, which nothing would be compared in, is compared definition by definition by
    whoever calls this.
    """
    return _Walk(old, new).at((), [old], [new], "")


class _Walk:
    """One comparison."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._inside: list[tuple[str, str]] = []

    def at(self, path: Path, before: list[Any], after: list[Any], when: str) -> Iterator[Difference]:
        """The differences at a place and below it."""
        texts = plain(self._old, before), plain(self._new, after)
        if texts[0] == texts[1] or texts in self._inside:
            return
        self._inside.append(texts)
        old, new = View(self._old, before), View(self._new, after)

        def difference(
            keyword: str, was: Any, now: Any, message: str, values: Maker, member: Any = None
        ) -> Difference:
            tighter, looser = now is not None, was is not None
            return Difference(
                path, member, keyword, was, now, message, when, old, new, values, tighter, looser
            )

        yield from _types_and_words(old, new, difference)
        yield from _keywords(old, new, difference)
        yield from self._members(path, old, new, when, difference)
        yield from self.at((*path, Step.ITEM), old.items, new.items, when)
        yield from self._conditions(path, old, new, when)
        self._inside.pop()

    def _members(
        self, path: Path, old: View, new: View, when: str, difference: Callable[..., Difference]
    ) -> Iterator[Difference]:
        for name in {**old.known, **new.known, **old.required, **new.required}:
            before, after = old.member(name), new.member(name)
            if False in before and False not in after:
                yield difference(
                    "additionalProperties", None, None, "the member is new", _with(name), name
                )._replace(looser=True)
            elif False in after and False not in before:
                yield difference(
                    "additionalProperties", None, None, "the member is gone", _with(name), name
                )._replace(tighter=True)
            if name in old.required and name not in new.required:
                yield difference("required", True, None, "the member may now be absent", _without(name), name)
            elif name in new.required and name not in old.required:
                yield difference("required", None, True, "the member must now be there", _without(name), name)
            if False not in before and False not in after:
                yield from self.at((*path, name), before, after, when)
        before, after = old.member(None), new.member(None)
        if (False in before) != (False in after):
            opened = False in before
            message = f"members that the schema does not name {'may' if opened else 'may no longer'} be there"
            yield difference(
                "additionalProperties", None, None, message, _with(UNLISTED), Step.UNLISTED
            )._replace(looser=opened, tighter=not opened)
        elif False not in before:
            yield from self.at((*path, Step.UNLISTED), before, after, when)

    def _conditions(self, path: Path, old: View, new: View, when: str) -> Iterator[Difference]:
        before, after = _by_test(self._old, old.conditions), _by_test(self._new, new.conditions)
        for text in {**before, **after}:
            one, other = before.get(text), after.get(text)
            test = (one or other or Condition([], [], [])).test
            # Where one side never lets the condition come true, whatever depends on it shows elsewhere.
            if _unmet(old, test, self._old if one else self._new) or _unmet(
                new, test, self._new if other else self._old
            ):
                continue
            nothing = Condition(test, [], [])
            words = " and ".join(filter(None, [when, _in_words(test)]))
            yield from self.at(path, (one or nothing).then, (other or nothing).then, words)
            words = " and ".join(filter(None, [when, f"not ({_in_words(test)})"]))
            yield from self.at(path, (one or nothing).otherwise, (other or nothing).otherwise, words)


def _types_and_words(old: View, new: View, difference: Callable[..., Difference]) -> Iterator[Difference]:
    if old.types != new.types:
        lost, gained = sorted(old.types - new.types), sorted(new.types - old.types)
        values = [value for name in lost + gained for value in of_type(name)]
        told = [f"{_types(gained)} may now stand there"] if gained else []
        told += [f"{_types(lost)} may no longer stand there"] if lost else []
        yield difference(
            "type", sorted(old.types), sorted(new.types), "; ".join(told), _also(values)
        )._replace(tighter=bool(lost), looser=bool(gained))
    if old.allowed is None and new.allowed is None:
        return
    if old.allowed is None:
        words = ", ".join(map(shown, new.allowed or []))
        message = f"only {words} may now stand there"
        yield difference("enum", None, new.allowed, message, _probing("enum", None, None))
    elif new.allowed is None:
        yield difference(
            "enum", old.allowed, None, "any value may now stand there", _probing("enum", None, None)
        )
    else:
        before, after = map(_keyed, (old.allowed, new.allowed))
        for text in {**before, **after}:
            value = {**before, **after}[text]
            if text not in before:
                yield difference("enum", None, value, f"the value {shown(value)} is new", _also([value]))._replace(
                    tighter=False, looser=True
                )
            elif text not in after:
                yield difference("enum", value, None, f"the value {shown(value)} is gone", _also([value]))._replace(
                    tighter=True, looser=False
                )


def _keywords(old: View, new: View, difference: Callable[..., Difference]) -> Iterator[Difference]:
    for keyword in {**old.keywords, **new.keywords}:
        was, now = old.keywords.get(keyword), new.keywords.get(keyword)
        if was == now or not _TYPES_OF.get(keyword, old.types & new.types) & old.types & new.types:
            continue
        yield difference(keyword, was, now, _changed(keyword, was, now), _probing(keyword, was, now))


def _changed(keyword: str, was: Any, now: Any) -> str:
    if was is None:
        return f"{keyword} {shown(now)} is new"
    if now is None:
        return f"{keyword} {shown(was)} is gone"
    return f"{keyword} {shown(was)} becomes {shown(now)}"
