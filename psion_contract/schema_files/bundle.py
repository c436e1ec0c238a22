"""Self-contained schemas: everything that a schema refers to is moved into its own ``$defs``.

All references become local ones, ``#/$defs/…``. Draft 2020-12 also allows whole schemas to be embedded under their
own ``$id``. Validators support that, but several generators and editors do not; docs/how-to/generate-types.md
compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from json import dumps
from typing import Any
from urllib.parse import unquote, urljoin

from referencing import Registry, Resource
from referencing.exceptions import PointerToNowhere
from referencing.jsonschema import DRAFT202012

from psion_contract.exceptions import SchemaError
from psion_contract.reading.pointers import child, parts, value_at
from psion_contract.schema_files.lookup import Schema, SchemaSource

_VALUE_KEYWORDS = {"const", "enum", "default", "examples"}
"""Keywords whose value is an instance, in which ``$ref`` is an ordinary member."""

_SCHEMA_MAPS = {"properties", "patternProperties", "$defs", "dependentSchemas"}
"""Keywords whose value maps names to schemas; ``$ref`` may be such a name."""

_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""In-place applicators: their subschemas apply to the same value as the schema itself, as with ``$ref``."""

_FILE_KEYWORDS = {"$schema", "$id", "$defs"}
"""Keywords that are removed from an embedded schema."""


def bundle(source: SchemaSource) -> Schema:
    """An equivalent schema that refers to nothing outside itself.

    It keeps its ``$id`` and its own definitions; definitions of other schemas follow in the order of first use.

    Args:
        source: the schema, and the schemas that it refers to.

    Raises:
        SchemaError: a reference has no target, refers to itself, or is of an unsupported kind.
    """
    bundled = _Bundler(source).bundled()
    _check_cycles(bundled)
    return bundled


def for_editors(schema: Schema) -> Schema:
    """A bundle with its descriptions where editors look for them.

    Several editors show the description of a definition instead of the more specific one next to the reference. So
    descriptions of definitions are moved to the references that have none. Nothing else changes.
    """

    def moved(node: Any) -> Any:
        if isinstance(node, list):
            return [moved(each) for each in node]
        if not isinstance(node, dict):
            return node
        result = {key: each if key in _VALUE_KEYWORDS else moved(each) for key, each in node.items()}
        if isinstance(result.get("$ref"), str):
            referred = value_at(schema, result["$ref"][1:])
            result = (
                {"description": referred["description"]} | result if "description" in referred else result
            )
        return result

    result: Schema = moved(schema)
    for definition in result.get("$defs", {}).values():
        if isinstance(definition, dict):
            definition.pop("description", None)
    return result


def text(schema: Schema) -> str:
    """A schema as JSON text: indented by two spaces, invisible characters escaped, with a final newline."""
    plain = dumps(schema, ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else dumps(c)[1:-1] for c in plain) + "\n"


def _check_cycles(schema: Schema) -> None:
    """Refuse references that refer to themselves for the same value: validation would never end."""
    definitions = {"#" + child("/$defs", name): each for name, each in schema.get("$defs", {}).items()}
    finished: set[str] = set()

    def follow(reference: str, inside: list[str]) -> None:
        if reference in inside:
            cycle = " -> ".join([*inside[inside.index(reference) :], reference])
            raise SchemaError(f"$ref refers to itself: {cycle}")
        if reference not in finished:
            for each in _references(definitions[reference]):
                follow(each, [*inside, reference])
            finished.add(reference)

    for reference in definitions:
        follow(reference, [])


def _references(node: Any) -> Iterator[str]:
    """The references in a schema that apply to the same value as the schema."""
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield node["$ref"]
    for keyword in _IN_PLACE:
        found = node.get(keyword, [])
        named = keyword == "dependentSchemas" and isinstance(found, dict)
        for each in found if isinstance(found, list) else found.values() if named else [found]:
            yield from _references(each)


def _resource(schema: Schema) -> Resource[Any]:
    result: Resource[Any] = DRAFT202012.create_resource(schema)
    return result


class _Bundler:
    """Builds one bundle."""

    def __init__(self, source: SchemaSource) -> None:
        self._base = str(source.root.get("$id", ""))
        self._root = source.root
        self._fetch: Callable[[str], Schema] = source.fetch
        self._registry: Registry[Any] = Registry().with_resource(self._base, _resource(source.root))
        self._definitions: dict[str, Any] = dict.fromkeys(source.root.get("$defs", {}))
        self._names = {(self._base, child("/$defs", name)): name for name in self._definitions}

    def bundled(self) -> Schema:
        root = self._root
        for name, definition in root.get("$defs", {}).items():
            self._definitions[name] = self._rewritten(definition, self._base)
        result = self._rewritten(
            {key: item for key, item in root.items() if key != "$defs"}, self._base, True
        )
        assert isinstance(result, dict)
        return result | {"$defs": self._definitions} if self._definitions else result

    def _rewritten(self, node: Any, base: str, root: bool = False) -> Any:
        """A part of the schema with the URI `base`, with local references."""
        if not isinstance(node, dict):
            return node
        if not root and "$id" in node:
            raise SchemaError(f"{node['$id']}: an $id inside another schema is not followed")
        result: Schema = {}
        for key, item in node.items():
            if key in ("$dynamicRef", "$anchor", "$dynamicAnchor"):
                raise SchemaError(f"{key} is not followed")
            if key == "$ref":
                result[key] = self._local(item, base)
            elif key in _VALUE_KEYWORDS:
                result[key] = item
            elif key in _SCHEMA_MAPS:
                result[key] = {name: self._rewritten(each, base) for name, each in item.items()}
            elif isinstance(item, list):
                result[key] = [self._rewritten(each, base) for each in item]
            else:
                result[key] = self._rewritten(item, base)
        return result

    def _local(self, reference: str, base: str) -> str:
        """The local reference for a reference in the schema with the URI `base`."""
        uri, _, fragment = urljoin(base, reference).partition("#")
        pointer = unquote(fragment)
        name = self._names.get((uri, pointer))
        if name is None:
            definition = self._target(uri, pointer, reference)
            name = self._names[uri, pointer] = self._new_name(uri, pointer)
            self._definitions[name] = (
                None  # reserves the name, and the position before the schemas that it refers to
            )
            self._definitions[name] = self._rewritten(definition, uri)
        return "#" + child("/$defs", name)

    def _target(self, uri: str, pointer: str, reference: str) -> Any:
        if uri not in self._registry:
            self._registry = self._registry.with_resource(uri, _resource(self._fetch(uri)))
        if pointer and not pointer.startswith("/"):
            raise SchemaError(f"$ref {reference!r}: only JSON pointers are followed after the #")
        try:
            found: Any = self._registry.resolver(uri).lookup("#" + reference.partition("#")[2]).contents
        except (PointerToNowhere, TypeError, ValueError):  # the last two: a pointer into a number or a string
            found = None
        if not isinstance(found, (dict, bool)):
            raise SchemaError(f"$ref {reference!r} leads nowhere")
        if pointer or isinstance(found, bool):
            return found
        return {key: item for key, item in found.items() if key not in _FILE_KEYWORDS}

    def _new_name(self, uri: str, pointer: str) -> str:
        """The last token of the reference, prefixed with the name of its file if it is already used."""
        file = ".".join(uri.rpartition("/")[2].removesuffix(".schema.json").split(".")[1:-1]) or "schema"
        name = parts(pointer)[-1] if pointer else file
        while name in self._definitions:
            name = f"{file}_{name}"
        return name
