"""Each schema in one piece that means the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import referencing
import referencing.jsonschema
from support import canonical_sets as sets

from psion_contract import check_documents
from psion_contract.documents import kinds, schemas
from psion_contract.exceptions import SchemaError
from psion_contract.reading.pointers import child, value_at
from psion_contract.schema_files import bundle as bundling
from psion_contract.schema_files.lookup import SHORT_NAMES, Schema, SchemaSource, load, schema_with_id
from tools import canonical
from tools.edits import drop, edited, put

NAMES = sorted(set(SHORT_NAMES.values()) - {schemas.RULES})
JUDGING = [name for name in NAMES if name != schemas.COMMON]
"""The schemas that documents are judged by."""


@cache
def bundled(name: str) -> Schema:
    return bundling.bundle(load(name))


def references(where: Any) -> Iterator[str]:
    if isinstance(where, dict):
        if isinstance(where.get("$ref"), str):
            yield where["$ref"]
        for each in where.values():
            yield from references(each)
    elif isinstance(where, list):
        for each in where:
            yield from references(each)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_refers_to_nothing_outside_itself(name: str) -> None:
    for reference in references(bundled(name)):
        assert reference.startswith("#/$defs/")
        assert isinstance(value_at(bundled(name), reference[1:]), dict)
    jsonschema.Draft202012Validator.check_schema(bundled(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_is_the_schema_but_for_its_references(name: str) -> None:
    """Members, words, descriptions and the schema's own definitions keep their places."""
    original = schemas.schema(name)
    assert skeleton(bundled(name) | {"$defs": {}}) == skeleton(original | {"$defs": {}})
    own = {key: bundled(name)["$defs"][key] for key in original.get("$defs", {})}
    assert skeleton(own) == skeleton(original.get("$defs", {}))
    assert bundled(name)["$id"] == original["$id"]


def skeleton(where: Any) -> Any:
    """A schema without what its references say."""
    if isinstance(where, dict):
        return {key: "" if key == "$ref" else skeleton(each) for key, each in where.items()}
    return [skeleton(each) for each in where] if isinstance(where, list) else where


def test_a_bundle_holds_no_definition_that_it_does_not_need() -> None:
    for name in JUDGING:
        used = {reference.rpartition("/")[2] for reference in references(bundled(name))}
        assert set(bundled(name)["$defs"]) == used


@cache
def documents(name: str) -> list[Any]:
    """Valid documents of one schema: the canonical ones, or a report."""
    if name == schemas.REPORT:
        return [check_documents({"a": "{", **sets.documents("receipt")}).to_dict()]
    found = [(kinds.recognise(each), each) for each in canonical.documents().values()]
    documents = [deepcopy(each) for kind, each in found if kind and kind.version == name]
    for document in documents:  # many tensors are no better than a few
        del document.get("checkpoint_contract", {}).get("tensor_layout", [])[4:]
    return documents


VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 10_001, 2**16, 2**32, 2**53, 2**64 - 1, 2**64, 0.5, "", " ", "a|b", "\t", "\x7f", "a",
    "\u3000", "0" * 64, "0" * 63, "g" * 64, [], ["a", "a"], {}, {"kind": "replica"}, {"kind": "layer_range"},
)  # fmt: skip


def places(value: Any, pointer: str) -> Iterator[str]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield child(pointer, key)
        if isinstance(item, (dict, list)):
            yield from places(item, child(pointer, key))


def mutations(document: Any, count: int) -> Iterator[Any]:
    """Copies of a document with another value, nothing, or something more somewhere."""
    dice = random.Random(count)
    found = list(places(document, "/document"))
    for _ in range(count):
        place = dice.choice(found)
        beside = place.rpartition("/")[0] + "/unknown"
        more = (
            put(beside, 1)
            if isinstance(value_at({"document": document}, place[: place.rindex("/")]), dict)
            else drop(place)
        )
        edit = dice.choice(
            (put(place, dice.choice(VALUES)), put(place, dice.choice(VALUES)), drop(place), more)
        )
        yield edited({"document": document}, edit)["document"]


