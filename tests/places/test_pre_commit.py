"""The hook of pre-commit, in a scratch repository."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
from support import scratch
from support.command_line import CommandResult
from support.toolchains import need

pytestmark = pytest.mark.slow


class Repository:
    """A repository with the hook installed.

    Args:
        folder: an empty folder.
        source: a repository with the hook.
        commit: the commit of that repository to use.
        environment: variables for pre-commit.
    """

    def __init__(self, folder: Path, source: Path, commit: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        scratch.write_sound(folder)
        config = scratch.example("pre-commit")
        config = config.replace("https://github.com/OWNER/psion-contract", source.as_posix())
        config = config.replace("v1.0.0", commit)
        (folder / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
        scratch.committed(folder)

    def run(self, *arguments: str) -> CommandResult:
        """Run the hook, on what is staged unless arguments say otherwise."""
        command = (sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments)
        return scratch.run(*command, folder=self.folder, environment=self._environment)

    def stage(self) -> None:
        """Stage all changes."""
        scratch.git(self.folder, "add", "--all")


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, str]]:
    """A repository with the hook, its commit, and variables by which pre-commit installs it once."""
    pytest.importorskip("pre_commit", reason="the extra dev is not installed")
    need("git")
    source = scratch.copy_of_sources(tmp_path_factory.mktemp("source") / "psion-contract")
    home = tmp_path_factory.mktemp("pre-commit")
    return source, scratch.committed(source), {"PRE_COMMIT_HOME": str(home)}


@pytest.fixture
def repository(tmp_path: Path, hook: tuple[Path, str, dict[str, str]]) -> Repository:
    return Repository(tmp_path, *hook)


def test_sound_documents_pass_and_a_broken_receipt_fails(repository: Repository) -> None:
    result = repository.run("--all-files")
    assert (result.code, result.err) == (0, "")
    assert "Passed" in result.out
    scratch.write_broken(repository.folder)
    repository.stage()
    result = repository.run()
    assert result.code == 1
    assert "runs/pilot/receipt.json:15:28: error: objective-config-mismatch" in result.out
    assert (
        "checked 1 pretrain-stage receipt; 4 inputs available" in result.out
    )  # only what is staged is judged


def test_a_compressed_document_is_judged(repository: Repository) -> None:
    scratch.write_broken(repository.folder)
    receipt = repository.folder / "runs" / "pilot" / "receipt.json"
    receipt.with_name("receipt.json.gz").write_bytes(gzip.compress(receipt.read_bytes()))
    receipt.unlink()
    repository.stage()
    result = repository.run()
    assert result.code == 1
    assert "runs/pilot/receipt.json.gz:15:28: error: objective-config-mismatch" in result.out


def test_what_refers_to_a_changed_document_is_judged_too(repository: Repository) -> None:
    config = repository.folder / "runs" / "pilot" / "config.json"
    text = config.read_text(encoding="utf-8")
    assert '"label_smoothing_bps": 40' in text
    config.write_text(
        text.replace('"label_smoothing_bps": 40', '"label_smoothing_bps": 41'), encoding="utf-8"
    )
    repository.stage()
    result = repository.run()
    assert result.code == 1
    assert "runs/pilot/receipt.json:15:28: error: objective-config-mismatch" in result.out


def test_a_document_that_others_refer_to_cannot_be_deleted(repository: Repository) -> None:
    (repository.folder / "runs" / "pilot" / "corpus.json").unlink()
    repository.stage()
    result = repository.run()
    assert result.code == 1
    assert "error: unresolved-reference" in result.out


def test_a_commit_of_other_files_passes(repository: Repository) -> None:
    (repository.folder / "README.md").write_text("Runs.\n")
    (repository.folder / "package.json").write_text("{}\n")
    repository.stage()
    result = repository.run("--verbose")
    assert result.code == 0, result
    assert "no changed file has a contract document" in result.out
