"""Types for Go with encoding/json, formatted as by gofmt."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

from psion_contract.schema_files.export import type_model as m
from psion_contract.schema_files.export.type_model import GENERATED, comment, pascal

_WIDTH = 100
_HEAD = f"""\
// {GENERATED}

// Package psioncontract has the documents of the Psion pretrain-stage contract as types.
//
// These types describe valid documents; a validator decides whether a document is valid. Decode
// with a json.Decoder that has DisallowUnknownFields set, because documents are closed. Before
// encoding, make required lists non-nil: nil is encoded as null. The option omitzero, which omits
// nil lists and keeps empty ones, needs Go 1.24 or later.
package psioncontract
"""
_OPEN_METHODS = """
// UnmarshalJSON decodes the members of {name}, and keeps all others in Others.
func (value *{name}) UnmarshalJSON(data []byte) error {{
	type members {name}
	var decoded members
	if err := json.Unmarshal(data, &decoded); err != nil {{
		return err
	}}
	if err := json.Unmarshal(data, &decoded.Others); err != nil {{
		return err
	}}
	for _, name := range []string{{{names}}} {{
		delete(decoded.Others, name)
	}}
	*value = {name}(decoded)
	return nil
}}

// MarshalJSON encodes the members of {name} and those in Others.
func (value {name}) MarshalJSON() ([]byte, error) {{
	type members {name}
	known, err := json.Marshal(members(value))
	if err != nil {{
		return nil, err
	}}
	all := map[string]json.RawMessage{{}}
	for name, other := range value.Others {{
		all[name] = other
	}}
	if err := json.Unmarshal(known, &all); err != nil {{
		return nil, err
	}}
	return json.Marshal(all)
}}
"""
"""The methods of an open object, which encoding/json has no option for."""
_INITIALISMS = {"Id": "ID", "Ids": "IDs", "Sha256": "SHA256"}


def emit(declarations: list[m.Declaration]) -> str:
    """The file with these declarations."""
    lines = [line for each in declarations for line in _declaration(each)]
    imports = '\nimport "encoding/json"\n' if any("json.RawMessage" in line for line in lines) else ""
    return _HEAD + imports + "".join(f"{line}\n" for line in lines)


def _declaration(declaration: m.Declaration) -> Iterator[str]:
    yield ""
    # Doc comments start with the name, and descriptions do not.
    yield from comment(f"{declaration.name}: {declaration.description}", "", "// ", _WIDTH)
    match declaration:
        case m.Alias(name, _, target):
            yield f"type {name} = {_type(target)}"
        case m.Enumeration(name, _, words):
            yield from _enumeration(name, words)
        case m.Struct(name, _, fields, is_open):
            yield from _struct(name, fields, is_open)
        case m.Union(name, _, tag, variants):
            yield "//"
            yield f"// It has {tag} and the members of all variants; a document has the members of one variant."
            yield from _struct(name, _merged(name, tag, variants))
            yield ""
            yield f"// {name}{_name(tag)} is the variant of a {name}."
            yield from _enumeration(f"{name}{_name(tag)}", list(variants))


def _struct(name: str, fields: list[m.Field], is_open: bool = False) -> Iterator[str]:
    yield f"type {name} struct {{"
    for index, field in enumerate(fields):
        if index:
            yield ""
        yield from comment(field.description, "\t", "// ", _WIDTH)
        yield f"\t{_name(field.name)} {_field_type(field)} `json:{dumps(field.name + _option(field))}`"
    if is_open:
        yield ""
        yield "\t// All other members."
        yield '\tOthers map[string]json.RawMessage `json:"-"`'
    yield "}"
    if is_open:
        yield from _OPEN_METHODS.format(
            name=name, names=", ".join(dumps(field.name) for field in fields)
        ).splitlines()
    for field in fields:
        if isinstance(field.type, m.Constant):
            yield ""
            yield f"// {field.type.name} is the only value of {name}.{_name(field.name)}."
            yield f"const {field.type.name} = {dumps(field.type.word)}"


def _enumeration(name: str, words: list[str]) -> Iterator[str]:
    yield f"type {name} string"
    yield ""
    yield f"// The values of {name}."
    names = [name + pascal(word) for word in words]
    width = max(map(len, names))
    yield "const ("
    for constant, word in zip(names, words, strict=True):
        yield f"\t{constant:<{width}} {name} = {dumps(word)}"
    yield ")"


def _merged(name: str, tag: str, variants: dict[str, m.Struct]) -> list[m.Field]:
    """The members of all variants, merged into one struct.

    An interface with a type for each variant would be exact, but would need hand-written decoding, to which
    DisallowUnknownFields does not apply.
    """
    merged = {tag: m.Field(tag, m.Reference(name + _name(tag)), True, False, "The variant.")}
    for variant in variants.values():
        for field in variant.fields:
            if field.name != tag:
                merged.setdefault(field.name, field._replace(required=False))
    return list(merged.values())


def _option(field: m.Field) -> str:
    if field.required:
        return ""
    return ",omitzero" if isinstance(field.type, (m.ListOf, m.MapOf, m.AnyJson)) else ",omitempty"


def _field_type(field: m.Field) -> str:
    type_name = _type(field.type)
    has_nil = isinstance(field.type, (m.ListOf, m.MapOf, m.AnyJson))  # nil means that the member is absent
    return type_name if has_nil or (field.required and not field.nullable) else f"*{type_name}"


def _name(member: str) -> str:
    """The name of a member: ``run_id`` is ``RunID``."""
    return "".join(_INITIALISMS.get(pascal(part), pascal(part)) for part in member.split("_"))


def _type(kind: m.Type) -> str:
    match kind:
        case m.Reference(name):
            return name
        case m.Integer(bits):
            return f"uint{bits}"
        case m.Boolean():
            return "bool"
        case m.AnyJson():
            return "json.RawMessage"
        case m.ListOf(item):
            return f"[]{_type(item)}"
        case m.MapOf(value):
            return f"map[string]{_type(value)}"
    return "string"