@cache
def judges(name: str) -> tuple[Any, ...]:
    """Two engines, each on the schema with its references and on the bundle."""
    resources = [
        (schemas.BASE + schemas.file_name(each), schemas.schema(each)) for each in schemas.REFERRED_TO
    ]
    contents = [(uri, referencing.jsonschema.DRAFT202012.create_resource(each)) for uri, each in resources]
    registry: Any = referencing.Registry().with_resources(contents)
    return (
        jsonschema.Draft202012Validator(schemas.schema(name), registry=registry),
        jsonschema.Draft202012Validator(bundled(name), registry=referencing.Registry()),
        schemas.validator(name),
        jsonschema_rs.Draft202012Validator(json.loads(bundling.text(bundled(name)))),
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", JUDGING)
def test_a_bundle_gives_the_same_verdicts_in_both_engines(name: str) -> None:
    refused = 0
    for document in documents(name):
        assert [judge.is_valid(document) for judge in judges(name)] == [True] * 4
    for document in documents(name)[:1]:
        for mutation in mutations(document, 40):
            verdicts = {judge.is_valid(mutation) for judge in judges(name)}
            assert len(verdicts) == 1, json.dumps(mutation)
            refused += verdicts == {False}
    assert refused > 20


def test_the_text_of_a_bundle_shows_every_character() -> None:
    """The patterns are about invisible characters; a reader has to see which."""
    for name in NAMES:
        text = bundling.text(bundled(name))
        assert all(char.isprintable() or char == "\n" for char in text)
        assert json.loads(text) == bundled(name)
        assert list(json.loads(text)["properties" if name != schemas.COMMON else "$defs"]) == list(
            bundled(name)["properties" if name != schemas.COMMON else "$defs"]
        )


def made(root: Schema, **others: Schema) -> Schema:
    """The bundle of a schema that may refer to others, which are called by the last word of their URI."""
    return bundling.bundle(SchemaSource("made", root, lambda uri: others[uri.rpartition("/")[2]]))


def test_definitions_of_the_same_name_get_names_of_their_own() -> None:
    root = {
        "$id": "https://a.example/psion.a.v1.schema.json",
        "properties": {"x": {"$ref": "other#/$defs/x"}, "y": {"$ref": "#/$defs/x"}},
        "$defs": {"x": {"type": "string"}},
    }
    bundle = made(root, other={"$defs": {"x": {"type": "integer"}}})
    assert bundle["$defs"] == {"x": {"type": "string"}, "schema_x": {"type": "integer"}}
    assert bundle["properties"] == {"x": {"$ref": "#/$defs/schema_x"}, "y": {"$ref": "#/$defs/x"}}


def test_a_schema_that_contains_itself_stays_finite() -> None:
    root = {
        "$id": "https://a.example/psion.a.v1.schema.json",
        "properties": {"a": {"$ref": "#"}},
        "maxProperties": 1,
    }
    bundle = made(root)
    assert list(references(bundle)) == ["#/$defs/a"] * 2
    judge = jsonschema.Draft202012Validator(bundle)
    assert judge.is_valid({"a": {"a": {}}})
    assert not judge.is_valid({"a": {"a": {"b": 1, "c": 1}}})


def test_a_value_that_looks_like_a_reference_is_left_alone() -> None:
    root = {
        "properties": {"$ref": {"const": {"$ref": "#/nowhere"}}, "a": {"enum": [{"$ref": "x"}]}},
        "$defs": {"$ref": {"default": {"$ref": "x"}}},
    }
    assert made(root) == root


CIRCLES: list[tuple[Schema, str]] = [
    ({"$ref": "#/$defs/x", "$defs": {"x": {"$ref": "#/$defs/x"}}}, "#/$defs/x -> #/$defs/x"),
    (
        {"$defs": {"x": {"$ref": "#/$defs/y"}, "y": {"anyOf": [{"not": {"$ref": "#/$defs/x"}}]}}},
        "#/$defs/x -> #/$defs/y -> #/$defs/x",
    ),
    (
        {"$defs": {"x": {"dependentSchemas": {"not": {"then": {"$ref": "#/$defs/x"}}}}}},
        "#/$defs/x -> #/$defs/x",
    ),
    ({"$ref": "#"}, "#/$defs/schema -> #/$defs/schema"),
]


@pytest.mark.parametrize(("root", "circle"), CIRCLES)
def test_references_that_lead_in_a_circle_are_refused(root: Schema, circle: str) -> None:
    with pytest.raises(SchemaError) as caught:
        made(root)
    assert circle in str(caught.value)


def test_references_that_lead_into_the_value_may_come_back() -> None:
    root = {
        "$ref": "#/$defs/x",
        "$defs": {
            "x": {"properties": {"not": {"$ref": "#/$defs/x"}}, "items": {"$ref": "#/$defs/y"}},
            "y": {"anyOf": [{"$ref": "#/$defs/z"}, {"allOf": [{"$ref": "#/$defs/z"}]}]},
            "z": {"additionalProperties": {"$ref": "#/$defs/y"}},
        },
    }
    assert made(root) == root


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ({"$ref": "#/$defs/x"}, "leads nowhere"),
        ({"$ref": "other#/$defs/x"}, "leads nowhere"),
        ({"$ref": "other#/type"}, "leads nowhere"),
        ({"$ref": "other#name"}, "only JSON pointers"),
        ({"items": {"$dynamicRef": "#x"}}, r"\$dynamicRef is not followed"),
        ({"items": {"$id": "https://b.example/"}}, "not followed"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused(root: Schema, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        made(root, other={"type": "object"})


def test_nothing_is_retrieved() -> None:
    with pytest.raises(SchemaError, match="nothing is retrieved"):
        bundling.bundle(SchemaSource("x", {"$ref": "https://elsewhere.example/x"}, schema_with_id))


@pytest.mark.parametrize("name", kinds.KINDS)
def test_editors_mark_a_schema_named_in_a_document_as_the_checker_does(name: str) -> None:
    schema = bundling.for_editors(bundled(name))
    judge = jsonschema.Draft202012Validator(schema, registry=referencing.Registry())
    document = documents(name)[0]
    named = {"$schema": f"./{name}.schema.json", **document}
    assert judge.is_valid(document)
    assert [error.validator for error in judge.iter_errors(named)] == ["additionalProperties"]
    found = check_documents({"document.json": json.dumps(named).encode()}).findings
    assert [each.pointer for each in found if each.rule == "schema-violation"] == ["/$schema"]
