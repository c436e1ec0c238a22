"""``psion-contract program``: for trainers in any language, and for people."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import INPUTS, documents
from support.command_line import RunCommand
from support.stage_programs import (
    AGENTIC,
    FAMILY,
    GENERAL,
    KINDS,
    PRETRAIN,
    RL,
    RUN,
    ZEROS,
    canonical_receipt,
    checkpoint_of,
    program,
    promoted_by,
    promoting,
)
from syrupy.assertion import SnapshotAssertion

from psion_contract import Checker
from psion_contract.documents.serialising import document_text
from psion_contract.program.stage_program import StageProgram

STARTING = ("--run-id", RUN, "--checkpoint-family", FAMILY, "--kind", "pretrain")
ENVIRONMENT = ("--environment-ref", "tidewater/bench", "--environment-version", "7")
AT = ("--at-ms", 1_771_236_600_007)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the inputs of a run."""
    (tmp_path / "inputs").mkdir()
    for name, document in documents(*INPUTS, "config").items():
        write(tmp_path / "inputs" / f"{name}.json", document)
    write(tmp_path / "receipt.json", canonical_receipt())
    return tmp_path


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def state_file_in(folder: Path, *kinds: str, completed: bool = False) -> Path:
    """A state file of a program that went through stages of these kinds."""
    path = folder / "run.json"
    path.write_text(document_text(program(*kinds, completed=completed)), encoding="utf-8")
    return path


def test_a_run_is_kept_from_its_start_to_its_end(folder: Path, psion: RunCommand) -> None:
    state, inputs = folder / "run.json", ("--inputs", folder / "inputs")
    checkpoint = write(folder / "checkpoint.json", checkpoint_of("general_sft"))
    trace, tool = (
        ("--trace", "one", "long_context", "lineage"),
        ("--trace", "two", "tool_call", "lineage"),
    )
    for arguments, stage in (
        (("start", state, *STARTING, *ENVIRONMENT), PRETRAIN),
        (("record", state, folder / "receipt.json", *inputs), PRETRAIN),
        (("complete", state), PRETRAIN),
        (("advance", state, *ENVIRONMENT), GENERAL),
        (("ingest", state, *trace), GENERAL),
        (("complete", state), GENERAL),
        (("advance", state, *ENVIRONMENT, "--checkpoint", checkpoint), AGENTIC),
        (("ingest", state, *trace, *tool), AGENTIC),
        (("complete", state), AGENTIC),
        (("advance", state, *ENVIRONMENT, "--checkpoint", checkpoint, "--kind", "rl"), RL),
        (("complete", state), RL),
    ):
        result = psion("program", *arguments)
        assert (result.code, result.err) == (0, "")
        assert stage in result.out.partition("\nnext: ")[0]
    assert psion("check", state, *inputs).code == 0


def test_a_stage_program_starts_from_a_checkpoint_if_reported(folder: Path, psion: RunCommand) -> None:
    checkpoint = write(folder / "checkpoint.json", checkpoint_of("pretrain"))
    state = folder / "run.json"
    result = psion("program", "start", state, *STARTING, *ENVIRONMENT, "--base-checkpoint", checkpoint, *AT)
    assert result.code == 0
    (stage,) = StageProgram.load(state).state["stages"]
    assert stage["base_checkpoint"] == checkpoint_of("pretrain")


