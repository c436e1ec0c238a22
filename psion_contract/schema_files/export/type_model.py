"""What the types of all languages are made from: declarations, read off the schemas.

A small part of JSON Schema is understood, the part that the contract uses. Whatever else a schema says is
refused, so that no type says less than its schema without anybody noticing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from psion_contract.documents.schemas import COMMON, REPORT, schema
from psion_contract.exceptions import SchemaError
from psion_contract.reading.pointers import value_at
from psion_contract.schema_files.bundle import bundle
from psion_contract.schema_files.export.words import joined, pascal
from psion_contract.schema_files.lookup import Loaded, Schema
from psion_contract.schema_files.views import plain

_NULL = re.compile(r"(, or null|; null means the same as leaving the member out)+(?=\.$)")
"""What descriptions of definitions say of null, which is said of the member and not of its type."""


class String(NamedTuple):
    """Any string that the schema lets through."""


class Boolean(NamedTuple):
    """True or false."""


class Anything(NamedTuple):
    """Any JSON value."""


class Integer(NamedTuple):
    """A whole number of at least 0; `bits` is 16, 32 or 64, as many as its largest value needs."""

    bits: int


class Constant(NamedTuple):
    """One word that always stands there; `name` is for languages in which that takes a type."""

    name: str
    word: str


class Reference(NamedTuple):
    """A type that is declared."""

    name: str


class ListOf(NamedTuple):
    """A list."""

    item: Type


class MapOf(NamedTuple):
    """An object with any members."""

    value: Type


Type = String | Boolean | Anything | Integer | Constant | Reference | ListOf | MapOf


class Field(NamedTuple):
    """A member of an object: `required` if it may not be absent, `nullable` if it may be null."""

    name: str
    type: Type
    required: bool
    nullable: bool
    description: str


class Alias(NamedTuple):
    """Another name for a type, which tells what is meant."""

    name: str
    description: str
    type: Type


class Words(NamedTuple):
    """One of several words."""

    name: str
    description: str
    words: list[str]


class Struct(NamedTuple):
    """An object with these members and no others."""

    name: str
    description: str
    fields: list[Field]


class Union(NamedTuple):
    """One of several objects; the word in the member `tag` says which."""

    name: str
    description: str
    tag: str
    variants: dict[str, Struct]


Declaration = Alias | Words | Struct | Union


class Model:
    """Declarations, each type before those that it is made of."""

    def __init__(self) -> None:
        self._declared: dict[str, Declaration | None] = {}
        self._texts: dict[str, str] = {}
        self._root: Schema = {}
        self._prefix = ""

    @property
    def declarations(self) -> list[Declaration]:
        """Everything that was declared."""
        return [each for each in self._declared.values() if each is not None]

    def add(self, loaded: Loaded) -> None:
        """Declare the documents of a schema."""
        self._root = bundle(loaded)
        # The definitions of the report have names that anything could have.
        self._prefix = "Report" if loaded.called == REPORT else ""
        self._declare(pascal(loaded.called.split(".")[1]), self._root, self._root["description"])

    def _type(self, where: Schema, name: str) -> Type:
        """The type that a schema stands for; what has to be declared for it is called `name`."""
        if "$ref" in where:
            name = self._prefix + pascal(_definition(where))
            followed = self._followed(where)
            if _types(followed) == ["string"] and "enum" not in followed:  # its description is worth a name
                return self._named(name, Alias(name, followed["description"], String()))
            return self._type(followed, name)
        match _types(where):
            case []:
                return Anything()
            case ["string"] if "const" in where:
                return Constant(name, where["const"])
            case ["string"] if "enum" in where:
                return self._named(name, Words(name, where["description"], where["enum"]))
            case ["string"]:
                return String()
            case ["integer"]:
                return Integer(_bits(where, name))
            case ["boolean"]:
                return Boolean()
            case ["array"]:
                return ListOf(self._type(where["items"], f"{name}Item"))
            case ["object"] if "properties" in where:
                return self._declare(name, where, where["description"])
            case ["object"] if where.get("additionalProperties"):
                value = where["additionalProperties"]
                return MapOf(Anything() if value is True else self._type(value, f"{name}Value"))
        raise SchemaError(f"{name}: no type can be made of {sorted(where)}")

    def _declare(self, name: str, where: Schema, description: str) -> Reference:
        """An object as a declaration."""
        text = plain(self._root, {key: item for key, item in where.items() if key != "type"})
        if self._texts.setdefault(name, text) != text:
            raise SchemaError(f"two different things would be called {name}")
        if name not in self._declared:
            self._declared[name] = None  # taken, before what it is made of
            made = self._union(name, where, description) if "allOf" in where else None
            self._declared[name] = made or Struct(name, description, self._fields(name, where))
        return Reference(name)

    def _fields(self, name: str, where: Schema) -> list[Field]:
        if where.get("additionalProperties") is not False:
            raise SchemaError(f"{name}: only closed objects have types")
        return [
            Field(
                member,
                self._type(each, joined(name, member)),
                member in where["required"],
                "null" in _words(self._followed(each)),
                each["description"],
            )
            for member, each in where["properties"].items()
        ]

    def _union(self, name: str, where: Schema, description: str) -> Union:
        """An object whose members depend on a word."""
        variants = {}
        for branch in where["allOf"]:
            ((tag, member),) = branch["if"]["properties"].items()
            followed = self._followed(branch["then"])
            variant = self._prefix + pascal(_definition(branch["then"]))
            fields = self._fields(variant, followed)
            variants[member["const"]] = Struct(variant, followed["description"], fields)
        if sorted(variants) != sorted(where["properties"][tag]["enum"]):
            raise SchemaError(f"{name}: not every {tag} has its members")
        return Union(name, description, tag, variants)

    def _named(self, name: str, declaration: Alias | Words) -> Reference:
        if self._declared.setdefault(name, declaration) != declaration:
            raise SchemaError(f"two different things would be called {name}")
        return Reference(name)

    def _followed(self, where: Schema) -> Schema:
        """What a schema refers to, with all that is said on the way, and the definition's description."""
        made: Schema = {}
        words: Schema = {}
        while True:
            made = {**where, **made}
            if "$ref" not in where:
                break
            words = words or {"description": self._description(_definition(where))}
            where = value_at(self._root, where["$ref"][1:])
        return {key: item for key, item in made.items() if key != "$ref"} | words

    def _description(self, definition: str) -> str:
        """What a definition is, but for null; of ``optional_…`` where there is no other, in whichever schema."""
        own, shared = self._root["$defs"], schema(COMMON)["$defs"]
        for word in (definition, f"optional_{definition}"):
            for each in (own, shared):
                if word in each:
                    return _NULL.sub("", each[word]["description"])
        return str(own[definition])


def _definition(where: Schema) -> str:
    """The definition that a schema refers to: whether null may stand there is said beside the type."""
    return str(where["$ref"].rpartition("/")[2].removeprefix("optional_"))


def _words(where: Schema) -> list[str]:
    words = where.get("type", [])
    return [words] if isinstance(words, str) else words


def _types(where: Schema) -> list[str]:
    return [word for word in _words(where) if word != "null"]


def _bits(where: Schema, name: str) -> int:
    if where.get("minimum", -1) < 0:
        raise SchemaError(f"{name}: only whole numbers of at least 0 have types")
    highest = where.get("maximum", 2**64 - 1)
    return next(bits for bits in (16, 32, 64) if highest < 2**bits)
