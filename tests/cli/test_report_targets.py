"""Several reports of one run: which goes where, and that none is ever an old one."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PILOT, documents
from support.command_line import (
    CONSISTENT,
    COULD_NOT_RUN,
    FINDINGS,
    RunCommand,
    finished,
    start,
    write_files,
)
from support.platforms import needs_full_device

from psion_contract.output.formats import FORMATS
from tools.edits import edited, put

WRONG = put("/receipt/objective_config/label_smoothing_bps", 41)
WITHOUT_EXTRAS = [name for name in FORMATS if name not in ("html", "parquet")]


@pytest.fixture
def paths(here: Path) -> list[str]:
    return write_files(here, edited(documents(*PILOT), WRONG))


def test_one_run_writes_every_format(here: Path, psion: RunCommand, paths: list[str]) -> None:
    options = [f"--format={name}=out/{name}" for name in WITHOUT_EXTRAS]
    (here / "out").mkdir()
    result = psion("check", *paths, *options)
    assert result == (FINDINGS, "", "")
    for name in WITHOUT_EXTRAS:
        alone = psion("check", *paths, "--format", name)
        assert (alone.code, alone.out) == (FINDINGS, (here / "out" / name).read_text("utf-8"))


def test_a_report_for_people_and_one_for_programs(here: Path, psion: RunCommand, paths: list[str]) -> None:
    result = psion("check", *paths, "--format", "text", "--format", "sarif=out.sarif")
    assert (result.code, result.out) == (FINDINGS, psion("check", *paths).out)
    assert json.loads((here / "out.sarif").read_text("utf-8"))["version"] == "2.1.0"


def test_the_first_output_belongs_to_the_first_format_without_a_file(
    here: Path, psion: RunCommand, paths: list[str]
) -> None:
    words = ["--format", "json", "-o", "a", "--format", "jsonl=b", "--format", "gitlab", "-o", "c"]
    assert psion("check", *paths, *words) == (FINDINGS, "", "")
    assert "schema_version" in json.loads((here / "a").read_text("utf-8"))
    assert "finding" in json.loads((here / "b").read_text("utf-8").splitlines()[0])
    assert isinstance(json.loads((here / "c").read_text("utf-8")), list)


def test_standard_output_can_be_named(psion: RunCommand, paths: list[str]) -> None:
    expected = psion("check", *paths, "--format", "jsonl")
    assert psion("check", *paths, "--format", "jsonl=-") == expected
    assert psion("check", *paths, "--format", "jsonl", "-o", "-") == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "sariff"], 'unknown format "sariff"; did you mean "sarif"?'),
        (["--format", "xml=a"], 'unknown format "xml"; expected one of text, json,'),
        (["--format", "json="], "json= names no file"),
        (["--format", "json", "--format", "text"], "json and text would both be written to standard output"),
        (["--format", "json=a", "--format", "text=a"], "json and text would both be written to a"),
        (["--format", "json=old", "--format", "text=./old"], "json and text would both be written to ./old"),
        (["--format", "json=new", "--format", "text=./new"], "json and text would both be written to ./new"),
        (["-o", "a", "-o", "b"], "2 --output for 1 --format without a file; write --format text=FILE"),
        (["--format", "json=x", "-o", "a"], "1 --output for 0 --format without a file"),
        (["--format", "json=receipt.json"], "receipt.json: is read by this command; write to another file"),
    ],
)
def test_what_is_not_clear_is_refused(
    here: Path, psion: RunCommand, paths: list[str], words: list[str], message: str
) -> None:
    before = (here / "receipt.json").read_bytes()
    (here / "old").write_text("old")
    result = psion("check", *paths, *words)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert message in result.err
    assert (here / "receipt.json").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "json=old", "--format", "gitlab=older", "--wrong"],
        ["--format=json=old", "-oolder", "--max-bytes", "x"],
        ["-o", "old", "--format", "sarif=older", "--format", "nothing"],
    ],
)
def test_no_old_report_is_left_after_wrong_arguments(
    here: Path, psion: RunCommand, paths: list[str], words: list[str]
) -> None:
    for name in ("old", "older"):
        (here / name).write_text("old")
    assert psion("check", *paths, *words).code == COULD_NOT_RUN
    assert not (here / "old").exists() and not (here / "older").exists()


def test_no_old_report_is_left_after_a_wrong_configuration(
    here: Path, psion: RunCommand, paths: list[str]
) -> None:
    (here / "old").write_text("old")
    (here / "psion-contract.toml").write_text("stict = true\n")
    result = psion("check", *paths, "--format", "json=old")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert 'unknown property "stict"; did you mean "strict"?' in result.err
    assert not (here / "old").exists()


def test_a_report_that_cannot_be_written_does_not_stop_the_others(
    here: Path, psion: RunCommand, paths: list[str]
) -> None:
    result = psion("check", *paths, "--format", "json=no/a.json", "--format", "gitlab=b.json")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "no/a.json: No such file or directory" in result.err
    assert isinstance(json.loads((here / "b.json").read_text("utf-8")), list)


def test_a_step_that_only_reports_exits_with_0_unless_it_could_not_run(
    here: Path, psion: RunCommand, paths: list[str]
) -> None:
    shown = psion("check", *paths)
    assert psion("check", *paths, "--exit-zero") == (CONSISTENT, shown.out, "")
    (here / "metrics.txt").write_text("x")
    assert psion("check", "no such file", "--exit-zero").code == COULD_NOT_RUN


def test_a_fingerprint_survives_a_reformatted_document_and_an_edit_above(
    here: Path, psion: RunCommand
) -> None:
    tree = documents(*PILOT)
    write_files(here / "inputs", {name: each for name, each in tree.items() if name != "receipt"})

    def seen(smoothing: int, text: Callable[[Any], str]) -> set[str]:
        receipt = edited(tree, put("/receipt/objective_config/label_smoothing_bps", smoothing))["receipt"]
        (here / "receipt.json").write_text(text(receipt), encoding="utf-8")
        shown = {}
        for form in ("sarif", "gitlab"):
            shown[form] = json.loads(
                psion("check", "receipt.json", "--inputs", "inputs", "--format", form).out
            )
        results = [each["partialFingerprints"] for each in shown["sarif"]["runs"][0]["results"]]
        assert [list(each) for each in results] == [["psionContract/v1"]]
        assert [each["fingerprint"] for each in shown["gitlab"]] == [results[0]["psionContract/v1"]]
        return set(results[0].values())

    first = seen(41, lambda each: json.dumps(each, indent=2))
    assert seen(41, json.dumps) == first
    assert seen(41, lambda each: "\n\n" + json.dumps(each, indent=8)) == first
    assert seen(41, lambda each: json.dumps(dict(reversed(each.items())), indent=1)) == first
    assert seen(42, lambda each: json.dumps(each, indent=2)) != first


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_services_get_paths_from_the_root_of_the_repository(
    here: Path, psion: RunCommand, paths: list[str], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    (here / "sub").mkdir()
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)

    def shown(*words: str) -> set[str]:
        github, gitlab, sarif = (
            psion("check", *words, "--format", form).out for form in ("github", "gitlab", "sarif")
        )
        (result,) = json.loads(sarif)["runs"][0]["results"]
        (entry,) = json.loads(gitlab)
        (path,) = re.findall("file=(.*?),", github)
        return {
            path,
            entry["location"]["path"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        }

    assert shown(*paths) == {"receipt.json"}
    monkeypatch.chdir(here / "sub")
    assert shown("..") == {"../receipt.json"}
    monkeypatch.setenv(variable, f"{here}{os.sep}")
    assert shown("..") == shown(str(here)) == {"receipt.json"}
    monkeypatch.setenv(variable, str(here / "other"))
    assert shown("..") == {"../receipt.json"}


@pytest.mark.parametrize(
    "words", [["check", "--format", "json=old"], ["check", "-o", "old"], ["report", "-o", "old"]]
)
def test_what_is_read_is_not_removed_but_an_old_report_is_where_the_configuration_is_wrong(
    here: Path, psion: RunCommand, paths: list[str], words: list[str]
) -> None:
    before = (here / "receipt.json").read_bytes()
    (here / "old").write_text("old")
    (here / "psion-contract.toml").write_text("stict = true\n")
    assert psion(*words, *paths).code == COULD_NOT_RUN
    assert not (here / "old").exists()
    assert psion("check", *paths, "-o", "receipt.json").code == COULD_NOT_RUN
    assert (here / "receipt.json").read_bytes() == before


NEAR_MISS = put("/receipt/schema_version", "psion.pretrain_stage_receipt.v2")


@pytest.mark.parametrize("words", [["check", "--format", "json"], ["report"], ["check", "--wrong"]])
@pytest.mark.parametrize("content", ["document", "near miss", "lines", "cut off"])
def test_a_document_below_a_folder_that_is_read_is_not_replaced_by_a_report(
    here: Path, psion: RunCommand, paths: list[str], words: list[str], content: str
) -> None:
    if content == "near miss":
        write_files(here, edited(documents(*PILOT), NEAR_MISS))
    before = (here / "receipt.json").read_bytes()
    name = "receipt.jsonl" if content == "lines" else "receipt.json"
    if content == "lines":
        before = json.dumps(json.loads(before)).encode()
    elif content == "cut off":
        before = before[: len(before) // 2]
    (here / name).write_bytes(before)
    assert psion(*words, ".", "-o", name).code == COULD_NOT_RUN
    assert (here / name).read_bytes() == before


@pytest.mark.parametrize("form", WITHOUT_EXTRAS)
def test_an_old_report_in_the_folder_that_is_read_is_replaced(
    here: Path, psion: RunCommand, paths: list[str], form: str
) -> None:
    write_files(here, edited(documents(*PILOT), NEAR_MISS))
    for name in ("old.json", "old.jsonl", "old"):
        for _ in range(2):
            assert psion("check", ".", "--format", f"{form}={name}").code == FINDINGS


@pytest.mark.parametrize("name", ["psion-contract.toml", "known.json", "shard.bin"])
def test_the_settings_and_files_of_a_check_are_not_replaced(
    here: Path, psion: RunCommand, paths: list[str], name: str
) -> None:
    (here / "psion-contract.toml").write_text('baseline = "known.json"\n')
    (here / "shard.bin").write_text("0")
    assert psion("baseline", "--update", *paths).code == CONSISTENT
    before = (here / name).read_bytes()
    result = psion("check", *paths, "--files", "s3://bucket/shard=shard.bin", "--format", f"sarif={name}")
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert f"{name}: is read by this command; write to another file" in result.err
    assert (here / name).read_bytes() == before


@pytest.mark.parametrize("form", WITHOUT_EXTRAS)
def test_a_report_replaces_nothing_in_a_folder_of_files_but_an_old_report(
    here: Path, psion: RunCommand, paths: list[str], form: str
) -> None:
    (here / "run=1" / "corpus").mkdir(parents=True)
    shard = here / "run=1" / "corpus" / "a.bin"
    shard.write_bytes(b"\1\2" * 100)
    tree = ["--files", "run=1"]
    for words in ([], ["--wrong"]):
        result = psion("check", *paths, *tree, "--format", f"{form}={shard}", *words)
        assert (result.code, result.out) == (COULD_NOT_RUN, "")
        assert (
            words
            or "a.bin: is in a folder of --files, and no old report; write to another file" in result.err
        )
        assert shard.read_bytes() == b"\1\2" * 100
    (here / "consistent").mkdir()
    for folder in (here / "consistent", here):
        write_files(folder, documents(*PILOT) if folder.name == "consistent" else {})
        codes = [psion("check", folder, *tree, "--format", f"{form}=run=1/old").code for _ in range(2)]
        assert codes[0] == codes[1] != COULD_NOT_RUN
        assert psion("check", folder, *tree, "--format", f"{form}=run=1/old", "--wrong").code == COULD_NOT_RUN
        assert not (here / "run=1" / "old").exists()


@needs_full_device
@pytest.mark.parametrize("jobs", [[], ["--jobs", "1"]], ids=["", "stream"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_standard_output_that_is_lost_does_not_stop_the_reports_in_files(
    here: Path, psion: RunCommand, paths: list[str], jobs: list[str], closed: bool
) -> None:
    words = ["check", *paths, *jobs, "--format", "text", "--format", "sarif=a", "--format", "json=b"]
    with open("/dev/full", "wb") as full:
        running = start(*words, stdout=subprocess.PIPE if closed else full)
    if running.stdout is not None:
        running.stdout.close()
        running.stdout = None
    result = finished(running)
    assert result.code == COULD_NOT_RUN
    assert result.err == ("" if closed else "Error: standard output: No space left on device\n")
    assert json.loads((here / "a").read_text("utf-8"))["runs"][0]["results"]
    assert json.loads((here / "b").read_text("utf-8"))["errors"] == 1


@pytest.mark.parametrize(
    "words", [["check", "--config", "-"], ["check", "--baseline", "-"], ["baseline", "--baseline=-"]]
)
def test_settings_do_not_come_from_standard_input(
    here: Path, psion: RunCommand, paths: list[str], words: list[str]
) -> None:
    (here / "-").write_text("strict = true\n")
    result = psion(*words, *paths)
    assert (result.code, result.out) == (COULD_NOT_RUN, "")
    assert "must be a file; only documents come from standard input" in result.err
