"""Every command that README, tutorial, guides and reference show runs, and prints what they show.

``pytest tests/docs --snapshot-update`` writes the output that is printed now into the pages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import markdown_pages as pages
import pytest
from support.platforms import needs_bash

from psion_contract import document_text
from psion_contract.documents import digests

WITH_COMMANDS = [
    pages.name(path)
    for path in [pages.ROOT / "README.md", *sorted(pages.DOCS.glob("**/*.md"))]
    if any(
        block.language == "sh" and "not run" not in block.notes for block in pages.blocks(pages.read(path))
    )
]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a checkout, in which `psion-contract` and `.venv/bin/psion-contract` are this package."""
    for name, words in {"psion-contract": "-m psion_contract", "python3": ""}.items():
        script = tmp_path / ".venv" / "bin" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        script.chmod(0o755)
    for folder in ("fixtures/psion", "schemas", "examples/pilot"):
        shutil.copytree(pages.ROOT / folder, tmp_path / folder)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Shown(NamedTuple):
    """Output that a page shows, and what its command printed.

    Attributes:
        block: of the page.
        printed: standard output, without white space at the ends of lines.
    """

    block: pages.Block
    printed: str


def run_page(name: str) -> list[Shown]:
    """Run the commands of a page in the current folder; the outputs that it shows."""
    text = pages.read(name)
    before = re.search(r"<!-- continues: (\S+) -->", text)
    if before:
        run_page(f"{Path(name).parent}/{before[1]}")
    shown, printed = [], None
    for block in pages.blocks(text):
        if "file" in block.notes:
            Path(block.notes["file"]).write_text(block.text, encoding="utf-8")
        elif block.language == "sh" and "not run" not in block.notes:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.text],
                capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            code = int(block.notes.get("exits with", 0))
            assert done.returncode == code, f"{block.text}\n{done.stdout}{done.stderr}"
            printed = re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE)
        elif block.language == "text" and block.follows and printed is not None:
            shown.append(Shown(block, printed))
        if block.language != "sh" or "not run" in block.notes:
            printed = None
    return shown


@needs_bash
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name.startswith("docs/how-to/") else ())
        for name in WITH_COMMANDS
    ],
)
@pytest.mark.slow
def test_the_commands_of_a_page_run_and_print_what_it_shows(
    name: str, shell: Path, request: pytest.FixtureRequest
) -> None:
    shown = run_page(name)
    if request.config.getoption("update_snapshots"):
        text = pages.read(name)
        for block, printed in reversed(shown):
            text = text[: block.start] + printed + text[block.start + len(block.text) :]
        (pages.ROOT / name).write_text(text, encoding="utf-8")
    else:
        assert [block.text for block, _ in shown] == [printed for _, printed in shown]


@needs_bash
@pytest.mark.slow
def test_the_tutorial_ends_with_a_receipt(shell: Path) -> None:
    run_page("docs/tutorial.md")
    receipt = json.loads(Path("receipt.json").read_bytes())
    real = json.loads(Path("examples/pilot/evidence/receipt.json").read_bytes())
    assert receipt["run_id"] == "my-run"
    for name in ("replay_digest", "receipt_id"):
        del receipt["replay_receipt"][name], real["replay_receipt"][name]  # they depend on the run's name
    assert receipt["replay_receipt"] == real["replay_receipt"]
    for ours, theirs in zip(receipt["source_family_reports"], real["source_family_reports"], strict=True):
        assert ours | {"detail": ""} == theirs | {"detail": ""}


@needs_bash
@pytest.mark.slow
def test_the_makers_of_python_make_what_the_commands_make(shell: Path) -> None:
    name = "docs/how-to/make-model-corpus-and-policy.md"
    run_page(name)
    (code,) = (block.text for block in pages.blocks(pages.read(name)) if block.language == "python")
    made: dict[str, Any] = {}
    exec(code, made)
    for kind in ("descriptor", "corpus", "policy"):
        assert document_text(made[kind]) == Path(f"run/{kind}.json").read_text("utf-8")


@needs_bash
def test_pins_are_content_digests(shell: Path) -> None:
    run_page("docs/how-to/audit-a-run.md")
    pins = [line.split(" ", 1) for line in Path("pins.txt").read_text().splitlines()]
    assert len(pins) == len(list(Path("fixtures/psion/pretrain").iterdir()))
    for pin, name in pins:
        assert pin == digests.content_digest(json.loads(Path(name).read_bytes()))


@needs_bash
def test_the_finding_shown_for_programs_is_the_one_in_the_report(shell: Path) -> None:
    command = pages.example(pages.read("README.md"), "exits with 1").rstrip("\n") + " --format json || true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", check=True)
    report = json.loads(done.stdout)
    shown = json.loads(pages.example(pages.read("docs/reference/report.md"), "example: finding"))
    assert shown in report["findings"]


@pytest.mark.parametrize("name", ["README.md", "docs/how-to/check-what-a-trainer-writes.md"])
def test_the_python_of_a_page_runs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(pages.ROOT)
    codes = [block.text for block in pages.blocks(pages.read(name)) if block.language == "python"]
    assert codes
    for code in codes:
        exec(compile(code, name, "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    assert "consistent" in printed
    assert "inconsistent" not in printed