def test_the_time_may_be_reported(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain")
    psion("program", "complete", state, *AT)
    assert StageProgram.load(state).state["completions"][0]["completed_at_ms"] == AT[1]


def test_a_refusal_shows_its_findings_and_changes_nothing(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain")
    before = state.read_bytes()
    receipt = write(folder / "unsealed.json", {**promoting(step=13_000), "receipt_digest": ZEROS})
    result = psion("program", "record", state, receipt, "--inputs", folder / "inputs")
    assert (result.code, result.out) == (1, "")
    assert f"{receipt}:1:" in result.err
    assert "error: receipt-digest-mismatch" in result.err
    assert f'"{PRETRAIN}"' in result.err
    assert state.read_bytes() == before


def test_a_refusal_can_be_read_by_programs(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "general_sft")
    result = psion("program", "ingest", state, "--trace", "a", "tool_call", "x", "--format", "json")
    assert (result.code, result.err) == (1, "")
    said = json.loads(result.out)
    assert {name: said[name] for name in ("outcome", "stage_id", "rule", "expected")} == {
        "outcome": "refused",
        "stage_id": f"{RUN}-stage-1-general_sft",
        "rule": "trace-not-admitted",
        "expected": ["plain_completion", "long_context"],
    }
    assert [finding["pointer"] for finding in said["findings"]] == ["/stages/0/ingested_traces/2/trace_kind"]


def test_what_was_done_can_be_read_by_programs(folder: Path, psion: RunCommand) -> None:
    replay = {**canonical_receipt()["replay_receipt"], "exact_replay_observed": False}
    receipt = write(folder / "inexact.json", canonical_receipt(replay_receipt=replay))
    state = state_file_in(folder, "pretrain")
    inputs = ("--inputs", folder / "inputs")
    assert psion("program", "record", state, receipt, *inputs, "--strict").code == 1
    result = psion("program", "record", state, receipt, *inputs, "--format", "json")
    assert result.code == 0
    said = json.loads(result.out)
    assert (said["outcome"], said["stage_id"]) == ("done", PRETRAIN)
    assert said["next"] == {"step": "complete", "kind": "pretrain", "missing": []}
    assert [finding["rule"] for finding in said["findings"]] == ["replay-not-exact"]


def test_warnings_are_shown(folder: Path, psion: RunCommand) -> None:
    replay = {**canonical_receipt()["replay_receipt"], "exact_replay_observed": False}
    receipt = write(folder / "inexact.json", canonical_receipt(replay_receipt=replay))
    result = psion(
        "program", "record", state_file_in(folder, "pretrain"), receipt, "--inputs", folder / "inputs"
    )
    assert result.code == 0
    assert "warning: replay-not-exact" in result.err


def test_warnings_about_the_new_state_are_shown_once(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain")
    result = psion("program", "complete", state, "--at-ms", 5)
    assert result.code == 0
    assert "warning: time-order\n  the stage was completed at 5 ms, before it was entered at " in result.err
    result = psion("program", "advance", state, *ENVIRONMENT, *AT, "--format", "json")
    assert (result.code, json.loads(result.out)["findings"]) == (0, [])


def test_a_command_whose_answer_was_lost_can_be_repeated(folder: Path, psion: RunCommand) -> None:
    state, inputs = state_file_in(folder, "pretrain"), ("--inputs", folder / "inputs")
    before = state.read_bytes()
    result = psion("program", "record", state, folder / "receipt.json", *inputs)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        f"the receipt was recorded before; nothing changed in {PRETRAIN}\nnext: complete the pretrain stage\n"
    )
    result = psion("program", "record", state, folder / "receipt.json", *inputs, "--format", "json")
    assert (result.code, json.loads(result.out)["outcome"]) == (0, "unchanged")
    assert state.read_bytes() == before


def test_a_receipt_may_come_from_standard_input(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain")
    receipt = json.dumps(promoting(step=13_000)).encode()
    result = psion("program", "record", state, "-", "--inputs", folder / "inputs", stdin=receipt)
    assert result.code == 0
    assert len(StageProgram.load(state).state["stages"][0]["pretrain_runs"]) == 2


def test_one_of_several_checkpoints_is_chosen_by_the_digest_of_its_receipt(
    folder: Path, psion: RunCommand
) -> None:
    state, second = state_file_in(folder, "pretrain"), promoting(step=13_000)
    receipt = write(folder / "second.json", second)
    psion("program", "record", state, receipt, "--inputs", folder / "inputs")
    psion("program", "complete", state)
    result = psion("program", "advance", state, *ENVIRONMENT)
    assert result.code == 1
    assert "missing-base-checkpoint" in result.err
    digest = second["receipt_digest"]
    assert "--receipt-digest" in result.err and digest in result.err
    assert psion("program", "advance", state, *ENVIRONMENT, "--receipt-digest", digest).code == 0
    assert StageProgram.load(state).state["stages"][1]["base_checkpoint"] == promoted_by(second)


def test_a_checkpoint_that_no_receipt_names_is_refused(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain", completed=True)
    checkpoint = write(folder / "checkpoint.json", promoted_by(promoting(step=13_000)))
    result = psion("program", "advance", state, *ENVIRONMENT, "--checkpoint", checkpoint)
    assert result.code == 1
    assert "unrecorded-checkpoint" in result.err


TRACES = [
    {"trace_id": f"trace-{number}", "trace_kind": "long_context", "lineage_digest": f"lineage-{number}"}
    for number in range(3)
]


@pytest.mark.parametrize("name", ["traces.json", "traces.jsonl", "one.json"])
def test_many_traces_are_ingested_from_a_file(folder: Path, psion: RunCommand, name: str) -> None:
    rows = TRACES[:1] if name == "one.json" else TRACES
    lines = [json.dumps(each) for each in rows]
    text = "\n".join(lines) if name.endswith("l") else json.dumps(rows if len(rows) > 1 else rows[0])
    (folder / name).write_text(text, encoding="utf-8")
    state = state_file_in(folder, "general_sft")
    result = psion("program", "ingest", state, "--traces", folder / name)
    assert (result.code, result.err) == (0, "")
    ingested = StageProgram.load(state).state["stages"][0]["ingested_traces"][2:]
    assert [each["trace_id"] for each in ingested] == [each["trace_id"] for each in rows]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("t.json", "[{}]", "t.json:1:2: "),
        ("t.json", "[1]", "t.json:1:2: "),
        ("t.json", '[\n{"trace_id": 1.5}]', "t.json:2:14: non-integer-number"),
        ("t.json", "[", "t.json:1:2: invalid-json"),
        ("t.jsonl", json.dumps(TRACES[0]) + '\n\n{"x": 1}\n', "t.jsonl:3:"),
    ],
)
def test_a_file_that_holds_no_traces_is_reported_with_its_place(
    folder: Path, psion: RunCommand, name: str, text: str, where: str
) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    result = psion("program", "ingest", state_file_in(folder, "general_sft"), "--traces", folder / name)
    assert (result.code, result.out) == (2, "")
    assert where in result.err


def test_show_shows_stages_status_checkpoints_and_what_comes_next(
    folder: Path, psion: RunCommand, snapshot: SnapshotAssertion
) -> None:
    result = psion("program", "show", state_file_in(folder, "pretrain", "general_sft"))
    assert (result.code, result.err) == (0, "")
    assert result.out == snapshot


def test_show_says_what_is_missing(folder: Path, psion: RunCommand, snapshot: SnapshotAssertion) -> None:
    state = folder / "run.json"
    psion("program", "start", state, *STARTING, *ENVIRONMENT, *AT)
    assert psion("program", "show", state).out == snapshot


def test_show_can_be_read_by_programs(folder: Path, psion: RunCommand) -> None:
    said = json.loads(psion("program", "show", state_file_in(folder, "pretrain"), "--format", "json").out)
    assert said == {
        "run_id": RUN,
        "checkpoint_family": FAMILY,
        "stages": [
            {
                "stage_id": PRETRAIN,
                "kind": "pretrain",
                "status": "active",
                "environment": {"environment_ref": "tidewater/bench", "version": "7"},
                "entered_at_ms": 10,
                "completed_at_ms": None,
                "base_checkpoint": None,
                "promoted_checkpoint": None,
                "receipts": [canonical_receipt()["receipt_digest"]],
                "traces": 0,
            }
        ],
        "next": {"step": "complete", "kind": "pretrain", "missing": []},
    }


@pytest.mark.parametrize("time_ms", [253_402_300_799_999, 253_402_300_800_000, 2**64 - 1])
def test_show_shows_any_time(folder: Path, psion: RunCommand, time_ms: int) -> None:
    state = folder / "run.json"
    psion("program", "start", state, *STARTING, *ENVIRONMENT, "--at-ms", time_ms)
    shown = "9999-12-31T23:59:59.999Z" if time_ms < 253_402_300_800_000 else f"{time_ms} ms"
    assert f"  entered     {shown}\n" in psion("program", "show", state).out


def test_show_shows_a_program_that_has_entered_no_stage(
    folder: Path, psion: RunCommand, snapshot: SnapshotAssertion
) -> None:
    assert psion("program", "show", state_file_in(folder)).out == snapshot


def test_a_state_that_the_checker_refuses_is_shown_as_findings(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain")
    state.write_text(state.read_text(encoding="utf-8").replace('"active"', '"completed"'), encoding="utf-8")
    result = psion("program", "show", state)
    assert (result.code, result.out) == (1, "")
    assert f"{state}:5:5: error: missing-completion" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "missing.json"), "missing.json: "),
        (("complete", "missing.json"), "missing.json: "),
        (("complete", "inputs"), "inputs: "),
        (
            ("start", "run.json", "--run-id", "other", *STARTING[2:], *ENVIRONMENT),
            'not saved: it already exists, as a program with another start: /run_id ("tidewater-pilot-01", "other")',
        ),
        (
            ("start", "run.json", *STARTING, *ENVIRONMENT[:3], "8"),
            'another start: /first stage/environment/version ("7", "8")',
        ),
        (("start", "receipt.json", *STARTING, *ENVIRONMENT), "receipt.json: not saved: it already exists"),
        (("record", "run.json", "missing.json", "--inputs", "inputs"), "missing.json: No such file"),
        (("record", "run.json", "receipt.json", "--inputs", "missing"), "missing: No such file"),
        (("record", "run.json", "receipt.json"), "--inputs"),
        (("ingest", "run.json"), "--trace"),
        (("advance", "run.json", *ENVIRONMENT, "--checkpoint", "receipt"), "receipt: No such file"),
        (
            ("advance", "run.json", *ENVIRONMENT, "--checkpoint", "receipt.json", "--receipt-digest", ZEROS),
            "not both",
        ),
        (("start", "new.json", *STARTING[:4], "--kind", "sft", *ENVIRONMENT), "'sft'"),
        (("complete", "run.json", "--at-ms", "-1"), "-1"),
    ],
)
def test_what_cannot_be_run_exits_with_2(
    folder: Path, psion: RunCommand, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    before = state_file_in(folder, "pretrain").read_bytes()
    monkeypatch.chdir(folder)
    result = psion("program", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert (folder / "run.json").read_bytes() == before


def test_the_help_of_each_command_names_the_state(psion: RunCommand) -> None:
    assert "record" in psion("program", "--help").out
    for name in ("start", "record", "ingest", "complete", "advance", "show"):
        assert f"program {name} [OPTIONS] STATE" in psion("program", name, "--help").out


def test_who_waits_too_long_is_reported(folder: Path, psion: RunCommand) -> None:
    state = state_file_in(folder, "pretrain")
    with StageProgram.locked(state):
        result = psion("program", "complete", state, "--wait", 0)
    assert result.code == 2
    assert "run.json: " in result.err


# Several processes, and processes that are killed.


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "psion_contract", "program", *map(str, arguments)]


def recorded(state: Path) -> list[str]:
    """The summaries of the receipts; the whole state passes the check."""
    text = state.read_bytes()
    report = Checker(documents(*INPUTS, "config")).check({"state": text})
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    return [each["summary"] for each in StageProgram.load(state).state["stages"][0].get("pretrain_runs", ())]


def new_receipt(folder: Path, number: int) -> Path:
    return write(folder / f"receipt-{number}.json", canonical_receipt(summary=f"Run number {number}."))


def test_processes_on_one_state_lose_none_of_each_other_s_records(folder: Path) -> None:
    state, inputs = state_file_in(folder, "pretrain"), ("--inputs", folder / "inputs")
    running = [
        subprocess.Popen(
            command("record", state, new_receipt(folder, number), *inputs), stdout=subprocess.DEVNULL
        )
        for number in range(3)
    ]
    assert [process.wait() for process in running] == [0] * 3
    summaries = recorded(state)
    assert sorted(summaries[1:]) == [f"Run number {number}." for number in range(3)]


@pytest.mark.slow
def test_a_process_killed_at_any_moment_leaves_a_state_that_loads_and_passes(folder: Path) -> None:
    """200 kills: each leaves the state before the record or the one after it, and nothing else."""
    moments, seen = random.Random(5), {True: 0, False: 0}
    inputs = ("--inputs", folder / "inputs")
    for number in range(200):
        if number % 20 == 0:  # a state of hundreds of receipts would only be slow
            state = state_file_in(folder, "pretrain")
            start = time.perf_counter()
            whole = command("record", state, new_receipt(folder, 1000 + number), *inputs)
            subprocess.run(whole, check=True, stdout=subprocess.DEVNULL)
            duration = time.perf_counter() - start
        before = recorded(state)
        record = command("record", state, new_receipt(folder, number), *inputs)
        process = subprocess.Popen(record, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0, 1.1 * duration))
        process.kill()
        process.wait()
        after = recorded(state)
        assert after in (before, [*before, f"Run number {number}."])
        seen[after != before] += 1
    assert min(seen.values()) > 0, seen
    subprocess.run(command("complete", state), check=True, stdout=subprocess.DEVNULL)
    assert {each.name for each in folder.glob(".*")} == {".run.json.lock"}


