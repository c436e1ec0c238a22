"""The published schemas, made from their sources: whole, in one layout, and refused where a source is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psion_contract.documents import schemas as loaded
from tools import repository, schemas

Schema = dict[str, Any]


def published(monkeypatch: pytest.MonkeyPatch, folder: Path, **sources: Schema) -> Schema:
    """The schema made from the source `a`, among others, in place of the checkout."""
    (folder / schemas.FOLDER).mkdir(parents=True)
    for name, source in sources.items():
        (folder / schemas.FOLDER / f"{name}.json").write_text(json.dumps(source), encoding="utf-8")
    monkeypatch.setattr(repository, "ROOT", folder)
    return schemas.published("a.json")


def test_every_schema_of_the_package_is_made_from_a_source() -> None:
    assert list(schemas.files()) == [f"schemas/{loaded.file_name(name)}" for name in loaded.names()]


def test_definitions_follow_in_the_order_of_their_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = published(
        monkeypatch,
        tmp_path,
        a={
            "title": "A thing",
            "properties": {"x": {"$ref": "common.json#/$defs/X"}, "b": {"items": {"$ref": "b.json"}}},
        },
        b={
            "$schema": "s",
            "$id": "b",
            "title": "Another thing",
            "description": "B",
            "properties": {"y": {"$ref": "#/$defs/Y"}},
            "$defs": {"Y": {"type": "null"}},
        },
        common={"$defs": {"Unused": {}, "X": {"items": {"$ref": "#/$defs/Z"}}, "Z": {"type": "string"}}},
    )
    assert json.dumps(made) == json.dumps(
        {
            "title": "A thing",
            "properties": {"x": {"$ref": "#/$defs/X"}, "b": {"items": {"$ref": "#/$defs/AnotherThing"}}},
            "$defs": {
                "X": {"items": {"$ref": "#/$defs/Z"}},
                "Z": {"type": "string"},
                "AnotherThing": {"description": "B", "properties": {"y": {"$ref": "#/$defs/Y"}}},
                "Y": {"type": "null"},
            },
        }
    )


@pytest.mark.parametrize(
    ("a", "message"),
    [
        ({"items": {"$ref": "#/$defs/X"}}, "a.json has no definition /$defs/X"),
        ({"items": {"$ref": "common.json#/$defs/Y"}}, "common.json has no definition /$defs/Y"),
        ({"$defs": {"X": {}, "Y": {}}}, "a.json does not use X, Y"),
        (
            {"anyOf": [{"$ref": "common.json#/$defs/X"}, {"$ref": "#/$defs/X"}], "$defs": {"X": {}}},
            "a.json uses two definitions called X: common.json#/$defs/X and a.json#/$defs/X",
        ),
    ],
)
def test_a_source_that_is_wrong_is_named(
    a: Schema, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(repository.BrokenFileError) as caught:
        published(monkeypatch, tmp_path, a=a, common={"$defs": {"X": {"type": "string"}}})
    assert str(caught.value) == f"{schemas.FOLDER}/{message}"


def test_short_lists_are_on_one_line_and_every_character_shows() -> None:
    words = ["x" * 30, "y" * 30]
    value = {"enum": words, "required": [*words, "z"], "pattern": "[\u0085\u3000é]", "anyOf": [{}, {"a": []}]}
    assert schemas.text(value) == (
        "{\n"
        f'  "enum": [ "{words[0]}", "{words[1]}" ],\n'
        f'  "required": [\n    "{words[0]}",\n    "{words[1]}",\n    "z"\n  ],\n'
        '  "pattern": "[\\u0085\\u3000é]",\n'
        '  "anyOf": [\n    {},\n    {\n      "a": []\n    }\n  ]\n'
        "}\n"
    )
