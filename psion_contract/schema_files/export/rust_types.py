"""Types for Rust with serde, formatted as by rustfmt."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

from psion_contract.schema_files.export import type_model as m
from psion_contract.schema_files.export.type_model import GENERATED, TITLE, comment, pascal

_WIDTH = 100
_HEAD = f"""\
// @generated
// {GENERATED}

//! {TITLE}
//!
//! These types describe valid documents; a validator decides whether a document is valid. They need
//! serde with its feature `derive`, and serde_json. They reject unknown members, unknown words and
//! integers that do not fit their type. They do not check lengths, patterns or narrower ranges.

use serde::{{Deserialize, Serialize}};
"""
_DERIVE = "#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]"
_DERIVE_WORDS = "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]"
_OPTIONAL = '#[serde(default, skip_serializing_if = "Option::is_none")]'
_FREE = (
    "Integers beyond 64 bits become `f64` unless serde_json has its feature `arbitrary_precision`; members "
    "are sorted unless it has `preserve_order`."
)
"""A note on members with arbitrary JSON."""
_KEYWORDS = {"as", "const", "enum", "fn", "impl", "in", "loop", "match", "mod", "ref", "type", "use", "where"}


def emit(declarations: list[m.Declaration]) -> str:
    """The module with these declarations."""
    return _HEAD + "".join(f"{line}\n" for each in declarations for line in _declaration(each))


def _declaration(declaration: m.Declaration) -> Iterator[str]:
    yield ""
    yield from comment(declaration.description, "", "/// ", _WIDTH)
    match declaration:
        case m.Alias(name, _, target):
            yield f"pub type {name} = {_type(target)};"
        case m.Enumeration(name, _, words):
            yield from _enumeration(name, words)
        case m.Struct(name, _, fields, is_open):
            yield _DERIVE
            if not is_open:
                yield "#[serde(deny_unknown_fields)]"
            yield f"pub struct {name} {{"
            for field in fields:
                yield from _field(field, "    ", "pub ")
            if is_open:
                yield "    /// All other members."
                yield "    ///"
                yield from comment(_FREE, "    ", "/// ", _WIDTH)
                yield "    #[serde(flatten)]"
                yield "    pub others: serde_json::Map<String, serde_json::Value>,"
            yield "}"
            yield from _constants(fields)
        case m.Union(name, _, tag, variants):
            yield _DERIVE
            yield f'#[serde(tag = "{tag}", deny_unknown_fields)]'
            yield f"pub enum {name} {{"
            for word, variant in variants.items():
                yield from _variant(word, variant, tag)
            yield "}"


def _enumeration(name: str, words: list[str]) -> Iterator[str]:
    yield _DERIVE_WORDS
    yield f"pub enum {name} {{"
    for word in words:
        yield from _rename(word)
        yield f"    {pascal(word)},"
    yield "}"


def _rename(word: str) -> Iterator[str]:
    if pascal(word) != word:
        yield f"    #[serde(rename = {dumps(word)})]"


def _variant(word: str, variant: m.Struct, tag: str) -> Iterator[str]:
    yield from comment(variant.description, "    ", "/// ", _WIDTH)
    yield from _rename(word)
    fields = [field for field in variant.fields if field.name != tag]
    if not fields:
        yield f"    {pascal(word)} {{}},"
        return
    yield f"    {pascal(word)} {{"
    for field in fields:
        yield from _field(field, "        ", "")
    yield "    },"


def _field(field: m.Field, indent: str, public: str) -> Iterator[str]:
    yield from comment(field.description, indent, "/// ", _WIDTH)
    value_type = field.type.value if isinstance(field.type, m.MapOf) else field.type
    if isinstance(value_type, m.AnyJson):
        yield f"{indent}///"
        yield from comment(_FREE, indent, "/// ", _WIDTH)
    if not field.required:
        yield f"{indent}{_OPTIONAL}"
    type_name = _type(field.type)
    if (field.nullable or not field.required) and not isinstance(field.type, m.AnyJson):
        type_name = f"Option<{type_name}>"
    name = f"r#{field.name}" if field.name in _KEYWORDS else field.name
    yield f"{indent}{public}{name}: {type_name},"


def _constants(fields: list[m.Field]) -> Iterator[str]:
    """The types of members with a fixed value."""
    for field in fields:
        if isinstance(field.type, m.Constant):
            yield ""
            yield f"/// The only value of `{field.name}`."
            yield from _enumeration(field.type.name, [field.type.word])


def _type(kind: m.Type) -> str:
    match kind:
        case m.Reference(name) | m.Constant(name):
            return name
        case m.Integer(bits):
            return f"u{bits}"
        case m.Boolean():
            return "bool"
        case m.AnyJson():
            return "serde_json::Value"
        case m.ListOf(item):
            return f"Vec<{_type(item)}>"
        case m.MapOf(m.AnyJson()):
            return "serde_json::Map<String, serde_json::Value>"
        case m.MapOf(value):
            return f"std::collections::BTreeMap<String, {_type(value)}>"
    return "String"
