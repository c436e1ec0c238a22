"""The implementation in TypeScript: its own tests, the conformance pack, and agreement on random documents."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "interop" / "typescript"
COMMAND = f"node {PACKAGE / 'dist' / 'serve.js'}"
SETS = 500

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PACKAGE.is_dir(), reason="the package is in the repository only"),
]


def run(*command: str, folder: Path = ROOT) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "npm_config_update_notifier": "false", "npm_config_fund": "false"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: THE TYPESCRIPT IMPLEMENTATION WAS NOT TESTED")
    major = int(run("node", "--version").strip().lstrip("v").partition(".")[0])
    if major < 20:
        pytest.skip(f"node {major} is too old: THE TYPESCRIPT IMPLEMENTATION WAS NOT TESTED")
    run("npm", "ci", folder=PACKAGE)
    run("npm", "run", "build", folder=PACKAGE)


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (PACKAGE / "package-lock.json").read_text("utf-8")


def test_it_is_typed_and_formatted() -> None:
    run("npm", "run", "check", folder=PACKAGE)


def test_its_own_tests_pass() -> None:
    assert "# fail 0" in run("npm", "test", folder=PACKAGE)


def test_it_passes_the_conformance_pack() -> None:
    run(sys.executable, "-m", "psion_contract", "conformance", "--command", COMMAND)


def test_both_implementations_agree_on_random_documents() -> None:
    script = str(ROOT / "interop" / "agreement.py")
    said = run(sys.executable, script, "--sets", str(SETS), "--seed", "7", "--command", COMMAND)
    assert f"{SETS} sets" in said
    assert "0 disagreements" in said
