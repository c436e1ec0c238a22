"""``psion-contract schema``: the schemas listed, shown and copied."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand

from psion_contract.documents import schemas
from psion_contract.resources import data_path
from psion_contract.schema_files.lookup import SHORT_NAMES

FILES = sorted(Path(data_path("schemas")).glob("*.schema.json"))
NAMES = [path.name.removesuffix(".schema.json") for path in FILES]


def test_every_schema_is_listed_with_its_title_file_and_hash(psion: RunCommand) -> None:
    result = psion("schema", "list")
    lines = []
    for path, name in zip(FILES, NAMES, strict=True):
        title = json.loads(path.read_text(encoding="utf-8"))["title"]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        lines += [name, f"  {title}", f"  {sha256}  schemas/{path.name}"]
    assert result == (0, "\n".join(lines) + "\n", "")


def test_the_list_as_json_holds_the_same(psion: RunCommand) -> None:
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
    assert psion("schema", "show", f"schemas/{path.name}") == (0, text, "")


@pytest.mark.parametrize("word", SHORT_NAMES)
def test_a_schema_has_a_short_name(psion: RunCommand, word: str) -> None:
    shown = json.loads(psion("schema", "show", word).out)
    assert shown["$id"].endswith(f"/{SHORT_NAMES[word]}.schema.json")


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("psion.sampling_polcy.v1", "psion.sampling_policy.v1"),
        ("receit", "receipt"),
        ("psion.sampling_policy.v2", "psion.sampling_policy.v1"),
        ("zzz", None),
        ("../schemas/psion.rules.v2", "psion.rules.v1"),
        ("work/psion.sampling_policy.v1.schema.json", "psion.sampling_policy.v1"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(
    psion: RunCommand, word: str, suggestion: str | None
) -> None:
    result = psion("schema", "show", word)
    assert (result.code, result.out) == (2, "")
    hint = f'; did you mean "{suggestion}"?' if suggestion else ""
    assert result.err.rstrip().endswith(f'unknown schema "{word}"{hint}')


def test_the_schemas_are_copied_byte_for_byte(psion: RunCommand, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "schemas"
    result = psion("schema", "copy", folder)
    assert result == (0, "".join(f"wrote {folder / path.name}\n" for path in FILES), "")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        path.name: path.read_bytes() for path in FILES
    }


def test_for_editors_only_descriptions_change(psion: RunCommand, tmp_path: Path) -> None:
    assert psion("schema", "copy", tmp_path, "--for-editors").code == 0
    for name in NAMES:
        copied = json.loads((tmp_path / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert undescribed(copied) == undescribed(schemas.schema(name))
        for definition in copied.get("$defs", {}).values():
            assert "description" not in definition
        for member, node in copied["properties"].items():
            own = schemas.schema(name)["properties"][member]
            assert node.get("description") == own.get("description")
    receipt = json.loads((tmp_path / "psion.pretrain_stage_receipt.v1.schema.json").read_text())
    rows = receipt["properties"]["source_family_reports"]["items"]
    assert rows["description"].startswith("What the stage read of one source family")
    choice = receipt["properties"]["delivered_execution"][
        "anyOf"
    ]  # what it chooses from is described beside it
    assert choice == [{"$ref": "#/$defs/DeliveredExecution"}, {"type": "null"}]


def undescribed(where: Any) -> Any:
    """A schema without its descriptions, and without the order of keywords."""
    if isinstance(where, dict):
        named = {key: undescribed(each) for key, each in where.items()}
        return {key: each for key, each in named.items() if key != "description" or isinstance(each, dict)}
    return [undescribed(each) for each in where] if isinstance(where, list) else where


def test_a_file_is_no_folder_to_copy_to(psion: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("")
    result = psion("schema", "copy", path)
    assert (result.code, result.out) == (2, "")
    assert f"{path} is not a folder" in result.err
    assert path.read_text() == ""
