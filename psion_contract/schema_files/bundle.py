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
from psion_contract.schema_files.lookup import Loaded, Schema

_VALUES = {"const", "enum", "default", "examples"}
"""Keywords with values, in which ``$ref`` is an ordinary member."""

_NAMED = {"properties", "patternProperties", "$defs", "dependentSchemas"}
"""Keywords with schemas by name, where ``$ref`` may be such a name."""

_ALIKE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas apply to the same value as the schema that contains them, like ``$ref``."""

_OF_A_FILE = {"$schema", "$id", "$defs"}
"""Keywords that an embedded schema loses."""


def bundle(loaded: Loaded) -> Schema:
    """A schema that means the same and refers to nothing outside itself.

    It keeps its ``$id`` and its own definitions; definitions of other schemas follow in the order of first use.

    Raises:
        SchemaError: a reference leads nowhere or back to itself, or is of an unsupported kind.
    """
    bundled = _Bundler(loaded).bundled()
    _check_circles(bundled)
    return bundled


def for_editors(schema: Schema) -> Schema:
    """A bundle in which each description is where editors look for it.

    In several editors, the description of a definition hides the more specific one beside the reference. So each
    description of a definition moves to the references that have none. Nothing else changes.
    """

    def moved(where: Any) -> Any:
        if isinstance(where, list):
            return [moved(each) for each in where]
        if not isinstance(where, dict):
            return where
        made = {key: each if key in _VALUES else moved(each) for key, each in where.items()}
        if isinstance(made.get("$ref"), str):
            referred = value_at(schema, made["$ref"][1:])
            made = {"description": referred["description"]} | made if "description" in referred else made
        return made

    made: Schema = moved(schema)
    for definition in made.get("$defs", {}).values():
        if isinstance(definition, dict):
            definition.pop("description", None)
    return made


def text(schema: Schema) -> str:
    """A schema as a file: two spaces, what is invisible escaped, a newline at the end."""
    plain = dumps(schema, ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else dumps(c)[1:-1] for c in plain) + "\n"


def _check_circles(schema: Schema) -> None:
    """Refuse references that lead back to themselves for the same value, which would never end."""
    definitions = {"#" + child("/$defs", name): each for name, each in schema.get("$defs", {}).items()}
    finished: set[str] = set()

    def follow(reference: str, inside: list[str]) -> None:
        if reference in inside:
            circle = " -> ".join([*inside[inside.index(reference) :], reference])
            raise SchemaError(f"$ref refers to itself: {circle}")
        if reference not in finished:
            for each in _references(definitions[reference]):
                follow(each, [*inside, reference])
            finished.add(reference)

    for reference in definitions:
        follow(reference, [])


def _references(where: Any) -> Iterator[str]:
    """The references of a schema that apply to the same value as the schema."""
    if not isinstance(where, dict):
        return
    if "$ref" in where:
        yield where["$ref"]
    for keyword in _ALIKE:
        found = where.get(keyword, [])
        named = keyword == "dependentSchemas" and isinstance(found, dict)
        for each in found if isinstance(found, list) else found.values() if named else [found]:
            yield from _references(each)


def _resource(schema: Schema) -> Resource[Any]:
    made: Resource[Any] = DRAFT202012.create_resource(schema)
    return made


class _Bundler:
    """Makes one bundle."""

    def __init__(self, loaded: Loaded) -> None:
        self._base = str(loaded.root.get("$id", ""))
        self._root = loaded.root
        self._fetch: Callable[[str], Schema] = loaded.fetch
        self._registry: Registry[Any] = Registry().with_resource(self._base, _resource(loaded.root))
        self._definitions: dict[str, Any] = dict.fromkeys(loaded.root.get("$defs", {}))
        self._names = {(self._base, child("/$defs", name)): name for name in self._definitions}

    def bundled(self) -> Schema:
        root = self._root
        for name, definition in root.get("$defs", {}).items():
            self._definitions[name] = self._rewritten(definition, self._base)
        made = self._rewritten({key: item for key, item in root.items() if key != "$defs"}, self._base, True)
        assert isinstance(made, dict)
        return made | {"$defs": self._definitions} if self._definitions else made

    def _rewritten(self, where: Any, base: str, root: bool = False) -> Any:
        """A part of the schema with the URI `base`, with local references."""
        if not isinstance(where, dict):
            return where
        if not root and "$id" in where:
            raise SchemaError(f"{where['$id']}: an $id inside another schema is not followed")
        made: Schema = {}
        for key, item in where.items():
            if key in ("$dynamicRef", "$anchor", "$dynamicAnchor"):
                raise SchemaError(f"{key} is not followed")
            if key == "$ref":
                made[key] = self._local(item, base)
            elif key in _VALUES:
                made[key] = item
            elif key in _NAMED:
                made[key] = {name: self._rewritten(each, base) for name, each in item.items()}
            elif isinstance(item, list):
                made[key] = [self._rewritten(each, base) for each in item]
            else:
                made[key] = self._rewritten(item, base)
        return made

    def _local(self, reference: str, base: str) -> str:
        """The local reference for a reference in the schema with the URI `base`."""
        uri, _, fragment = urljoin(base, reference).partition("#")
        pointer = unquote(fragment)
        name = self._names.get((uri, pointer))
        if name is None:
            definition = self._target(uri, pointer, reference)
            name = self._names[uri, pointer] = self._new_name(uri, pointer)
            self._definitions[name] = (
                None  # reserves the name and its place, before the schemas that it refers to
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
        return {key: item for key, item in found.items() if key not in _OF_A_FILE}

    def _new_name(self, uri: str, pointer: str) -> str:
        """The last token of the reference; where that is taken, with the name of its file before it."""
        file = ".".join(uri.rpartition("/")[2].removesuffix(".schema.json").split(".")[1:-1]) or "schema"
        name = parts(pointer)[-1] if pointer else file
        while name in self._definitions:
            name = f"{file}_{name}"
        return name
