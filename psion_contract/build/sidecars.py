"""Sidecars: what a maker asks for that no other file says, in YAML, TOML or JSON.

Every gap is reported, all of them at once, each with its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from psion_contract.documents import schemas
from psion_contract.exceptions import ArgumentError, SidecarError, UnreadableError
from psion_contract.findings import Position
from psion_contract.reading.escaping import excerpt, printable
from psion_contract.reading.json_reader import Json, Limits, read
from psion_contract.reading.pointers import ancestors, child, overlaps, parts, value_at
from psion_contract.reading.python_values import plain
from psion_contract.reading.source import Source, source_of
from psion_contract.reading.yaml_text import YamlError, parse

MAX_SIZE = 1024 * 1024
"""Maximum size of a sidecar, in bytes."""

MAX_YAML_SIZE = MAX_SIZE // 4
"""The same of one in YAML, of which the worst megabyte takes 20 seconds to read."""

_MAX_VALUES = MAX_YAML_SIZE // 2
_MAX_PROBLEMS = 100
_DEEP = re.compile(r"""(?:(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){128}""")
"""Names with dots between them, as many as levels that JSON may have."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""What YAML's escapes and Python's strings can hold, but no document."""
_ENDINGS = (".yaml", ".yml", ".toml", ".json")


class _Text(NamedTuple):
    """What a sidecar says.

    Attributes:
        name: of its file; ``sidecar`` for a Python value.
        value: its JSON value.
        position: line and column of the value at a pointer, if they are known.
    """

    name: str
    value: Any
    position: Callable[[str], Position | None]


class Sidecar:
    """A sidecar, and its problems.

    Args:
        sidecar: a mapping, the path of a file, or a `Source`.
        schema: name of its schema.
        limits: of the reader.

    Attributes:
        value: what it says, without what is null.
        folder: the folder of its file; the current one for a mapping or a `Source`.

    Raises:
        ArgumentError: a mapping has no JSON form.
        MissingExtraError: it is YAML, and PyYAML is not installed.
        SidecarError: the file is not YAML, TOML or JSON, or it holds what is no Unicode text.
        UnreadableError: the file cannot be read.
    """

    def __init__(self, sidecar: Any, schema: str, limits: Limits) -> None:
        self._text, self._schema = _read(sidecar, limits), schema
        self.folder = os.path.dirname(os.fspath(sidecar)) if isinstance(sidecar, os.PathLike) else ""
        if self._text.value is None:  # an empty file: every member is a gap
            self._text = self._text._replace(value={})
        if not isinstance(self._text.value, dict):
            found = excerpt(self._text.value)
            raise SidecarError(
                f"{printable(self._text.name)}: expected members and their values, found {found}"
            )
        self._problems: list[tuple[str, str]] = []
        for pointer, text in _texts(self._text.value, ""):
            if _SURROGATE.search(text):
                self.problem(pointer, f"{excerpt(text)} has half of a character, an unpaired surrogate")
        self.refuse_if_any()
        self.value: Json = _filled_in(self._text.value, schemas.schema(schema), schema, optional=False)
        self._broken: list[str] = []
        self._apply_schema()

    def problem(self, pointer: str, message: str) -> None:
        """Add a problem of the value at a pointer."""
        self._problems.append((pointer, message))

    def gap(self, pointer: str, reason: str = "") -> None:
        """Add the problem that there is no value at a pointer, for the reason that is given, or for what it means."""
        self.problem(pointer, f"missing: {reason or _meaning(self._schema, pointer)}")

    def has(self, pointer: str) -> bool:
        """Whether there is a value at a pointer, in which the schema finds nothing wrong."""
        return value_at(self.value, pointer) is not None and not any(
            overlaps(pointer, each) for each in self._broken
        )

    def items(self, pointer: str) -> Iterator[tuple[str, Any]]:
        """The items of a list in which the schema finds nothing wrong, with their pointers."""
        found = value_at(self.value, pointer)
        for index, item in enumerate(found if isinstance(found, list) else ()):
            place = child(pointer, index)
            if self.has(place):
                yield place, item

    def lacks(self, pointer: str) -> bool:
        """Whether there is no value at a pointer, so that all of its items are gaps."""
        return value_at(self.value, pointer) is None

    def complete(self, pointer: str) -> bool:
        """Whether the schema finds nothing wrong in a list, so that what it does not have can be judged."""
        return not any(each.startswith(f"{pointer}/") or each == pointer for each in self._broken)

    def refuse_if_any(self) -> None:
        """Raise `SidecarError` if there are problems."""
        if not self._problems:
            return
        located = [(self._position(pointer), pointer, message) for pointer, message in self._problems]
        located.sort(key=lambda each: each[0] or (0, 0))
        name = printable(self._text.name)
        lines = [
            f"{name}:{f'{place[0]}:{place[1]}:' if place else ''} {f'{printable(pointer)}: ' if pointer else ''}{message}"
            for place, pointer, message in located[:_MAX_PROBLEMS]
        ]
        if len(located) > _MAX_PROBLEMS:
            lines.append(f"{name}: and {len(located) - _MAX_PROBLEMS} more")
        raise SidecarError("\n".join(lines))

    def _position(self, pointer: str) -> Position | None:
        """Line and column of the value at a pointer, or of the next one around it."""
        for each in ancestors(pointer):
            if (found := self._text.position(each)) is not None:
                return found
        return None

    def _apply_schema(self) -> None:
        if schemas.is_valid(self._schema, self.value):
            return
        from psion_contract.documents.explanation import violations

        for each in violations(self._schema, self.value, _MAX_PROBLEMS):
            self._broken.append(each.touches)
            if each.keyword == "required":
                self.gap(each.touches)
            elif each.keyword == "type" and type(each.actual) is int and "expected a string" in each.message:
                self.problem(each.pointer, f'{each.message}; write "{each.actual}" in quotes')
            else:
                self.problem(each.pointer, each.message)


def _read(sidecar: Any, limits: Limits) -> _Text:
    if isinstance(sidecar, Mapping):
        return _Text("sidecar", plain(sidecar, "sidecar"), lambda pointer: None)
    if not isinstance(sidecar, (os.PathLike, Source)):
        raise ArgumentError(
            f"sidecar: expected a mapping or a pathlib.Path, found a {type(sidecar).__name__}"
        )
    if isinstance(sidecar, os.PathLike) and os.path.isdir(sidecar):
        raise UnreadableError(
            f"{printable(os.fsdecode(sidecar))}: is a folder; expected the file of a sidecar"
        )
    source = source_of("sidecar", sidecar, limits)
    if len(source.data) > MAX_SIZE:
        raise SidecarError(f"{printable(source.name)}: larger than {MAX_SIZE} bytes, the limit")
    ending = os.path.splitext(source.name)[1].lower()
    if ending not in _ENDINGS:  # standard input has no name
        ending = ".json" if source.data.lstrip().startswith(b"{") else ".yaml"
    if ending == ".json":
        return _json(source, limits)
    try:
        text = source.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.data.count(b"\n", 0, error.start) + 1
        raise SidecarError(f"{printable(source.name)}:{line}: not UTF-8") from None
    if ending == ".toml":
        return _toml(source.name, text)
    if len(source.data) > MAX_YAML_SIZE:
        limit = f"larger than {MAX_YAML_SIZE} bytes, the limit of YAML, which is slow to read"
        raise SidecarError(f"{printable(source.name)}: {limit}; write it in JSON or TOML")
    return _yaml(source.name, text)


def _json(source: Source, limits: Limits) -> _Text:
    reading = read(source.data, limits)
    if reading.problems:
        lines = []
        for problem in reading.problems[:_MAX_PROBLEMS]:
            line, column = reading.text.position_of_offset(problem.offset)
            lines.append(f"{printable(source.name)}:{line}:{column}: {problem.message}")
        raise SidecarError("\n".join(lines))
    return _Text(source.name, reading.value, reading.text.position)


def _toml(name: str, text: str) -> _Text:
    import tomllib

    try:
        if _DEEP.search(text):  # would take memory with the square of its length
            raise RecursionError
        value = tomllib.loads(text, parse_float=str)
    except RecursionError:
        raise SidecarError(f"{printable(name)}: nested too deeply") from None
    except ValueError as error:
        raise SidecarError(f"{printable(name)}: not TOML: {printable(str(error))}") from None
    return _Text(name, _plain(value, name, ""), lambda pointer: None)


def _plain(value: Any, name: str, pointer: str) -> Any:
    """A value of TOML with dates, which no sidecar has, as they are written; fractions are so already."""
    if isinstance(value, dict):
        return {key: _plain(item, name, child(pointer, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, name, child(pointer, index)) for index, item in enumerate(value)]
    if isinstance(value, (str, bool, int)):
        if isinstance(value, int) and value.bit_length() > 64:
            raise SidecarError(f"{printable(name)}: {printable(pointer)}: an integer of more than 64 bits")
        return value
    if type(value) is date:
        return value.isoformat()
    raise SidecarError(f"{printable(name)}: {printable(pointer)}: a time of day; write it in quotes")


def _yaml(name: str, text: str) -> _Text:
    try:
        value, positions = parse(text, _MAX_VALUES)
    except YamlError as error:
        line, column = error.position
        raise SidecarError(f"{printable(name)}:{line}:{column}: {printable(str(error))}") from None
    return _Text(name, value, positions.get)


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """The strings in a value, names of members included, with their pointers."""
    if isinstance(value, str):
        yield pointer, value
    for name, item in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from _texts(name, pointer)
        yield from _texts(item, child(pointer, name))


def _filled_in(value: Any, node: Json, schema: str, *, optional: bool) -> Any:
    """A value without what was left empty: members that are null, and optional objects and lists of nothing else.

    Args:
        value: the value.
        node: the part of the schema for it.
        schema: name of the schema.
        optional: whether the value may be left out.
    """
    node = schemas.definition(schema, node)
    if isinstance(value, list):
        items = [_filled_in(each, node.get("items", {}), schema, optional=optional) for each in value]
        return None if optional and items and not any(items) else items
    if not isinstance(value, dict):
        return value
    members = {}
    for name, item in value.items():
        inner = node.get("properties", {}).get(name, {})
        found = _filled_in(item, inner, schema, optional=name not in node.get("required", ()))
        if found is not None:
            members[name] = found
    return None if optional and value and not members else members


def _meaning(schema: str, pointer: str) -> str:
    """What the schema says of the value at a pointer: its first sentence, and the words or members that it can or must have."""
    node: Any = schemas.schema(schema)
    text = ""
    for part in parts(pointer):
        node = schemas.definition(schema, node)
        node = node["items"] if part.isdecimal() else node["properties"][part]
        text = node.get("description", "") or schemas.definition(schema, node).get("description", "")
    first: str = text.split(". ")[0]
    node = schemas.definition(schema, node)
    inner = schemas.definition(schema, node.get("items", node))
    words, members = ", ".join(node.get("enum", ())), ", ".join(inner.get("required", ()))
    also = f" ({words})" if words else f"; with {members}" if members else ""
    return f"{first[:1].lower()}{first[1:]}{also}"
