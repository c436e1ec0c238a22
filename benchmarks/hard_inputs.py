"""Inputs that may be hard: canonical documents with long lists, and texts that are extreme in one other way."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

CANONICAL = Path(__file__).parents[1] / "fixtures" / "psion"

Files = dict[str, bytes]


class Case(NamedTuple):
    """One input.

    Attributes:
        name: what is extreme.
        make: makes its files, of about so many bytes together.
        command: the command of psion-contract that gets them; `FILES` is the folder.
    """

    name: str
    make: Callable[[int], Files]
    command: tuple[str, ...] = ("check", "FILES", "--format", "json")


def canonical() -> dict[str, Any]:
    """The canonical documents, by file name without the prefix and the version."""
    return {
        path.stem.removeprefix("psion_").removesuffix("_v1"): json.loads(path.read_bytes())
        for path in sorted(CANONICAL.rglob("*.json"))
    }


# Lists

STYLES = ("equal", "distinct", "null", "wrong")
"""How the rows of a long list differ from its first row."""


class LongList(NamedTuple):
    """A list of a canonical document, to be made long."""

    document: str
    path: tuple[str | int, ...]
    style: str

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.document}:{'/'.join(map(str, self.path))} {self.style}"


def lists_of(documents: dict[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every list, and of the rows of each list only those of the first."""

    def below(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if isinstance(value, list):
            yield path
            value = dict(enumerate(value[:1]))
        if isinstance(value, dict):
            for key, child in value.items():
                yield from below(child, (*path, key))

    for name, document in documents.items():
        yield from ((name, path) for path in below(document, ()))


def lengthen(documents: dict[str, Any], long: LongList, size: int) -> None:
    """Make one list so long that its JSON has about `size` bytes."""
    rows = documents[long.document]
    for key in long.path:
        rows = rows[key]
    if not rows:
        return
    count = max(1, size // (len(json.dumps(rows[0], separators=(",", ":"))) + 4))
    rows += [_varied(rows[0], long.style, number) for number in range(count)]


def _varied(value: Any, style: str, number: int) -> Any:
    match value:
        case dict():
            changed = {key: _varied(child, style, number) for key, child in value.items()}
            if style == "null":
                changed[list(value)[number % len(value)]] = None
            return changed
        case list():
            return [_varied(child, style, number) for child in value]
        case str() if style == "distinct" and not _is_enumerated(value):
            return f"{value}{number}"
        case str() if style == "wrong":
            return f"w{number}"
        case int() if style == "wrong" and not isinstance(value, bool):
            return value + number
        case _:
            return None if style == "null" and not isinstance(value, (dict, list)) else value


def _is_enumerated(value: str) -> bool:
    """Whether a string looks like a word that a schema lists, which a distinct row keeps."""
    return value.isidentifier() and not any(character.isdigit() for character in value) and "_id" not in value


def list_case(*longs: LongList) -> Case:
    """All canonical documents, with some lists of them made long."""

    def make(size: int) -> Files:
        documents = copy.deepcopy(canonical())
        for long in sorted(longs, key=lambda each: -len(each.path)):
            lengthen(documents, long, size // len(longs))
        return {f"{name}.json": _dump(value) for name, value in documents.items()}

    return Case(" and ".join(long.name for long in longs), make)


# Texts


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(name: str, make: Callable[[int], bytes | str], file: str = "x.json") -> Case:
    def files(size: int) -> Files:
        text = make(size)
        return {file: text.encode() if isinstance(text, str) else text}

    return Case(name, files)


def _repeated(piece: str | Callable[[int], str], size: int, separator: str = ",") -> str:
    make = piece if callable(piece) else lambda number: piece
    count = size // (len(make(10**6)) + 1)
    return separator.join(map(make, range(count)))


def _with(document: str, members: str) -> str:
    """A canonical document with more members, given as text."""
    return json.dumps(canonical()[document])[:-1] + "," + members + "}"


def _identified(document: str, number: int, same: bool) -> Any:
    """A copy of a document with another identity, or with the same and other contents."""
    value = copy.deepcopy(canonical()[document])
    suffix = "" if same else str(number)
    for holder in (value, value.get("model", {}), value.get("replay_contract", {})):
        for name in ("run_id", "model_id", "stable_dataset_identity", "policy_id", "program_id"):
            if name in holder:
                holder[name] += suffix
    for name in ("summary", "policy_version", "model_id"):
        if same and isinstance(value.get(name), str):
            value[name] += str(number)
    return value


def _stacked(document: str, count: int, same: bool) -> list[Any]:
    return [_identified(document, number, same) for number in range(count)]


def text_cases() -> Iterator[Case]:
    """Texts that are extreme in names, depth, numbers, strings, problems, or their number of documents."""
    one_of_each = {value["schema_version"]: (name, value) for name, value in canonical().items()}
    for document, value in one_of_each.values():
        version = value["schema_version"]
        head = f'"schema_version":"{version}"'
        tiny = "{" + head + "}"
        miss = tiny.replace(".v1", "·v1")
        for what, members in {
            "unknown members": lambda n: f'"m{n}":1',
            "repeated members": lambda n: '"m":1',
            "members repeated once": lambda n: f'"m{n // 2}":1',
            "fractions": lambda n: f'"m{n}":1.5',
            "unsafe integers": lambda n: f'"m{n}":9007199254740993',
            "empty objects": lambda n: f'"m{n}":{{}}',
            "long names": lambda n: f'"{n:01000d}":1.5',
        }.items():
            yield _text(
                f"{document}: {what}", lambda size, d=document, m=members: _with(d, _repeated(m, size))
            )
        for key, string in value.items():
            if isinstance(string, str) and key != "schema_version":
                yield _text(
                    f"{document}: long {key}",
                    lambda size, v=value, k=key: _dump({**v, k: "é\u202e\\" * (size // 14)}),
                )
        yield _text(f"{document}: tiny in a list", lambda size, t=tiny: f"[{_repeated(t, size)}]")
        yield _text(f"{document}: tiny lines", lambda size, t=tiny: _repeated(t, size, "\n"), "x.jsonl")
        fraction = "{" + head + ',"run_id":1.5}'
        yield _text(
            f"{document}: tiny with fractions",
            lambda size, t=fraction, u=tiny: f"[{_repeated(t, size // 2)},{_repeated(u, size // 2)}]",
        )
        yield _text(
            f"{document}: tiny in a repeated member",
            lambda size, t=tiny: '{"a":[' + _repeated(t, size) + '],"a":0}',
        )
        yield _text(
            f"{document}: tiny in repeated members",
            lambda size, t=tiny: "{" + _repeated(lambda n: '"a":' + t, size) + "}",
        )
        yield _text(f"{document}: near misses", lambda size, t=miss: f"[{_repeated(t, size)}]")
        yield _text(
            f"{document}: misspelt members",
            lambda size, v=version: (
                "[" + _repeated(lambda n: f'{{"Schema_Version ":"{v}","n":{n}}}', size) + "]"
            ),
        )
        yield _text(
            f"{document}: broken lines", lambda size, t=tiny: _repeated(t[:-1], size, "\n"), "x.jsonl"
        )
        for same in (True, False):
            kind = "with one identity" if same else "with identities"

            def copies(size: int, d: str = document, s: bool = same) -> list[Any]:
                return _stacked(d, max(2, size // len(_dump(canonical()[d]))), s)

            yield _text(f"{document}: {kind}", lambda size, c=copies: _dump(c(size)))
            yield _text(
                f"{document}: lines {kind}",
                lambda size, c=copies: b"\n".join(map(_dump, c(size))),
                "x.jsonl",
            )
    for left, right in itertools.permutations([name for name, _ in one_of_each.values()], 2):
        for same in (True, False):

            def both(size: int, a: str = left, b: str = right, s: bool = same) -> bytes:
                many = _stacked(a, size // 2 // len(_dump(canonical()[a])) or 1, False)
                return _dump(many + _stacked(b, size // 2 // len(_dump(canonical()[b])) or 1, s))

            yield _text(f"{left} beside {right} of {'one identity' if same else 'others'}", both)
    yield from _json_cases()


def _json_cases() -> Iterator[Case]:
    """Texts that are extreme without being documents."""
    claim = '"schema_version":"psion.pretrain_stage_receipt.v1"'
    name = "n" * 1000

    def below(opening: str, closing: str, levels: int, inside: str) -> str:
        return opening * levels + inside + closing * levels

    for what, scalar in {
        "fractions": "1.5",
        "unsafe integers": "9007199254740993",
        "digits": "1" * 4000,
    }.items():
        yield _text(f"{what} in a list", lambda size, s=scalar: f'{{{claim},"a":[{_repeated(s, size)}]}}')
        for levels in (60, 120):
            yield _text(
                f"{what}, {levels} levels deep",
                lambda size, s=scalar, n=levels: f'{{{claim},"a":{below("[", "]", n, _repeated(s, size))}}}',
            )
        yield _text(
            f"{what} below a long name",
            lambda size, s=scalar: f'{{{claim},"{name}":[{_repeated(s, size)}]}}',
        )
        yield _text(
            f"{what}, each 120 levels deep",
            lambda size, s=scalar: f'{{{claim},"a":[{_repeated(below("[", "]", 120, s), size)}]}}',
        )
        yield _text(
            f"{what} below a name of half the text",
            lambda size, s=scalar: f'{{{claim},"{"n" * (size // 2)}":[{_repeated(s, size // 2)}]}}',
        )
    for what, piece in {
        "objects": '{"a":{}}',
        "lists": "[[]]",
        "lists, 120 levels deep": below("[", "]", 120, ""),
        "objects, 120 levels deep": below('{"a":', "}", 120, "1"),
        "repeated members": '{"a":1,"a":2}',
        "repeated members with objects": '{"a":{},"a":2}',
        "repeated members, 100 levels deep": below('{"a":1,"a":', "}", 100, "1"),
        "repeated names that mean a version": '{"Schema-Version":"psion.sampling_policy.v1","Schema-Version":1}',
        "near names": '{"schema_versio":"psion.sampling_policy.v0"}',
        "long versions": '{"schema_version":"psion' + "\u0430" * 190 + '"}',
        "programs that claim": '{"stages":[],"checkpoint_family":1}',
        "escaped strings": '"' + "\\ud83d\\ude00" * 10 + '"',
        "half surrogates": '"\\ud83d"',
    }.items():
        yield _text(f"many {what}", lambda size, p=piece: f"[{_repeated(p, size)}]")
        yield _text(f"lines of {what}", lambda size, p=piece: _repeated(p, size, "\n"), "x.jsonl")
        yield _text(
            f"unreadable, many {what}", lambda size, p=piece: f'{{{claim},"a":[{_repeated(p, size)},]}}'
        )
    yield _text("empty lines", lambda size: "\n" * size, "x.jsonl")
    yield _text("blanks", lambda size: " " * size, "x.jsonl")
    yield _text("opening brackets", lambda size: "[" * size)
    yield _text("opening braces", lambda size: '{"a":' * (size // 5))
    yield _text("quotes", lambda size: '"' * size)
    yield _text("backslashes", lambda size: '"' + "\\" * size)
    yield _text("claims cut short", lambda size: _repeated(claim + "\n", size, ""))
    yield _text("names of a claim", lambda size: "schema_version" * (size // 14))
    yield _text("colons after a claim", lambda size: '{"schema_version": ' + "// \n" * (size // 4))
    yield _text(
        "utf-16", lambda size: f"{{{claim}}}".encode("utf-16") + ("a" * (size // 2)).encode("utf-16-le")
    )
    yield Case("files", lambda size: {f"{n}.json": f"{{{claim}}}".encode() for n in range(size // 2000)})
    long_receipt = LongList("pretrain_stage_receipt", ("source_family_reports",), "distinct")
    for style in STYLES:
        long = long_receipt._replace(style=style)
        for command in (
            ("seal", "FILES/pretrain_stage_receipt.json", "--inputs", "FILES"),
            ("digest", "FILES"),
        ):
            case = list_case(long)
            yield Case(f"{command[0]}: {case.name}", case.make, command)
    yield Case(
        "text: fractions",
        lambda size: {"x.json": f'{{{claim},"a":[{_repeated("1.5", size)}]}}'.encode()},
        ("check", "FILES"),
    )
