"""Types for TypeScript, as Prettier lays them out."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

from psion_contract.schema_files.export import type_model as m
from psion_contract.schema_files.export.words import GENERATED, TITLE, comment

_WIDTH = 80
_HEAD = f"""\
// {GENERATED}

/**
 * {TITLE}
 *
 * A validator says whether a document fits its schema; these types say what is
 * in one that does.
 *
 * @packageDocumentation
 */

/** A whole number of up to 16 bits. */
export type U16 = number;

/** A whole number of up to 32 bits. */
export type U32 = number;

/**
 * A whole number of up to 64 bits: a bigint where it is above
 * Number.MAX_SAFE_INTEGER, to which a number is exact. JSON.parse alone rounds
 * such values before anybody sees them. Read with a parser that keeps them, or
 * give it a reviver that looks at the source text where the engine has that:
 *
 * ```ts
 * JSON.parse(
 *   text,
 *   (_key: string, value: unknown, context?: {{ source: string }}) =>
 *     typeof value === "number" &&
 *     !Number.isSafeInteger(value) &&
 *     context &&
 *     /^-?\\d+$/.test(context.source)
 *       ? BigInt(context.source)
 *       : value,
 * );
 * ```
 */
export type U64 = number | bigint;

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | Json[]
  | {{ [member: string]: Json }};
"""


def emit(declarations: list[m.Declaration]) -> str:
    """The module that holds these declarations."""
    return _HEAD + "".join(f"{line}\n" for each in declarations for line in _declaration(each))


def _declaration(declaration: m.Declaration) -> Iterator[str]:
    yield ""
    yield from _comment(declaration.description, "")
    match declaration:
        case m.Alias(name, _, known):
            yield f"export type {name} = {_type(known)};"
        case m.Words(name, _, words):
            yield from _alternatives(name, [dumps(word) for word in words])
        case m.Struct(name, _, fields):
            yield f"export interface {name} {{"
            for field in fields:
                yield from _comment(field.description, "  ")
                yield f"  {_member(field)}"
            yield "}"
        case m.Union(name, _, _, variants):
            yield from _alternatives(name, [variant.name for variant in variants.values()])
            for variant in variants.values():
                yield from _declaration(variant)


def _alternatives(name: str, words: list[str]) -> list[str]:
    line = f"export type {name} = {' | '.join(words)};"
    if len(line) <= _WIDTH:
        return [line]
    if len(line := f"  {' | '.join(words)};") <= _WIDTH:
        return [f"export type {name} =", line]
    return [f"export type {name} =", *(f"  | {word}" for word in words[:-1]), f"  | {words[-1]};"]


def _comment(text: str, indent: str) -> list[str]:
    text = text.replace("*/", "*\\/")
    line = f"{indent}/** {text} */"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{indent}/**", *comment(text, indent, " * ", _WIDTH), f"{indent} */"]


def _member(field: m.Field) -> str:
    mark = "" if field.required else "?"
    null = " | null" if field.nullable and not isinstance(field.type, m.Anything) else ""
    return f"{field.name}{mark}: {_type(field.type)}{null};"


def _type(kind: m.Type) -> str:
    match kind:
        case m.Reference(name):
            return name
        case m.Constant(_, word):
            return dumps(word)
        case m.Integer(bits):
            return f"U{bits}"
        case m.Boolean():
            return "boolean"
        case m.Anything():
            return "Json"
        case m.ListOf(item):
            return f"{_type(item)}[]"
        case m.MapOf(value):
            return f"{{ [member: string]: {_type(value)} }}"
    return "string"
