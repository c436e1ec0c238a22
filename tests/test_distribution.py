"""The package works when installed from a wheel and from an sdist."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from psion_contract.version import VERSION

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


def run(*command: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def environment(folder: Path, *requirements: object) -> Path:
    """A fresh environment with these installed; the folder of its commands."""
    venv.create(folder, with_pip=True)
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    run(commands / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
    return commands


def test_the_wheel_holds_what_a_user_runs_and_nothing_else(built: Path) -> None:
    names = set(zipfile.ZipFile(next(built.glob("*.whl"))).namelist())
    for path in sorted((ROOT / "schemas").glob("*.json")):
        assert f"psion_contract/_data/schemas/{path.name}" in names
    for path in sorted((ROOT / "fixtures" / "psion").rglob("*.json")):
        assert f"psion_contract/_data/fixtures/{path.relative_to(ROOT / 'fixtures')}" in names
    assert "psion_contract/py.typed" in names
    assert [name for name in names if ".data/" in name] == [
        f"psion_contract-{VERSION}.data/data/share/man/man1/psion-contract.1"
    ]
    packages = {name.split("/")[0] for name in names if ".dist-info/" not in name and ".data/" not in name}
    assert packages == {"psion_contract"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_main_job_runs_from_a_fresh_install_of_the_wheel(built: Path, tmp_path: Path) -> None:
    commands = environment(tmp_path / "environment", next(built.glob("*.whl")))
    for command in ([commands / "psion-contract"], [commands / "python", "-m", "psion_contract"]):
        done = run(*command, "check", "--canonical", cwd=tmp_path)
        assert done.stdout.splitlines()[-1] == "consistent"
        assert "4 pretrain-stage receipts" in done.stdout
    pack = run(commands / "psion-contract", "conformance", cwd=tmp_path)
    passed, _, total, _ = pack.stdout.splitlines()[-1].split()
    assert passed == total
    assert int(total) > 1000


def test_the_main_job_runs_from_a_fresh_install_of_the_sdist(built: Path, tmp_path: Path) -> None:
    commands = environment(tmp_path / "environment", next(built.glob("*.tar.gz")))
    done = run(commands / "psion-contract", "check", "--canonical", cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "consistent"


def test_the_quick_suite_passes_against_the_installed_wheel(built: Path, tmp_path: Path) -> None:
    wheel = next(built.glob("*.whl"))
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("psion_contract-*")
    (unpacked / "psion_contract").rename(unpacked / "not-imported")  # what is tested is what is installed
    commands = environment(tmp_path / "environment", f"psion-contract[test] @ {wheel.as_uri()}")
    run(commands / "python", "-m", "pytest", "-q", "-n", "auto", "-m", "not slow", cwd=unpacked)
