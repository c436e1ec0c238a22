"""The stages of one run as a state machine: each call leads from one valid state to the next.

A call builds the new state and checks it (section 3, "Stage program", of the contract). If a rule finds an error,
the call is refused and changes nothing. New findings of severity warning, such as times in the wrong order, are issued as a
``ContractWarning``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from time import time_ns
from typing import Any, Self

from psion_contract.checker import Checker
from psion_contract.documents import kinds
from psion_contract.documents.digests import content_digest
from psion_contract.documents.serialising import document_text
from psion_contract.documents.stage_kinds import (
    NextStep,
    distinct_promoted_checkpoints,
    next_kind,
    next_step,
    promoted_by,
)
from psion_contract.exceptions import ArgumentError, ContractWarning
from psion_contract.findings import Finding, Report
from psion_contract.program import transitions
from psion_contract.program.refusal import (
    another_stage,
    errors_in,
    not_chosen,
    not_recorded,
    not_started,
    read_state,
    refusal,
    unknown_stage,
    validate_state,
    wrong_kind,
)
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits, checked_limits, read
from psion_contract.reading.python_values import plain
from psion_contract.reading.source import Documents, json_object, source_of
from psion_contract.rules import CHECKS

_PROGRAM_RULES = frozenset(rule for check in CHECKS["program"] for rule in check.rules)

Clock = Callable[[], int]
"""The time in milliseconds since the Unix epoch."""


def now_ms() -> int:
    """The system's time in milliseconds since the Unix epoch."""
    return time_ns() // 1_000_000


