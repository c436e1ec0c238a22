"""Scratch repositories with documents, in which the ways to use the package in other tools are tried."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from support.canonical_sets import PILOT, documents
from support.command_line import CommandResult, write_files
from tools.edits import edited, put
from tools.pack.restoring import sealed

ROOT = Path(__file__).resolve().parents[2]

GUIDE = (ROOT / "docs" / "how-to" / "check-in-ci.md").read_text(encoding="utf-8")

BROKEN = put("/receipt/objective_config/label_smoothing_bps", 0)
"""The edit that breaks the receipt of the pilot: its config declares 40."""

FOUND = "the receipt's label_smoothing_bps is 0, but the config declares 40"
"""The message about it."""

_SOURCES = ("psion_contract", "schemas", "fixtures/psion", "fixtures/conformance", "fixtures/digests", "docs")


def example(title: str) -> str:
    """The block of the guide on CI after the comment with its title."""
    _, found, rest = GUIDE.partition(f"<!-- example: {title} -->\n")
    assert found, title
    return rest.partition("\n```")[2].partition("\n")[2].partition("\n```\n")[0] + "\n"


def write_sound(folder: Path) -> None:
    """Write the pilot, which is consistent, to ``runs/pilot``."""
    (folder / "runs").mkdir(exist_ok=True)
    write_files(folder / "runs" / "pilot", documents(*PILOT))


def write_broken(folder: Path) -> None:
    """Write the pilot, with a receipt that contradicts its config, to ``runs/pilot``."""
    (folder / "runs").mkdir(exist_ok=True)
    write_files(folder / "runs" / "pilot", edited(documents(*PILOT), BROKEN))


def write_suspicious(folder: Path) -> None:
    """Write the pilot, with a warning and no error, to ``runs/pilot``."""
    (folder / "runs").mkdir(exist_ok=True)
    tree = edited(documents(*PILOT), put("/receipt/replay_receipt/exact_replay_observed", False))
    write_files(folder / "runs" / "pilot", sealed(tree))


def copy_of_sources(folder: Path) -> Path:
    """Copy what an installation of the package is built from, as it is in the working tree; returns the folder."""
    folder.mkdir()
    for path in _SOURCES:
        shutil.copytree(ROOT / path, folder / path, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy(path, folder)
    return folder


def run(*command: object, folder: Path, environment: dict[str, str] | None = None) -> CommandResult:
    """Run a command in a folder, without the paths of this process from which Python would import the package."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=variables | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


def git(folder: Path, *arguments: object) -> str:
    """Run git in a folder, as a user without any settings; its standard output."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=Someone", "-c", "user.email=someone@example.org")
    result = run("git", *identity, *arguments, folder=folder, environment=settings)
    assert result.code == 0, result
    return result.out.strip()


def committed(folder: Path) -> str:
    """Make a repository of a folder, with one commit of everything in it; returns the commit."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--no-verify", "--message=Everything")
    return git(folder, "rev-parse", "HEAD")


def environment_with(folder: Path, *requirements: object) -> Path:
    """A fresh environment with these installed; the folder of its commands."""
    venv.create(folder, with_pip=True)
    commands = folder / ("Scripts" if sys.platform == "win32" else "bin")
    quiet = ("--quiet", "--disable-pip-version-check")
    result = run(commands / "python", "-m", "pip", "install", *quiet, *requirements, folder=folder)
    assert result.code == 0, result
    return commands
