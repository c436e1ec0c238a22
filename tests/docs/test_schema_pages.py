"""The guides on schemas: their programs validate, their settings of editors work."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import markdown_pages as pages
import pytest
from support.command_line import RunCommand

from psion_contract.documents import kinds, schemas
from psion_contract.documents.serialising import document_text
from psion_contract.resources import data_path
from tools import canonical

PAGE = "".join(
    map(pages.read, ("docs/how-to/validate-with-json-schema.md", "docs/how-to/complete-in-editors.md"))
)
CONSUMERS = pages.ROOT / "interop" / "schema-consumers"
EDITORS = pages.ROOT / "interop" / "editors"
CANONICAL = canonical.documents()
CONFIG = "psion/pretrain/psion_pretrain_stage_config_v1.json"


def block(title: str) -> str:
    """The first fenced block after the comment that names it."""
    return pages.example(PAGE, title)


def run(folder: Path, *command: str, text: str | None = None, **environment: str) -> str:
    """Run a tool in a folder; what it wrote. A tool that is not there skips the test."""
    tool = shutil.which(command[0])
    if tool is None:
        pytest.skip(f"not installed: {command[0]}")
    done = subprocess.run(
        [tool, *command[1:]], cwd=folder, input=text, env={**os.environ, **environment},
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


# Validating, in five languages.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the schemas, and a document that does not fit."""
    shutil.copytree(data_path("schemas"), tmp_path / "schemas")
    document = CANONICAL[CONFIG] | {"stage_kind": "rl"}
    (tmp_path / "document.json").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def python(folder: Path, title: str) -> list[str]:
    (folder / "validate.py").write_text(block(title), encoding="utf-8")
    return [sys.executable, "validate.py"]


def node(folder: Path) -> list[str]:
    tools = CONSUMERS / "node"
    if not (tools / "node_modules" / "ajv").is_dir():
        run(tools, "npm", "ci", "--no-audit", "--no-fund")
    (folder / "node_modules").symlink_to(tools / "node_modules", target_is_directory=True)
    (folder / "validate.mjs").write_text(block("validate in node"), encoding="utf-8")
    return ["node", "validate.mjs"]


def rust(folder: Path) -> list[str]:
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy(CONSUMERS / "rust" / name, folder)
    (folder / "src").mkdir()
    (folder / "src" / "main.rs").write_text(block("validate in rust"), encoding="utf-8")
    run(folder, "cargo", "build", "--quiet", "--locked")
    return [str(folder / "target" / "debug" / "schema-consumer")]


def go(folder: Path) -> list[str]:
    for name in ("go.mod", "go.sum"):
        shutil.copy(CONSUMERS / "go" / name, folder)
    (folder / "main.go").write_text(block("validate in go"), encoding="utf-8")
    assert run(folder, "gofmt", "-l", ".") == ""
    run(folder, "go", "vet", ".")
    run(folder, "go", "build", "-o", "validate", ".")
    return [str(folder / "validate")]


def java(folder: Path) -> list[str]:
    (folder / "src" / "main" / "java").mkdir(parents=True)
    (folder / "src" / "main" / "java" / "Validate.java").write_text(
        block("validate in java"), encoding="utf-8"
    )
    text = (CONSUMERS / "java" / "pom.xml").read_text(encoding="utf-8")
    (folder / "pom.xml").write_text(text, encoding="utf-8")
    run(folder, "mvn", "--quiet", "package")
    return ["java", "-cp", os.pathsep.join(["target/classes", "target/lib/*"]), "Validate"]


PROGRAMS: dict[str, Callable[[Path], list[str]]] = {"node": node, "rust": rust, "go": go, "java": java}


def check_program(folder: Path, build: Callable[[Path], list[str]]) -> None:
    """A program reports what is wrong with a document, and nothing about a valid one."""
    command = build(folder)
    said = run(folder, *command)
    assert "stage_kind" in said
    document = json.dumps(CANONICAL[CONFIG])
    (folder / "document.json").write_text(document, encoding="utf-8")
    assert run(folder, *command) == ""


@pytest.mark.slow
@pytest.mark.parametrize("title", ["validate in python", "validate in python with the package"])
def test_a_program_in_python_validates(folder: Path, title: str) -> None:
    check_program(folder, partial(python, title=title))


@pytest.mark.slow
@pytest.mark.skipif(not CONSUMERS.is_dir(), reason="the dependencies are pinned in the repository only")
@pytest.mark.parametrize("language", PROGRAMS)
def test_the_program_in_another_language_validates(folder: Path, language: str) -> None:
    check_program(folder, PROGRAMS[language])


# Editors.


