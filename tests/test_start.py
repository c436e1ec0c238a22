"""A check starts with no more than it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PILOT, documents
from support.command_line import write_files

LIBRARY = """
import json, sys
from psion_contract import check_documents

documents = {path: open(path, "rb").read() for path in sys.argv[1:]}
report = check_documents(documents)
assert report.findings == (), report
print(json.dumps(sorted(sys.modules)))
"""

COMMAND = """
import json, sys
from psion_contract.cli import run

sys.argv[1:1] = ["check"]
assert run() == 0
print(json.dumps(sorted(sys.modules)))
"""

NOT_NEEDED = (
    "jsonschema", "referencing", "psion_contract.build", "psion_contract.program", "psion_contract.evidence",
    "psion_contract.conformance", "psion_contract.schema_files", "tools", "difflib", "csv", "subprocess",
    "multiprocessing", "asyncio", "psion_contract.reading.remote", "psion_contract.reading.connections",
)  # fmt: skip


def modules_of(code: str, folder: Path) -> set[str]:
    """The modules that are imported after a check of the pilot run."""
    paths = write_files(folder, documents(*PILOT))
    done = subprocess.run(
        [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    found: Any = json.loads(done.stdout.splitlines()[-1])
    return set(found)


def imported(modules: set[str], name: str) -> set[str]:
    return {module for module in modules if module == name or module.startswith(f"{name}.")}


@pytest.mark.parametrize(
    ("code", "and_not"), [(LIBRARY, ("click",)), (COMMAND, ())], ids=["library", "command"]
)
def test_a_clean_check_imports_only_what_it_needs(here: Path, code: str, and_not: tuple[str, ...]) -> None:
    modules = modules_of(code, here)
    assert "psion_contract.checker" in modules
    for name in (*NOT_NEEDED, *and_not):
        assert imported(modules, name) == set()


def test_the_command_imports_no_sockets_for_the_validator_and_leaves_no_substitute(here: Path) -> None:
    modules = modules_of(COMMAND, here)
    assert not {"email.utils", "socket", "random"} & modules
    with_module = COMMAND.replace("print(", "import email.utils; email.utils.formatdate(); print(")
    assert {"email.utils", "socket"} <= modules_of(with_module, here)
