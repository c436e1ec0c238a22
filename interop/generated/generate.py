"""Types of the documents in five languages, made by the generators of each ecosystem.

    python interop/generated/generate.py [LANGUAGE]...

For each language, it generates the types, builds the small program beside them, and lets that read every canonical
document, change one value, and write it back. Then it compares content digests with those of the same change made here.
A language whose tools are not installed is skipped and named. README.md lists what each generator loses.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from psion_contract.documents import kinds, schemas
from psion_contract.documents.digests import content_digest
from psion_contract.reading.json_reader import read
from psion_contract.resources import data_path

HERE = Path(__file__).resolve().parent
TARGET = HERE / "target"
"""Everything that is generated; not committed."""

WIDEST = 2**64 - 1
CHANGED = "changed-by-a-generated-type"
MEMBERS = {
    "config": "run_id",
    "receipt": "summary",
    "descriptor": "size_anchor",
    "corpus": "dataset_version",
    "policy": "policy_version",
    "program": "run_id",
}
"""By role, the member that the programs change."""

VALUES = {"descriptor": "internal128m"}
"""The new values that are not `CHANGED`."""

Schema = dict[str, Any]


class Language(NamedTuple):
    """One ecosystem.

    Attributes:
        tools: the commands that must be installed.
        build: generates the types and builds the program; returns the command that runs it, and the generated files.
        keeps_u64: whether every integer of 64 bits survives.
    """

    tools: tuple[str, ...]
    build: Callable[[], tuple[list[str], list[Path]]]
    keeps_u64: bool = True


def run(*command: str | Path, cwd: Path = HERE, **environment: str) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def prepared(language: str, change: Callable[[Schema], Schema] = lambda node: node) -> dict[str, Path]:
    """A file with each schema for a generator, by role; `change` is applied to each part of it."""

    def changed(node: Any) -> Any:
        if isinstance(node, list):
            return [changed(each) for each in node]
        return change({key: changed(each) for key, each in node.items()}) if isinstance(node, dict) else node

    folder = TARGET / language / "schemas"
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for role, kind in kinds.ROLES.items():
        files[role] = folder / f"{role}.json"
        files[role].write_text(json.dumps(changed(schemas.schema(kind.version))), encoding="utf-8")
    return files


# The languages. Each generator gets the published schemas, with only those changes that README.md lists.


def typescript() -> tuple[list[str], list[Path]]:
    """Types by json-schema-to-typescript."""
    folder = HERE / "typescript"
    if not (folder / "node_modules").is_dir():
        run("npm", "ci", "--no-audit", "--no-fund", cwd=folder)
    generated = []
    for role, file in prepared("typescript").items():
        generated.append(TARGET / "typescript" / f"{'program_types' if role == 'program' else role}.ts")
        run("npx", "json2ts", "-i", file, "-o", generated[-1], cwd=folder)
    shutil.copy(folder / "program.ts", TARGET / "typescript")
    run("npx", "tsc", "-p", folder, cwd=folder)
    return ["node", str(TARGET / "typescript" / "built" / "program.js")], generated


def python() -> tuple[list[str], list[Path]]:
    """Types by datamodel-code-generator, models of pydantic 2."""
    folder = TARGET / "python"
    interpreter = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not interpreter.exists():
        venv.create(folder / "venv", with_pip=True)
        run(interpreter, "-m", "pip", "install", "--quiet", "-r", HERE / "python" / "requirements.txt")
    generated = []
    for role, file in prepared("python").items():
        generated.append(folder / f"{'stage_program' if role == 'program' else role}.py")
        run(
            interpreter, "-m", "datamodel_code_generator", "--input", file, "--input-file-type", "jsonschema",
            "--output", generated[-1], "--output-model-type", "pydantic_v2.BaseModel", "--use-title-as-name",
            "--use-annotated", "--collapse-root-models", "--target-python-version", "3.11", "--disable-timestamp",
            "--formatters", "builtin",
        )  # fmt: skip
    shutil.copy(HERE / "python" / "program.py", folder)
    return [str(interpreter), str(folder / "program.py")], generated


def rust() -> tuple[list[str], list[Path]]:
    """Types by typify, as a macro."""

    def kept(node: Schema) -> Schema:
        return node | {"additionalProperties": {}} if node.get("additionalProperties") is True else node

    prepared("rust", kept)
    run(
        "cargo",
        "build",
        "--quiet",
        "--locked",
        cwd=HERE / "rust",
        CARGO_TARGET_DIR=str(TARGET / "rust" / "build"),
    )
    return [str(TARGET / "rust" / "build" / "debug" / "generated-types")], []


def go() -> tuple[list[str], list[Path]]:
    """Types by go-jsonschema."""

    def simple(node: Schema) -> Schema:
        if node.get("maximum", 0) > WIDEST // 2:
            return node | {"goJSONSchema": {"type": "uint64"}}
        if {"type": "null"} in node.get("anyOf", ()):
            return {key: each for key, each in node.items() if key != "anyOf"} | node["anyOf"][0]
        if "oneOf" in node:
            members: Schema = {}
            for each in node["oneOf"]:
                members |= each["properties"]
            members["kind"] = {"type": "string"}
            return {
                "description": node["description"],
                "type": "object",
                "properties": members,
                "required": ["kind"],
            }
        if node.get("additionalProperties") is True:
            values = {"type": "map[string]json.RawMessage", "imports": ["encoding/json"]}
            return {"description": node["description"], "goJSONSchema": values}
        return node

    folder = TARGET / "go"
    generated = []
    for role, file in prepared("go", simple).items():
        generated.append(folder / role / "types.go")
        generated[-1].parent.mkdir(exist_ok=True)
        run(
            "go", "run", "github.com/atombender/go-jsonschema@v0.24.1", "--only-models", "-t", "-p", role,
            "-o", generated[-1], file,
        )  # fmt: skip
    for name in ("main.go", "go.mod"):
        shutil.copy(HERE / "go" / name, folder)
    run("go", "build", "-o", "changing", ".", cwd=folder)
    return [str(folder / "changing")], generated


def java() -> tuple[list[str], list[Path]]:
    """Types by jsonschema2pojo, classes for Jackson."""

    def simple(node: Schema) -> Schema:
        if node.get("maximum", 0) > WIDEST // 2:
            return node | {"existingJavaType": "java.math.BigInteger"}
        if {"type": "null"} in node.get("anyOf", ()):
            return {key: each for key, each in node.items() if key != "anyOf"} | node["anyOf"][0]
        if "oneOf" in node:
            return {
                "description": node["description"],
                "existingJavaType": "com.fasterxml.jackson.databind.JsonNode",
            }
        return node

    prepared("java", simple)
    shutil.copytree(HERE / "java", TARGET / "java" / "project", dirs_exist_ok=True)
    run("mvn", "--quiet", "--batch-mode", "package", cwd=TARGET / "java" / "project")
    built = TARGET / "java" / "project" / "target"
    generated = sorted((built / "generated-sources").rglob("*.java"))
    return [
        "java",
        "-cp",
        os.pathsep.join([str(built / "classes"), str(built / "lib" / "*")]),
        "Program",
    ], generated


LANGUAGES = {
    "typescript": Language(("node", "npm"), typescript, keeps_u64=False),
    "python": Language((sys.executable,), python),
    "rust": Language(("cargo",), rust),
    "go": Language(("go",), go),
    "java": Language(("java", "mvn"), java),
}


def documents(keeps_u64: bool) -> dict[str, tuple[str, Schema]]:
    """By file name, the role and the value of each document that the programs read."""
    found = {}
    for path in sorted(Path(data_path("fixtures", "psion")).rglob("*.json")):
        value = read(path.read_bytes()).value
        kind = kinds.recognise(value)
        assert kind is not None, path
        found[path.name] = (kind.role, value)
    if keeps_u64:
        role, receipt = found["psion_pretrain_stage_receipt_v1.json"]
        replay = receipt["replay_receipt"] | {"deterministic_shuffle_seed": WIDEST}
        found["widest_seed.json"] = (role, receipt | {"replay_receipt": replay})
    return found


def differences(language: str) -> tuple[list[str], int, int]:
    """The documents that a language's program writes otherwise than expected, their number, and the generated lines."""
    entry = LANGUAGES[language]
    command, generated = entry.build()
    given, written = TARGET / language / "given", TARGET / language / "written"
    for folder in (given, written):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    entries = documents(entry.keeps_u64)
    requests = []
    for name, (role, value) in entries.items():
        (given / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        requests.append(f"{role} {given / name} {written / name}\n")
    (TARGET / language / "requests.txt").write_text("".join(requests), encoding="utf-8")
    run(*command, TARGET / language / "requests.txt")
    wrong = []
    for name, (role, value) in entries.items():
        expected = value | {MEMBERS[role]: VALUES.get(role, CHANGED)}
        result = read((written / name).read_bytes()).value
        if result is None or content_digest(result) != content_digest(expected):
            wrong.append(name)
    return wrong, len(entries), sum(file.read_text(encoding="utf-8").count("\n") for file in generated)


def missing_tools(language: str) -> list[str]:
    """The commands that a language needs and that are not installed."""
    return [tool for tool in LANGUAGES[language].tools if shutil.which(tool) is None]


def main() -> int:
    """Generate, build and compare; print a line for each language."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=f"one of {', '.join(LANGUAGES)}")
    failed = 0
    for language in parser.parse_args().languages or LANGUAGES:
        if missing := missing_tools(language):
            print(f"{language:<12}skipped: {', '.join(missing)} is not installed")
            continue
        wrong, number, lines = differences(language)
        failed += bool(wrong)
        told = f"differ: {', '.join(wrong)}" if wrong else "have the same content digest"
        print(
            f"{language:<12}{lines:>6} generated lines; of {number} documents, {len(wrong) or 'all'} {told}"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
