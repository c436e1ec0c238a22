"""The programs in interop/schema-consumers: validators of five languages give the same verdicts."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from json import dumps, loads
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.toolchains import ROOT, need

FOLDER = ROOT / "interop" / "schema-consumers"
SCHEMAS = ROOT / "schemas"
CONFIG = "psion.pretrain_stage_config.v1"

# One worker builds the programs and tests what it built.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def driver() -> Iterator[SimpleNamespace]:
    """The modules of run.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        names = {
            "run": "run",
            "programs": "driver.validator_programs",
            "documents": "driver.contract_documents",
        }
        yield SimpleNamespace(**{name: importlib.import_module(path) for name, path in names.items()})


@pytest.fixture(scope="module", params=["node", "rust", "go", "java"])
def program(request: pytest.FixtureRequest, driver: SimpleNamespace) -> Any:
    """One of the programs, built."""
    (found,) = (each for each in driver.programs.PROGRAMS if each.name == request.param)
    need(*found.tools)
    found.build()
    return found


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A copy of the schemas that a test may edit."""
    return Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """The URL of a server of schemas, and the paths that were requested."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "object"}')

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/", asked
        listening.shutdown()
        thread.join()


def test_all_validators_give_the_same_verdict(capfd: pytest.CaptureFixture[str]) -> None:
    required = ["--require", "node,rust,go,java"] if os.environ.get("CI") else []
    with capfd.disabled():  # shows which validators are skipped
        print()
        done = subprocess.run([sys.executable, str(FOLDER / "run.py"), *required], check=False)
    assert done.returncode == 0


def test_a_validator_that_disagrees_is_named_with_the_document(
    program: Any, driver: SimpleNamespace, schemas: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = schemas / f"{CONFIG}.schema.json"
    schema.write_text(schema.read_text().replace('"maximum": 10000', '"maximum": 10001'))
    documents = [config(driver, label_smoothing_bps=share) for share in (10000, 10001, 10002)]
    ours = driver.run.asked("checker", driver.run.ours, documents)
    theirs = driver.programs.outcome_of(program, documents, schemas)
    assert theirs.verdicts == [True, True, False]
    assert driver.run.reported(documents, [ours, theirs], []) == 1
    printed = capsys.readouterr().out
    where = "/objective_config/label_smoothing_bps"
    assert f"{theirs.name} finds it valid, the checker maximum at {where}: a config" in printed
    assert "1 of 2 validators agree on 3 documents" in printed


def test_a_missing_toolchain_is_skipped_in_capitals_and_fails_where_required(
    driver: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    documents = [config(driver)]
    ours = driver.run.asked("checker", driver.run.ours, documents)
    (go,) = (each for each in driver.programs.PROGRAMS if each.name == "go")
    outcomes = [ours, driver.programs.outcome_of(go, documents, SCHEMAS)]
    assert driver.run.reported(documents, outcomes, []) == 0
    printed = capsys.readouterr().out
    assert "SKIPPED GO: SANTHOSH-TEKURI/JSONSCHEMA: not installed: go" in printed
    assert "1 of 2 validators agree on 1 documents" in printed
    assert driver.run.reported(documents, outcomes, ["go"]) == 1


def test_one_file_is_enough(program: Any, driver: SimpleNamespace, tmp_path: Path) -> None:
    shutil.copy(SCHEMAS / f"{CONFIG}.schema.json", tmp_path)
    documents = [config(driver), config(driver, dataset_identity="a|b")]
    assert program.ask(documents, tmp_path) == [True, False]


@pytest.mark.parametrize("kind", ["address", "file", "sibling", "definition"])
def test_a_reference_without_a_target_fails_and_nothing_is_fetched(
    program: Any, driver: SimpleNamespace, kind: str, schemas: Path, server: tuple[str, list[str]]
) -> None:
    address, asked = server
    elsewhere = schemas / "elsewhere.json"
    elsewhere.write_text('{"type": "object"}')
    reference = {
        "address": f"{address}absent.schema.json",
        "file": elsewhere.as_uri(),
        "sibling": "psion.absent.v1.schema.json",
        "definition": "#/$defs/Absent",
    }[kind]
    path = schemas / f"{CONFIG}.schema.json"
    schema = loads(path.read_text())
    schema["properties"]["objective_config"] = {"$ref": reference}
    path.write_text(dumps(schema))
    with pytest.raises(driver.programs.FailedError, match="ended with"):
        program.ask([config(driver)], schemas)
    assert asked == []


@pytest.mark.parametrize("size", [2**53 + 1, 2**64 - 2048, 2**64 - 1])
def test_an_integer_of_64_bits_fits(program: Any, driver: SimpleNamespace, size: int) -> None:
    assert program.ask([config(driver, max_context_tokens=size)], SCHEMAS) == [True]


@pytest.mark.parametrize("size", [2**64, 2**64 + 1, 2**64 + 2048, 10**40, -(2**53) - 1])
def test_an_integer_beyond_64_bits_does_not(program: Any, driver: SimpleNamespace, size: int) -> None:
    assert program.ask([config(driver, max_context_tokens=size)], SCHEMAS) == [False]


def test_an_integer_in_a_string_is_text(program: Any, driver: SimpleNamespace) -> None:
    identity = f'run "{2**64}" \\'
    documents = [config(driver, dataset_identity=identity), config(driver, tokenizer_binding_digest="9" * 64)]
    assert program.ask(documents, SCHEMAS) == [True, True]


def config(driver: SimpleNamespace, **changes: Any) -> Any:
    """The canonical config with some members of its objective changed."""
    text = (ROOT / "fixtures/psion/pretrain/psion_pretrain_stage_config_v1.json").read_text()
    value = loads(text)
    value["objective_config"] |= changes
    return driver.documents.Document("a config", "", CONFIG, value, dumps(value))
