"""``psion-contract new``: files in, a document out, and why there is none."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import PATHS, documents
from support.command_line import RunCommand
from support.measured_runs import inputs, measured

from psion_contract import check_documents
from psion_contract.atomic_file import create_file
from psion_contract.documents.serialising import document_text
from psion_contract.resources import data_bytes

PAGE = Path(__file__).parent.parent / "docs" / "producing.md"

COLUMNS = ("split", "family", "sources", "tokens", "sequences", "loss", "detail")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The canonical pilot run as its trainer left it: inputs, config, counters and checkpoint; entered."""
    monkeypatch.chdir(tmp_path)
    for name, document in documents("descriptor", "corpus", "policy", "config").items():
        Path(f"{name}.json").write_text(document_text(document), "utf-8")
    receipt = the_receipt()
    write_json("checkpoint.json", receipt["checkpoint_lineage"]["promoted_checkpoint"])
    write_json("rows.json", measured(receipt))
    write_csv("rows.csv", measured(receipt))
    return tmp_path


def the_receipt() -> Any:
    return documents("receipt")["receipt"]


def write_json(path: str, value: Any) -> None:
    Path(path).write_text(json.dumps(value, indent=1), "utf-8")


def write_csv(path: str, rows: list[dict[str, Any]], encoding: str = "utf-8") -> None:
    with Path(path).open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(
                [";".join(row["sources"]) if name == "sources" else row[name] for name in COLUMNS]
            )


INPUTS = ("--descriptor", "descriptor.json", "--corpus", "corpus.json", "--policy", "policy.json")
RUN = (
    *("--config", "config.json", *INPUTS, "--promoted-checkpoint", "checkpoint.json"),
    *("--label", "tidewater-pilot-01-final", "--successful-replays", 3),
    *("--replay-summary", "Three dry runs drew the same 4096 batches in the same order, byte for byte."),
    "--summary",
    "First pilot: 12000 steps from fresh weights, ≈3.1 billion tokens; all losses still fall.",
)


def with_rows(path: str) -> tuple[object, ...]:
    return ("new", "receipt", *RUN, "--reports", path)


# new config


def test_a_config_is_printed_in_the_canonical_layout(folder: Path, psion: RunCommand) -> None:
    run = psion("new", "config", *INPUTS, "--run-id", "tidewater-pilot-01", "--label-smoothing-bps", 40)
    assert run == (0, data_bytes("fixtures", PATHS["config"]).decode(), "")


def test_a_config_is_written_to_a_file_that_is_not_there_yet(folder: Path, psion: RunCommand) -> None:
    make = ("new", "config", *INPUTS, "--run-id", "exp-7", "--stage-id", "warm-up", "-o", "made.json")
    assert psion(*make) == (0, "", "")
    made = json.loads(Path("made.json").read_bytes())
    assert (made["run_id"], made["stage_id"]) == ("exp-7", "warm-up")
    before = Path("made.json").read_bytes()
    assert psion(*make) == (2, "", "Error: made.json: there is such a file already; --force replaces it\n")
    assert Path("made.json").read_bytes() == before
    assert psion(*make, "--run-id", "exp-8", "--force").code == 0
    assert json.loads(Path("made.json").read_bytes())["run_id"] == "exp-8"
    assert not [name for name in os.listdir() if name.startswith(".")]


