"""``psion-contract check --files``: in every format, with a bar on a terminal, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from support.canonical_sets import documents
from support.command_line import COULD_NOT_RUN, FINDINGS, RunCommand, start, write_files
from support.platforms import needs_signals, needs_terminals
from support.run_files import written

from psion_contract.documents import schemas

SHARD = "/shards/0/shard_digest"


@pytest.fixture
def run(here: Path) -> list[str]:
    """The arguments of a check of documents and their files, one of which was changed."""
    (here / "run").mkdir()
    tree = written(here / "run")
    (here / "run" / "shards" / "0.u16").write_bytes(b"ab" * 100)
    return [*write_files(here / "documents", tree), "--files", "run"]


def test_the_text_ends_with_what_was_compared(run: list[str], psion: RunCommand) -> None:
    result = psion("check", *run)
    assert (result.code, result.err) == (FINDINGS, "")
    lines = result.out.splitlines()
    descriptor, corpus, receipt = (
        os.path.join("documents", f"{name}.json") for name in ("descriptor", "corpus", "receipt")
    )
    assert lines[0].endswith(": error: shard-digest-mismatch")
    assert "    against  run/shards/0.u16".replace("/", os.sep) in lines
    start = lines.index("compared with files:")
    assert lines[start:] == [
        "compared with files:",
        f"  {descriptor}",
        "    tokenizer digest: 1 verified",
        f"  {corpus}",
        "    shard digest: 7 verified, 1 wrong",
        "    shard counts: 7 verified, 1 not verified",
        "      because the format of the tokens is not recognised (first at /shards/7)",
        "    tokenizer digest: 1 verified",
        f"  {receipt}",
        "    checkpoint digest: 1 verified",
        "    checkpoint tensors: 1 verified",
        "",
        "checked 1 pretrain-stage config, 1 pretrain-stage receipt, 1 model descriptor, 1 tokenized corpus manifest, "
        "1 sampling policy",
        "inconsistent (1 error)",
    ]


def test_other_formats(run: list[str], psion: RunCommand) -> None:
    names = ("json", "jsonl", "markdown", "sarif", "github", "gitlab", "junit")
    targets = [f"--format={name}=shown.{name}" for name in names]
    assert psion("check", *run, *targets) == (FINDINGS, "", "")  # once, because a checkpoint is hashed
    shown = {name: Path(f"shown.{name}").read_text("utf-8") for name in names}
    report = json.loads(shown["json"])
    assert schemas.is_valid(schemas.REPORT, report)
    (finding,) = report["findings"]
    assert (finding["rule"], finding["pointer"]) == ("shard-digest-mismatch", SHARD)
    assert [each["document"] for each in finding["related"]] == [os.path.join("run", "shards", "0.u16")]
    corpus = os.path.join("documents", "corpus.json")
    assert report["files"][2] == {
        "document": corpus,
        "pointer": "",
        "claim": "shard counts",
        "verified": 7,
        "refuted": 0,
        "unverified": [
            {"reason": "the format of the tokens is not recognised", "claims": 1, "pointer": "/shards/7"}
        ],
    }
    assert len(report["files"]) == 6
    lines = [json.loads(line) for line in shown["jsonl"].splitlines()]
    assert lines[-1]["summary"]["files"] == report["files"]
    text = shown["markdown"]
    assert "<details><summary>Compared with files (6)</summary>" in text
    assert "- `documents/corpus.json`: shard digest: 7 verified, 1 wrong".replace("/", os.sep) in text
    assert (
        "  - not verified because the format of the tokens is not recognised (first at `/shards/7`)" in text
    )
    page = psion("report", *run).out
    assert '<h2 id="compared">Compared with files</h2>' in page
    assert "<td>shard counts: 7 verified, 1 not verified</td>" in page
    assert "the format of the tokens is not recognised" in page
    assert all("shard-digest-mismatch" in shown[name] for name in names[-4:])
    for form in ("github", "junit"):
        assert "    shard counts: 7 verified, 1 not verified\n" in shown[form]
        assert "because the format of the tokens is not recognised (first at /shards/7)" in shown[form]
    notes = json.loads(shown["sarif"])["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert [each["message"]["text"] for each in notes] == [
        f"shard counts of {corpus}: 1 not verified because the format of the tokens is not recognised"
    ]


def test_a_prefix_stands_for_a_folder(run: list[str], psion: RunCommand) -> None:
    whole = psion("check", *run).out
    result = psion(
        "check", *run, "--files", f"store://bucket={os.path.join('run', 'runs')}", "--format", "json"
    )
    (missing,) = (each for each in json.loads(result.out)["findings"] if each["rule"] == "missing-file")
    assert missing["message"] == f'there is no "{os.path.join("run", "runs", "runs/final")}"'
    assert "missing-file" not in whole
    assert psion("check", *run, "--files", "store://bucket=run").out == whole


def test_without_files_there_is_no_word_about_them(here: Path, psion: RunCommand) -> None:
    paths = write_files(here, documents("policy"))
    assert "files" not in json.loads(psion("check", *paths, "--format", "json").out)
    assert "compared" not in psion("report", *paths).out
    assert (
        psion("check", *paths, "--files", ".").out.splitlines()[0]
        == "compared with files: no document names one"
    )


def test_findings_can_be_suppressed(run: list[str], here: Path, psion: RunCommand) -> None:
    assert psion("baseline", *run, "--update", "--baseline", "baseline.json").code == 0
    result = psion("check", *run, "--baseline", "baseline.json")
    assert (result.code, result.out.splitlines()[-1].partition(" (")[0]) == (
        0,
        "consistent except as suppressed",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--files", "none"], 'Error: --files: there is no "none"'),
        (
            ["--files", ".", "--files", "run"],
            'Error: --files: "." and "run" both have no prefix; write PREFIX=PATH',
        ),
        (
            ["--files", "s3://bucket/x"],
            "Error: s3://bucket/x: is remote; to read it, pip install 'psion-contract[s3]'",
        ),
        (
            ["--files", ".", "--jobs", "2"],
            "Error: --files needs all documents at once, so --jobs cannot be used with it",
        ),
    ],
)
def test_what_is_refused(run: list[str], psion: RunCommand, arguments: list[str], message: str) -> None:
    result = psion("check", *run[:-2], *arguments)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert result.err.splitlines()[-1] == message


@needs_terminals
def test_a_terminal_has_a_bar(run: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from psion_contract.cli import file_progress, progress_bar

    class Terminal:
        encoding = "utf-8"
        written = ""

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            self.written += text
            return len(text)

        def flush(self) -> None:
            pass

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress_bar, "_AFTER", 0.0)
    monkeypatch.setattr(progress_bar, "_EVERY", 0.0)
    bar = file_progress.FileBar()
    bar.show(0, 4_000_000_000)
    bar.show(1_500_000_000, 4_000_000_000)
    assert "1.5 of 4.0 GB, " in terminal.written
    bar.clear()
    assert terminal.written.endswith("\r\033[K\033[?25h")


@pytest.mark.slow
@needs_signals
def test_an_interrupt_ends_at_once(here: Path) -> None:
    """Although a file is being read that would take minutes."""
    (here / "run").mkdir()
    tree = written(here / "run")
    with open(here / "run" / "shards" / "0.u16", "wb") as file:
        file.truncate(200_000_000_000)
    process = start("check", *write_files(here / "documents", tree), "--files", "run", cwd=here)
    time.sleep(3)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert (process.returncode, out) == (130, b"")
