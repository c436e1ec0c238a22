"""The command line, run inside the process of the tests or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.canonical_sets import as_text
from tools.edits import Tree

CONSISTENT, FINDINGS, COULD_NOT_RUN, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 70, 130
"""The exit codes."""

COMMANDS = [
    "check",
    "report",
    "baseline",
    "digest",
    "new",
    "import",
    "seal",
    "program",
    "replay",
    "explain",
    "schema",
    "conformance",
]
"""The commands, in the order in which help lists them."""


class CommandResult(NamedTuple):
    """The result of running a command.

    Attributes:
        code: the exit code.
        out: standard output.
        err: standard error.
    """

    code: int
    out: str
    err: str


RunCommand = Callable[..., CommandResult]
"""Runs ``psion-contract`` with the given arguments, and with ``stdin`` (bytes) as standard input."""


def write_files(folder: Path, tree: Tree) -> list[str]:
    """Write each document to a file of its name; returns the paths, relative to the current folder."""
    folder.mkdir(exist_ok=True)
    for name, document in tree.items():
        (folder / f"{name}.json").write_bytes(as_text(document).encode())
    return [os.path.relpath(folder / f"{name}.json") for name in tree]


def write_json(path: str, value: Any) -> None:
    """Write a value as a user does: indented, ASCII, no newline at the end."""
    Path(path).write_text(json.dumps(value, indent=1), "utf-8")


_LIMITED = """
import sys
if sys.platform == "linux":
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from psion_contract.__main__ import main
main()
"""


def start(
    *arguments: str, environment: dict[str, str] | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start the command line. On Linux, its memory is limited, to protect the machine."""
    return subprocess.Popen(
        [sys.executable, "-c", _LIMITED, *arguments],
        env={**os.environ, **(environment or {})},
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def finished(process: subprocess.Popen[bytes], seconds: float = 60) -> CommandResult:
    """Wait for a process; the test fails if it does not end, or shows a traceback. Line endings are those of Unix."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail(f"the process did not end within {seconds} seconds")
    result = CommandResult(
        process.returncode, (out or b"").decode(), (err or b"").decode().replace("\r\n", "\n")
    )
    assert "Traceback" not in result.err
    return result
