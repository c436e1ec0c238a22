"""The TypeScript package: its own tests, the conformance pack, and agreement on random documents."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from json import dumps, loads
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.toolchains import ROOT, need, run

from psion_contract.checker import Checker
from psion_contract.conformance.pack import CaseText, load_cases
from psion_contract.evidence.summarising import summaries
from psion_contract.reading.json_reader import MAX_SAFE_INTEGER, Limits
from psion_contract.reading.source import Source
from tools import field

PACKAGE = ROOT / "interop" / "typescript"
COMMAND = f"node {PACKAGE / 'dist' / 'serve.js'}"
SETS = 500
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    need("node", "npm")
    run("npm", "ci", folder=PACKAGE)
    run("npm", "run", "build", folder=PACKAGE)


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (PACKAGE / "package-lock.json").read_text("utf-8")


def test_types_and_formatting() -> None:
    run("npm", "run", "check", folder=PACKAGE)


def test_its_own_tests_pass() -> None:
    output = run("npm", "test", folder=PACKAGE)
    assert "# fail 0" in output
    # The tests of pages need a browser, which test/support/browser.mjs looks for under the same names.
    has_browser = "CHROMIUM" in os.environ or any(map(shutil.which, BROWSERS))
    assert f"# skipped {0 if has_browser else 3}" in output


def test_it_passes_the_conformance_pack() -> None:
    run(sys.executable, "-m", "psion_contract", "conformance", "--command", COMMAND)


def test_both_implementations_agree_on_random_documents() -> None:
    script = str(ROOT / "interop" / "agreement.py")
    output = run(sys.executable, script, "--sets", str(SETS), "--seed", "7", "--command", COMMAND)
    assert f"{SETS} sets" in output
    assert "0 disagreements" in output


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script that compares both implementations."""
    monkeypatch.syspath_prepend(str(ROOT / "interop"))
    return import_module("agreement")


def _compared(agreement: ModuleType, findings: list[dict[str, Any]], ours: bool) -> Counter[str]:
    """Rule, document, pointer, line, column, keyword, expected, actual and related of each finding."""
    return Counter(agreement._comparable(each, ours) for each in findings)


def _sources(texts: tuple[CaseText, ...]) -> list[Source]:
    return [Source(each.name, each.data) for each in texts]


def test_all_findings_of_the_pack_are_the_same_with_places_and_values(agreement: ModuleType) -> None:
    command = agreement.Command(COMMAND)
    count = 0
    for case in load_cases():
        checker = Checker(_sources(case.inputs), limits=Limits(**case.limits), strict=case.strict)
        report = checker.check(_sources(case.documents))
        request = {
            "op": "check",
            "documents": _entries(agreement, case.documents),
            "inputs": _entries(agreement, case.inputs),
            "strict": case.strict,
            "limits": case.limits,
        }
        command.send(request)
        answer = command.answer()
        assert answer.get("verdict") == report.verdict, (case.id, answer)
        wanted = _compared(agreement, [each.to_dict() for each in report.findings], True)
        assert _compared(agreement, answer["findings"], False) == wanted, case.id
        count += wanted.total()
    command.end()
    assert count > 1000


def _entries(agreement: ModuleType, texts: tuple[CaseText, ...]) -> list[dict[str, str]]:
    return [{"name": each.name, "base64": agreement._base64(each.data)} for each in texts]


def _reported(command: list[str], folder: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), (command, done.stderr)
    return done.returncode, loads(done.stdout)


FIELD = {
    case["id"]: case
    for case in field.cases()
    # What it reads depends on git or the shell, not on the rules of recognition.
    if case["command"][0] == "check"
    and not {"--changed", "-o", "--fail-on-ignored"}.intersection(case["command"])
}


@pytest.mark.parametrize("case", FIELD.values(), ids=list(FIELD))
def test_files_and_folders_of_the_field_give_the_same_report(
    agreement: ModuleType, tmp_path: Path, case: dict[str, Any]
) -> None:
    field.prepare(case, tmp_path)
    _same_reports(agreement, tmp_path, case["command"][1:])


def _same_reports(agreement: ModuleType, tmp_path: Path, words: list[str]) -> dict[str, Any]:
    """The report on these paths and options, of which both implementations say the same."""
    ours = _reported([sys.executable, "-m", "psion_contract", "check", *words, "--format", "json"], tmp_path)
    theirs = _reported(["node", str(PACKAGE / "scripts" / "check.mjs"), *words], tmp_path)
    assert theirs[0] == ours[0]
    wanted, found = ours[1], theirs[1]
    assert _compared(agreement, found["findings"], False) == _compared(agreement, wanted["findings"], True)
    for member in ("verdict", "errors", "warnings", "documents", "left_alone"):
        assert found[member] == wanted[member], member
    assert sorted(map(dumps, found["skipped"])) == sorted(map(dumps, wanted["skipped"]))
    return wanted


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "whole": gzip.compress,
    "members": lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:]),
    "zeros": lambda data: gzip.compress(data) + bytes(5),
    "rubbish": lambda data: gzip.compress(data) + b"rubbish",
    "cut": lambda data: gzip.compress(data)[:-100],
    "cut-at-the-end": lambda data: gzip.compress(data)[:-4],
    "checksum": lambda data: gzip.compress(data)[:-8] + b"abcd" + gzip.compress(data)[-4:],
    "header": lambda data: b"\x1f\x8b",
}
WRONG = {"rubbish", "cut", "cut-at-the-end", "checksum", "header"}


@pytest.mark.parametrize("form", COMPRESSED)
@pytest.mark.parametrize("name", ["receipt.json.gz", "receipt.NDJSON.GZ", "receipt.json"])
def test_compressed_files_give_the_same_report(
    agreement: ModuleType, tmp_path: Path, form: str, name: str
) -> None:
    folder = tmp_path / "tree"
    shutil.copytree(ROOT / "fixtures" / "psion", folder)
    (folder / "table.parquet").write_bytes(b"PAR1")
    (folder / "old.json.bz2").write_bytes(b"BZh")
    receipt = folder / "pretrain" / "psion_pretrain_stage_receipt_v1.json"
    value = loads(receipt.read_text("utf-8"))
    receipt.unlink()
    text = dumps(value, indent=1 if name.startswith("receipt.json") else None)
    (folder / name).write_bytes(COMPRESSED[form](text.encode()))
    report = _same_reports(agreement, tmp_path, ["tree"])
    assert (report["verdict"] == "consistent") == (form not in WRONG)
    shutil.move(folder / name, tmp_path / name)
    report = _same_reports(agreement, tmp_path, [name, "--inputs", "tree"])
    assert (report["verdict"] == "consistent") == (form not in WRONG)


def test_what_documents_say_is_the_same(tmp_path: Path) -> None:
    for case in FIELD.values():
        folder = tmp_path / case["id"]
        folder.mkdir()
        field.prepare(case, folder)
        documents = Checker().read([folder])[0]
        wanted = summaries(documents).to_dict()
        command = ["node", str(PACKAGE / "scripts" / "check.mjs"), "--summary", str(folder)]
        found = _reported(command, folder)[1]
        for each in wanted["receipts"] + wanted["programs"]:
            each.pop("digests")
            each.pop("next_step", None)
        assert loads(dumps(wanted), parse_int=_number) == found, case["id"]


def _number(digits: str) -> int | str:
    """An integer as the script prints it: a string where it is not exact as a number of JavaScript."""
    return int(digits) if abs(int(digits)) <= MAX_SAFE_INTEGER else digits


def test_the_field_has_cases_for_the_comparison() -> None:
    assert len(FIELD) > 50