def test_a_config_that_would_not_hold_is_not_made_and_its_findings_go_to_standard_error(
    folder: Path, psion: RunCommand
) -> None:
    policy = documents("policy")["policy"]
    policy["dataset_identity"] = "another"
    Path("policy.json").write_text(document_text(policy), "utf-8")
    run = psion("new", "config", *INPUTS, "--run-id", "exp-7", "-o", "made.json")
    assert (run.code, run.out) == (1, "")
    assert "policy.json:5:23: error: dataset-identity-mismatch" in run.err
    assert run.err.endswith("inconsistent (1 error)\nnothing was made\n")
    assert not Path("made.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--corpus", "policy.json"),
            "policy.json holds a sampling policy, where one tokenized corpus manifest",
        ),
        (("--corpus", "nowhere.json"), "nowhere.json: No such file or directory"),
        (("--corpus", "."), ".: one file with one document is wanted"),
        (("--label-smoothing-bps", "10001"), "10001 is not in the range 0<=x<=10000"),
        (("-o", "no/such/folder.json"), "no/such/folder.json: No such file or directory"),
    ],
)
def test_a_config_that_cannot_be_made_is_no_verdict(
    folder: Path, psion: RunCommand, arguments: tuple[str, ...], message: str
) -> None:
    run = psion("new", "config", *INPUTS, "--run-id", "exp-7", *arguments)
    assert (run.code, run.out) == (2, "")
    assert message in run.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_root_replaces_stays_its_owners(folder: Path, psion: RunCommand) -> None:
    Path("made.json").touch()
    os.chown("made.json", 1234, 5678)
    assert psion("new", "config", *INPUTS, "--run-id", "exp-7", "-o", "made.json", "--force").code == 0
    found = os.stat("made.json")
    assert (found.st_uid, found.st_gid, found.st_size > 0) == (1234, 5678, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_only_a_regular_file_is_replaced(folder: Path, psion: RunCommand) -> None:
    os.mkfifo("pipe")
    run = psion("new", "config", *INPUTS, "--run-id", "exp-7", "-o", "pipe", "--force")
    assert run == (2, "", "Error: pipe: not a regular file\n")
    assert Path("pipe").is_fifo()


def test_nothing_is_left_of_a_new_file_that_could_not_be_written(folder: Path) -> None:
    with pytest.raises(TypeError):
        create_file("made.json", "no bytes")  # type: ignore[arg-type]
    assert not Path("made.json").exists()


# new receipt


@pytest.mark.parametrize("rows", ["rows.json", "rows.csv"])
def test_the_canonical_receipt_is_made_of_measured_rows(folder: Path, psion: RunCommand, rows: str) -> None:
    assert psion(*with_rows(rows)) == (0, document_text(the_receipt()), "")


def test_finished_rows_are_taken_as_they_are(folder: Path, psion: RunCommand) -> None:
    write_json("rows.json", the_receipt()["source_family_reports"])
    assert psion(*with_rows("rows.json")) == (0, document_text(the_receipt()), "")


def test_a_table_of_a_spreadsheet_is_understood(folder: Path, psion: RunCommand) -> None:
    write_csv("marked.csv", measured(the_receipt()), "utf-8-sig")
    lines = Path("marked.csv").read_text("utf-8").splitlines()
    Path("marked.csv").write_bytes("\r\n\r\n".join([*lines, ""]).encode())
    assert psion(*with_rows("marked.csv")) == (0, document_text(the_receipt()), "")


def test_columns_may_come_in_any_order_and_optional_ones_may_be_left_out_or_empty(
    folder: Path, psion: RunCommand
) -> None:
    lines = [
        f"{row['loss']}, {row['sequences']}, {row['tokens']}, {row['family']}, {row['split']}, , "
        for row in measured(the_receipt())
    ]
    Path("short.csv").write_text(
        "\n".join(["loss,sequences,tokens,family,split,sources,detail", *lines]), "utf-8"
    )
    run = psion(*with_rows("short.csv"))
    made = json.loads(run.out)
    for row, finished in zip(
        made["source_family_reports"], the_receipt()["source_family_reports"], strict=True
    ):
        assert {**row, "detail": ""} == {**finished, "detail": ""}
    assert made["source_family_reports"][0]["detail"] == "162545019 tokens in 86088 sequences."


def test_the_decimal_text_of_a_json_number_is_what_is_rounded(folder: Path, psion: RunCommand) -> None:
    rows = json.dumps(measured(the_receipt())).replace(
        '"loss": "3.412"', '"loss": 3.41250000000000000000000001'
    )
    Path("rows.json").write_text(rows, "utf-8")
    made = json.loads(psion(*with_rows("rows.json")).out)
    assert made["source_family_reports"][0]["mean_next_token_loss_milli"] == 3413


def test_what_the_stage_ran_on_and_started_from_is_given_as_files(folder: Path, psion: RunCommand) -> None:
    accelerated = documents("accelerated")["accelerated"]
    base = documents("receipt")["receipt"]["checkpoint_lineage"]["promoted_checkpoint"]
    write_json("execution.json", accelerated["delivered_execution"])
    write_json("accelerator.json", accelerated["accelerator_execution"])
    write_json("base.json", base | {"step": 1, "object_digest": "before"})
    files = (
        "--execution",
        "execution.json",
        "--accelerator",
        "accelerator.json",
        "--base-checkpoint",
        "base.json",
    )
    made = json.loads(psion(*with_rows("rows.csv"), *files).out)
    assert made["delivered_execution"] == accelerated["delivered_execution"]
    assert made["accelerator_execution"] == accelerated["accelerator_execution"]
    assert made["checkpoint_lineage"]["base_checkpoint"]["object_digest"] == "before"
    assert check_documents({**inputs("config"), "made": made}).ok


def test_warnings_are_shown_and_the_receipt_is_made(folder: Path, psion: RunCommand) -> None:
    run = psion(*with_rows("rows.csv"), "--not-exact", "-o", "made.json")
    assert (run.code, run.out) == (0, "")
    assert "made.json:142:30: warning: replay-not-exact" in run.err
    assert json.loads(Path("made.json").read_bytes())["replay_receipt"]["exact_replay_observed"] is False


def test_a_receipt_with_a_coverage_hole_is_not_made(folder: Path, psion: RunCommand) -> None:
    write_csv("rows.csv", measured(the_receipt())[:-1])
    run = psion(*with_rows("rows.csv"), "-o", "made.json")
    assert (run.code, run.out) == (1, "")
    assert "new receipt#/source_family_reports: error: incomplete-coverage" in run.err
    assert run.err.endswith("inconsistent (1 error)\nnothing was made\n")
    assert not Path("made.json").exists()


HEADER = "split,family,tokens,sequences,loss"
KNOWN = "split, family, sources, tokens, sequences, loss, loss_milli, detail"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            'rows.csv:1: the first line names the columns, but not "split", "family", "tokens", "sequenc',
        ),
        ("split,family,tokens,sequences\n", 'rows.csv:1: the first line names the columns, but not "loss"'),
        (f"{HEADER},los\n", f'rows.csv:1: there is no column "los"; the columns are {KNOWN}'),
        (f"{HEADER},loss\n", "rows.csv:1: the column loss stands here 2 times"),
        (f"{HEADER}\n\ntrain,x,1,1\n", "rows.csv:3: 4 cells, but the first line names 5 columns"),
        (f"{HEADER}\ntrain,x,1,1,1,\n", "rows.csv:2: 6 cells, but the first line names 5 columns"),
        (f'{HEADER}\ntrain,"x"y,1,1,1\n', "rows.csv:2: not CSV: ',' expected after '\"'"),
        (f'{HEADER}\ntrain,"x,1,1,1\n', "rows.csv:2: not CSV: unexpected end of data"),
        (
            f'{HEADER},detail\ntrain,systems_code,1,1,1,"two\nlines"\ntrain,systems_code,1e6,1,1,\n',
            "rows.csv:4: column tokens: '1e6' is no whole number from 0 to 18446744073709551615",
        ),
        (
            f"{HEADER},detail\ntrain,systems_code,1,1,1,a\u2028b\x0bc\ntrain,systems_code,1,1,,\n",
            "rows.csv:3: column loss: '' is no decimal number",
        ),
        (
            f"{HEADER}\ntrain,systems_code,1,999999999999999999999,1\n",
            "rows.csv:2: column sequences: '999999999999999999999' is no whole number from 0 to 1844674407",
        ),
        (
            f"{HEADER}\ntrain,systems_code,1,0,1\n",
            'rows.csv:2: column sequences: no row of the split "train" counts any sequences',
        ),
        (
            f"{HEADER}\ntrain,systems_code,1,1,1\ntrain,examples,1,1,1\n",
            'rows.csv:3: column family: the split "train" holds no family "examples"; it holds "engineer',
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_line_and_column(
    folder: Path, psion: RunCommand, text: str, message: str
) -> None:
    Path("rows.csv").write_bytes(text.encode())
    run = psion(*with_rows("rows.csv"))
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"Error: {message}")