@pytest.fixture
def workspace(psion: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the settings of both editors and the schemas that they name."""
    monkeypatch.chdir(tmp_path)
    command = block("schemas for editors").strip()
    assert psion(*shlex.split(command.removeprefix("psion-contract "))).code == 0
    for path, name in (
        (".vscode/settings.json", "settings for visual studio code"),
        (".idea/jsonSchemas.xml", "settings for jetbrains"),
    ):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(block(name), encoding="utf-8")
    return tmp_path


def chosen(pattern: str) -> set[str]:
    """The canonical documents whose file name fits a pattern."""
    return {path for path in CANONICAL if Path(path).match(pattern)}


def schema_of(path: Path) -> str:
    return path.name.removesuffix(".schema.json")


def kind_of(document: Any) -> str:
    kind = kinds.recognise(document)
    assert kind
    return kind.version


def test_the_settings_of_visual_studio_code_lead_somewhere(workspace: Path) -> None:
    settings = json.loads((workspace / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    met: dict[str, str] = {}
    for each in settings["json.schemas"]:
        path = workspace / each["url"]
        assert path.is_file()
        met |= dict.fromkeys(
            (name for pattern in each["fileMatch"] for name in chosen(pattern)), schema_of(path)
        )
    assert met == {name: kind_of(document) for name, document in CANONICAL.items()}


def test_the_entries_for_the_catalogue_match_what_the_settings_match() -> None:
    if not EDITORS.is_dir():
        pytest.skip("interop/editors is in the repository only")
    entries = json.loads((EDITORS / "schemastore.json").read_text(encoding="utf-8"))
    settings = json.loads(block("settings for visual studio code"))["json.schemas"]
    documents, sidecars = entries[: len(settings)], entries[len(settings) :]
    assert [each["fileMatch"] for each in documents] == [each["fileMatch"] for each in settings]
    versions = [kind.version for kind in kinds.KINDS.values()] + [
        schemas.CORPUS_SIDECAR,
        schemas.POLICY_SIDECAR,
    ]
    for entry, version in zip(entries, versions, strict=True):
        name = version.removesuffix(".v1").translate(str.maketrans("._", "--"))
        assert entry["url"] == f"https://www.schemastore.org/{name}-v1.json"
        assert entry["versions"] == {"v1": entry["url"]}
    assert [each["name"] for each in documents] == [f"Psion {kind.title}" for kind in kinds.KINDS.values()]
    for entry, what in zip(sidecars, ("corpus", "policy"), strict=True):
        assert entry["name"] == f"Psion {what} sidecar"
        assert entry["fileMatch"] == [
            f"psion_{what}_sidecar*.{each}" for each in ("json", "yaml", "yml", "toml")
        ]


def test_the_settings_of_jetbrains_lead_somewhere(workspace: Path) -> None:
    tree = ElementTree.parse(workspace / ".idea" / "jsonSchemas.xml")
    entries = tree.findall("./component[@name='JsonSchemaMappingsProjectConfiguration']/state/map/entry")
    assert len(entries) == 2
    for entry in entries:
        options = {each.get("name"): each.get("value") for each in entry.iter("option")}
        path = workspace / str(options["relativePathToSchema"])
        assert path.is_file()
        assert options["name"] == entry.get("key") == schema_of(path)
        assert {kind_of(CANONICAL[name]) for name in chosen(str(options["path"]))} == {schema_of(path)}
        assert options["mappingKind"] == "Pattern" and options["pattern"] == "true"


def references(where: Any) -> Iterator[dict[str, Any]]:
    """Every reference, except those to choose from: what they are together is described beside them."""
    if isinstance(where, dict):
        if "$ref" in where:
            yield where
        for keyword, each in where.items():
            if keyword not in ("anyOf", "oneOf"):
                yield from references(each)
    elif isinstance(where, list):
        for each in where:
            yield from references(each)


def test_for_editors_every_reference_is_described_and_no_definition(workspace: Path) -> None:
    for path in (workspace / ".schemas" / "psion").iterdir():
        schema = json.loads(path.read_text(encoding="utf-8"))
        definitions = list(schema["$defs"].values())
        assert all("description" in each for each in references(schema) if each not in definitions)
        assert not any("description" in each for each in definitions)


class Editor:
    """Visual Studio Code's service for JSON, in a workspace."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def ask(self, *requests: tuple[str, str, int]) -> list[dict[str, Any]]:
        """What it says of texts: problems, and hover and completions at an offset."""
        lines = "".join(
            json.dumps({"path": path, "text": text, "offset": offset}) + "\n"
            for path, text, offset in requests
        )
        said = run(EDITORS, "node", "check.mjs", str(self._workspace), text=lines)
        return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def editor(workspace: Path) -> Editor:
    if not EDITORS.is_dir():
        pytest.skip("interop/editors is in the repository only")
    if not (EDITORS / "node_modules" / "vscode-json-languageservice").is_dir():
        run(EDITORS, "npm", "ci", "--no-audit", "--no-fund")
    return Editor(workspace)


@pytest.mark.slow
def test_the_editor_finds_nothing_wrong_with_canonical_documents(editor: Editor) -> None:
    requests = [(name, document_text(document), 0) for name, document in CANONICAL.items()]
    assert [answer["problems"] for answer in editor.ask(*requests)] == [[]] * len(requests)


@pytest.mark.slow
def test_the_editor_explains_a_member_by_its_own_description(editor: Editor) -> None:
    text = document_text(CANONICAL[CONFIG])
    members = [
        member
        for member in schemas.schema(kinds.CONFIG.version)["properties"]
        if member != "objective_config"
    ]
    answers = editor.ask(*((CONFIG, text, text.index(f'"{member}"') + 2) for member in members))
    for member, answer in zip(members, answers, strict=True):
        description = schemas.schema(kinds.CONFIG.version)["properties"][member]["description"]
        assert description in answer["hover"]


@pytest.mark.slow
def test_the_editor_completes_members_and_words_and_marks_what_is_wrong(editor: Editor) -> None:
    empty = "{\n  \n}\n"
    descriptor = "psion_compact_decoder_descriptor_mine.json"
    word = '{"size_anchor": }'
    wrong = '{"stage_kind": "rl", "run": 1}'
    members, words, problems = editor.ask(
        ("psion_pretrain_stage_config_mine.json", empty, 4),
        (descriptor, word, len(word) - 1),
        ("psion_pretrain_stage_config_mine.json", wrong, 0),
    )
    assert set(members["completions"]) == set(schemas.schema(kinds.CONFIG.version)["properties"])
    assert {'"pilot32m"', '"internal128m"'} <= set(words["completions"])
    said = " ".join(problems["problems"])
    assert 'Value must be "pretrain"' in said
    assert "Property run is not allowed" in said
    assert 'Missing property "run_id"' in said
