"""Random edits of JSON values, each with a description.

An edit whose result is not a JSON value (``1.0`` instead of an integer, a duplicate member) puts a placeholder into the
value: a string or a member name that `Placeholders.fill` replaces in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from json import dumps, loads
from random import Random
from typing import Any

from random_sets.targeted_edits import targeted_edit

Path = tuple[str | int, ...]

STRINGS = (
    *("", " ", "\u2003", "x", "a|b", "tab\there", "line\nfeed", "\u0085", "\u007f", "\u0000"),
    *("null", "é", "\U00010437", "\ufeffx", "2" * 64, "A" * 64, "0" * 63 + "\n", "train", "repeat", "code"),
)
INTEGERS = (
    *(0, 1, 2, 9999, 10000, 10001, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**53 + 1),
    *(2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**65, 10**30, -1, -(2**53) - 1, -(2**64), -(10**30)),
)
NUMBER_TEXTS = (
    *("1.0", "-0", "0.0", "-0.0", "1e3", "1E+2", "1.5", "1e-7", "1e400", "18446744073709551615.0"),
    *("12345678901234567890e0", "9007199254740993.0", "2.50", "5e-324", "1e21", "100000000000000000000.0"),
)
NAMES = (
    *("extra", "a/b", "a~b", "~1", "", "__proto__", "constructor", "toString", "10", "9", "é", "\U00010437"),
    *("schema_version", "cluster_execution", "stages", "checkpoint_family", "null", "$ref"),
)
WORDS = (
    ("train", "validation", "test", "held_out", "preference", "replay", "custom"),
    ("single_pass", "repeat"),
    ("manifest_order", "deterministic_shuffle"),
    ("prose", "spec_text", "code"),
    ("explanation_quality", "spec_interpretation", "tradeoff_reasoning", "invariant_articulation"),
    ("pretrain", "general_sft", "agentic_sft", "rl"),
    ("active", "completed"),
    ("plain_completion", "tool_call", "long_context"),
    ("pilot32m", "internal128m"),
    ("Identity", "Relu", "Silu"),
    ("ProgrammaticFixture", "SafeTensors", "Gguf"),
    ("F32", "F16", "BF16", "I32", "I8"),
    ("none", "int8_symmetric", "ggml_mxfp4", "ggml_q4_0", "ggml_q5_k", "ggml_q8_0"),
    ("whole_model", "replica", "layer_range", "tensor_range"),
    ("cpu", "cuda"),
)


class Placeholders:
    """Texts that cannot be written as JSON values."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self._texts)

    def value(self, text: str) -> str:
        """A string in the place of a value, which becomes `text`."""
        self._texts.append(text)
        return f"@placeholder{len(self._texts) - 1}@"

    def member(self, text: str) -> str:
        """The name of a null member, which becomes `text` together with the member."""
        return self.value(text)

    def fill(self, text: str) -> str:
        """A JSON text with its placeholders replaced."""
        return re.sub(r'"@placeholder(\d+)@"(?:\s*:\s*null)?', lambda found: self._texts[int(found[1])], text)


def anything(random: Random) -> Any:
    """Any small JSON value."""
    return random.choice(
        (
            None,
            True,
            False,
            0,
            7,
            2**64,
            "text",
            [],
            {},
            [1, 1],
            ["a", "a"],
            {"a": None},
            [[]],
            {"kind": "replica"},
        )
    )


def pick(random: Random, value: Any, wanted: Callable[[Any], bool]) -> Path | None:
    """The path of a random part that is wanted, chosen by a random walk from the root."""
    for _ in range(30):
        path: Path = ()
        here = value
        while isinstance(here, (dict, list)) and here:
            if path and wanted(here) and random.random() < 0.2:
                return path
            key = random.choice(list(here)) if isinstance(here, dict) else random.randrange(len(here))
            path, here = (*path, key), here[key]
        if path and wanted(here):
            return path
    return None


def at(value: Any, path: Path) -> Any:
    """The part at a path."""
    for key in path:
        value = value[key]
    return value


def put(value: Any, path: Path, part: Any) -> None:
    """Replace the part at a path."""
    at(value, path[:-1])[path[-1]] = part


def edit(random: Random, value: Any, placeholders: Placeholders) -> str:
    """Edit a JSON object in place; returns a description, which is empty if nothing was changed."""
    kind = random.choices(list(_KINDS), list(_KINDS.values()))[0]
    if "stages" in value and random.random() < 0.5:
        kind = _targeted
    described = kind(random, value, placeholders)
    return f"{kind.__name__.strip('_')} {described}" if described else ""


def _is_string(part: Any) -> bool:
    return isinstance(part, str)


def _is_integer(part: Any) -> bool:
    return type(part) is int


def _is_list(part: Any) -> bool:
    return isinstance(part, list) and bool(part)


def _is_object(part: Any) -> bool:
    return isinstance(part, dict)


def _changed(value: Any, path: Path | None, part: Any) -> str:
    if path is None:
        return ""
    put(value, path, part)
    return f"{shown(path)} = {dumps(part)[:80]}"


def shown(path: Path) -> str:
    """A path, as a JSON pointer without escapes."""
    return "/" + "/".join(map(str, path))


def _string(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, _is_string)
    if path is None:
        return ""
    was = at(value, path)
    return _changed(
        value, path, random.choice((was + "x", was[:-1], was.upper(), was + "|", random.choice(STRINGS)))
    )


