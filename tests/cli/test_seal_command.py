"""``psion-contract seal``: what it changes in a file, and when it changes nothing."""

from __future__ import annotations

import gzip
import json
import os
import re
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.command_line import RunCommand, write_json
from support.pilot_folder import the_receipt, write_pilot
from support.platforms import needs_links, needs_modes

from psion_contract.cli import seal_command
from psion_contract.documents.serialising import document_text


@pytest.fixture
def folder(here: Path) -> Path:
    """The folder of the canonical pilot run; entered."""
    write_pilot()
    return here


@pytest.fixture
def edited(folder: Path) -> Path:
    """A receipt of which a bound member was edited, in a file that only its owner and group may read."""
    receipt = the_receipt()
    receipt["replay_receipt"]["summary"] = "Replayed thrice."
    path = Path("receipt.json")
    path.write_bytes(document_text(receipt).replace("\n", "\r\n").encode())
    path.chmod(0o640)
    return path


SEAL = ("seal", "receipt.json", "--inputs", ".")


def test_sealing_shows_what_it_changes_and_the_file_passes_the_check(edited: Path, psion: RunCommand) -> None:
    before = edited.read_bytes()
    assert psion("check", *os.listdir()).code == 1
    run = psion(*SEAL)
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[:2] == ["--- receipt.json", "+++ receipt.json"]
    changed = [line[0] + line.split('"')[1] for line in lines[2:] if line.startswith(("-", "+"))]
    assert not re.search(r"\\u|\r", run.out)
    assert changed == ["-replay_digest", "+replay_digest", "-receipt_digest", "+receipt_digest"]
    old, new = before.splitlines(keepends=True), edited.read_bytes().splitlines(keepends=True)
    differing = [one for one, other in zip(old, new, strict=True) if one != other]
    assert [line.split(b'"')[1] for line in differing] == [b"replay_digest", b"receipt_digest"]
    assert [line[1:] for line in lines[2:] if line.startswith("-")] == [
        line.decode().removesuffix("\r\n") for line in differing
    ]
    assert psion("check", "receipt.json", "--inputs", ".").code == 0
    again = psion(*SEAL)
    assert (again.code, again.err) == (0, "")
    assert again.out.startswith("receipt.json: ")


def test_with_check_nothing_is_written(edited: Path, psion: RunCommand) -> None:
    before = edited.read_bytes()
    run = psion(*SEAL, "--check")
    assert (run.code, run.err, edited.read_bytes()) == (1, "", before)
    assert psion(*SEAL) == (0, run.out, "")
    assert psion(*SEAL, "--check").code == 0


def test_a_coverage_hole_is_reported_and_nothing_is_changed(edited: Path, psion: RunCommand) -> None:
    receipt = json.loads(edited.read_bytes())
    del receipt["source_family_reports"][-1]
    edited.write_text(document_text(receipt), "utf-8")
    before = edited.read_bytes()
    run = psion(*SEAL)
    assert (run.code, run.out) == (1, "")
    assert "receipt.json:20:28: error: incomplete-coverage" in run.err
    assert "digest-mismatch" not in run.err
    assert edited.read_bytes() == before


def test_without_inputs_sealing_says_that_it_needs_them(edited: Path, psion: RunCommand) -> None:
    before = edited.read_bytes()
    run = psion("seal", "receipt.json")
    assert (run.code, run.out, edited.read_bytes()) == (1, "", before)
    assert "unresolved-reference" in run.err
    assert "--inputs" in run.err


def test_warnings_are_shown_and_the_receipt_is_sealed(edited: Path, psion: RunCommand) -> None:
    edited.write_bytes(edited.read_bytes().replace(b'observed": true', b'observed": false'))
    run = psion(*SEAL)
    assert run.code == 0
    assert "replay-not-exact" in run.err
    assert "+++ receipt.json" in run.out


@needs_links
@needs_modes
def test_the_sealed_file_keeps_its_mode_and_stays_where_a_link_leads(edited: Path, psion: RunCommand) -> None:
    os.mkdir("store")
    edited.rename("store/it.json")
    edited.symlink_to("store/it.json")
    assert psion(*SEAL).code == 0
    assert edited.is_symlink()
    assert stat.S_IMODE(os.stat("store/it.json").st_mode) == 0o640
    assert os.listdir("store") == ["it.json"]
    assert psion("check", "receipt.json", "--inputs", ".").code == 0


