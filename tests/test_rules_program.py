"""The rules on the recorded state of a stage program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from time import perf_counter
from typing import Any

import pytest
from bundle import (
    CASES,
    Case,
    Operation,
    add,
    as_edited,
    cases,
    checked,
    copy,
    counted,
    documents,
    move,
    remove,
    replace,
)
from programs import (
    FAMILY,
    INPUTS,
    KINDS,
    RUN,
    ZEROS,
    accepted,
    canonical_receipt,
    completion,
    program,
    promoted_by,
    promoting,
    rejected,
    trace,
)
from psion_contract.rules.table import PROGRAM

from psion_contract import Checker, check_documents
from psion_contract.documents.document import Document
from psion_contract.documents.kinds import ROLES
from psion_contract.reading.pointers import child, parts, value_at
from psion_contract.catalog import RULES
from psion_contract.rules import CHECKS, Check, Subject

P = "/program"
STAGES = f"{P}/stages"
PRETRAIN, GENERAL, AGENTIC, RL = (f"{RUN}-stage-{number}-{kind}" for number, kind in enumerate(KINDS, 1))
SECOND = promoting(step=13_000)
"""Another receipt of the pretrain stage, which promotes another checkpoint."""


# Order, ids and status.


@cases(
    "stage-order-mismatch",
    accepted("all four kinds"),
    accepted("only the first", on=("pretrain",)),
    accepted("starting with fine-tuning", on=("general_sft", "agentic_sft", "rl")),
    rejected(
        "starting with agentic fine-tuning",
        on=("agentic_sft",),
        finds=[("stage-order-mismatch", "/stages/0/kind", "/stages")],
    ),
    rejected(
        "starting with reinforcement learning",
        on=("rl",),
        finds=[("stage-order-mismatch", "/stages/0/kind", "/stages")],
    ),
    rejected(
        "one kind left out",
        on=("pretrain", "agentic_sft"),
        finds=[("stage-order-mismatch", "/stages/1/kind", "/stages/0/kind")],
    ),
    rejected(
        "back to an earlier kind",
        on=("pretrain", "general_sft", "agentic_sft", "general_sft"),
        finds=[("stage-order-mismatch", "/stages/3/kind", "/stages/2/kind")],
    ),
    rejected(
        "the same kind again",
        on=("general_sft", "general_sft"),
        finds=[("stage-order-mismatch", "/stages/1/kind", "/stages/0/kind")],
    ),
    rejected(
        "something after the last kind",
        on=("general_sft", "agentic_sft", "rl", "rl"),
        finds=[("stage-order-mismatch", "/stages/3/kind", "/stages/2/kind")],
    ),
)
def test_stages_follow_one_another_in_the_order_of_their_kinds(case: Case) -> None:
    assert case.judged() == case.verdict


def named(position: int, name: str) -> list[Operation]:
    """Another id for a stage, wherever it is named."""
    kind = KINDS[position]
    operations = [
        replace(f"{STAGES}/{position}/stage_id", name),
        replace(f"{P}/transitions/{position}/next_stage_id", name),
    ]
    if kind != "rl":
        operations += [
            replace(f"{P}/completions/{position}/stage_id", name),
            replace(f"{P}/promotions/{position}/from_stage_id", name),
            replace(f"{P}/transitions/{position + 1}/previous_stage_id", name),
        ]
    if kind in ("general_sft", "agentic_sft"):
        operations += [
            replace(f"{STAGES}/{position}/ingested_traces/{index}/stage_id", name) for index in (0, 1)
        ]
    return operations


@cases(
    "stage-id-mismatch",
    accepted("the ids of a run of one stage", on=("general_sft",)),
    rejected(
        "numbered from another number",
        *named(1, f"{RUN}-stage-1-general_sft"),
        finds=[("stage-id-mismatch", "/stages/1/stage_id", "/run_id", "/stages/1/kind")],
    ),
    rejected(
        "of another kind",
        *named(2, f"{RUN}-stage-3-general_sft"),
        finds=[("stage-id-mismatch", "/stages/2/stage_id", "/run_id", "/stages/2/kind")],
    ),
    rejected(
        "of another run",
        *named(3, "tidewater-pilot-02-stage-4-rl"),
        finds=[("stage-id-mismatch", "/stages/3/stage_id", "/run_id", "/stages/3/kind")],
    ),
)
def test_a_stage_is_called_after_its_run_number_and_kind(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "stage-still-active",
    accepted("the last stage is active"),
    accepted("no stage is active", on=KINDS),
    rejected(
        "a second active stage",
        replace(f"{STAGES}/2/status", "active"),
        remove(f"{P}/completions/2"),
        finds=[("stage-still-active", "/stages/2/status", "/stages/3")],
    ),
    rejected(
        "the first stage is active, the last one completed",
        replace(f"{STAGES}/0/status", "active"),
        remove(f"{P}/completions/0"),
        on=("pretrain", "general_sft"),
        finds=[("stage-still-active", "/stages/0/status", "/stages/1")],
    ),
    rejected(
        "a completed stage made active again",
        replace(f"{STAGES}/1/status", "active"),
        finds=[
            ("stage-still-active", "/stages/1/status", "/stages/2"),
            ("unexpected-completion", "/completions/1/stage_id", "/stages/1"),
        ],
    ),
)
def test_only_the_last_stage_may_be_active(case: Case) -> None:
    assert case.judged() == case.verdict


# What stages hold.


def admitting(position: int, trace_kind: str) -> list[Operation]:
    """A further trace in a stage, and in the count of its completion."""
    kind = KINDS[position]
    further = trace(position + 1, kind, trace_kind, "further")
    traces = f"{STAGES}/{position}/ingested_traces"
    holds = kind in ("general_sft", "agentic_sft")
    operations = [add(f"{traces}/-" if holds else traces, further if holds else [further])]
    if kind != "rl":
        operations.append(replace(f"{P}/completions/{position}/ingested_trace_count", 3 if holds else 1))
    return operations


@cases(
    "trace-not-admitted",
    accepted("a completion for fine-tuning", *admitting(1, "plain_completion")),
    accepted("a long context for fine-tuning", *admitting(1, "long_context")),
    accepted("a tool call for agents", *admitting(2, "tool_call")),
    accepted("a long context for agents", *admitting(2, "long_context")),
    *(
        rejected(
            f"a {trace_kind} trace in a {KINDS[position]} stage",
            *admitting(position, trace_kind),
            finds=[
                (
                    "trace-not-admitted",
                    f"/stages/{position}/ingested_traces/{index}/trace_kind",
                    f"/stages/{position}/kind",
                )
            ],
        )
        for position, trace_kind, index in (
            (0, "plain_completion", 0),
            (0, "tool_call", 0),
            (0, "long_context", 0),
            (1, "tool_call", 2),
            (2, "plain_completion", 2),
            (3, "plain_completion", 0),
            (3, "tool_call", 0),
            (3, "long_context", 0),
        )
    ),
)
def test_a_stage_admits_the_traces_of_its_kind(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "trace-stage-mismatch",
    accepted(
        "traces of one name in two stages",
        replace(f"{STAGES}/2/ingested_traces/0/trace_id", "general_sft-long_context"),
    ),
    rejected(
        "a trace of a stage that there is not",
        replace(f"{STAGES}/1/ingested_traces/1/stage_id", "elsewhere"),
        finds=[("trace-stage-mismatch", "/stages/1/ingested_traces/1/stage_id", "/stages/1/stage_id")],
    ),
    rejected(
        "a trace moved to the next stage",
        move(f"{STAGES}/1/ingested_traces/1", f"{STAGES}/2/ingested_traces/-"),
        replace(f"{P}/completions/1/ingested_trace_count", 1),
        replace(f"{P}/completions/2/ingested_trace_count", 3),
        finds=[("trace-stage-mismatch", "/stages/2/ingested_traces/2/stage_id", "/stages/2/stage_id")],
    ),
)
def test_a_trace_names_the_stage_that_holds_it(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "duplicate-trace",
    accepted(
        "one trace in two stages",
        replace(f"{STAGES}/1/ingested_traces/1/trace_id", "both"),
        replace(f"{STAGES}/2/ingested_traces/1/trace_id", "both"),
    ),
    rejected(
        "the same trace again",
        copy(f"{STAGES}/1/ingested_traces/0", f"{STAGES}/1/ingested_traces/-"),
        replace(f"{P}/completions/1/ingested_trace_count", 3),
        finds=[
            (
                "duplicate-trace",
                "/stages/1/ingested_traces/2/trace_id",
                "/stages/1/ingested_traces/0/trace_id",
            )
        ],
    ),
    rejected(
        "two traces of one name",
        replace(f"{STAGES}/2/ingested_traces/1/trace_id", "agentic_sft-tool_call"),
        finds=[
            (
                "duplicate-trace",
                "/stages/2/ingested_traces/1/trace_id",
                "/stages/2/ingested_traces/0/trace_id",
            )
        ],
    ),
)
def test_a_stage_accepts_a_trace_once(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "missing-trace",
    accepted(
        "one trace is enough",
        remove(f"{STAGES}/1/ingested_traces/1"),
        replace(f"{P}/completions/1/ingested_trace_count", 1),
    ),
    accepted("reinforcement learning needs none", on=("general_sft", "agentic_sft", "rl")),
    accepted(
        "nor does an active stage",
        remove(f"{STAGES}/0/ingested_traces"),
        replace(f"{STAGES}/0/status", "active"),
        remove(f"{P}/completions"),
        on=("general_sft",),
    ),
    rejected(
        "fine-tuning without traces",
        replace(f"{STAGES}/1/ingested_traces", []),
        replace(f"{P}/completions/1/ingested_trace_count", 0),
        finds=[("missing-trace", "/stages/1/ingested_traces", "/stages/1/status")],
    ),
    rejected(
        "agentic fine-tuning whose traces were taken away",
        remove(f"{STAGES}/2/ingested_traces"),
        finds=[
            ("missing-trace", "/stages/2", "/stages/2/status"),
            ("completion-count-mismatch", "/completions/2/ingested_trace_count", "/stages/2"),
        ],
    ),
)
def test_a_fine_tuning_stage_is_not_completed_without_a_trace(case: Case) -> None:
    assert case.judged() == case.verdict


def recording(receipt: dict[str, Any]) -> list[Operation]:
    """A second receipt in the pretrain stage, and in the count of its completion."""
    return [add(f"{STAGES}/0/pretrain_runs/-", receipt), replace(f"{P}/completions/0/pretrain_run_count", 2)]


def in_fine_tuning(receipt: dict[str, Any]) -> list[Operation]:
    """A receipt in the second stage, and in the count of its completion."""
    return [add(f"{STAGES}/1/pretrain_runs", [receipt]), replace(f"{P}/completions/1/pretrain_run_count", 1)]


@cases(
    "receipt-not-admitted",
    accepted("two receipts of the pretrain stage", *recording(SECOND)),
    accepted("an empty list", add(f"{STAGES}/1/pretrain_runs", [])),
    accepted("null, which is no list", add(f"{STAGES}/3/pretrain_runs", None)),
    rejected(
        "a receipt in a fine-tuning stage",
        *in_fine_tuning(SECOND),
        finds=[
            ("receipt-not-admitted", "/stages/1/pretrain_runs/0", "/stages/1/kind"),
            ("receipt-stage-mismatch", "/stages/1/pretrain_runs/0/stage_id", "/stages/1/stage_id"),
        ],
    ),
    rejected(
        "a receipt of reinforcement learning, which no config declares",
        add(f"{STAGES}/3/pretrain_runs", [{**SECOND, "stage_id": RL}]),
        finds=[
            ("receipt-not-admitted", "/stages/3/pretrain_runs/0", "/stages/3/kind"),
            ("config-mismatch", "/stages/3/pretrain_runs/0/stage_id", "/config/stage_id"),
        ],
    ),
)
def test_only_a_pretrain_stage_admits_receipts(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "receipt-stage-mismatch",
    accepted("receipts of the stage", *recording(SECOND)),
    rejected(
        "of a stage that the run does not have",
        replace(f"{STAGES}/0/pretrain_runs/0/stage_id", f"{RUN}-stage-2-pretrain"),
        finds=[
            ("receipt-stage-mismatch", "/stages/0/pretrain_runs/0/stage_id", "/stages/0/stage_id"),
            ("config-mismatch", "/stages/0/pretrain_runs/0/stage_id", "/config/stage_id"),
        ],
    ),
    rejected(
        "of the second stage",
        *recording({**SECOND, "stage_id": GENERAL}),
        finds=[
            ("receipt-stage-mismatch", "/stages/0/pretrain_runs/1/stage_id", "/stages/0/stage_id"),
            ("config-mismatch", "/stages/0/pretrain_runs/1/stage_id", "/config/stage_id"),
        ],
    ),
)
def test_a_receipt_names_the_stage_that_holds_it(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "duplicate-receipt",
    accepted("two receipts of one checkpoint", *recording(canonical_receipt(summary="Measured again."))),
    rejected(
        "the same receipt again",
        *recording(canonical_receipt()),
        finds=[
            (
                "duplicate-receipt",
                "/stages/0/pretrain_runs/1/receipt_digest",
                "/stages/0/pretrain_runs/0/receipt_digest",
            )
        ],
    ),
    rejected(
        "another one of the same digest, which does not bind the step",
        *recording(promoting(step=13_000) | {"summary": canonical_receipt()["summary"]}),
        finds=[
            (
                "duplicate-receipt",
                "/stages/0/pretrain_runs/1/receipt_digest",
                "/stages/0/pretrain_runs/0/receipt_digest",
            )
        ],
    ),
)
def test_a_program_records_a_receipt_once(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "missing-receipt",
    accepted("two receipts", *recording(SECOND)),
    accepted(
        "an active stage without one",
        remove(f"{STAGES}/0/pretrain_runs"),
        replace(f"{STAGES}/0/status", "active"),
        replace(f"{P}/completions", []),
        on=("pretrain",),
    ),
    rejected(
        "a stage completed without one",
        replace(f"{STAGES}/0/pretrain_runs", []),
        replace(f"{P}/completions/0/pretrain_run_count", 0),
        on=("pretrain",),
        finds=[("missing-receipt", "/stages/0/pretrain_runs", "/stages/0/status")],
    ),
    rejected(
        "the receipts taken away",
        remove(f"{STAGES}/0/pretrain_runs"),
        finds=[
            ("missing-receipt", "/stages/0", "/stages/0/status"),
            ("completion-count-mismatch", "/completions/0/pretrain_run_count", "/stages/0"),
            ("unrecorded-checkpoint", "/promotions/0/checkpoint", "/stages/0"),
        ],
    ),
)
def test_a_pretrain_stage_is_not_completed_without_a_receipt(case: Case) -> None:
    assert case.judged() == case.verdict


# One run, one family.


@cases(
    "program-run-mismatch",
    accepted("one run throughout"),
    *(
        rejected(
            f"{place} of another run",
            replace(f"{P}{place}/run_id", "tidewater-pilot-02"),
            finds=[("program-run-mismatch", f"{place}/run_id", "/run_id")],
        )
        for place in ("/stages/1/ingested_traces/1", "/completions/0", "/promotions/2", "/transitions/3")
    ),
    rejected(
        "a receipt of another run",
        replace(f"{STAGES}/0/pretrain_runs/0/run_id", "tidewater-pilot-02"),
        finds=[
            ("program-run-mismatch", "/stages/0/pretrain_runs/0/run_id", "/run_id"),
            ("config-mismatch", "/stages/0/pretrain_runs/0/run_id", "/config/run_id"),
        ],
    ),
)
def test_everything_recorded_is_of_one_run(case: Case) -> None:
    assert case.judged() == case.verdict


def of_family(family: str, *places: str) -> list[Operation]:
    """Another family for checkpoints."""
    return [replace(f"{P}{place}/checkpoint_family", family) for place in places]


THIRD = ("/promotions/1/checkpoint", "/stages/2/base_checkpoint", "/transitions/2/base_checkpoint")
"""Where the checkpoint stands that the third stage starts from."""
FIRST = ("/promotions/0/checkpoint", "/stages/1/base_checkpoint", "/transitions/1/base_checkpoint")
"""Where the checkpoint stands that the pretrain stage hands on."""
RECEIPT = "/stages/0/pretrain_runs/0/checkpoint_lineage/promoted_checkpoint"


@cases(
    "program-family-mismatch",
    accepted("one family throughout"),
    accepted(
        "a first stage that starts from a checkpoint",
        add(f"{STAGES}/0/base_checkpoint", promoted_by(SECOND)),
        add(f"{P}/transitions/0/base_checkpoint", promoted_by(SECOND)),
        on=("general_sft", "agentic_sft"),
    ),
    rejected(
        "a promotion of another family",
        *of_family("psion.other", *THIRD),
        finds=[
            ("program-family-mismatch", f"{place}/checkpoint_family", "/checkpoint_family") for place in THIRD
        ],
    ),
    rejected(
        "a receipt and what it hands on",
        *of_family("psion.other", *FIRST, RECEIPT),
        finds=[
            ("program-family-mismatch", f"{place}/checkpoint_family", "/checkpoint_family")
            for place in (*FIRST, RECEIPT)
        ],
    ),
    rejected(
        "a first stage that starts from one of another family",
        add(f"{STAGES}/0/base_checkpoint", {**promoted_by(SECOND), "checkpoint_family": "psion.other"}),
        add(
            f"{P}/transitions/0/base_checkpoint", {**promoted_by(SECOND), "checkpoint_family": "psion.other"}
        ),
        on=("general_sft",),
        finds=[
            ("program-family-mismatch", f"{place}/base_checkpoint/checkpoint_family", "/checkpoint_family")
            for place in ("/stages/0", "/transitions/0")
        ],
    ),
)
def test_every_checkpoint_is_of_the_family_of_the_program(case: Case) -> None:
    assert case.judged() == case.verdict


# Completions.

COMPLETION = program(*KINDS)["completions"][0]


@cases(
    "missing-completion",
    accepted(
        "no completion where no stage is completed",
        replace(f"{P}/completions", None),
        replace(f"{STAGES}/0/status", "active"),
        on=("pretrain",),
    ),
    accepted("in another order", move(f"{P}/completions/2", f"{P}/completions/0")),
    rejected(
        "none at all",
        remove(f"{P}/completions"),
        on=("pretrain",),
        finds=[("missing-completion", "/stages/0", "")],
    ),
    rejected(
        "none of the second stage",
        remove(f"{P}/completions/1"),
        finds=[("missing-completion", "/stages/1", "/completions")],
    ),
)
def test_a_completed_stage_has_a_completion(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "unexpected-completion",
    accepted("one for each completed stage", on=KINDS),
    rejected(
        "of the active stage",
        add(f"{P}/completions/-", completion(program(*KINDS)["stages"][3])),
        finds=[("unexpected-completion", "/completions/3/stage_id", "/stages/3")],
    ),
    rejected(
        "a second one",
        copy(f"{P}/completions/0", f"{P}/completions/-"),
        finds=[("unexpected-completion", "/completions/3/stage_id", "/stages/0")],
    ),
    rejected(
        "of no stage of the program",
        add(f"{P}/completions/-", {**COMPLETION, "stage_id": "elsewhere"}),
        finds=[("unexpected-completion", "/completions/3/stage_id", "/stages")],
    ),
)
def test_nothing_else_has_a_completion(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "completion-stage-mismatch",
    accepted("completed at any time", replace(f"{P}/completions/0/completed_at_ms", 0)),
    rejected(
        "of another kind",
        replace(f"{P}/completions/1/kind", "agentic_sft"),
        finds=[("completion-stage-mismatch", "/completions/1/kind", "/stages/1/kind")],
    ),
    rejected(
        "of a stage that there is not",
        replace(f"{P}/completions/1/stage_id", "elsewhere"),
        finds=[("completion-stage-mismatch", "/completions/1/stage_id", "/stages/1/stage_id")],
    ),
)
def test_a_completion_names_its_stage(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "completion-count-mismatch",
    accepted("a receipt more, and counted", *recording(SECOND)),
    rejected(
        "too many traces",
        replace(f"{P}/completions/1/ingested_trace_count", 3),
        finds=[
            ("completion-count-mismatch", "/completions/1/ingested_trace_count", "/stages/1/ingested_traces")
        ],
    ),
    rejected(
        "too few receipts",
        replace(f"{P}/completions/0/pretrain_run_count", 0),
        finds=[("completion-count-mismatch", "/completions/0/pretrain_run_count", "/stages/0/pretrain_runs")],
    ),
    rejected(
        "traces where there are none",
        replace(f"{P}/completions/0/ingested_trace_count", 1),
        finds=[("completion-count-mismatch", "/completions/0/ingested_trace_count", "/stages/0")],
    ),
    rejected(
        "a receipt recorded after the stage was completed",
        recording(SECOND)[0],
        finds=[("completion-count-mismatch", "/completions/0/pretrain_run_count", "/stages/0/pretrain_runs")],
    ),
)
def test_a_completion_counts_what_its_stage_holds(case: Case) -> None:
    assert case.judged() == case.verdict


# Promotions.

PROMOTION = program(*KINDS)["promotions"][0]


@cases(
    "missing-promotion",
    accepted("none where there was no advance", replace(f"{P}/promotions", None), on=("pretrain",)),
    rejected(
        "none at all",
        remove(f"{P}/promotions"),
        on=("pretrain", "general_sft"),
        finds=[("missing-promotion", "/stages/0", "")],
    ),
    rejected(
        "none out of the third stage",
        remove(f"{P}/promotions/2"),
        finds=[("missing-promotion", "/stages/2", "/promotions")],
    ),
)
def test_an_advance_has_a_promotion(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "unexpected-promotion",
    accepted("in another order", move(f"{P}/promotions/2", f"{P}/promotions/0")),
    rejected(
        "out of the last stage",
        add(f"{P}/promotions/-", {**PROMOTION, "from_stage_id": PRETRAIN}),
        on=("pretrain",),
        finds=[("unexpected-promotion", "/promotions/0/from_stage_id", "/stages/0")],
    ),
    rejected(
        "a second one",
        copy(f"{P}/promotions/1", f"{P}/promotions/-"),
        finds=[("unexpected-promotion", "/promotions/3/from_stage_id", "/stages/1")],
    ),
    rejected(
        "out of no stage of the program",
        add(f"{P}/promotions/-", {**PROMOTION, "from_stage_id": "elsewhere"}),
        finds=[("unexpected-promotion", "/promotions/3/from_stage_id", "/stages")],
    ),
)
def test_nothing_else_has_a_promotion(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "promotion-stage-mismatch",
    accepted("from stage to stage", on=("general_sft", "agentic_sft")),
    rejected(
        "from a stage that there is not",
        replace(f"{P}/promotions/0/from_stage_id", "elsewhere"),
        finds=[("promotion-stage-mismatch", "/promotions/0/from_stage_id", "/stages/0/stage_id")],
    ),
    rejected(
        "from another kind",
        replace(f"{P}/promotions/1/from_stage_kind", "pretrain"),
        finds=[("promotion-stage-mismatch", "/promotions/1/from_stage_kind", "/stages/1/kind")],
    ),
    rejected(
        "to another kind",
        replace(f"{P}/promotions/1/to_stage_kind", "rl"),
        finds=[("promotion-stage-mismatch", "/promotions/1/to_stage_kind", "/stages/2/kind")],
    ),
)
def test_a_promotion_names_both_stages(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "missing-base-checkpoint",
    accepted("fine-tuning first, from no checkpoint", on=("general_sft",)),
    accepted("pretraining from none, said with null", add(f"{STAGES}/0/base_checkpoint", None)),
    rejected(
        "a later stage from none",
        remove(f"{STAGES}/2/base_checkpoint"),
        remove(f"{P}/transitions/2/base_checkpoint"),
        finds=[("missing-base-checkpoint", "/stages/2", "/stages/1")],
    ),
    rejected(
        "a later stage from null",
        replace(f"{STAGES}/1/base_checkpoint", None),
        replace(f"{P}/transitions/1/base_checkpoint", None),
        finds=[("missing-base-checkpoint", "/stages/1", "/stages/0")],
    ),
)
def test_a_stage_after_another_starts_from_a_checkpoint(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "base-checkpoint-mismatch",
    accepted(
        "an optional member is null in one and absent in the other",
        remove(f"{STAGES}/2/base_checkpoint/step"),
        *(replace(f"{P}{place}/step", None) for place in (THIRD[0], THIRD[2])),
    ),
    *(
        rejected(
            f"another {member}",
            *(replace(f"{P}{place}/{member}", value) for place in THIRD[1:]),
            finds=[("base-checkpoint-mismatch", "/stages/2/base_checkpoint", "/promotions/1/checkpoint")],
        )
        for member, value in (("step", 1), ("object_digest", "another"), ("durable_at_ms", None))
    ),
)
def test_a_stage_starts_from_the_checkpoint_promoted_to_it(case: Case) -> None:
    assert case.judged() == case.verdict


def handing_on(checkpoint: dict[str, Any]) -> list[Operation]:
    """Another checkpoint out of the pretrain stage."""
    return [replace(f"{P}{place}", checkpoint) for place in FIRST]


@cases(
    "unrecorded-checkpoint",
    accepted("that of the second of two receipts", *recording(SECOND), *handing_on(promoted_by(SECOND))),
    accepted("that of the first of two", *recording(SECOND)),
    accepted(
        "an optional member is null, and absent in the receipt",
        remove(f"{P}{RECEIPT}/checkpoint_ref"),
        *(replace(f"{P}{place}/checkpoint_ref", None) for place in FIRST),
    ),
    accepted(
        "any other out of a later stage", *(replace(f"{P}{place}/object_digest", "any") for place in THIRD)
    ),
    rejected(
        "that of no receipt",
        *handing_on(promoted_by(SECOND)),
        finds=[("unrecorded-checkpoint", "/promotions/0/checkpoint", RECEIPT)],
    ),
    rejected(
        "that of none of two receipts",
        *recording(SECOND),
        *handing_on({**promoted_by(SECOND), "membership_epoch": 8}),
        finds=[
            (
                "unrecorded-checkpoint",
                "/promotions/0/checkpoint",
                RECEIPT,
                RECEIPT.replace("runs/0", "runs/1"),
            )
        ],
    ),
    rejected(
        "a member less than the receipt gives",
        *(remove(f"{P}{place}/checkpoint_ref") for place in FIRST),
        finds=[("unrecorded-checkpoint", "/promotions/0/checkpoint", RECEIPT)],
    ),
)
def test_the_checkpoint_out_of_a_pretrain_stage_is_that_of_a_receipt(case: Case) -> None:
    assert case.judged() == case.verdict


# Transitions.

TRANSITION = program(*KINDS)["transitions"][1]


@cases(
    "missing-transition",
    accepted("in another order", move(f"{P}/transitions/3", f"{P}/transitions/0")),
    rejected(
        "none at all",
        replace(f"{P}/transitions", []),
        on=("pretrain",),
        finds=[("missing-transition", "/stages/0", "/transitions")],
    ),
    rejected(
        "none into the first stage",
        remove(f"{P}/transitions/0"),
        finds=[("missing-transition", "/stages/0", "/transitions")],
    ),
    rejected(
        "none into the last stage",
        remove(f"{P}/transitions/3"),
        finds=[("missing-transition", "/stages/3", "/transitions")],
    ),
)
def test_a_stage_has_a_transition_into_it(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "unexpected-transition",
    accepted("one into each stage", on=("pretrain", "general_sft")),
    rejected(
        "a second one",
        copy(f"{P}/transitions/2", f"{P}/transitions/-"),
        finds=[("unexpected-transition", "/transitions/4/next_stage_id", "/stages/2")],
    ),
    rejected(
        "into no stage of the program",
        add(f"{P}/transitions/-", {**TRANSITION, "next_stage_id": "elsewhere"}),
        finds=[("unexpected-transition", "/transitions/4/next_stage_id", "/stages")],
    ),
)
def test_nothing_else_has_a_transition(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "transition-stage-mismatch",
    accepted("no stage before the first, said with null", add(f"{P}/transitions/0/previous_stage_id", None)),
    rejected(
        "a stage before the first",
        add(f"{P}/transitions/0/previous_stage_id", "elsewhere"),
        finds=[("transition-stage-mismatch", "/transitions/0/previous_stage_id", "/stages/0")],
    ),
    rejected(
        "none before the second",
        remove(f"{P}/transitions/1/previous_stage_id"),
        finds=[("transition-stage-mismatch", "/transitions/1", "/stages/0/stage_id")],
    ),
    rejected(
        "another one before the third",
        replace(f"{P}/transitions/2/previous_stage_id", PRETRAIN),
        finds=[("transition-stage-mismatch", "/transitions/2/previous_stage_id", "/stages/1/stage_id")],
    ),
    rejected(
        "another stage entered",
        replace(f"{P}/transitions/2/next_stage_id", "elsewhere"),
        finds=[("transition-stage-mismatch", "/transitions/2/next_stage_id", "/stages/2/stage_id")],
    ),
    rejected(
        "of another kind",
        replace(f"{P}/transitions/2/next_stage_kind", "rl"),
        finds=[("transition-stage-mismatch", "/transitions/2/next_stage_kind", "/stages/2/kind")],
    ),
)
def test_a_transition_names_both_stages(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "transition-checkpoint-mismatch",
    accepted("no checkpoint, said with null", add(f"{P}/transitions/0/base_checkpoint", None)),
    accepted(
        "an optional member is null",
        replace(f"{P}/transitions/1/base_checkpoint/checkpoint_ref", None),
        *(remove(f"{P}{place}/checkpoint_ref") for place in (*FIRST[:2], RECEIPT)),
    ),
    rejected(
        "another step",
        replace(f"{P}/transitions/2/base_checkpoint/step", 1),
        finds=[
            ("transition-checkpoint-mismatch", "/transitions/2/base_checkpoint", "/stages/2/base_checkpoint")
        ],
    ),
    rejected(
        "none where the stage has one",
        remove(f"{P}/transitions/2/base_checkpoint"),
        finds=[("transition-checkpoint-mismatch", "/transitions/2", "/stages/2/base_checkpoint")],
    ),
    rejected(
        "one where the stage has none",
        add(f"{P}/transitions/0/base_checkpoint", promoted_by(SECOND)),
        finds=[("transition-checkpoint-mismatch", "/transitions/0/base_checkpoint", "/stages/0")],
    ),
)
def test_a_transition_gives_the_checkpoint_that_its_stage_starts_from(case: Case) -> None:
    assert case.judged() == case.verdict


# Digests of the records.


@cases(
    "completion-digest-mismatch",
    accepted("another time, and its digest", replace(f"{P}/completions/2/completed_at_ms", 10)),
    rejected(
        "the digest of nothing",
        replace(f"{P}/completions/0/completion_digest", ZEROS),
        finds=[("completion-digest-mismatch", "/completions/0/completion_digest", "/completions/0")],
        then=as_edited,
    ),
    rejected(
        "another time under the old digest",
        replace(f"{P}/completions/2/completed_at_ms", 10),
        finds=[("completion-digest-mismatch", "/completions/2/completion_digest", "/completions/2")],
        then=as_edited,
    ),
)
def test_a_completion_carries_its_digest(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "promotion-digest-mismatch",
    accepted(
        "a member that the digest does not bind",
        *(replace(f"{P}{place}/step", 1) for place in THIRD),
        then=as_edited,
    ),
    rejected(
        "the digest of nothing",
        replace(f"{P}/promotions/1/promotion_digest", ZEROS),
        finds=[("promotion-digest-mismatch", "/promotions/1/promotion_digest", "/promotions/1")],
        then=as_edited,
    ),
    rejected(
        "another checkpoint under the old digests",
        *(replace(f"{P}{place}/object_digest", "another") for place in THIRD),
        finds=[
            ("promotion-digest-mismatch", "/promotions/1/promotion_digest", "/promotions/1"),
            ("transition-digest-mismatch", "/transitions/2/transition_digest", "/transitions/2"),
        ],
        then=as_edited,
    ),
)
def test_a_promotion_carries_its_digest(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "transition-digest-mismatch",
    accepted("another time, and its digest", replace(f"{P}/transitions/0/transitioned_at_ms", 10)),
    rejected(
        "the digest of nothing",
        replace(f"{P}/transitions/0/transition_digest", ZEROS),
        finds=[("transition-digest-mismatch", "/transitions/0/transition_digest", "/transitions/0")],
        then=as_edited,
    ),
    rejected(
        "another time under the old digest",
        replace(f"{P}/transitions/3/transitioned_at_ms", 10),
        finds=[("transition-digest-mismatch", "/transitions/3/transition_digest", "/transitions/3")],
        then=as_edited,
    ),
)
def test_a_transition_carries_its_digest(case: Case) -> None:
    assert case.judged() == case.verdict


# All rules together.

OWN = [name for name, rule in RULES.items() if rule.section == PROGRAM]
BROKEN = [case for rule in OWN for case in CASES.get(rule, ()) if case.verdict.findings]


@pytest.mark.parametrize("rule", OWN)
def test_each_rule_on_programs_has_an_accepted_and_two_rejected_cases(rule: str) -> None:
    right, wrong = counted(rule)
    assert right >= 1
    assert wrong >= 2


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.what)
def test_every_finding_on_a_program_has_a_line_a_column_and_another_side(case: Case) -> None:
    for finding in checked(case.documents()).findings:
        assert finding.line
        assert finding.column
        assert finding.related
        assert all(other.line and other.column for other in finding.related)


@pytest.mark.parametrize("kinds", [KINDS[:end] for end in range(1, 5)] + [KINDS[1:]], ids="+".join)
@pytest.mark.parametrize("completed", [False, True], ids=["active", "completed"])
def test_programs_of_all_lengths_are_accepted(kinds: tuple[str, ...], completed: bool) -> None:
    report = check_documents(documents(*INPUTS, "config") | {"program": program(*kinds, completed=completed)})
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())


def test_a_program_that_has_entered_no_stage_is_accepted() -> None:
    report = check_documents({"program": {"run_id": RUN, "checkpoint_family": FAMILY, "stages": []}})
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())


def test_a_program_may_stand_inside_another_document() -> None:
    report = Checker(documents(*INPUTS, "config")).check({"bundle": {"history": [program(*KINDS)]}})
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    broken = program(*KINDS)
    broken["stages"][0]["status"] = "active"
    report = Checker(documents(*INPUTS, "config")).check({"bundle": {"history": [broken]}})
    assert ("stage-still-active", "/history/0/stages/0/status") in [
        (finding.rule, finding.pointer) for finding in report.findings
    ]


@pytest.mark.parametrize("without", [*INPUTS, "config"])
def test_a_program_is_not_called_good_without_all_that_its_receipts_name(without: str) -> None:
    inputs = documents(*INPUTS, "config")
    del inputs[without]
    report = Checker(inputs).check({"program": program(*KINDS)})
    assert report.verdict == "inconsistent"
    assert "unresolved-reference" in {finding.rule for finding in report.findings}


def test_a_receipt_in_a_program_is_held_to_every_rule_on_receipts() -> None:
    state = program("pretrain")
    receipt = state["stages"][0]["pretrain_runs"][0]
    receipt["source_family_reports"][0]["token_share_bps_within_split"] += 1
    report = Checker(documents(*INPUTS, "config")).check({"program": state})
    inside = "/stages/0/pretrain_runs/0"
    assert {(finding.rule, finding.pointer) for finding in report.findings} == {
        ("share-total-mismatch", f"{inside}/source_family_reports/0/token_share_bps_within_split"),
        ("receipt-digest-mismatch", f"{inside}/receipt_digest"),
    }


# What stands together in the place of what: one cause, one finding.


def findings_on(state: dict[str, Any]) -> list[Any]:
    return list(Checker(documents(*INPUTS, "config")).check({"program": state}).findings)


def test_a_swapped_order_is_told_by_kind_and_id() -> None:
    state = program(*KINDS)
    state["stages"][0:2] = reversed(state["stages"][0:2])
    rules = [finding.rule for finding in findings_on(state)]
    assert rules[:4] == ["stage-order-mismatch"] * 2 + ["stage-id-mismatch"] * 2


def test_a_record_that_names_the_wrong_stage_is_not_missing_as_well() -> None:
    state = program(*KINDS)
    state["completions"][1]["stage_id"] = PRETRAIN
    rules = {finding.rule for finding in findings_on(state)}
    assert rules == {"completion-stage-mismatch", "completion-digest-mismatch"}


def test_every_trace_of_another_run_is_told_alike() -> None:
    state = program("general_sft")
    one = {**state["stages"][0]["ingested_traces"][0], "run_id": "another"}
    state["stages"][0]["ingested_traces"] = [{**one, "trace_id": str(number)} for number in range(100)]
    found = [finding for finding in findings_on(state) if finding.rule == "program-run-mismatch"]
    assert len(found) == 100
    assert len({(finding.message, finding.related) for finding in found}) == 1


def test_checkpoints_are_told_apart_by_the_members_that_differ() -> None:
    state = program("pretrain", "general_sft")
    state["stages"][1]["base_checkpoint"] |= {"step": 1, "membership_epoch": 1, "checkpoint_ref": None}
    (finding,) = (each for each in findings_on(state) if each.rule == "base-checkpoint-mismatch")
    assert "membership_epoch is 1, not 7; checkpoint_ref is null, not " in finding.message
    assert finding.message.endswith("; so differ 1 more members")
    assert finding.expected["step"] == 12_000
    assert finding.actual["step"] == 1


def test_a_program_of_thousands_of_records_is_judged_at_once() -> None:
    state = program("general_sft", completed=True)
    state["stages"] *= 1_000
    state["completions"] *= 2_000
    state["transitions"] = []
    start = perf_counter()
    rules = {finding.rule for finding in findings_on(state)}
    assert perf_counter() - start < 5
    assert {"stage-order-mismatch", "unexpected-completion", "missing-transition"} <= rules


# What a check reads.


def subject_of(state: dict[str, Any]) -> Subject:
    document = Document("program", "", ROLES["program"], state, text=None, judged=True)
    return Subject(document, {})


def pruned(value: dict[str, Any], pointers: tuple[str, ...]) -> dict[str, Any]:
    """What stands at the pointers, and nothing else; all these are members of the root."""
    return {name: deepcopy(value[name]) for (name,) in map(parts, pointers) if name in value}


def own_checks() -> list[Check]:
    return [each for each in CHECKS["program"] if set(OWN).issuperset(each.rules)]


@pytest.mark.parametrize("check", own_checks(), ids=lambda check: f"{check.rules[0]} {check.body.__name__}")
def test_a_check_on_programs_reads_no_more_than_it_says_it_needs(check: Check) -> None:
    for state in broken_states():
        whole = list(check.body(subject_of(state)))
        assert list(check.body(subject_of(pruned(state, check.needs["program"])))) == whole


@cache
def broken_states() -> list[dict[str, Any]]:
    return [case.documents()["program"] for case in BROKEN]


# Broken programs.

WRONG: tuple[Any, ...] = (None, [], {}, "", -1, 2**70, [[]], [{}], True)


def places(value: Any, pointer: str = "") -> Iterator[str]:
    """Every place in a program, but of what is in a receipt only its own members."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield child(pointer, key)
        if not re.fullmatch("/stages/0/pretrain_runs/0", pointer):
            yield from places(item, child(pointer, key))


