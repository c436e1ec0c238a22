"""In what two schemas differ at one place of a document, each aspect with values that may show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from json import dumps
from typing import Any, NamedTuple

from psion_contract.schema_tools.probes import UNLISTED, of_type, probes
from psion_contract.schema_tools.shown import shown
from psion_contract.schema_tools.views import ALL_TYPES, View

_FALLING = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
"""Keywords that ask for more where their number is lower."""

_RISING = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "uniqueItems"}
"""Keywords that ask for more where their number is higher."""

_TYPES_OF = {
    keyword: frozenset(types.split())
    for types, keywords in (
        ("string", "pattern minLength maxLength"),
        ("integer fraction", "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"),
        ("array", "minItems maxItems uniqueItems"),
        ("object", "minProperties maxProperties"),
    )
    for keyword in keywords.split()
}
"""The types that a keyword has a say about; all for those not named."""


_ANY: tuple[Any, ...] = (None, 0, "a", {})


class Aspect(NamedTuple):
    """One thing that one of two schemas asks for and the other does not, or asks for otherwise.

    Attributes:
        keyword: the keyword concerned.
        was: its value in the old schema; None where it is absent.
        now: its value in the new schema; None where it is absent.
        message: the difference in words.
        tighter: whether values may become invalid by it.
        looser: whether values may become valid by it.
        values: values that may show it, from one that may stand at the place and a function that gives one
            for a member.
        member: the member of the object at the place which the aspect is about; None where it is about none.
    """

    keyword: str
    was: Any
    now: Any
    message: str
    tighter: bool
    looser: bool
    values: Callable[[Any, Callable[[str], Any]], Iterator[Any]]
    member: str | None = None


def aspects(old: View, new: View) -> Iterator[Aspect]:
    """Every aspect in which two views of a place differ, apart from what stands below it."""
    yield from _types(old, new)
    yield from _words(old, new)
    yield from _others(old, new)
    yield from _members(old, new)


def condition_changed(old: View, new: View) -> Aspect:
    """The aspect that the same is asked for under another condition.

    Args:
        old: what the condition tested.
        new: what it tests now.
    """
    was, now = in_words(old), in_words(new)
    names = {**old.required, **old.known, **new.required, **new.known}

    def values(seed: Any, member: Callable[[str], Any]) -> Iterator[Any]:
        yield from probes("if", None, None, seed)
        for name in names if isinstance(seed, dict) else ():
            for value in (member(name), *_ANY):
                changed = seed | {name: value}
                yield changed
                yield from ({key: item for key, item in changed.items() if key != left} for left in changed)

    return Aspect("if", was, now, f"what held where {was} now holds where {now}", True, True, values)


def in_words(test: View) -> str:
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


def _types(old: View, new: View) -> Iterator[Aspect]:
    lost, gained = sorted(old.types - new.types), sorted(new.types - old.types)
    listed = old.allowed is not None and new.allowed is not None  # then the values say it all
    if listed or (not lost and not gained):
        return
    told = [f"{_listed(gained, new)} may now stand there"] if gained else []
    told += [f"{_listed(lost, old)} may no longer stand there"] if lost else []
    values = [value for name in lost + gained for value in of_type(name)]
    was, now = sorted(old.types), sorted(new.types)
    yield Aspect("type", was, now, "; ".join(told), bool(lost), bool(gained), _these(*values))


def _words(old: View, new: View) -> Iterator[Aspect]:
    """What ``const`` and ``enum`` allow."""
    before, after = old.allowed, new.allowed
    if before is None and after is not None:
        message = f"only {', '.join(map(shown, after))} may now stand there"
        yield Aspect("enum", None, after, message, True, False, _probing("enum", None, None))
    elif before is not None and after is None:
        message = "other values may now stand there"
        yield Aspect("enum", before, None, message, False, True, _probing("enum", None, None))
    elif before is not None and after is not None:
        gone, come = ({dumps(each): each for each in values} for values in (before, after))
        for text, value in gone.items():
            if text not in come:
                message = f"the value {shown(value)} is gone"
                yield Aspect("enum", value, None, message, True, False, _these(value))
        for text, value in come.items():
            if text not in gone:
                message = f"the value {shown(value)} is new"
                yield Aspect("enum", None, value, message, False, True, _these(value))


def _others(old: View, new: View) -> Iterator[Aspect]:
    shared = old.types & new.types
    for keyword in {**old.keywords, **new.keywords}:
        was, now = old.keywords.get(keyword), new.keywords.get(keyword)
        if was == now or not shared & _TYPES_OF.get(keyword, shared):
            continue  # where no type that the keyword judges is left, the change of type says it all
        tighter, looser = True, True
        if was is None or now is None:
            if keyword in _RISING | _FALLING | {"pattern", "not"}:
                tighter, looser = was is None, now is None
        elif keyword in _RISING | _FALLING:
            tighter = (now > was) == (keyword in _RISING)
            looser = not tighter
        message = change_in_words(keyword, was, now)
        message += ", and validators differ in what they make of a format" if keyword == "format" else ""
        yield Aspect(keyword, was, now, message, tighter, looser, _probing(keyword, was, now))


def _members(old: View, new: View) -> Iterator[Aspect]:
    if "object" not in old.types & new.types:
        return
    keyword = "additionalProperties"
    for name in {**old.named, **new.named, **old.required, **new.required}:
        known, stays = False not in old.member(name), False not in new.member(name)
        if known and not stays:
            yield Aspect(keyword, name, None, "the member is gone", True, False, _with(name), name)
        elif stays and not known:
            yield Aspect(keyword, None, name, "the member is new", False, True, _with(name), name)
        needed, wanted = name in old.required, name in new.required
        if needed and not wanted:
            message = "the member may now be absent"
            yield Aspect("required", True, None, message, False, True, _without(name), name)
        elif wanted and not needed:
            message = "the member must now be there"
            yield Aspect("required", None, True, message, True, False, _without(name), name)
    first = [name for name in old.known if name in new.known]
    second = [name for name in new.known if name in old.known]
    if first != second:
        message = "members are in another order, in which digests are made"
        yield Aspect("properties", first, second, message, False, False, _these())
    was, now = (False not in view.member(None) for view in (old, new))
    if was and not now:
        message = "members that the schema does not name may no longer be there"
        yield Aspect(keyword, was, now, message, True, False, _with(UNLISTED), UNLISTED)
    elif now and not was:
        message = "members that the schema does not name may now be there"
        yield Aspect(keyword, was, now, message, False, True, _with(UNLISTED), UNLISTED)


def _listed(types: list[str], view: View) -> str:
    """Types in words: those that one of two views has and the other has not."""
    if view.types == ALL_TYPES:
        return "a value of another type"  # not of any other: keywords such as oneOf may leave only some
    return " or ".join("a number with a fraction" if name == "fraction" else name for name in types)


def change_in_words(keyword: str, was: Any, now: Any) -> str:
    """The change of a keyword's value, where None is no value."""
    if was is None:
        return f"{keyword} {shown(now)} is new"
    if now is None:
        return f"{keyword} {shown(was)} is gone"
    return f"{keyword} {shown(was)} becomes {shown(now)}"


def _these(*values: Any) -> Callable[[Any, Any], Iterator[Any]]:
    return lambda seed, member: iter((*values, seed))


def _probing(keyword: str, was: Any, now: Any) -> Callable[[Any, Any], Iterator[Any]]:
    return lambda seed, member: probes(keyword, was, now, seed)


def _with(name: str) -> Callable[[Any, Callable[[str], Any]], Iterator[Any]]:
    def values(seed: Any, member: Callable[[str], Any]) -> Iterator[Any]:
        if isinstance(seed, dict):
            if name in seed:
                yield seed
            yield seed | {name: member(name)}

    return values


def _without(name: str) -> Callable[[Any, Any], Iterator[Any]]:
    def values(seed: Any, member: Callable[[str], Any]) -> Iterator[Any]:
        if isinstance(seed, dict):
            yield {key: item for key, item in seed.items() if key != name}

    return values
