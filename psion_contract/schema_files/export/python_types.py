"""Types for Python: typed dictionaries, formatted as by Ruff and Black."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

from psion_contract.schema_files.export import type_model as m
from psion_contract.schema_files.export.type_model import GENERATED, TITLE, comment

_WIDTH = 88
_HEAD = f'''\
# {GENERATED}

"""{TITLE}

These types describe valid documents; a validator decides whether a document is valid.
Read documents with json.loads, whose integers are exact. Needs Python 3.11 or later.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict
'''


def emit(declarations: list[m.Declaration]) -> str:
    """The module with these declarations, each after the ones that it is made of."""
    text, after_class = _HEAD, False
    for each in _in_order(declarations):
        for is_class, lines in _statements(each):
            text += "\n" * (2 if is_class or after_class else 1) + "\n".join(lines) + "\n"
            after_class = is_class
    return text


def _in_order(declarations: list[m.Declaration]) -> list[m.Declaration]:
    named = {each.name: each for each in declarations}
    placed: dict[str, m.Declaration] = {}

    def place(declaration: m.Declaration) -> None:
        if declaration.name not in placed:
            for name in _needs(declaration):
                place(named[name])
            placed[declaration.name] = declaration

    for each in declarations:
        place(each)
    return list(placed.values())


def _needs(declaration: m.Declaration) -> Iterator[str]:
    structs = [declaration] if isinstance(declaration, m.Struct) else []
    structs = list(declaration.variants.values()) if isinstance(declaration, m.Union) else structs
    for field in (field for struct in structs for field in struct.fields):
        needed = field.type
        while isinstance(needed, (m.ListOf, m.MapOf)):
            needed = needed.item if isinstance(needed, m.ListOf) else needed.value
        if isinstance(needed, m.Reference):
            yield needed.name


def _statements(declaration: m.Declaration) -> Iterator[tuple[bool, list[str]]]:
    """The statements of a declaration, each with whether it is a class."""
    match declaration:
        case m.Alias(name, description, target):
            yield False, [f"{name}: TypeAlias = {_type(target)}", *_doc(description, "")]
        case m.Enumeration(name, description, words):
            assigned = _assigned(name, "Literal[", [dumps(word) for word in words], ", ", "]")
            yield False, assigned + _doc(description, "")
        case m.Struct(name, description, fields, True):  # a typed dictionary cannot be open
            members = ", ".join(f"{field.name}: {_member(field)}" for field in fields)
            doc = _doc(f"{description} Its own members: {members}.", "")
            yield False, [f"{name}: TypeAlias = dict[str, Any]", *doc]
        case m.Struct(name, description, fields):
            yield True, [f"class {name}(TypedDict):", *_doc(description, "    "), *_members(fields)]
        case m.Union(name, description, _, variants):
            for variant in variants.values():
                yield from _statements(variant)
            names = [variant.name for variant in variants.values()]
            yield False, _assigned(name, "", names, " | ", "") + _doc(description, "")


def _members(fields: list[m.Field]) -> Iterator[str]:
    for field in fields:
        yield ""
        yield f"    {field.name}: {_member(field)}"
        yield from _doc(field.description, "    ")


def _assigned(name: str, opening: str, words: list[str], between: str, closing: str) -> list[str]:
    line = f"{name}: TypeAlias = {opening}{between.join(words)}{closing}"
    if len(line) <= _WIDTH:
        return [line]
    if closing:
        return [f"{name}: TypeAlias = {opening}", *(f"    {word}," for word in words), closing]
    if len(line := f"    {between.join(words)}") <= _WIDTH:
        return [f"{name}: TypeAlias = (", line, ")"]
    first, *rest = words
    further = (f"    {between.strip()} {word}" for word in rest)
    return [f"{name}: TypeAlias = (", f"    {first}", *further, ")"]


def _doc(text: str, indent: str) -> list[str]:
    line = f'{indent}"""{text}"""'
    if len(line) <= _WIDTH:
        return [line]
    first, *rest = comment(f'"""{text}', indent, "", _WIDTH)
    return [first, *rest, f'{indent}"""']


def _member(field: m.Field) -> str:
    annotation = _type(field.type)
    if field.nullable and not isinstance(field.type, m.AnyJson):
        annotation = f"{annotation} | None"
    return annotation if field.required else f"NotRequired[{annotation}]"


def _type(kind: m.Type) -> str:
    match kind:
        case m.Reference(name):
            return name
        case m.Constant(_, word):
            return f"Literal[{dumps(word)}]"
        case m.Integer():
            return "int"
        case m.Boolean():
            return "bool"
        case m.AnyJson():
            return "Any"
        case m.ListOf(item):
            return f"list[{_type(item)}]"
        case m.MapOf(value):
            return f"dict[str, {_type(value)}]"
    return "str"
