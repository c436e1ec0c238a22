"""``psion-contract schema``: the schemas listed, shown and bundled."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import RunCommand

from psion_contract.documents import kinds, schemas
from psion_contract.resources import data_path
from psion_contract.schema_files import bundle as bundling
from psion_contract.schema_files.lookup import SHORT_NAMES, load

FILES = sorted(Path(data_path("schemas")).glob("*.schema.json"))
NAMES = [path.name.removesuffix(".schema.json") for path in FILES]
JUDGING = [
    name for name in NAMES if name in SHORT_NAMES.values() and name not in (schemas.COMMON, schemas.RULES)
]


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
        ("../schemas/psion.common.v1", "psion.common.v1"),
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


def test_bundles_go_to_files_or_one_to_standard_output(psion: RunCommand, tmp_path: Path) -> None:
    result = psion("schema", "bundle", "--all", "-o", tmp_path / "all")
    assert result.code == 0
    written = sorted(path.name for path in (tmp_path / "all").iterdir())
    assert written == [f"{name}.schema.json" for name in JUDGING]
    assert len(result.out.splitlines()) == len(JUDGING)
    for name in JUDGING:
        text = (tmp_path / "all" / f"{name}.schema.json").read_bytes().decode()
        assert text == bundling.text(bundling.bundle(load(name)))
        assert psion("schema", "bundle", name) == (0, text, "")
    assert psion("schema", "bundle", "config", "policy", "-o", tmp_path / "two").code == 0
    assert len(list((tmp_path / "two").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--all"),
        (["config", "--all"], "not both"),
        (["--all"], "-o DIR"),
        (["config", "policy"], "-o DIR"),
        (["nothing"], '"nothing"'),
    ],
)
def test_what_cannot_be_bundled_is_refused(psion: RunCommand, arguments: list[str], words: str) -> None:
    result = psion("schema", "bundle", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_a_file_is_no_folder_to_write_to(psion: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("")
    result = psion("schema", "bundle", "--all", "-o", path)
    assert (result.code, result.out) == (2, "")
    assert str(path) in result.err
    assert path.read_text() == ""


def test_the_text_of_a_bundle_does_not_depend_on_the_run() -> None:
    command = [sys.executable, "-m", "psion_contract", "schema", "bundle", "program"]
    texts = {
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {bundling.text(bundling.bundle(load(kinds.PROGRAM.version))).encode()}