# Repeated.


def unchanged(psion: RunCommand, state: Path, *arguments: object) -> str:
    """Run a command twice: the second time, nothing changes, and it says so. Returns what it says."""
    assert psion("program", arguments[0], state, *arguments[1:]).code == 0
    return again(psion, state, *arguments)


def again(psion: RunCommand, state: Path, *arguments: object) -> str:
    before = state.read_bytes()
    result = psion("program", arguments[0], state, *arguments[1:], "--format", "json")
    assert (result.code, json.loads(result.out)["outcome"]) == (0, "unchanged")
    result = psion("program", arguments[0], state, *arguments[1:])
    assert (result.code, result.err) == (0, "")
    assert state.read_bytes() == before
    return result.out.splitlines()[0]


def test_every_step_can_be_repeated(folder: Path, psion: RunCommand) -> None:
    state, checkpoint = folder / "run.json", write(folder / "checkpoint.json", checkpoint_of("general_sft"))
    start = ("start", *STARTING, *ENVIRONMENT)
    trace = ("ingest", "--trace", "one", "long_context", "lineage")
    to_agentic = ("advance", *ENVIRONMENT, "--checkpoint", checkpoint)
    record = ("record", folder / "receipt.json", "--inputs", folder / "inputs")
    nothing = "before; nothing changed in"
    assert unchanged(psion, state, *start) == f"the program was started {nothing} {PRETRAIN}"
    assert unchanged(psion, state, *record) == f"the receipt was recorded {nothing} {PRETRAIN}"
    assert unchanged(psion, state, "complete") == f"the stage was completed {nothing} {PRETRAIN}"
    assert unchanged(psion, state, "advance", *ENVIRONMENT) == f"the stage was entered {nothing} {GENERAL}"
    assert unchanged(psion, state, *trace) == f"1 trace was ingested {nothing} {GENERAL}"
    assert (
        unchanged(psion, state, "complete", "--kind", "general_sft")
        == f"the stage was completed {nothing} {GENERAL}"
    )
    assert again(psion, state, *trace).endswith(GENERAL)
    assert unchanged(psion, state, *to_agentic) == f"the stage was entered {nothing} {AGENTIC}"
    # When the program has gone on, the kind says which stage is meant.
    for arguments in (
        start,
        record,
        ("complete", "--kind", "pretrain"),
        ("complete", "--kind", "general_sft"),
        ("advance", *ENVIRONMENT, "--kind", "general_sft"),
        (*trace, "--kind", "general_sft"),
    ):
        assert again(psion, state, *arguments).endswith(AGENTIC)


