"""The stages of one run as a state machine: each call leads from one valid state to the next.

A call builds the new state and checks it (section 3, "Stage program", of the contract). If a rule finds an error,
the call is refused and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from time import time_ns
from typing import Any, Self

from psion_contract.checker import Checker
from psion_contract.documents import kinds
from psion_contract.documents.serialising import document_text
from psion_contract.documents.stage_kinds import (
    NextStep,
    distinct_promoted_checkpoints,
    next_kind,
    next_step,
    promoted_by,
)
from psion_contract.findings import Report
from psion_contract.program import transitions
from psion_contract.program.refusal import (
    not_recorded,
    not_started,
    read_state,
    refusal,
    validate_state,
    wrong_kind,
)
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits, read
from psion_contract.reading.source import Source, sources_of
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
        self._state = state
        self._clock = clock
        self._limits = limits

    @classmethod
    def start(
        cls,
        run_id: str,
        checkpoint_family: str,
        kind: str,
        environment: Mapping[str, str],
        *,
        base_checkpoint: Mapping[str, Any] | None = None,
        clock: Clock = now_ms,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Self:
        """Start a program by entering its first stage.

        Args:
            run_id: id of the run.
            checkpoint_family: family of all checkpoints of the run.
            kind: ``pretrain`` or ``general_sft``.
            environment: of the stage: ``environment_ref`` and ``version``.
            base_checkpoint: checkpoint reference that the stage starts from, if any.
            clock: the time in milliseconds since the Unix epoch.
            limits: the limits of the reader, for the state and for documents.

        Raises:
            StageRefusalError: the new state would break a rule.
        """
        program = cls(transitions.initial_state(run_id, checkpoint_family), clock, limits)
        program._enter("start", kind, environment, base_checkpoint)
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
            StageRefusalError: the text is not a program state, or the state breaks a rule.
        """
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        value, findings = read_state(Source(name, data), limits)
        if findings:
            raise refusal("load it", None, findings)
        return cls(value, clock, limits)

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
        receipt: Mapping[str, Any] | str | bytes | Source,
        inputs: Mapping[str, Any] | Iterable[Source],
        *,
        strict: bool = False,
    ) -> Report:
        """Record a receipt in the pretrain stage, if it breaks no rule.

        Args:
            receipt: parsed, as text or bytes, or as a source, whose name is then used in findings.
            inputs: the config of the stage, the model descriptor, the corpus and the sampling policy, by
                any name, each as bytes, text or a parsed object; or sources. Other documents are ignored.
            strict: whether warnings count as errors.

        Returns:
            The report on the receipt, with its warnings.

        Raises:
            StageRefusalError: the receipt breaks a rule against these inputs, belongs to another run, stage or
                checkpoint family, or was recorded before; or the stage admits no receipts.
        """
        self._current_stage(action := "record the receipt")
        source = receipt if isinstance(receipt, Source) else next(iter(sources_of({"receipt": receipt})))
        report = Checker(inputs, limits=self._limits, strict=strict).check([source])
        reading = read(source.data, self._limits)
        if not reading.readable:
            raise refusal(action, self.stage_id, report.findings)
        if findings := wrong_kind(kinds.RECEIPT, source, reading.value):
            raise refusal(action, self.stage_id, findings)
        state, findings = validate_state(transitions.with_receipt(self._state, reading.value), self._limits)
        if not report.ok:
            # The report already judges the receipt by itself, with positions in its text.
            findings = [each for each in findings if each.rule in _PROGRAM_RULES]
            findings += report.findings
        if findings:
            raise refusal(action, self.stage_id, findings)
        self._state = state
        return report

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

    def ingest_traces(self, traces: Iterable[tuple[str, str, str]]) -> None:
        """Accept several traces, all of them or none.

        Args:
            traces: of each, the arguments of `ingest_trace`: id, kind and lineage digest.

        Raises:
            StageRefusalError: the stage does not admit one of them.
        """
        self._current_stage(action := "ingest a trace")
        if accepted := list(traces):
            self._adopt(action, transitions.with_traces(self._state, accepted, self._clock()))

    def complete(self) -> None:
        """Complete the stage: nothing more can be recorded in it.

        Raises:
            StageRefusalError: the stage lacks a receipt or a trace, or is already completed.
        """
        self._current_stage(action := "complete")
        self._adopt(action, transitions.completed(self._state, self._clock()))

    def advance(
        self,
        environment: Mapping[str, str],
        checkpoint: Mapping[str, Any] | None = None,
        *,
        receipt_digest: str | None = None,
        kind: str | None = None,
    ) -> None:
        """Promote a checkpoint from the completed stage, and enter the next stage with it.

        Args:
            environment: of the next stage: ``environment_ref`` and ``version``.
            checkpoint: the checkpoint reference to promote; from a pretrain stage, the promoted checkpoint of
                one of its receipts, optional where they promote only one.
            receipt_digest: instead of a checkpoint, the digest of the receipt that promotes it.
            kind: the expected kind of the next stage, as a safeguard.

        Raises:
            StageRefusalError: the stage is not completed, is not followed by a stage of that kind, or cannot
                promote the checkpoint.
            ValueError: both a checkpoint and a receipt digest were passed.
        """
        last = self._current_stage(action := "advance")
        if receipt_digest is not None:
            if checkpoint is not None:
                raise ValueError("give either a checkpoint or a receipt digest, not both")
            checkpoint = promoted_by(last, receipt_digest)
            if checkpoint is None:
                raise refusal(action, self.stage_id, [not_recorded(receipt_digest, last)])
        elif checkpoint is None and len(promoted := distinct_promoted_checkpoints(last)) == 1:
            checkpoint = promoted[0]
        # No kind follows the last one; the rule about the order of stages reports that.
        self._enter(action, kind or next_kind(last["kind"]) or last["kind"], environment, checkpoint)

    def _enter(self, action: str, kind: str, environment: Any, checkpoint: Any) -> None:
        self._adopt(action, transitions.entered(self._state, kind, environment, checkpoint, self._clock()))

    def _adopt(self, action: str, state: Json) -> None:
        """Replace the state, unless a rule finds an error in the new one."""
        state, findings = validate_state(state, self._limits)
        if findings:
            raise refusal(action, self.stage_id, findings)
        self._state = state

    def _current_stage(self, action: str) -> Json:
        """The current stage."""
        if not self._state["stages"]:
            raise refusal(action, None, [not_started()])
        last: Json = self._state["stages"][-1]
        return last
