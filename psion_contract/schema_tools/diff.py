"""What a change from one schema to another breaks, and for whom, each with a document that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from psion_contract import canonical, kinds
from psion_contract.quoting import printable
from psion_contract.schema_tools.aspects import change_in_words
from psion_contract.schema_tools.bundle import bundle
from psion_contract.schema_tools.catalog import Loaded, Schema, SchemaError
from psion_contract.schema_tools.compare import Difference, Path, differences, pointer_of
from psion_contract.schema_tools.engine import Engine, check
from psion_contract.schema_tools.remarks import remarks
from psion_contract.schema_tools.views import ANNOTATIONS
from psion_contract.schema_tools.witness import Search, Side, Witness, search

Verdict = Literal["breaking", "harmless", "undecided"]

_IDENTITY = {
    "$id": "by which programs look the schema up",
    "$schema": "by which validators choose the rules to read it by",
}
"""Keywords that judge no document, but without which the documents are not judged; and why that is so."""

_BEYOND_VERDICTS = {"properties", "format"}
"""Keywords that matter even where no document tells two schemas apart: the order of members, which digests
depend on, and what validators differ in."""


class Change(NamedTuple):
    """One aspect in which two schemas differ, and what it breaks.

    Attributes:
        pointer: of the member that it is about, with ``*`` for any item of a list; ``#/$id`` and ``#/$schema``
            for what the schema says of itself; in a schema of definitions only, below ``#/$defs/…``.
        keyword: the JSON Schema keyword.
        message: the change in words.
        when: the conditions under which it counts, in words; none where it always does.
        was: the keyword's value in the old schema; None where it is absent.
        now: its value in the new schema; None where it is absent.
        producers: a document that was valid and no longer is; None where the change makes none so.
        consumers: a document that is valid and was not before; None where the change makes none so.
        verdict: ``breaking`` with a document, ``harmless`` where there can be none, ``undecided`` where none
            was found, and where what changed is beyond what a document can show.
    """

    pointer: str
    keyword: str
    message: str
    when: list[str]
    was: Any
    now: Any
    producers: Witness | None
    consumers: Witness | None
    verdict: Verdict


class Comparison(NamedTuple):
    """What came of comparing two schemas.

    Attributes:
        old: what the old one was called.
        new: what the new one was called.
        changes: what differs, in the order of the schema.
        remarks: what changed without changing what is valid, as pairs of a pointer into the schema and words.
    """

    old: str
    new: str
    changes: list[Change]
    remarks: list[tuple[str, str]]

    @property
    def breaks(self) -> bool:
        """Whether a change breaks something, or was not shown to break nothing."""
        return any(change.verdict != "harmless" for change in self.changes)


def diff(old: Loaded, new: Loaded) -> Comparison:
    """Compare two schemas.

    Raises:
        SchemaError: one of them, or what it refers to, is no schema of draft 2020-12 that can be worked with.
    """
    before, after = _sound(old), _sound(new)
    changes = _library(before, after) if _defines_only(before, after) else _changes(before, after, "")
    return Comparison(old.called, new.called, [*_identity(before, after), *changes], remarks(before, after))


def _sound(loaded: Loaded) -> Schema:
    """A schema in one piece; an error says which schema it is about."""
    try:
        sound = Loaded(loaded.called, check(loaded.root), lambda uri: check(loaded.fetch(uri)))
        schema = bundle(sound)
        Engine(schema)
    except SchemaError as error:
        raise SchemaError(f"{printable(loaded.called)}: {error}") from error
    return schema


def _identity(before: Schema, after: Schema) -> Iterator[Change]:
    """The changes of what a schema says of itself."""
    for keyword, why in _IDENTITY.items():
        was, now = before.get(keyword), after.get(keyword)
        if was != now:
            message = f"{change_in_words(keyword, was, now)}, {why}"
            yield Change(f"#/{keyword}", keyword, message, [], was, now, None, None, "undecided")


def _changes(before: Schema, after: Schema, where: str) -> Iterator[Change]:
    documents = _canonical(before, after)
    old, new = Side(Engine(before), documents), Side(Engine(after), documents)
    old.take(new.bases)
    new.take(old.bases)
    for difference in differences(before, after):
        yield _change(difference, old, new, where)


def _change(difference: Difference, old: Side, new: Side, where: str) -> Change:
    path, when, before, after, aspect = difference
    nothing = Search(None, True)
    producers = search(difference, old, new, before, after) if aspect.tighter else nothing
    consumers = search(difference, new, old, after, before) if aspect.looser else nothing
    verdict: Verdict = "undecided"
    if producers.witness or consumers.witness:
        verdict = "breaking"
    elif producers.exhausted and consumers.exhausted and aspect.keyword not in _BEYOND_VERDICTS:
        verdict = "harmless"
    whole: Path = path if aspect.member is None else (*path, aspect.member)
    return Change(
        where + pointer_of(whole), aspect.keyword, aspect.message, list(when), aspect.was, aspect.now,
        producers.witness, consumers.witness, verdict,
    )  # fmt: skip


def _defines_only(*schemas: Schema) -> bool:
    """Whether schemas judge no document, but hold definitions for others."""
    return all(set(each) <= ANNOTATIONS | {"$schema", "$id", "$defs"} for each in schemas)


def _library(before: Schema, after: Schema) -> Iterator[Change]:
    """The changes of each definition of a schema that others refer to."""
    for name, definition in before["$defs"].items():
        where = f"#/$defs/{name}"
        if name in after["$defs"]:
            one, other = ({"$ref": where, "$defs": each["$defs"]} for each in (before, after))
            yield from _changes(one, other, where)
        else:
            message = "the definition is gone: schemas that refer to it are schemas no longer"
            yield Change(where, "$defs", message, [], definition, None, None, None, "undecided")


def _canonical(before: Schema, after: Schema) -> dict[str, Any]:
    """The canonical documents of the kind that one of the schemas is of, whatever the version."""
    files = (str(each.get("$id", "")).rpartition("/")[2] for each in (before, after))
    stems = {_stem(file.removesuffix(".schema.json")) for file in files}
    found = {}
    for name, document in _documents().items():
        kind = kinds.recognise(document)
        if kind is not None and _stem(kind.version) in stems:
            found[name] = document
    return found


_documents = cache(canonical.documents)
"""The canonical documents, which nothing here changes."""


def _stem(name: str) -> str:
    """A schema's name without its version."""
    return name.rpartition(".v")[0]
