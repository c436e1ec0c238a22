"""The plugin for pytest as an installation brings it, with the oldest pytest that the guide names, in a scratch repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import scratch

TEST = """\
from pathlib import Path

import pytest


@pytest.mark.psion_contract("runs")
def test_folder():
    pass


def test_documents(assert_consistent):
    assert_consistent(Path("runs/pilot"))
"""


@pytest.mark.slow
def test_a_broken_receipt_fails_and_a_sound_one_passes(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    guide = (scratch.ROOT / "docs" / "how-to" / "check-in-pytest.md").read_text(encoding="utf-8")
    assert "a plugin for pytest 8 or later" in guide
    source = scratch.copy_of_sources(tmp_path_factory.mktemp("source") / "psion-contract")
    commands = scratch.environment_with(tmp_path_factory.mktemp("environment"), source, "pytest==8.0.0")
    (tmp_path / "test_runs.py").write_text(TEST, encoding="utf-8")
    for write, code, failed in ((scratch.write_broken, 1, 2), (scratch.write_sound, 0, 0)):
        write(tmp_path)
        result = scratch.run(commands / "pytest", "--strict-markers", folder=tmp_path)
        assert result.code == code, result
        failures = result.out.partition("short test summary info")[0]  # which repeats them where CI is set
        assert failures.count(scratch.FOUND) == failed
        assert f"{failed} failed" in result.out if failed else "2 passed" in result.out