def _word(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, lambda part: any(part in words for words in WORDS if isinstance(part, str)))
    if path is None:
        return ""
    words = next(words for words in WORDS if at(value, path) in words)
    return _changed(value, path, random.choice(words))


def _integer(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, _is_integer)
    if path is None:
        return ""
    was = at(value, path)
    return _changed(
        value, path, random.choice((was + 1, max(was - 1, 0), was * 2, was // 2, random.choice(INTEGERS)))
    )


def _transfer(random: Random, value: Any, _placeholders: Placeholders) -> str:
    """Move an amount from a number of one entry to the same number of another, which preserves sums."""
    path = pick(random, value, lambda part: _is_list(part) and len(part) > 1 and _is_object(part[0]))
    if path is None:
        return ""
    entries = [entry for entry in at(value, path) if _is_object(entry)]
    if len(entries) < 2:
        return ""
    first, second = random.sample(entries, 2)
    names = [name for name in first if _is_integer(first[name]) and _is_integer(second.get(name))]
    if not names:
        return ""
    name, amount = random.choice(names), random.choice((1, 10, 500, 3000))
    first[name] += amount
    second[name] = max(second[name] - amount, 0)
    return f"{shown(path)}/*/{name} {amount}"


def _boolean(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, lambda part: isinstance(part, bool))
    return _changed(value, path, not at(value, path)) if path else ""


def _type(random: Random, value: Any, _placeholders: Placeholders) -> str:
    return _changed(value, pick(random, value, lambda _: True), anything(random))


def _drop(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, lambda _: True)
    if path is None:
        return ""
    del at(value, path[:-1])[path[-1]]
    return shown(path)


def _null(random: Random, value: Any, _placeholders: Placeholders) -> str:
    return _changed(value, pick(random, value, lambda _: True), None)


def _extra(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, _is_object) if random.random() < 0.8 else ()
    if path is None:
        return ""
    name = random.choice(NAMES)
    at(value, path)[name] = anything(random)
    return f"{shown(path)} {name!r}"


def _open(random: Random, value: Any, _placeholders: Placeholders) -> str:
    """Put arbitrary values into the open object."""
    delivered = value.get("delivered_execution")
    if not _is_object(delivered):
        return ""
    names = random.sample(NAMES, 4)
    cluster = delivered.get("cluster_execution")
    delivered["cluster_execution"] = (cluster if _is_object(cluster) else {}) | {
        name: random.choice((anything(random), random.choice(INTEGERS))) for name in names
    }
    return str(names)


def _list(random: Random, value: Any, _placeholders: Placeholders) -> str:
    path = pick(random, value, _is_list)
    if path is None:
        return ""
    items = at(value, path)
    change = random.choice(("remove", "repeat", "swap", "shuffle", "clear", "repeat changed"))
    index, other = random.randrange(len(items)), random.randrange(len(items))
    match change:
        case "remove":
            del items[index]
        case "repeat":
            items.insert(other, loads(dumps(items[index])))
        case "swap":
            items[index], items[other] = items[other], items[index]
        case "shuffle":
            random.shuffle(items)
        case "clear":
            items.clear()
        case _:
            items.append(loads(dumps(items[index])))
            if _is_object(items[-1]) and items[-1]:
                name = random.choice(list(items[-1]))
                items[-1][name] = f"{items[-1][name]}-2" if _is_string(items[-1][name]) else anything(random)
    return f"{change} {shown(path)}/{index} {other}"


def _borrow(random: Random, value: Any, _placeholders: Placeholders) -> str:
    """Replace a value by another one of the same type."""
    path = pick(random, value, lambda part: isinstance(part, (str, int)))
    if path is None:
        return ""
    other = pick(random, value, lambda part: type(part) is type(at(value, path)))
    return _changed(value, path, at(value, other)) if other else ""


def _number_text(random: Random, value: Any, placeholders: Placeholders) -> str:
    path = pick(random, value, _is_integer if random.random() < 0.8 else lambda _: True)
    if path is None:
        return ""
    was = at(value, path)
    texts = (f"{was}.0", f"{was}e0") if _is_integer(was) else ()
    text = random.choice((*NUMBER_TEXTS, *texts))
    put(value, path, placeholders.value(text))
    return f"{shown(path)} = {text}"


def _repeat_member(random: Random, value: Any, placeholders: Placeholders) -> str:
    path = pick(random, value, _is_object) if random.random() < 0.7 else ()
    members = at(value, path) if path is not None else None
    if not members:
        return ""
    name = random.choice(list(members))
    spelled = (
        dumps(name)
        if random.random() < 0.5 or not name
        else f'"\\u{ord(name[0]) % 65536:04x}{dumps(name[1:])[1:]}'
    )
    again = dumps(random.choice((members[name], anything(random), random.choice(INTEGERS))))
    entries = list(members.items())
    entries.insert(random.randrange(len(entries) + 1), (placeholders.member(f"{spelled}: {again}"), None))
    members.clear()
    members.update(entries)
    return f"{shown(path or ())} {name!r}"


def _targeted(random: Random, value: Any, _placeholders: Placeholders) -> str:
    return targeted_edit(random, value)


_KINDS: dict[Callable[[Random, Any, Placeholders], str], float] = {
    _targeted: 2,
    _string: 3,
    _word: 2,
    _integer: 3,
    _transfer: 2,
    _boolean: 1,
    _type: 1,
    _drop: 2,
    _null: 2,
    _extra: 1,
    _open: 0.5,
    _list: 3,
    _borrow: 2,
    _number_text: 0.7,
    _repeat_member: 0.5,
}