def test_a_crash_in_the_last_moment_leaves_the_old_file_and_nothing_beside_it(
    edited: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before, there = edited.read_bytes(), sorted(os.listdir())
    monkeypatch.setattr(os, "replace", fail)
    run = psion(*SEAL)
    assert run.code == 2
    assert "receipt.json: " in run.err and "No space left on device; it is not sealed" in run.err
    assert (edited.read_bytes(), sorted(os.listdir())) == (before, there)


def test_a_file_with_several_names_stays_one_file(edited: Path, psion: RunCommand) -> None:
    os.link(edited, "other.json")
    assert (
        psion(
            *SEAL[:-1],
            "config.json",
            *(f"--inputs={name}.json" for name in ("descriptor", "corpus", "policy")),
        ).code
        == 0
    )
    assert os.path.samefile(edited, "other.json")
    assert psion("seal", "other.json", "--inputs", ".", "--check").code == 0


@needs_modes
def test_a_file_that_is_read_only_is_sealed_only_with_force(edited: Path, psion: RunCommand) -> None:
    edited.chmod(0o440)
    before = edited.read_bytes()
    refused = psion(*SEAL)
    assert (refused.code, refused.out, edited.read_bytes()) == (2, "", before)
    assert "read-only" in refused.err and "--force" in refused.err
    assert psion(*SEAL, "--check").code == 1
    assert psion(*SEAL, "--force").code == 0
    assert edited.read_bytes() != before
    assert stat.S_IMODE(edited.stat().st_mode) == 0o440


def test_a_compressed_file_is_not_replaced_by_plain_text(edited: Path, psion: RunCommand) -> None:
    before = gzip.compress(edited.read_bytes())
    Path("receipt.json.gz").write_bytes(before)
    edited.unlink()
    run = psion("seal", "receipt.json.gz", "--inputs", ".")
    assert (run.code, run.out, Path("receipt.json.gz").read_bytes()) == (2, "", before)
    assert "receipt.json.gz: is compressed; decompress it first; it is not sealed" in run.err
    assert psion("seal", "receipt.json.gz", "--inputs", ".", "--check").code == 1


def test_a_file_that_is_changed_while_it_is_sealed_is_not_replaced(
    edited: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = edited.read_bytes()

    def changed(*arguments: Any) -> Any:
        edited.write_bytes(before + b" ")
        return refuse(*arguments)

    refuse = seal_command._refuse_read_only
    monkeypatch.setattr(seal_command, "_refuse_read_only", changed)
    run = psion(*SEAL)
    assert (run.code, edited.read_bytes()) == (2, before + b" ")
    assert "receipt.json: was changed in the meantime; it is not sealed" in run.err


def test_the_changes_are_shown_before_they_are_made(
    edited: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = edited.read_bytes()

    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(seal_command, "emit", closed)
    assert psion(*SEAL).code == 2
    assert edited.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("separators", [(",", ":"), None], ids=["one line", "a line for each item"])
def test_a_diff_of_a_large_file_takes_no_time(edited: Path, psion: RunCommand, separators: Any) -> None:
    receipt = documents("accelerated")["accelerated"]
    receipt["delivered_execution"]["cluster_execution"]["x"] = [
        1000 + index % 110 for index in range(200_000)
    ]
    receipt["receipt_digest"] = ""
    edited.write_text(json.dumps(receipt, indent=None if separators else 0, separators=separators), "utf-8")
    Path("config.json").write_text(
        document_text(documents("accelerated_config")["accelerated_config"]), "utf-8"
    )
    started = time.process_time()
    run = psion(*SEAL)
    assert (run.code, time.process_time() - started < 5) == (0, True)
    assert run.out.count("\n-") == run.out.count("\n+") - 1 == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "standard input"),
        (("",), "the path is empty"),
        (("nowhere.json",), "nowhere.json: "),
        (
            ("config.json",),
            "config.json",
        ),
        (("lines.jsonl",), "lines.jsonl: "),
        (("bundle.json",), "bundle.json"),
        (("receipt.json", "--inputs", "nowhere"), "nowhere: "),
    ],
)
def test_what_cannot_be_sealed_is_no_verdict(
    edited: Path, psion: RunCommand, arguments: tuple[str, ...], message: str
) -> None:
    Path("lines.jsonl").write_text(json.dumps(the_receipt()) + "\n", "utf-8")
    write_json("bundle.json", [the_receipt()])
    run = psion("seal", *arguments)
    assert (run.code, run.out) == (2, "")
    assert message in run.err


def test_a_diff_cannot_draw_on_the_terminal(edited: Path, psion: RunCommand) -> None:
    receipt = documents("accelerated")["accelerated"]
    receipt["delivered_execution"]["cluster_execution"] |= {"\u202etxt": "\x9b2J", "a": "b"}
    receipt["accelerator_execution"]["mean_step_latency_ms"] = 200
    text = json.dumps(receipt, ensure_ascii=False, separators=(",", ":"))
    edited.write_text(text, "utf-8")
    Path("config.json").write_text(
        document_text(documents("accelerated_config")["accelerated_config"]), "utf-8"
    )
    run = psion(*SEAL)
    assert run.code == 0
    assert "\\u202etxt" in run.out and "\\u009b2J" in run.out
    assert "\x9b" not in run.out and "\u202e" not in run.out
    assert "\x9b2J" in edited.read_text("utf-8")
