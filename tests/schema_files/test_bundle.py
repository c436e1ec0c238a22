"""What can be had from the schemas: listed, shown, and each in one piece that means the same."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import referencing
import referencing.jsonschema
from DELETED.psion_contract.schema_tools.fitting import MISSING, Fitter
from DELETED.psion_contract.schema_tools.witness import Side, put
from psion_contract.schema_files.engine import Engine
from support.command_line import RunCommand

from psion_contract.documents import kinds, schemas
from psion_contract.exceptions import SchemaError
from psion_contract.reading.pointers import value_at
from psion_contract.resources import data_path
from psion_contract.schema_files import bundle as bundling
from psion_contract.schema_files import lookup as catalog
from psion_contract.schema_files.lookup import Loaded, Schema, load
from tools import canonical

FILES = sorted(Path(data_path("schemas")).glob("*.schema.json"))
NAMES = [path.name.removesuffix(".schema.json") for path in FILES]
JUDGING = [name for name in NAMES if name != schemas.COMMON]
"""The schemas that documents are judged by."""

# List and show.


def test_every_schema_is_listed_with_its_title_file_and_hash(psion: RunCommand) -> None:
    outcome = psion("schema", "list")
    lines = []
    for path, name in zip(FILES, NAMES, strict=True):
        title = json.loads(path.read_text(encoding="utf-8"))["title"]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        lines += [name, f"  {title}", f"  {sha256}  schemas/{path.name}"]
    assert outcome == (0, "\n".join(lines) + "\n", "")


def test_the_list_for_programs_says_the_same(psion: RunCommand) -> None:
    listed = json.loads(psion("schema", "list", "--format", "json").out)
    assert [each["name"] for each in listed] == NAMES
    assert listed[0].keys() == {"name", "title", "file", "sha256"}
    text = psion("schema", "list").out
    assert all(value in text for each in listed for value in each.values())


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_schema_is_shown_byte_for_byte(psion: RunCommand, path: Path) -> None:
    name = path.name.removesuffix(".schema.json")
    text = path.read_bytes().decode()
    assert psion("schema", "show", name) == (0, text, "")
    assert psion("schema", "show", path.name) == (0, text, "")


@pytest.mark.parametrize("word", catalog.SHORT_NAMES)
def test_a_schema_has_a_short_name(psion: RunCommand, word: str) -> None:
    shown = json.loads(psion("schema", "show", word).out)
    assert shown["$id"].endswith(f"/{catalog.SHORT_NAMES[word]}.schema.json")


def test_short_names_are_the_roles_of_the_kinds_and_two_more() -> None:
    assert set(catalog.SHORT_NAMES) == {*kinds.ROLES, "common", "report"}
    assert sorted(catalog.SHORT_NAMES.values()) == NAMES


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("psion.sampling_polcy.v1", "; did you mean psion.sampling_policy.v1?"),
        ("receit", "; did you mean receipt?"),
        ("psion.sampling_policy.v2", "; did you mean psion.sampling_policy.v1?"),
        ("zzz", ""),
        ("../schemas/psion.common.v1", "; did you mean psion.common.v1?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(psion: RunCommand, word: str, hint: str) -> None:
    outcome = psion("schema", "show", word)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"Error: there is no schema {word!r}{hint}\n"


def test_help_names_all_that_can_be_done(psion: RunCommand) -> None:
    for command in ("list", "show", "bundle", "export", "diff"):
        assert f"\n  {command} " in psion("schema", "--help").out
        assert psion("schema", command, "--help").code == 0


# Bundle.


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
    """Members, words, descriptions and the schema's own definitions stay where they are."""
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
    """Documents of one schema: canonical ones, and small and large ones made to fit."""
    found = []
    for document in canonical.documents().values():
        kind = kinds.recognise(document)
        if kind and kind.version == name:
            found.append(document)
    return found + [base.document for base in Side(Engine(bundled(name)), {}).bases]


VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1, 10_001, 2**16, 2**32, 2**53, 2**64 - 1, 2**64, 0.5, "", " ", "a|b", "\t", "\x7f", "a",
    "\u3000", "0" * 64, "0" * 63, "g" * 64, [], ["a", "a"], {}, {"kind": "replica"}, {"kind": "layer_range"},
)  # fmt: skip


def places(value: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*keys, key)
            yield from places(item, (*keys, key))