class StageMachine:
    """The stages of one run, in memory. `StageProgram` keeps them in a file.

    Args:
        state: a valid state of a program (section 1.6 of the contract).
        clock: the time in milliseconds since the Unix epoch.
        limits: the limits of the reader, for the state and for documents.
    """

    def __init__(self, state: Json, clock: Clock, limits: Limits) -> None:
        if not callable(clock):
            raise ArgumentError(f"clock: expected a function of the time, found a {type(clock).__name__}")
        self._state = state
        self._clock = clock
        self._limits = checked_limits(limits)
        self._known: set[tuple[str, str, str]] = set()  # warnings about the state that are not issued again

    @classmethod
    def start(
        cls,
        run_id: str,
        checkpoint_family: str,
        kind: str,
        environment: Mapping[str, str],
        *,
        base_checkpoint: Any = None,
        clock: Clock = now_ms,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Self:
        """Start a program by entering its first stage.

        Args:
            run_id: id of the run.
            checkpoint_family: family of all checkpoints of the run.
            kind: ``pretrain`` or ``general_sft``.
            environment: of the stage: ``environment_ref`` and ``version``.
            base_checkpoint: checkpoint reference that the stage starts from, if any, or the path of its file.
            clock: the time in milliseconds since the Unix epoch.
            limits: the limits of the reader, for the state and for documents.

        Raises:
            ArgumentError: an argument has no JSON form.
            StageRefusalError: the new state would break a rule.
        """
        state = transitions.initial_state(
            plain(run_id, "run_id"), plain(checkpoint_family, "checkpoint_family")
        )
        program = cls(state, clock, limits)
        program._enter("start", kind, environment, json_object("base_checkpoint", base_checkpoint, limits))
        return program

    @classmethod
    def from_json(
        cls,
        text: str | bytes,
        *,
        name: str = "the stage program",
        clock: Clock = now_ms,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Self:
        """A program from its recorded state.

        All rules apply except those that need the config and inputs of the receipts, which were checked when
        the receipts were recorded.

        Args:
            text: the state, JSON in UTF-8.
            name: the name of the text in findings.
            clock: the time in milliseconds since the Unix epoch.
            limits: the limits of the reader, for the state and for documents.

        Raises:
            ArgumentError: an argument has the wrong type.
            StageRefusalError: the text is not a program state, or the state breaks a rule.
        """
        source = source_of("text", text, checked_limits(limits))._replace(name=name)
        value, findings = read_state(source, limits)
        if errors := errors_in(findings):
            raise refusal("load it", None, errors)
        program = cls(value, clock, limits)
        program._new_warnings(findings)
        return program

    def to_json(self) -> str:
        """The state as JSON text: indented by two spaces, members in the order of section 1.6, with a final newline."""
        return document_text(self._state)

    @property
    def state(self) -> Json:
        """The state, as a copy."""
        return deepcopy(self._state)

    @property
    def stage_id(self) -> str | None:
        """Id of the current stage, active or completed; None before the first one."""
        stages = self._state["stages"]
        return str(stages[-1]["stage_id"]) if stages else None

    @property
    def next_step(self) -> NextStep:
        """What the program can do next, and what that still needs."""
        return next_step(self._state)

    def record_pretrain_receipt(
        self,
        receipt: Any,
        inputs: Documents,
        *,
        strict: bool = False,
    ) -> Report:
        """Record a receipt in the pretrain stage, if it breaks no rule.

        A receipt that the program has recorded already, in this stage or before, changes nothing: after a crash or a lost
        answer, it can be recorded again.

        Args:
            receipt: as `check_documents` takes a document; in findings, a source and a path keep their names.
            inputs: the config of the stage, the model descriptor, the corpus and the sampling policy, as
                `check_documents` takes documents. Other documents are ignored.
            strict: whether warnings count as errors.

        Returns:
            The report on the receipt, with its warnings.

        Warns:
            ContractWarning: the receipt has findings of severity warning.

        Raises:
            ArgumentError: an argument has no JSON form.
            StageRefusalError: the receipt breaks a rule against these inputs, belongs to another run, stage or
                checkpoint family, or has the digest of another receipt; or the stage admits no receipts.
            UnreadableError: a file cannot be read.
        """
        self._current_stage(action := "record the receipt")
        source = source_of("receipt", receipt, self._limits)
        report = Checker(inputs, limits=self._limits, strict=strict).check([source])
        reading = read(source.data, self._limits)
        if not reading.readable:
            raise refusal(action, self.stage_id, report.findings)
        if findings := wrong_kind(kinds.RECEIPT, source, reading.value):
            raise refusal(action, self.stage_id, findings)
        if report.ok and self.has_recorded(reading.value):
            return report
        if findings := unknown_stage(source, reading, self._state):
            raise refusal(action, self.stage_id, [*findings, *report.findings])
        state, found = validate_state(transitions.with_receipt(self._state, reading.value), self._limits)
        findings = errors_in(found)
        if not report.ok:
            # The report already judges the receipt by itself, with positions in its text.
            findings = [each for each in findings if each.rule in _PROGRAM_RULES]
            findings += report.findings
        if findings:
            raise refusal(action, self.stage_id, findings)
        if report.findings:
            warnings.warn(ContractWarning.of(report), stacklevel=2)
        self._new_warnings(found)  # the report has those on the receipt
        self._state = state
        return report

    def has_recorded(self, receipt: Json) -> bool:
        """Whether a stage has recorded a receipt.

        Args:
            receipt: a parsed object; every member counts, not only its digest.
        """
        return any(
            content_digest(receipt) == content_digest(recorded)
            for stage in self._state["stages"]
            for recorded in stage.get("pretrain_runs") or ()
            if recorded["receipt_digest"] == receipt.get("receipt_digest")
        )

    def ingest_trace(self, trace_id: str, trace_kind: str, lineage_digest: str) -> None:
        """Accept a trace into the stage.

        Args:
            trace_id: its id; a stage accepts each id once.
            trace_kind: ``plain_completion``, ``tool_call`` or ``long_context``.
            lineage_digest: the producer's own digest of its origin.

        Raises:
            StageRefusalError: the stage does not admit the trace.
        """
        self.ingest_traces([(trace_id, trace_kind, lineage_digest)])

    def ingest_traces(self, traces: Iterable[tuple[str, str, str]], *, kind: str | None = None) -> None:
        """Accept several traces, all of them or none.

        Args:
            traces: of each, the arguments of `ingest_trace`: id, kind and lineage digest.
            kind: the expected kind of the stage, as a safeguard.

        Raises:
            ArgumentError: a trace does not have these three.
            StageRefusalError: the stage does not admit one of them, or is of another kind.
        """
        self._current_stage(action := "ingest a trace", kind)
        if isinstance(traces, (str, bytes, Mapping)) or not isinstance(traces, Iterable):
            raise ArgumentError(f"traces: expected a list of traces, found a {type(traces).__name__}")
        if accepted := plain(list(traces), "traces"):
            for index, trace in enumerate(accepted):
                if not isinstance(trace, list) or len(trace) != 3:
                    found = (
                        f"a list of {len(trace)}" if isinstance(trace, list) else f"a {type(trace).__name__}"
                    )
                    message = f"traces[{index}]: expected an id, a kind and a lineage digest; found {found}"
                    raise ArgumentError(message)
            self._adopt(action, transitions.with_traces(self._state, accepted, self._now()), 3)

    def complete(self, *, kind: str | None = None) -> None:
        """Complete the stage: nothing more can be recorded in it.

        Args:
            kind: the expected kind of the stage, as a safeguard.

        Raises:
            StageRefusalError: the stage lacks a receipt or a trace, is already completed, or is of another kind.
        """
        self._current_stage(action := "complete", kind)
        self._adopt(action, transitions.completed(self._state, self._now()), 3)

    def advance(
        self,
        environment: Mapping[str, str],
        checkpoint: Any = None,
        *,
        receipt_digest: str | None = None,
        kind: str | None = None,
    ) -> None:
        """Promote a checkpoint from the completed stage, and enter the next stage with it.

        Args:
            environment: of the next stage: ``environment_ref`` and ``version``.
            checkpoint: the checkpoint reference to promote, or the path of its file; from a pretrain stage, the
                promoted checkpoint of one of its receipts, optional where they promote only one.
            receipt_digest: instead of a checkpoint, the digest of the receipt that promotes it.
            kind: the expected kind of the next stage, as a safeguard.

        Raises:
            ArgumentError: an argument has no JSON form, or both a checkpoint and a receipt digest were passed.
            StageRefusalError: the stage is not completed, is not followed by a stage of that kind, or cannot
                promote the checkpoint.
        """
        last = self._current_stage(action := "advance")
        checkpoint = json_object("checkpoint", checkpoint, self._limits)
        if receipt_digest is not None:
            if checkpoint is not None:
                raise ArgumentError("give either a checkpoint or a receipt digest, not both")
            if not isinstance(receipt_digest, str):
                raise ArgumentError(
                    f"receipt_digest: expected a string, found a {type(receipt_digest).__name__}"
                )
            checkpoint = promoted_by(last, receipt_digest)
            if checkpoint is None:
                raise refusal(action, self.stage_id, [not_recorded(receipt_digest, last)])
        elif checkpoint is None and (promoted := distinct_promoted_checkpoints(last)):
            if len(promoted) > 1:
                raise refusal(action, self.stage_id, [not_chosen(last)])
            checkpoint = promoted[0]
        # No kind follows the last one; the rule about the order of stages reports that.
        self._enter(action, kind or next_kind(last["kind"]) or last["kind"], environment, checkpoint)

    def _enter(self, action: str, kind: Any, environment: Any, checkpoint: Any) -> None:
        kind, environment = plain(kind, "kind"), plain(environment, "environment")
        self._adopt(action, transitions.entered(self._state, kind, environment, checkpoint, self._now()))

    def _now(self) -> int:
        """The time of the clock; whether it is an integer, the schema says."""
        now: int = plain(self._clock(), "clock")
        return now

    def _adopt(self, action: str, state: Json, level: int = 4) -> None:
        """Replace the state, unless a rule finds an error in the new one; issue new warnings about it.

        Args:
            action: what would be refused.
            state: the new state.
            level: how many calls above is the line that warnings are about.
        """
        state, findings = validate_state(state, self._limits)
        if errors := errors_in(findings):
            raise refusal(action, self.stage_id, errors)
        if found := self._new_warnings(findings):
            warnings.warn(ContractWarning.of(Report(tuple(found))), stacklevel=level)
        self._state = state

    def _new_warnings(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that were not there before; they count as known from now on."""
        keys = {(each.rule, each.pointer, each.message): each for each in findings}
        new = [each for key, each in keys.items() if key not in self._known]
        self._known |= keys.keys()
        return new

    def _current_stage(self, action: str, kind: str | None = None) -> Json:
        """The current stage, which has that kind, if one is given."""
        if not self._state["stages"]:
            raise refusal(action, None, [not_started()])
        last: Json = self._state["stages"][-1]
        if kind not in (None, last["kind"]):
            raise refusal(action, self.stage_id, [another_stage(kind, last)])
        return last
