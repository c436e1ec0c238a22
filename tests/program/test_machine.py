"""The stage machine: what it does, what it refuses, and that no refusal changes anything."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from support.canonical_sets import INPUTS, documents
from support.stage_programs import (
    ENVIRONMENT,
    FAMILY,
    KINDS,
    PRETRAIN,
    RUN,
    ZEROS,
    canonical_receipt,
    checkpoint_of,
    program,
    promoted_by,
    promoting,
)

from psion_contract import Checker, Limits, Source, new_config
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import ArgumentError, ContractWarning, StageRefusalError
from psion_contract.program.stage_program import StageProgram
from tools import canonical
from tools.pack.restoring import sealed

PROGRAM = "psion/program/psion_training_stage_program_v1.json"
RECEIPT = canonical_receipt()
SECOND = promoting(step=13_000)
UNKNOWN = promoted_by(promoting(step=14_000))


def inputs(*more: str) -> dict[str, Any]:
    return documents(*INPUTS, "config", *more)


def started(kind: str = "pretrain", **options: Any) -> StageProgram:
    return StageProgram.start(RUN, FAMILY, kind, ENVIRONMENT, clock=itertools.count(1).__next__, **options)


def at(*kinds: str, completed: bool = False) -> StageProgram:
    """A program that went through stages of these kinds."""
    text = document_text(program(*kinds, completed=completed))
    return StageProgram.from_json(text, clock=itertools.count(100).__next__)


# What it does.


def test_it_makes_the_canonical_program() -> None:
    right = canonical.documents()[PROGRAM]
    pretrain, general_sft = right["stages"]
    times = [each["transitioned_at_ms"] for each in right["transitions"]]
    traces = general_sft["ingested_traces"]
    times[1:1] = [right["completions"][0]["completed_at_ms"]]
    times += [each["accepted_at_ms"] for each in traces]
    made = StageProgram.start(RUN, FAMILY, "pretrain", pretrain["environment"], clock=iter(times).__next__)
    made.record_pretrain_receipt(RECEIPT, inputs())
    made.complete()
    made.advance(general_sft["environment"])
    for each in traces:
        made.ingest_trace(each["trace_id"], each["trace_kind"], each["lineage_digest"])
    assert made.state == right
    assert made.to_json() == document_text(right)


def test_it_goes_through_all_stages() -> None:
    made = started("general_sft")
    for kind, trace in (("agentic_sft", "plain_completion"), ("rl", "tool_call")):
        made.ingest_trace("one", trace, "lineage")
        made.complete()
        made.advance(ENVIRONMENT, checkpoint_of("general_sft"), kind=kind)
    made.complete()
    assert made.next_step == ("end", None, ())
    report = Checker(inputs()).check({"program": made.to_json()})
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    assert [(stage["stage_id"], stage["status"]) for stage in made.state["stages"]] == [
        (f"{RUN}-stage-{number}-{kind}", "completed") for number, kind in enumerate(KINDS[1:], 1)
    ]


@pytest.mark.parametrize("kind", ["pretrain", "general_sft"])
def test_it_may_start_from_a_checkpoint(kind: str) -> None:
    made = started(kind, base_checkpoint=checkpoint_of("pretrain"))
    assert made.state["stages"][0]["base_checkpoint"] == checkpoint_of("pretrain")
    assert Checker(inputs()).check({"program": made.to_json()}).ok


def test_a_receipt_may_be_given_in_any_form() -> None:
    text = document_text(RECEIPT)
    for receipt in (RECEIPT, text, text.encode(), Source("run/receipt.json", text.encode())):
        made = started()
        made.record_pretrain_receipt(receipt, inputs())
        assert made.state["stages"][0]["pretrain_runs"] == [RECEIPT]


def test_the_report_on_a_receipt_has_its_warnings() -> None:
    replay = {**RECEIPT["replay_receipt"], "exact_replay_observed": False}
    with pytest.warns(ContractWarning, match="replay-not-exact") as caught:
        report = started().record_pretrain_receipt(canonical_receipt(replay_receipt=replay), inputs())
    assert [finding.rule for finding in report.findings] == ["replay-not-exact"]
    assert caught[0].filename == __file__


def test_a_warning_that_is_made_an_error_changes_nothing() -> None:
    replay = {**RECEIPT["replay_receipt"], "exact_replay_observed": False}
    made = started()
    before = made.state
    with pytest.raises(ContractWarning):
        made.record_pretrain_receipt(canonical_receipt(replay_receipt=replay), inputs())
    assert made.state == before


def test_a_change_issues_the_warnings_that_it_causes_once() -> None:
    times = iter([1000, 5, 2000, 10, 3000])
    made = StageProgram.start(RUN, FAMILY, "general_sft", ENVIRONMENT, clock=times.__next__)
    with pytest.warns(ContractWarning, match="the trace was accepted at 5 ms, before") as caught:
        made.ingest_traces([("a", "long_context", "d")])
    assert caught[0].filename == __file__
    made.ingest_traces([("b", "long_context", "d")])
    loaded = StageProgram.from_json(made.to_json(), clock=times.__next__)
    with pytest.raises(ContractWarning, match="completed at 10 ms, before it was entered at 1000 ms"):
        loaded.complete()
    assert loaded.state == made.state
    loaded = StageProgram.from_json(made.to_json(), clock=times.__next__)
    loaded.complete()
    with pytest.warns(ContractWarning, match="the stage was entered at 50 ms, before") as caught:
        loaded._clock = lambda: 50
        loaded.advance(ENVIRONMENT, checkpoint_of("general_sft"))
    assert caught[0].filename == __file__


WRONG_ARGUMENTS: dict[str, Callable[[StageProgram], object]] = {
    r"receipt: a value of type set": lambda made: made.record_pretrain_receipt({1}, inputs()),
    r"receipt: /summary: a value of type object": lambda made: made.record_pretrain_receipt(
        {**RECEIPT, "summary": object()}, inputs()
    ),
    r"inputs: expected a mapping": lambda made: made.record_pretrain_receipt(RECEIPT, None),
    r"environment: /version: a value of type set": lambda made: made.advance({"version": {1}}),
    r"checkpoint: /step: nan": lambda made: made.advance({}, {"step": float("nan")}),
    r"receipt_digest: expected a string": lambda made: made.advance({}, receipt_digest=7),  # type: ignore[arg-type]
    r"either a checkpoint or": lambda made: made.advance({}, {}, receipt_digest="x"),
    r"traces\[1\]: .* found a list of 2": lambda made: made.ingest_traces([("a", "b", "c"), ("a", "b")]),  # type: ignore[list-item]
    r"traces\[0\]: .* found a str": lambda made: made.ingest_traces(["abc"]),  # type: ignore[list-item]
    r"traces: expected a list of traces, found a int": lambda made: made.ingest_traces(5),  # type: ignore[arg-type]
    r"traces: expected a list of traces, found a str": lambda made: made.ingest_traces("abc"),  # type: ignore[arg-type]
    r"clock: expected a function": lambda _: StageProgram.start("r", "f", "pretrain", {}, clock=1),  # type: ignore[arg-type]
    r"limits: expected a Limits": lambda _: StageProgram.from_json("{}", limits=None),  # type: ignore[arg-type]
    r"text: a value of type object": lambda _: StageProgram.from_json(object()),  # type: ignore[arg-type]
    r"path: is a int": lambda _: StageProgram.load(7),  # type: ignore[arg-type]
    r"path: is empty": lambda made: made.save(""),
    r"wait: nan": lambda made: made.save("x.json", wait=float("nan")),
    r"wait: -1": lambda made: made.save("x.json", wait=-1),
    r"wait: '1'": lambda made: made.save("x.json", wait="1"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("message", WRONG_ARGUMENTS)
def test_a_wrong_argument_is_named_and_changes_nothing(
    message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = started()
    before = made.state
    with pytest.raises(ArgumentError, match=message):
        WRONG_ARGUMENTS[message](made)
    assert made.state == before
    assert list(tmp_path.iterdir()) == []


def test_a_receipt_of_a_stage_that_the_program_does_not_have_says_what_the_config_needs() -> None:
    config = new_config(**documents(*INPUTS), run_id=RUN, stage_id="pilot")
    receipt = {**RECEIPT, "stage_id": "pilot"}
    with pytest.raises(StageRefusalError) as refused:
        started().record_pretrain_receipt(receipt, {**documents(*INPUTS), "config": config})
    first = refused.value.findings[0]
    assert (first.rule, first.document, first.pointer) == ("receipt-stage-mismatch", "receipt", "/stage_id")
    assert (first.actual, first.expected) == ("pilot", f"{RUN}-stage-1-pretrain")
    assert 'no stage "pilot", which the receipt and its config name' in first.message


def test_one_of_several_checkpoints_must_be_chosen() -> None:
    made = started()
    for receipt in (RECEIPT, SECOND):
        made.record_pretrain_receipt(receipt, inputs())
    made.complete()
    with pytest.raises(StageRefusalError) as refused:
        made.advance(ENVIRONMENT)
    (finding,) = refused.value.findings
    assert (finding.rule, finding.expected) == (
        "missing-base-checkpoint",
        [RECEIPT["receipt_digest"], SECOND["receipt_digest"]],
    )
    for words in ("receipt_digest", "--receipt-digest", RECEIPT["receipt_digest"], SECOND["receipt_digest"]):
        assert words in finding.message
    with pytest.raises(StageRefusalError, match='omit "sha256:"'):
        made.advance(ENVIRONMENT, receipt_digest=f"sha256:{SECOND['receipt_digest']}")
    made.advance(ENVIRONMENT, receipt_digest=SECOND["receipt_digest"])


def test_values_of_other_kinds_are_taken(tmp_path: Path) -> None:
    write = partial(write_json, tmp_path)
    paths = [write(name, value) for name, value in inputs().items()]
    made = started()
    made.record_pretrain_receipt(write("receipt", RECEIPT), paths)
    made.complete()
    checkpoint = write("checkpoint", RECEIPT["checkpoint_lineage"]["promoted_checkpoint"])
    made.advance(MappingProxyType(ENVIRONMENT), checkpoint)
    assert made.stage_id == f"{RUN}-stage-2-general_sft"
    assert made.state["stages"][1]["environment"] == ENVIRONMENT
    with pytest.raises(ArgumentError, match=r"list\.json: expected an object, found a list"):
        started().advance(ENVIRONMENT, write("list", []))


def write_json(folder: Path, name: str, value: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_the_inputs_of_other_runs_may_be_available() -> None:
    made = started()
    made.record_pretrain_receipt(RECEIPT, inputs("resumed_config", "resumed", "accelerated_config"))
    made.complete()


def test_the_checkpoint_of_one_of_several_receipts_is_chosen_by_its_digest() -> None:
    made = started()
    for receipt in (RECEIPT, SECOND):
        made.record_pretrain_receipt(receipt, inputs())
    made.complete()
    assert made.next_step.missing == (
        "an environment",
        "the choice of one of the 2 checkpoints that its receipts promote",
    )
    made.advance(ENVIRONMENT, receipt_digest=SECOND["receipt_digest"])
    assert made.state["promotions"][0]["checkpoint"] == promoted_by(SECOND)


def test_a_checkpoint_that_all_receipts_promote_needs_no_choice() -> None:
    made = started()
    for receipt in (RECEIPT, canonical_receipt(summary="Measured again.")):
        made.record_pretrain_receipt(receipt, inputs())
    made.complete()
    made.advance(ENVIRONMENT)
    assert made.state["stages"][1]["base_checkpoint"] == promoted_by(RECEIPT)


def test_no_traces_change_nothing() -> None:
    made = at("pretrain", completed=True)
    before = made.to_json()
    made.ingest_traces([])
    assert made.to_json() == before


def test_a_mapping_of_any_sort_is_taken() -> None:
    environment, base = MappingProxyType(ENVIRONMENT), MappingProxyType(checkpoint_of("pretrain"))
    made = StageProgram.start(RUN, FAMILY, "pretrain", environment, base_checkpoint=base, clock=lambda: 1)
    assert made.state["stages"][0]["environment"] == ENVIRONMENT


def test_the_time_is_the_system_s_by_default() -> None:
    made = StageProgram.start(RUN, FAMILY, "pretrain", ENVIRONMENT)
    assert made.state["transitions"][0]["transitioned_at_ms"] > 1_700_000_000_000


def test_what_a_caller_holds_is_no_part_of_the_state() -> None:
    environment, receipt = dict(ENVIRONMENT), canonical_receipt()
    made = StageProgram.start(RUN, FAMILY, "pretrain", environment, clock=lambda: 1)
    made.record_pretrain_receipt(receipt, inputs())
    before = made.to_json()
    environment["version"] = receipt["summary"] = "changed"
    made.state["stages"].clear()
    assert made.to_json() == before


@pytest.mark.parametrize(
    ("kinds", "completed", "step", "kind", "missing"),
    [
        ((), False, "start", None, 1),
        (("pretrain",), False, "complete", "pretrain", 0),
        (("pretrain",), True, "advance", "general_sft", 1),
        (("pretrain", "general_sft"), False, "complete", "general_sft", 0),
        (("pretrain", "general_sft"), True, "advance", "agentic_sft", 2),
        (KINDS, False, "complete", "rl", 0),
        (KINDS, True, "end", None, 0),
    ],
)
def test_it_says_what_comes_next(
    kinds: tuple[str, ...], completed: bool, step: str, kind: str | None, missing: int
) -> None:
    found = at(*kinds, completed=completed).next_step
    assert (found.step, found.kind, len(found.missing)) == (step, kind, missing)


def test_it_says_what_is_missing_for_a_stage_to_be_completed() -> None:
    assert started().next_step.missing == ("at least one receipt",)
    assert started("general_sft").next_step.missing == (
        "at least one trace: plain_completion or long_context",
    )


# What it refuses.

Call = Callable[[StageProgram], object]


def recording(receipt: Any, *, without: str = "", **options: Any) -> Call:
    given = {name: each for name, each in inputs("resumed_config").items() if name != without}
    return lambda made: made.record_pretrain_receipt(receipt, given, **options)


def ingesting(trace_id: Any, trace_kind: Any, lineage_digest: Any = "lineage") -> Call:
    return lambda made: made.ingest_trace(trace_id, trace_kind, lineage_digest)


def advancing(checkpoint: Any = None, environment: Any = ENVIRONMENT, **options: Any) -> Call:
    return lambda made: made.advance(environment, checkpoint, **options)


def completing(made: StageProgram) -> None:
    made.complete()


OTHER_FAMILY = {"checkpoint_family": "psion.other"}
OTHER = canonical_receipt(
    source_family_reports=[
        {**row, "detail": "No digest binds this."} for row in RECEIPT["source_family_reports"]
    ]
)
INEXACT = canonical_receipt(replay_receipt={**RECEIPT["replay_receipt"], "exact_replay_observed": False})

REFUSALS: list[tuple[str, tuple[str, ...], bool, Call, str, Any]] = [
    (
        "a receipt of another run",
        (),
        False,
        recording(documents("resumed")["resumed"]),
        "receipt-stage-mismatch",
        PRETRAIN,
    ),
    (
        "a receipt that was sealed before a change",
        (),
        False,
        recording({**RECEIPT, "receipt_digest": ZEROS}),
        "receipt-digest-mismatch",
        RECEIPT["receipt_digest"],
    ),
    (
        "a receipt of another family",
        (),
        False,
        recording(promoting(**OTHER_FAMILY)),
        "program-family-mismatch",
        FAMILY,
    ),
    (
        "a receipt without its config",
        (),
        False,
        recording(RECEIPT, without="config"),
        "unresolved-reference",
        None,
    ),
    (
        "a receipt without its corpus",
        (),
        False,
        recording(RECEIPT, without="corpus"),
        "unresolved-reference",
        None,
    ),
    (
        "a receipt with warnings, strictly",
        (),
        False,
        recording(INEXACT, strict=True),
        "replay-not-exact",
        True,
    ),
    (
        "another receipt with the same digest",
        ("pretrain",),
        False,
        recording(OTHER),
        "duplicate-receipt",
        None,
    ),
    ("a receipt after completion", ("pretrain",), True, recording(SECOND), "completion-count-mismatch", 2),
    ("a receipt in fine-tuning", ("general_sft",), False, recording(RECEIPT), "receipt-not-admitted", None),
    (
        "a config for a receipt",
        (),
        False,
        recording(documents("config")["config"]),
        "unknown-kind",
        "psion.pretrain_stage_receipt.v1",
    ),
    ("a list for a receipt", (), False, recording([]), "unknown-kind", "psion.pretrain_stage_receipt.v1"),
    (
        "a receipt inside a larger document",
        (),
        False,
        recording({"receipt": RECEIPT}),
        "unknown-kind",
        "psion.pretrain_stage_receipt.v1",
    ),
    ("no JSON for a receipt", (), False, recording("{"), "invalid-json", None),
    (
        "a receipt with a fraction",
        (),
        False,
        recording(document_text(RECEIPT).replace(": 12000,", ": 12000.0,")),
        "non-integer-number",
        None,
    ),
    ("a trace in pretraining", (), False, ingesting("new", "plain_completion"), "trace-not-admitted", []),
    (
        "a tool call in fine-tuning",
        ("general_sft",),
        False,
        ingesting("new", "tool_call"),
        "trace-not-admitted",
        ["plain_completion", "long_context"],
    ),
    (
        "a completion for agents",
        ("general_sft", "agentic_sft"),
        False,
        ingesting("new", "plain_completion"),
        "trace-not-admitted",
        ["tool_call", "long_context"],
    ),
    (
        "a trace in reinforcement learning",
        KINDS,
        False,
        ingesting("new", "long_context"),
        "trace-not-admitted",
        [],
    ),
    (
        "a trace again",
        ("general_sft",),
        False,
        ingesting("general_sft-long_context", "long_context"),
        "duplicate-trace",
        None,
    ),
    (
        "a trace after completion",
        ("general_sft",),
        True,
        ingesting("new", "long_context"),
        "completion-count-mismatch",
        3,
    ),
    (
        "a trace of an unknown kind",
        ("general_sft",),
        False,
        ingesting("new", "video"),
        "schema-violation",
        ["plain_completion", "tool_call", "long_context"],
    ),
    (
        "a trace without a name",
        ("general_sft",),
        False,
        ingesting(" ", "long_context"),
        "schema-violation",
        None,
    ),
    (
        "a trace with a number for a lineage",
        ("general_sft",),
        False,
        ingesting("new", "long_context", 7),
        "schema-violation",
        None,
    ),
    (
        "one bad trace among many",
        ("general_sft",),
        False,
        lambda made: made.ingest_traces([("a", "long_context", "x"), ("b", "tool_call", "x")]),
        "trace-not-admitted",
        ["plain_completion", "long_context"],
    ),
    ("to complete pretraining without a receipt", (), False, completing, "missing-receipt", None),
    ("to complete a stage twice", ("pretrain",), True, completing, "unexpected-completion", None),
    ("to advance from an active stage", ("pretrain",), False, advancing(), "stage-still-active", "completed"),
    (
        "to advance from the last stage",
        KINDS,
        True,
        advancing(checkpoint_of("rl")),
        "stage-order-mismatch",
        None,
    ),
    (
        "to leave a stage out",
        ("pretrain",),
        True,
        advancing(kind="agentic_sft"),
        "stage-order-mismatch",
        "general_sft",
    ),
    (
        "to go back",
        ("pretrain", "general_sft"),
        True,
        advancing(checkpoint_of("general_sft"), kind="pretrain"),
        "stage-order-mismatch",
        "agentic_sft",
    ),
    ("to an unknown kind", ("pretrain",), True, advancing(kind="dpo"), "schema-violation", list(KINDS)),
    (
        "a checkpoint that no receipt names",
        ("pretrain",),
        True,
        advancing(UNKNOWN),
        "unrecorded-checkpoint",
        promoted_by(RECEIPT),
    ),
    (
        "a checkpoint of a receipt that is not recorded",
        ("pretrain",),
        True,
        advancing(receipt_digest=ZEROS),
        "unrecorded-checkpoint",
        [RECEIPT["receipt_digest"]],
    ),
    (
        "a checkpoint of another family",
        ("general_sft",),
        True,
        advancing({**UNKNOWN, **OTHER_FAMILY}),
        "program-family-mismatch",
        FAMILY,
    ),
    (
        "no checkpoint out of fine-tuning",
        ("general_sft",),
        True,
        advancing(),
        "missing-base-checkpoint",
        None,
    ),
    ("an empty checkpoint", ("general_sft",), True, advancing({}), "schema-violation", None),
    (
        "a checkpoint with an unknown member",
        ("general_sft",),
        True,
        advancing({**UNKNOWN, "size": 1}),
        "schema-violation",
        None,
    ),
    (
        "an environment without a version",
        ("pretrain",),
        True,
        advancing(environment={"environment_ref": "x"}),
        "schema-violation",
        None,
    ),
]
"""What, the stages (none: a fresh pretrain stage), whether completed, the call, the rule, the right value."""


@pytest.mark.parametrize(
    ("kinds", "completed", "call", "rule", "expected"),
    [each[1:] for each in REFUSALS],
    ids=[each[0] for each in REFUSALS],
)
def test_a_refusal_names_the_rule_and_what_would_be_right_and_changes_nothing(
    kinds: tuple[str, ...], completed: bool, call: Call, rule: str, expected: Any
) -> None:
    made = at(*kinds, completed=completed) if kinds else started()
    before, stage = made.to_json(), made.stage_id
    with pytest.raises(StageRefusalError) as refused:
        call(made)
    assert made.to_json() == before
    assert (refused.value.rule, refused.value.expected) == (rule, expected)
    assert refused.value.stage == stage
    assert rule in {finding.rule for finding in refused.value.findings}
    assert rule in str(refused.value)
    assert str(refused.value).endswith(refused.value.remedy)


def test_a_fine_tuning_stage_is_not_completed_without_a_trace() -> None:
    made = started("general_sft")
    with pytest.raises(StageRefusalError, match="missing-trace"):
        made.complete()
    made.ingest_trace("one", "long_context", "lineage")
    made.complete()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "agentic_sft"}, "stage-order-mismatch"),
        ({"kind": "rl"}, "stage-order-mismatch"),
        ({"kind": "sft"}, "schema-violation"),
        ({"run_id": ""}, "schema-violation"),
        ({"run_id": "a|b"}, "schema-violation"),
        ({"run_id": None}, "schema-violation"),
        ({"checkpoint_family": 7}, "schema-violation"),
        ({"environment": {}}, "schema-violation"),
        ({"base_checkpoint": {**UNKNOWN, **OTHER_FAMILY}}, "program-family-mismatch"),
        ({"clock": lambda: -1}, "schema-violation"),
        ({"clock": lambda: 2**64}, "schema-violation"),
        ({"clock": lambda: 1.5}, "non-integer-number"),
        ({"clock": lambda: "now"}, "schema-violation"),
    ],
)
def test_no_program_starts_otherwise(changes: dict[str, Any], rule: str) -> None:
    right = {"run_id": RUN, "checkpoint_family": FAMILY, "kind": "pretrain", "environment": ENVIRONMENT}
    with pytest.raises(StageRefusalError) as refused:
        StageProgram.start(**right | changes)
    assert refused.value.rule == rule
    assert refused.value.stage is None


@pytest.mark.parametrize(
    "call", [recording(RECEIPT), ingesting("a", "long_context"), completing, advancing()]
)
def test_a_program_that_has_entered_no_stage_is_to_be_started_again(call: Call) -> None:
    made = at()
    with pytest.raises(StageRefusalError) as refused:
        call(made)
    assert (refused.value.rule, refused.value.expected) == (
        "stage-order-mismatch",
        ["pretrain", "general_sft"],
    )
    assert made.stage_id is None


def test_a_refusal_of_a_receipt_tells_what_is_wrong_with_it_and_with_its_place() -> None:
    receipt = {**documents("resumed")["resumed"], "receipt_digest": ZEROS}
    with pytest.raises(StageRefusalError) as refused:
        recording(Source("r.json", document_text(receipt).encode()))(started())
    *of_program, of_receipt = refused.value.findings
    assert [each.rule for each in of_program] == ["receipt-stage-mismatch", "program-run-mismatch"]
    assert all(each.document.startswith("the stage program") and each.line is None for each in of_program)
    assert (of_receipt.rule, of_receipt.document) == ("receipt-digest-mismatch", "r.json")
    assert of_receipt.line is not None


def test_of_another_document_than_a_receipt_only_that_is_reported() -> None:
    config = {**documents("config")["config"], "model_id": "another"}
    with pytest.raises(StageRefusalError) as refused:
        recording(config)(started())
    assert [finding.rule for finding in refused.value.findings] == ["unknown-kind"]
    assert "pretrain-stage config" in str(refused.value)


def test_a_checkpoint_is_given_in_one_way_only() -> None:
    made = at("pretrain", completed=True)
    with pytest.raises(ValueError, match="not both"):
        made.advance(ENVIRONMENT, promoted_by(RECEIPT), receipt_digest=RECEIPT["receipt_digest"])


# What it loads.


def test_a_state_is_loaded_as_it_was_written() -> None:
    for completed in (False, True):
        text = document_text(program(*KINDS, completed=completed))
        assert StageProgram.from_json(text).to_json() == text
        assert StageProgram.from_json(text.encode()).state == program(*KINDS, completed=completed)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "invalid-json"),
        ("\ufeff{}", "invalid-json"),
        ("\ud800", "invalid-json"),
        ("[]", "unknown-kind"),
        ("{}", "unknown-kind"),
        (document_text(RECEIPT), "unknown-kind"),
        ('{"bundle": {"run_id": "r", "checkpoint_family": "f", "stages": []}}', "unknown-kind"),
        ('{"run_id": "r", "checkpoint_family": "f", "stages": null}', "schema-violation"),
        (document_text(program("pretrain")).replace('"active"', '"completed"'), "missing-completion"),
        (
            document_text(program("pretrain")).replace(RECEIPT["receipt_digest"], ZEROS),
            "receipt-digest-mismatch",
        ),
    ],
)
def test_a_state_that_the_checker_refuses_is_not_loaded(text: str, rule: str) -> None:
    with pytest.raises(StageRefusalError) as refused:
        StageProgram.from_json(text)
    assert refused.value.rule == rule


def test_a_state_may_not_grow_larger_than_what_is_read_again() -> None:
    text = document_text(program("general_sft"))
    made = StageProgram.from_json(text, limits=Limits(max_bytes=len(text) + 100), clock=lambda: 1)
    with pytest.raises(StageRefusalError) as refused:
        made.ingest_trace("new", "long_context", "lineage")
    assert refused.value.rule == "limit-exceeded"
    assert made.to_json() == text


def refused(call: Callable[[], Any]) -> list[str]:
    """The rules for which a call is refused."""
    with pytest.raises(StageRefusalError) as caught:
        call()
    return [finding.rule for finding in caught.value.findings]


@pytest.mark.parametrize("completed", [False, True])
def test_a_receipt_can_be_recorded_again_and_changes_nothing(completed: bool) -> None:
    made = started()
    made.record_pretrain_receipt(RECEIPT, inputs())
    if completed:
        made.complete()
        made.advance(ENVIRONMENT)
    before = made.to_json()
    assert made.record_pretrain_receipt(RECEIPT, inputs()).findings == ()
    assert made.to_json() == before
    assert made.has_recorded(RECEIPT)
    assert not made.has_recorded(SECOND)


def test_a_stage_records_no_receipts_of_two_configs() -> None:
    made = started()
    made.record_pretrain_receipt(RECEIPT, inputs())
    policy = {**inputs()["policy"], "policy_version": "5"}
    config = {**inputs()["config"], "sampling_policy_version": "5"}
    second = {**SECOND, "sampling_policy_version": "5"}
    annealed = sealed({"second": second})["second"]
    phase = inputs() | {"policy": policy, "config": config}
    assert refused(lambda: made.record_pretrain_receipt(annealed, phase)) == ["stage-config-mismatch"]
    assert "stage-config-mismatch" in refused(lambda: made.record_pretrain_receipt(annealed, inputs()))


@pytest.mark.filterwarnings("ignore::psion_contract.ContractWarning")
def test_a_stage_that_was_entered_from_a_checkpoint_records_receipts_that_continue_it() -> None:
    made = started(base_checkpoint=promoted_by(RECEIPT))
    assert refused(lambda: made.record_pretrain_receipt(SECOND, inputs())) == ["stage-base-mismatch"]
    made.record_pretrain_receipt(promoting(base=promoted_by(RECEIPT), step=13_000), inputs())
