"""The validator of a self-contained schema, and of parts of it."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import Any, NamedTuple

import jsonschema_rs

from psion_contract.pointers import child, value_at
from psion_contract.schema_tools.catalog import Schema, SchemaError
from psion_contract.schema_tools.views import View

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Error(NamedTuple):
    """One error of a value against a schema.

    Attributes:
        pointer: of the value concerned; of the member that is missing or may not be there.
        keyword: the one that fails; ``additionalProperties`` for a member that may not be there.
    """

    pointer: str
    keyword: str


class Engine:
    """Judges values by a schema that refers to nothing outside itself.

    Args:
        schema: the schema, as `bundle` makes it.

    Raises:
        SchemaError: it is no valid schema of draft 2020-12.
    """

    def __init__(self, schema: Schema) -> None:
        dialect = schema.get("$schema", _DIALECT)
        if dialect != _DIALECT:
            raise SchemaError(f"$schema is {dialect!r}; only draft 2020-12 is understood")
        self.root = schema
        self._parts: dict[str, Engine] = {}
        self._views: dict[tuple[int, ...], View] = {}
        try:
            self._validator = jsonschema_rs.Draft202012Validator(schema, retriever=_refuse)
        except ValueError as error:
            raise _invalid(error) from error

    def is_valid(self, value: Any) -> bool:
        """Whether a value fits the schema."""
        return bool(self._validator.is_valid(value))

    def errors(self, value: Any) -> Iterator[Error]:
        """Every error of a value, in no order that means something."""
        for error in self._validator.iter_errors(value):
            pointer = ""
            for part in error.instance_path:
                pointer = child(pointer, part)
            keyword, details = error.kind.name, error.kind.as_dict()
            if keyword == "required":
                yield Error(child(pointer, details["property"]), keyword)
            elif keyword == "additionalProperties":
                for name in details["unexpected"]:
                    yield Error(child(pointer, name), keyword)
            elif keyword == "falseSchema":
                closed = error.schema_path[-1:] == ["additionalProperties"]  # of an object without properties
                for name in value_at(value, pointer) if closed else ():
                    yield Error(child(pointer, name), "additionalProperties")
                if not closed:
                    yield Error(pointer, "additionalProperties")
            else:
                yield Error(pointer, "enum" if keyword == "const" else keyword)

    def part(self, schemas: list[Any]) -> Engine:
        """The validator of schemas out of this one that all hold of one value; each is built once."""
        key = dumps(schemas)
        if key not in self._parts:
            self._parts[key] = Engine({"allOf": schemas or [True], "$defs": self.root.get("$defs", {})})
        return self._parts[key]

    def view(self, schemas: list[Any]) -> View:
        """What schemas out of this one say of one value; each is put together once."""
        key = tuple(map(id, schemas))  # a view holds on to its schemas, so no other gets the id of one
        if key not in self._views:
            self._views[key] = View(self.root, schemas)
        return self._views[key]


def check(schema: Schema) -> Schema:
    """The schema, as given, whatever it refers to.

    Raises:
        SchemaError: it is no valid schema of draft 2020-12.
    """
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": _DIALECT})
    except ValueError as error:
        raise _invalid(error) from error
    return schema


def _invalid(error: ValueError) -> SchemaError:
    return SchemaError(f"no valid schema: {str(error).partition(chr(10))[0]}")


def _refuse(uri: str) -> Any:
    raise LookupError(uri)
