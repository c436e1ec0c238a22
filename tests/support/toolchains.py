"""Runs tools of other languages: tests skip if they are not installed, except in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def need(*tools: str) -> None:
    """Skip the test if one of the tools is not installed; fail it in CI, which sets the variable ``CI``."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"not installed: {', '.join(missing)}; CI must have every toolchain")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def run(*command: str, folder: Path = ROOT, stdin: str = "") -> str:
    """The output of a command run in a folder, with standard error. The test fails if the command does."""
    need(command[0])
    done = subprocess.run(
        [shutil.which(command[0]) or command[0], *command[1:]],
        cwd=folder,
        env={**os.environ, "npm_config_update_notifier": "false", "npm_config_fund": "false"},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-20_000:]}"
    return done.stdout