@pytest.mark.parametrize("shift", range(3))
def test_no_wrong_value_anywhere_in_a_program_trips_a_rule(shift: int) -> None:
    right = program(*KINDS)
    for number, pointer in enumerate(places(right)):
        state = deepcopy(right)
        holder, last = value_at(state, pointer.rpartition("/")[0]), parts(pointer)[-1]
        holder[int(last) if isinstance(holder, list) else last] = WRONG[(number + shift) % len(WRONG)]
        check_documents({"program": state})


def test_a_broken_list_leaves_the_rules_on_the_others_applied() -> None:
    state = program(*KINDS)
    state["completions"][0]["kind"] = "else"
    state["promotions"][0]["promotion_digest"] = ZEROS
    report = Checker(documents(*INPUTS, "config")).check({"program": state})
    assert {finding.rule for finding in report.findings} == {"schema-violation", "promotion-digest-mismatch"}
    assert {each.rule for each in report.skipped} == {
        "completion-count-mismatch",
        "completion-digest-mismatch",
        "completion-stage-mismatch",
        "missing-completion",
        "program-run-mismatch",
        "unexpected-completion",
    }


def test_a_broken_stage_has_the_rules_on_stages_skipped() -> None:
    state = program(*KINDS)
    state["stages"][1]["kind"] = "else"
    report = Checker(documents(*INPUTS, "config")).check({"program": state})
    assert not report.ok
    assert {each.rule for each in report.skipped} == set(OWN) - {
        f"{name}-digest-mismatch" for name in ("completion", "promotion", "transition")
    }
