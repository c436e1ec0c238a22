"""``psion-contract new``: files in, a document out, and why there is none."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from support.canonical_sets import PATHS, documents
from support.command_line import RunCommand, write_json
from support.measured_runs import inputs, measured
from support.pilot_folder import INPUTS, the_receipt, with_rows, write_csv, write_pilot
from support.platforms import needs_links, needs_pipes, needs_zero_device
from syrupy.assertion import SnapshotAssertion

from psion_contract import check_documents
from psion_contract.atomic_file import create_file
from psion_contract.documents.serialising import document_text
from psion_contract.resources import data_bytes


@pytest.fixture
def folder(here: Path) -> Path:
    """The folder of the canonical pilot run; entered."""
    write_pilot()
    return here


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
    refused = psion(*make)
    assert (refused.code, refused.out) == (2, "")
    assert "made.json: " in refused.err and "--force" in refused.err
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
    assert "inconsistent (1 error)\n" in run.err
    assert not Path("made.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--corpus", "policy.json"),
            "policy.json",
        ),
        (("--corpus", "nowhere.json"), "nowhere.json: "),
        (("--corpus", "."), ".: "),
        (("--label-smoothing-bps", "10001"), "10001"),
        (("-o", "no/such/folder.json"), "no/such/folder.json: "),
        (("-o", ""), "the path is empty"),
        (("--corpus", ""), "the path is empty"),
        (("--corpus", "lines.jsonl"), "lines.jsonl: expected a file with one document; this is JSON Lines"),
        (("--corpus", "folder"), "folder: expected a file with one document; this is a folder"),
        (("-o", "made.jsonl"), "made.jsonl: a document takes several lines"),
        (("-o", "made.NDJSON", "--force"), "made.NDJSON: a document takes several lines"),
        (("-o", "folder"), "folder: is a folder; expected a file, or - for standard output"),
        (("-o", "folder", "--force"), "folder: is a folder"),
        (
            ("-o", "./corpus.json", "--force"),
            "./corpus.json: is read by this command; write to another file",
        ),
        pytest.param(("-o", "link", "--force"), "link: is a broken link", marks=needs_links),
        pytest.param(("-o", "/dev/null", "--force"), "/dev/null: is a special file", marks=needs_zero_device),
    ],
)
def test_a_config_that_cannot_be_made_is_no_verdict(
    folder: Path, psion: RunCommand, arguments: tuple[str, ...], message: str
) -> None:
    Path("folder").mkdir()
    Path("folder", "corpus.json").write_bytes(Path("corpus.json").read_bytes())
    if "link" in arguments:
        Path("link").symlink_to("nowhere")
    Path("lines.jsonl").write_text("{}\n{}\n", "utf-8")
    run = psion("new", "config", *INPUTS, "--run-id", "exp-7", *arguments)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert not Path("made.json").exists() and not Path("nowhere").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_root_replaces_stays_its_owners(folder: Path, psion: RunCommand) -> None:
    Path("made.json").touch()
    os.chown("made.json", 1234, 5678)
    assert psion("new", "config", *INPUTS, "--run-id", "exp-7", "-o", "made.json", "--force").code == 0
    found = os.stat("made.json")
    assert (found.st_uid, found.st_gid, found.st_size > 0) == (1234, 5678, True)


@needs_pipes
def test_only_a_regular_file_is_replaced(folder: Path, psion: RunCommand) -> None:
    os.mkfifo("pipe")
    run = psion("new", "config", *INPUTS, "--run-id", "exp-7", "-o", "pipe", "--force")
    assert (run.code, run.out) == (2, "")
    assert "pipe: " in run.err
    assert Path("pipe").is_fifo()


def test_nothing_is_left_of_a_new_file_that_could_not_be_written(folder: Path) -> None:
    with pytest.raises(TypeError):
        create_file("made.json", "no bytes")  # type: ignore[arg-type]
    assert not Path("made.json").exists()


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_is_whole_as_soon_as_it_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    flushed = list[bool]()

    def flush(handle: int) -> None:
        flushed.append(Path("made.json").exists())

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fsync", flush)
    if not links:  # as on a disk without hard links
        monkeypatch.setattr(os, "link", refuse)
    before = set(Path().iterdir())
    create_file("made.json", b"{}\n")
    assert (flushed, Path("made.json").read_bytes()) == ([False], b"{}\n")
    with pytest.raises(FileExistsError):
        create_file("made.json", b"other")
    assert Path("made.json").read_bytes() == b"{}\n"
    assert set(Path().iterdir()) - before == {Path("made.json")}


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
    assert "made.json:140:30: warning: replay-not-exact" in run.err
    assert json.loads(Path("made.json").read_bytes())["replay_receipt"]["exact_replay_observed"] is False


def test_a_receipt_with_a_coverage_hole_is_not_made(folder: Path, psion: RunCommand) -> None:
    write_csv("rows.csv", measured(the_receipt())[:-1])
    run = psion(*with_rows("rows.csv"), "-o", "made.json")
    assert (run.code, run.out) == (1, "")
    assert "new receipt#/source_family_reports: error: incomplete-coverage" in run.err
    assert "inconsistent (1 error)\n" in run.err
    assert not Path("made.json").exists()


HEADER = "split,family,tokens,sequences,loss"


TABLES = {
    "empty": "",
    "a column missing": "split,family,tokens,sequences\n",
    "an unknown column": f"{HEADER},los\n",
    "a column twice": f"{HEADER},loss\n",
    "a cell missing": f"{HEADER}\n\ntrain,x,1,1\n",
    "a cell too many": f"{HEADER}\ntrain,x,1,1,1,\n",
    "text after a quote": f'{HEADER}\ntrain,"x"y,1,1,1\n',
    "a quote left open": f'{HEADER}\ntrain,"x,1,1,1\n',
    "a count with an exponent": (
        f'{HEADER},detail\ntrain,systems_code,1,1,1,"two\nlines"\ntrain,systems_code,1e6,1,1,\n'
    ),
    "no loss": f"{HEADER},detail\ntrain,systems_code,1,1,1,a\u2028b\x0bc\ntrain,systems_code,1,1,,\n",
    "a count too large": f"{HEADER}\ntrain,systems_code,1,999999999999999999999,1\n",
    "no sequences": f"{HEADER}\ntrain,systems_code,1,0,1\n",
    "a family of another split": f"{HEADER}\ntrain,systems_code,1,1,1\ntrain,examples,1,1,1\n",
}


TABLES |= {
    "semicolons": "split;family;tokens;sequences;loss\ntrain;systems_code;1;1;2,5\n",
    "tabs": "split\tfamily\ttokens\tsequences\tloss\ntrain\tsystems_code\t1\t1\t2.5\n",
    "an index column": f",{HEADER}\n0,train,systems_code,1,1,1\n",
    "an index column of pandas": f"Unnamed: 0,{HEADER}\n0,train,systems_code,1,1,1\n",
    "no names of columns": "train,systems_code,1,1,1\n",
    "names in capitals": "Split,Family,Tokens,Sequences,LOSS\n",
    "floats": f"{HEADER}\ntrain,systems_code,491520000.0,1.2e3,1\n",
    "separators": f'{HEADER}\ntrain,systems_code,"491,520,000",1,"2,5"\n',
    "a negative count": f"{HEADER}\ntrain,systems_code,-1,1,1\n",
    "a NaN and an infinite loss": f"{HEADER}\ntrain,systems_code,1,1,nan\ntrain,systems_code,1,1,-inf\n",
    "more sequences than tokens": f"{HEADER}\ntrain,systems_code,0,12,1\n",
    "nats for thousandths": "split,family,tokens,sequences,loss_milli\ntrain,systems_code,1,1,3.72\n",
}


@pytest.mark.parametrize("what", TABLES)
def test_what_is_wrong_with_a_table_is_reported_by_line_and_column(
    folder: Path, psion: RunCommand, snapshot: SnapshotAssertion, what: str
) -> None:
    Path("rows.csv").write_bytes(TABLES[what].encode())
    run = psion(*with_rows("rows.csv"))
    assert (run.code, run.out) == (2, "")
    assert run.err == snapshot


@pytest.mark.parametrize(
    ("loss", "warned"), [("3.72", False), ("100", False), ("100.001", True), ("3720", True), ("372000", True)]
)
def test_thousandths_given_as_nats_are_pointed_out(
    folder: Path, psion: RunCommand, loss: str, warned: bool
) -> None:
    rows = measured(the_receipt())
    rows[2]["loss"] = loss
    write_csv("rows.csv", rows)
    run = psion(*with_rows("rows.csv"))
    assert run.code == 0
    message = f"rows.csv:4: column loss: {loss} nats is an implausible loss; if it is in thousandths, use loss_milli\n"
    assert run.err == (message if warned else "")


def test_rows_can_come_from_standard_input(folder: Path, psion: RunCommand) -> None:
    for name in ("rows.csv", "rows.json"):
        run = psion(*with_rows("-"), stdin=Path(name).read_bytes())
        assert run == (0, document_text(the_receipt()), "")
    run = psion(*with_rows("-"), stdin=b"\n")
    assert run.code == 2
    assert "<stdin>:1: missing columns" in run.err


def test_a_name_without_a_known_ending_leaves_it_to_the_text(folder: Path, psion: RunCommand) -> None:
    for name in ("rows.csv", "rows.json"):
        os.rename(name, "rows.txt")
        assert psion(*with_rows("rows.txt")) == (0, document_text(the_receipt()), "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "listed", "ending"),
    [
        ("x", 101, "rows.csv: and 199900 more problems"),
        (
            "a,b,c,d,e",
            101,
            "rows.csv:27: after 100 problems, the rest of the rows, 199975, were not examined",
        ),
        (f"train,systems_code,{'9' * 25},1,1", 101, "rows.csv:102: after 100 problems, the rest of the rows"),
    ],
)
def test_many_problems_are_listed_up_to_a_number(
    folder: Path, psion: RunCommand, line: str, listed: int, ending: str
) -> None:
    Path("rows.csv").write_text(f"{HEADER}\n" + f"{line}\n" * 200_000, "utf-8")
    started = time.process_time()
    run = psion(*with_rows("rows.csv"))
    assert time.process_time() - started < 5
    assert run.code == 2
    lines = run.err.splitlines()
    assert len(lines) == listed
    assert lines[-1].startswith(ending)


@pytest.mark.slow
def test_many_columns_and_members_are_listed_up_to_a_number(folder: Path, psion: RunCommand) -> None:
    started = time.process_time()
    Path("rows.csv").write_text(f"{HEADER}," + ",".join(map(str, range(200_000))) + "\n", "utf-8")
    run = psion(*with_rows("rows.csv"))
    assert (run.code, len(run.err.splitlines())) == (2, 100)
    Path("rows.json").write_text(json.dumps([{f"{number}": 1 for number in range(100_000)}] * 2), "utf-8")
    run = psion(*with_rows("rows.json"))
    assert (run.code, len(run.err.splitlines())) == (2, 101)
    assert time.process_time() - started < 10


def test_all_that_is_wrong_with_a_table_is_reported_at_once(folder: Path, psion: RunCommand) -> None:
    Path("rows.csv").write_text(f"{HEADER}\ntrain,systems_code,-1,1,nan\nnowhere,x,1,1,1\n", "utf-8")
    messages = psion(*with_rows("rows.csv")).err.removeprefix("Error: ").splitlines()
    assert [line.split(":")[:3] for line in messages] == [
        ["rows.csv", "2", " column tokens"],
        ["rows.csv", "2", " column loss"],
        ["rows.csv", "3", " column split"],
    ]


def test_a_table_that_is_not_utf_8_or_too_large_is_refused(folder: Path, psion: RunCommand) -> None:
    Path("rows.csv").write_bytes(HEADER.encode() + b"\ntrain,caf\xe9,1,1,1\n")
    run = psion(*with_rows("rows.csv"))
    assert run.code == 2
    assert "rows.csv:2: " in run.err and "0xe9" in run.err
    write_csv("rows.csv", measured(the_receipt()) * 2000)
    run = psion(*with_rows("rows.csv"), "--max-bytes", 100_000)
    assert run.code == 2
    assert "rows.csv: " in run.err and "100000 bytes" in run.err


ROWS = {
    "an object": "{}",
    "a number": "3",
    "a trailing comma": "[\n 1,\n]",
    "a member twice": '[{"split": "a",\n  "split": "b"}]',
    "a list for a row": "[\n  [1.5]]",
    "a member missing": '[{\n "split": "train", "family": "systems_code", "sequences": 1, "loss": 1}]',
    "a fraction for a count": (
        '[{"split": "train", "family": "systems_code", "sequences": 1, "loss": 1,\n "tokens": 1.5}]'
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_what_is_wrong_with_rows_in_json_is_reported_with_its_place(
    folder: Path, psion: RunCommand, snapshot: SnapshotAssertion, what: str
) -> None:
    Path("rows.json").write_text(ROWS[what], "utf-8")
    run = psion(*with_rows("rows.json"))
    assert (run.code, run.out) == (2, "")
    assert run.err == snapshot


def test_a_checkpoint_that_is_none_is_refused(folder: Path, psion: RunCommand) -> None:
    Path("checkpoint.json").write_text("[]", "utf-8")
    assert "checkpoint.json: " in psion(*with_rows("rows.csv")).err
    Path("checkpoint.json").write_text('{"step": 1.5}', "utf-8")
    assert "checkpoint.json:1:10: " in psion(*with_rows("rows.csv")).err
    Path("checkpoint.json").write_text('{"step": 1}', "utf-8")
    run = psion(*with_rows("rows.csv"))
    assert run.code == 1
    assert "new receipt#/checkpoint_lineage/promoted_checkpoint: error: schema-violation" in run.err