def mutations(document: Any, count: int) -> Iterator[Any]:
    """Copies of a document with something else, nothing, or something more somewhere."""
    dice = random.Random(count)
    found = list(places(document))
    for _ in range(count):
        keys = dice.choice(found)
        match dice.choice(("value", "value", "absent", "more")):
            case "value":
                yield put(document, keys, dice.choice(VALUES))
            case "absent":
                copy = deepcopy(document)
                holder = copy
                for key in keys[:-1]:
                    holder = holder[key]
                del holder[keys[-1]]
                yield copy
            case "more":
                yield put(document, (*keys[:-1], "unknown") if isinstance(keys[-1], str) else keys, 1)


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


@pytest.mark.parametrize("name", JUDGING)
def test_a_bundle_gives_the_same_verdicts_in_both_engines(name: str) -> None:
    refused = 0
    for document in documents(name):
        assert [judge.is_valid(document) for judge in judges(name)] == [True] * 4
    for document in documents(name)[:6]:
        for mutation in mutations(document, 60):
            verdicts = {judge.is_valid(mutation) for judge in judges(name)}
            assert len(verdicts) == 1, json.dumps(mutation)
            refused += verdicts == {False}
    assert refused > 100


def test_bundles_go_to_files_or_one_to_standard_output(psion: RunCommand, tmp_path: Path) -> None:
    outcome = psion("schema", "bundle", "--all", "-o", tmp_path / "b")
    assert outcome.code == 0
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        f"{name}.schema.json" for name in JUDGING
    ]
    assert len(outcome.out.splitlines()) == len(JUDGING)
    for name in JUDGING:
        text = (tmp_path / "b" / f"{name}.schema.json").read_bytes().decode()
        assert text == bundling.text(bundled(name))
        assert psion("schema", "bundle", name) == (0, text, "")
    assert psion("schema", "bundle", "config", "policy", "-o", tmp_path / "c").code == 0
    assert len(list((tmp_path / "c").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name the schemas to bundle, or say --all\n"),
        (["config", "--all"], "name the schemas to bundle, or say --all, not both\n"),
        (["--all"], "-o DIR"),
        (["config", "policy"], "-o DIR"),
        (["nothing"], "no schema 'nothing'"),
    ],
)
def test_what_cannot_be_bundled_is_refused(psion: RunCommand, arguments: list[str], message: str) -> None:
    outcome = psion("schema", "bundle", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err


def test_a_file_is_no_directory_to_write_to(psion: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("")
    outcome = psion("schema", "bundle", "--all", "-o", path)
    assert outcome == (2, "", f"Error: {path} is no directory; -o takes one to write files into\n")


def test_the_text_of_a_bundle_does_not_depend_on_the_run() -> None:
    command = [sys.executable, "-m", "psion_contract", "schema", "bundle", "program"]
    texts = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {bundling.text(bundled(kinds.PROGRAM.version)).encode()}


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
    return bundling.bundle(Loaded("made", root, lambda uri: others[uri.rpartition("/")[2]]))


def test_definitions_of_one_name_are_told_apart() -> None:
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
    assert str(caught.value) == f"$ref leads in a circle and so says nothing: {circle}"


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
        bundling.bundle(Loaded("x", {"$ref": "https://elsewhere.example/x"}, catalog.shipped))
    with pytest.raises(SchemaError, match="no valid schema"):
        Engine({"$ref": "https://elsewhere.example/x"})


# Values that fit.


@pytest.mark.parametrize("name", JUDGING)
def test_out_of_nothing_a_document_is_made_that_fits(name: str) -> None:
    engine = Engine(bundled(name))
    for variant in range(12):
        assert engine.is_valid(Fitter(engine, variant).fit(MISSING, [engine.root])), variant


@pytest.mark.parametrize("name", JUDGING)
def test_a_document_that_fits_is_left_as_it_is(name: str) -> None:
    engine = Engine(bundled(name))
    for document in documents(name):
        assert Fitter(engine).fit(document, [engine.root]) == document


def test_a_document_that_nearly_fits_is_mended_where_it_does_not() -> None:
    name = kinds.CONFIG.version
    engine = Engine(bundled(name))
    document = documents(name)[0]
    broken = {key: item for key, item in document.items() if key != "run_id"} | {
        "stage_kind": "rl",
        "more": 1,
    }
    mended = Fitter(engine).fit(broken, [engine.root])
    assert engine.is_valid(mended)
    assert mended == document | {"run_id": "a"}