@pytest.mark.parametrize(
    ("kinds", "completed", "arguments", "rule"),
    [
        (KINDS[:1], False, ("complete", "--kind", "general_sft"), "stage-order-mismatch"),
        (
            KINDS[:2],
            False,
            ("ingest", "--kind", "rl", "--trace", "a", "tool_call", "b"),
            "stage-order-mismatch",
        ),
        (
            KINDS[:2],
            False,
            ("ingest", "--trace", "general_sft-long_context", "long_context", "other"),
            "duplicate-trace",
        ),
        (KINDS[:2], False, ("advance", *ENVIRONMENT[:3], "8"), "stage-still-active"),
        (KINDS[:2], False, ("advance", *ENVIRONMENT, "--receipt-digest", ZEROS), "unrecorded-checkpoint"),
        (
            KINDS[:2],
            False,
            ("advance", *ENVIRONMENT, "--checkpoint", "checkpoint.json"),
            "stage-still-active",
        ),
    ],
)
def test_what_contradicts_the_first_time_is_refused_by_name(
    folder: Path,
    psion: RunCommand,
    monkeypatch: pytest.MonkeyPatch,
    kinds: tuple[str, ...],
    completed: bool,
    arguments: tuple[str, ...],
    rule: str,
) -> None:
    monkeypatch.chdir(folder)
    write(folder / "checkpoint.json", checkpoint_of("general_sft"))
    state = state_file_in(folder, *kinds, completed=completed)
    before = state.read_bytes()
    result = psion("program", arguments[0], state, *arguments[1:], "--format", "json")
    assert (result.code, json.loads(result.out)["rule"]) == (1, rule)
    assert state.read_bytes() == before


def test_the_same_options_lead_on_from_a_completed_stage(folder: Path, psion: RunCommand) -> None:
    """With the environment and the checkpoint that the stage itself was entered with."""
    state = state_file_in(folder, *KINDS[:2], completed=True)
    base = json.loads(state.read_text())["stages"][1]["base_checkpoint"]
    step = ("advance", state, *ENVIRONMENT, "--checkpoint", write(folder / "checkpoint.json", base))
    assert psion("program", *step, "--kind", "general_sft").out.startswith(
        "the stage was entered before; nothing"
    )
    result = psion("program", *step)
    assert (result.code, result.out.splitlines()[0]) == (0, f"entered {AGENTIC}")