def test_all_that_is_wrong_with_a_table_is_told_at_once(folder: Path, psion: RunCommand) -> None:
    Path("rows.csv").write_text(f"{HEADER}\ntrain,systems_code,-1,1,nan\nnowhere,x,1,1,1\n", "utf-8")
    told = psion(*with_rows("rows.csv")).err.removeprefix("Error: ").splitlines()
    assert [line.split(":")[:3] for line in told] == [
        ["rows.csv", "2", " column tokens"],
        ["rows.csv", "2", " column loss"],
        ["rows.csv", "3", " column split"],
    ]


def test_a_table_that_is_not_utf_8_or_too_large_is_refused(folder: Path, psion: RunCommand) -> None:
    Path("rows.csv").write_bytes(HEADER.encode() + b"\ntrain,caf\xe9,1,1,1\n")
    assert "rows.csv:2: byte 0xe9 is not UTF-8" in psion(*with_rows("rows.csv")).err
    write_csv("rows.csv", measured(the_receipt()) * 2000)
    run = psion(*with_rows("rows.csv"), "--max-bytes", 100_000)
    assert (run.code, run.err) == (2, "Error: rows.csv: larger than 100000 bytes, the reader's limit\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "rows.json: an array of rows is wanted, not an object"),
        ("3", "rows.json: an array of rows is wanted, not 3"),
        ("[\n 1,\n]", "rows.json:2:3: a comma before the closing bracket; JSON allows none"),
        ('[{"split": "a",\n  "split": "b"}]', 'rows.json:2:3: the member "split" stands here a second time'),
        ("[\n  [1.5]]", "rows.json:2:3: a list is no row; give the members by their names"),
        (
            '[{\n "split": "train", "family": "systems_code", "sequences": 1, "loss": 1}]',
            "rows.json:1:2: tokens: miss",
        ),
        (
            '[{"split": "train", "family": "systems_code", "sequences": 1, "loss": 1,\n "tokens": 1.5}]',
            "rows.json:2:12: tokens: '1.5' is no whole number",
        ),
    ],
)
def test_what_is_wrong_with_rows_in_json_is_told_with_its_place(
    folder: Path, psion: RunCommand, text: str, message: str
) -> None:
    Path("rows.json").write_text(text, "utf-8")
    run = psion(*with_rows("rows.json"))
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith(f"Error: {message}")


def test_a_checkpoint_that_is_none_is_refused(folder: Path, psion: RunCommand) -> None:
    Path("checkpoint.json").write_text("[]", "utf-8")
    assert "checkpoint.json: an object is wanted, not an array" in psion(*with_rows("rows.csv")).err
    Path("checkpoint.json").write_text('{"step": 1.5}', "utf-8")
    assert "checkpoint.json:1:10: 1.5 is written with a fraction" in psion(*with_rows("rows.csv")).err
    Path("checkpoint.json").write_text('{"step": 1}', "utf-8")
    run = psion(*with_rows("rows.csv"))
    assert run.code == 1
    assert "new receipt#/checkpoint_lineage/promoted_checkpoint: error: schema-violation" in run.err
