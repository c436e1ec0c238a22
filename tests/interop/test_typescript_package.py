"""The TypeScript package: its own tests, the conformance pack, and agreement on random documents."""

from __future__ import annotations

import sys

import pytest
from support.toolchains import ROOT, need, run

PACKAGE = ROOT / "interop" / "typescript"
COMMAND = f"node {PACKAGE / 'dist' / 'serve.js'}"
SETS = 500

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
    assert "# skipped 0" in output


def test_it_passes_the_conformance_pack() -> None:
    run(sys.executable, "-m", "psion_contract", "conformance", "--command", COMMAND)


def test_both_implementations_agree_on_random_documents() -> None:
    script = str(ROOT / "interop" / "agreement.py")
    output = run(sys.executable, script, "--sets", str(SETS), "--seed", "7", "--command", COMMAND)
    assert f"{SETS} sets" in output
    assert "0 disagreements" in output
