"""Random sequences of calls against a small model of the rules that shares nothing with the machine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.canonical_sets import INPUTS, documents
from support.stage_programs import (
    ENVIRONMENT,
    FAMILY,
    KINDS,
    RUN,
    ZEROS,
    canonical_receipt,
    promoted_by,
    promoting,
)

from psion_contract import Checker
from psion_contract.exceptions import StageRefusalError
from psion_contract.program.stage_program import StageProgram

FOREIGN = promoting(checkpoint_family="psion.other")
RECEIPTS = {
    "first": canonical_receipt(),
    "second, of the same checkpoint": canonical_receipt(summary="Measured again."),
    "third, of a later checkpoint": promoting(step=13_000, object_digest="later"),
    "fourth, from the first checkpoint": promoting(
        base=promoted_by(canonical_receipt()),
        step=15_000,
        object_digest="last",
        started_at_ms=1_771_300_000_000,
        durable_at_ms=1_771_300_000_001,
    ),
    "of another family": FOREIGN,
    "of another run": documents("resumed")["resumed"],
    "unsealed": {**canonical_receipt(summary="Changed."), "receipt_digest": ZEROS},
}
CHECKPOINTS = {
    None: None,
    "first": promoted_by(RECEIPTS["first"]),
    "later": promoted_by(RECEIPTS["third, of a later checkpoint"]),
    "last": promoted_by(RECEIPTS["fourth, from the first checkpoint"]),
    "of no receipt": promoted_by(promoting(step=14_000)),
    "of another family": promoted_by(FOREIGN),
}
PROMOTED = {
    "first": "first",
    "second, of the same checkpoint": "first",
    "third, of a later checkpoint": "later",
    "fourth, from the first checkpoint": "last",
    "of another family": "of another family",
}
"""The checkpoint that each receipt promotes."""

BASES = {"fourth, from the first checkpoint": "first"}
"""The checkpoint that each receipt starts from; the others start from fresh weights."""

TRACE_KINDS = ("plain_completion", "tool_call", "long_context")

CHECKER = Checker(documents(*INPUTS, "config", "resumed_config"), strict=True)


class Model:
    """The rules on calls, as section 3 of the contract words them.

    Attributes:
        stages: kind, whether completed, and the receipts and traces of each stage.
        base: the checkpoint that the first stage was entered from.
    """

    def __init__(self) -> None:
        self.base: str | None = None
        self.stages: list[tuple[str, bool, list[str], list[str]]] = []

    def may_start(self, kind: str, base: str | None) -> bool:
        return kind in ("pretrain", "general_sft") and base != "of another family"

    def may_record(self, receipt: str) -> bool:
        kind, completed, receipts, _ = self.stages[-1]
        sound = receipt not in ("unsealed", "of another run", "of another family")
        bases = [self.base, *(PROMOTED[each] for each in receipts)]
        continues = self.base is None or BASES.get(receipt) in bases
        return kind == "pretrain" and not completed and sound and continues and receipt not in receipts

    def may_ingest(self, trace: str, trace_kind: str) -> bool:
        kind, completed, _, traces = self.stages[-1]
        admits = {
            "general_sft": ("plain_completion", "long_context"),
            "agentic_sft": ("tool_call", "long_context"),
        }
        return not completed and trace_kind in admits.get(kind, ()) and trace not in traces

    def may_complete(self) -> bool:
        kind, completed, receipts, traces = self.stages[-1]
        has_evidence = bool(receipts) if kind == "pretrain" else kind == "rl" or bool(traces)
        return not completed and has_evidence

    def may_advance(self, to: str | None, checkpoint: str | None) -> bool:
        kind, completed, receipts, _ = self.stages[-1]
        after = {"pretrain": "general_sft", "general_sft": "agentic_sft", "agentic_sft": "rl"}.get(kind)
        if not completed or after is None or to not in (None, after):
            return False
        promoted = {PROMOTED[receipt] for receipt in receipts}
        if kind == "pretrain":
            return len(promoted) == 1 if checkpoint is None else checkpoint in promoted
        return checkpoint not in (None, "of another family")


class Programs(RuleBasedStateMachine):
    """Drives a program and the model with the same calls."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.clock = itertools.count(1).__next__

    @initialize(
        kind=st.sampled_from(KINDS), base=st.sampled_from([*CHECKPOINTS]), then=st.sampled_from(KINDS[:2])
    )
    def start(self, kind: str, base: str | None, then: str) -> None:
        try:
            self.program = self.started(kind, CHECKPOINTS[base])
            assert self.model.may_start(kind, base)
            self.model.base = base
        except StageRefusalError:
            assert not self.model.may_start(kind, base)
            kind = then
            self.program = self.started(kind, None)
        self.model.stages.append((kind, False, [], []))
        self.hold(self.program.to_json())

    def hold(self, text: str) -> None:
        """The checker accepts the state."""
        self.text = text
        report = CHECKER.check({"program": text})
        assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())

    def started(self, kind: str, base: dict[str, Any] | None) -> StageProgram:
        return StageProgram.start(RUN, FAMILY, kind, ENVIRONMENT, base_checkpoint=base, clock=self.clock)

    def called(self, may: bool, call: Any) -> bool:
        """Whether the call was done, which must be as the model has it; a refusal changes nothing."""
        if may:
            call()
        else:
            with pytest.raises(StageRefusalError):
                call()
        text = self.program.to_json()
        assert (text != self.text) is may
        if may:
            self.hold(text)
        return may

    @rule(receipt=st.sampled_from([*RECEIPTS]))
    def record(self, receipt: str) -> None:
        inputs = documents(*INPUTS, "config", "resumed_config")
        if any(receipt in receipts for _, _, receipts, _ in self.model.stages):
            self.program.record_pretrain_receipt(RECEIPTS[receipt], inputs)
            assert self.program.to_json() == self.text
            return
        may = self.model.may_record(receipt)
        if self.called(may, lambda: self.program.record_pretrain_receipt(RECEIPTS[receipt], inputs)):
            self.model.stages[-1][2].append(receipt)

    @rule(
        trace=st.sampled_from("ab"), kind=st.sampled_from(["plain_completion", "tool_call", "long_context"])
    )
    def ingest(self, trace: str, kind: str) -> None:
        may = self.model.may_ingest(trace, kind)
        if self.called(may, lambda: self.program.ingest_trace(trace, kind, "lineage")):
            self.model.stages[-1][3].append(trace)

    @rule()
    def complete(self) -> None:
        if self.called(self.model.may_complete(), self.program.complete):
            kind, _, receipts, traces = self.model.stages[-1]
            self.model.stages[-1] = (kind, True, receipts, traces)

    @rule(to=st.sampled_from([None, *KINDS]), checkpoint=st.sampled_from([*CHECKPOINTS]))
    def advance(self, to: str | None, checkpoint: str | None) -> None:
        may, kind = self.model.may_advance(to, checkpoint), self.model.stages[-1][0]
        if self.called(may, lambda: self.program.advance(ENVIRONMENT, CHECKPOINTS[checkpoint], kind=to)):
            self.model.stages.append((KINDS[KINDS.index(kind) + 1], False, [], []))

    def allowed(self) -> list[Callable[[], None]]:
        """Every call that the model allows."""
        calls: list[Callable[[], None]] = []
        calls += [partial(self.record, each) for each in RECEIPTS if self.model.may_record(each)]
        for trace, kind in itertools.product("abc", TRACE_KINDS):
            if self.model.may_ingest(trace, kind):
                calls.append(partial(self.ingest, trace, kind))
        if self.model.may_complete():
            calls += [self.complete] * 3
        for to, checkpoint in itertools.product((None, *KINDS), CHECKPOINTS):
            if self.model.may_advance(to, checkpoint):
                calls.append(partial(self.advance, to, checkpoint))
        return calls

    # Of random calls few are allowed, and sequences would not get far.

    @precondition(lambda self: self.allowed())
    @rule(choice=st.integers(0, 99))
    def an_allowed_call(self, choice: int) -> None:
        calls = self.allowed()
        calls[choice % len(calls)]()

    @precondition(lambda self: self.allowed())
    @rule(choice=st.integers(0, 99))
    def another_allowed_call(self, choice: int) -> None:
        self.an_allowed_call(choice)

    @rule()
    def write_and_read(self) -> None:
        self.program = StageProgram.from_json(self.text, clock=self.clock)
        assert self.program.to_json() == self.text

    @invariant()
    def the_model_has_the_same_stages(self) -> None:
        if self.model.stages:
            assert self.model.stages == [
                (
                    stage["kind"],
                    stage["status"] == "completed",
                    [named(receipt) for receipt in stage.get("pretrain_runs", ())],
                    [trace["trace_id"] for trace in stage.get("ingested_traces", ())],
                )
                for stage in self.program.state["stages"]
            ]


def named(receipt: dict[str, Any]) -> str:
    return next(name for name, each in RECEIPTS.items() if each == receipt)


TestPrograms = Programs.TestCase
TestPrograms.settings = settings(max_examples=settings().max_examples // 3, stateful_step_count=30)
