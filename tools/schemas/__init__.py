"""Generates the published schemas from the sources in ``tools/schemas/sources``.

A source may refer to a definition of another source, or to another source as a whole. In the published schema every
definition that it uses is in its own ``$defs``, under the same name, so that no reference leaves the file.
"""

from __future__ import annotations

from json import dumps
from typing import Any

from tools import repository

Schema = dict[str, Any]

FOLDER = "tools/schemas/sources"
PUBLISHED = "schemas"

_SHARED = "common.json"
"""The source that is not published: definitions that several schemas use."""

_WIDTH = 80
"""The longest line on which ``jsonschema fmt`` writes a list."""

_FILE_KEYWORDS = {"$schema", "$id", "$defs", "title"}
"""Keywords of a file that do not belong to the definition that it becomes in another file."""


def files() -> dict[str, str]:
    """The text of each published schema, by its path."""
    sources = [path.removeprefix(f"{FOLDER}/") for path in repository.files_below(FOLDER)]
    return {
        f"{PUBLISHED}/{name.removesuffix('.json')}.schema.json": text(published(name))
        for name in sources
        if name != _SHARED
    }


def published(name: str) -> Schema:
    """The schema of a source, with every definition that it uses."""
    return _Publisher(name).schema()


def text(schema: Schema) -> str:
    """A schema as JSON text, in the layout of ``jsonschema fmt``, but with invisible characters escaped."""
    plain = _laid_out(schema, "", 0) + "\n"
    return "".join(c if c.isprintable() or c == "\n" else dumps(c)[1:-1] for c in plain)


def _laid_out(node: Any, indent: str, column: int) -> str:
    """A value that begins at a column, as JSON text; a list of scalars is on one line where it fits."""
    inner = indent + "  "
    if isinstance(node, dict) and node:
        heads = {name: f"{inner}{_scalar(name)}: " for name in node}
        members = [heads[name] + _laid_out(item, inner, len(heads[name])) for name, item in node.items()]
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(node, list) and node:
        items = [_laid_out(item, inner, len(inner)) for item in node]
        line = f"[ {', '.join(items)} ]"
        if column + len(line) <= _WIDTH and not any(isinstance(item, (dict, list)) for item in node):
            return line
        return "[\n" + ",\n".join(inner + item for item in items) + f"\n{indent}]"
    return _scalar(node)


def _scalar(value: Any) -> str:
    return dumps(value, ensure_ascii=False)


class _Publisher:
    """Collects the definitions that one schema uses."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sources: dict[str, Schema] = {}
        self._definitions: Schema = {}
        self._origins: dict[str, str] = {}

    def schema(self) -> Schema:
        source = self._source(self._name)
        result = {key: self._local(item, self._name) for key, item in source.items() if key != "$defs"}
        if unused := sorted(set(source.get("$defs", {})) - set(self._definitions)):
            raise repository.BrokenFileError(f"{FOLDER}/{self._name} does not use {', '.join(unused)}")
        return result | {"$defs": self._definitions} if self._definitions else result

    def _local(self, node: Any, file: str) -> Any:
        """A part of the source `file`, with local references."""
        if isinstance(node, list):
            return [self._local(each, file) for each in node]
        if not isinstance(node, dict):
            return node
        return {
            key: self._reference(item, file) if key == "$ref" else self._local(item, file)
            for key, item in node.items()
        }

    def _reference(self, reference: str, file: str) -> str:
        """The local reference for one of the source `file`."""
        path, _, pointer = reference.partition("#")
        target = path or file
        name = pointer.removeprefix("/$defs/") or type_name(self._source(target)["title"])
        if name not in self._definitions:
            self._origins[name] = f"{target}#{pointer}"
            self._definitions[name] = None  # keeps its place before the definitions that it uses
            self._definitions[name] = self._local(self._definition(target, pointer), target)
        elif self._origins[name] != f"{target}#{pointer}":
            raise repository.BrokenFileError(
                f"{FOLDER}/{self._name} uses two definitions called {name}: "
                f"{self._origins[name]} and {target}#{pointer}"
            )
        return f"#/$defs/{name}"

    def _definition(self, file: str, pointer: str) -> Any:
        source = self._source(file)
        if not pointer:
            return {key: item for key, item in source.items() if key not in _FILE_KEYWORDS}
        try:
            return source["$defs"][pointer.removeprefix("/$defs/")]
        except KeyError:
            raise repository.BrokenFileError(f"{FOLDER}/{file} has no definition {pointer}") from None

    def _source(self, file: str) -> Schema:
        if file not in self._sources:
            self._sources[file] = repository.json(f"{FOLDER}/{file}")
        return self._sources[file]


def type_name(title: str) -> str:
    """The name of the type that a title makes: ``Pretrain stage receipt`` becomes ``PretrainStageReceipt``."""
    return "".join(word[:1].upper() + word[1:] for word in title.split())
