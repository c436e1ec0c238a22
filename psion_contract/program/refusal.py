"""Reasons to refuse a change of a stage program: the findings on the state that it leads to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psion_contract.catalog import finding
from psion_contract.checker import Checker
from psion_contract.documents import kinds
from psion_contract.documents.serialising import document_text
from psion_contract.documents.stage_kinds import FIRST_KINDS
from psion_contract.exceptions import StageRefusalError
from psion_contract.findings import Finding
from psion_contract.program import transitions
from psion_contract.reading.escaping import digest_flaw, excerpt, listed
from psion_contract.reading.json_reader import Json, Limits, Reading, read
from psion_contract.reading.python_values import NotJsonError, to_bytes
from psion_contract.reading.source import Source

NEW_STATE = "the stage program after the change"
"""The name of the new state in findings."""


def refusal(action: str, stage: str | None, findings: Iterable[Finding]) -> StageRefusalError:
    """The refusal of an action in a stage; `findings` say why."""
    prefix = f"stage {excerpt(stage)}: " if stage else ""
    return StageRefusalError(f"{prefix}refused to {action}", stage, findings)


def not_started() -> Finding:
    """The finding that a program has entered no stage."""
    message, first_kinds = "the program has not entered a stage yet; start a new one", list(FIRST_KINDS)
    return finding("stage-order-mismatch", NEW_STATE, "/stages", message, expected=first_kinds, actual=[])


def not_recorded(receipt_digest: str, stage: Json) -> Finding:
    """The finding that the last stage records no receipt with that digest."""
    recorded = [receipt["receipt_digest"] for receipt in stage.get("pretrain_runs") or ()]
    message = (
        digest_flaw(receipt_digest) or f"the stage has no receipt with the digest {excerpt(receipt_digest)}"
    )
    return finding("unrecorded-checkpoint", NEW_STATE, "", message, expected=recorded, actual=receipt_digest)


def another_stage(kind: str, stage: Json) -> Finding:
    """The finding that the last stage is not of the expected kind."""
    message = f"the current stage is of the kind {stage['kind']}; expected {kind}"
    return finding("stage-order-mismatch", NEW_STATE, "/stages", message, expected=kind, actual=stage["kind"])


def not_chosen(stage: Json) -> Finding:
    """The finding that the receipts of the last stage promote different checkpoints, and none was chosen."""
    receipts = stage["pretrain_runs"]
    choices = [
        f"{receipt['receipt_digest']} ({receipt['checkpoint_lineage']['promoted_checkpoint_label']})"
        for receipt in receipts
    ]
    message = (
        f"the receipts of the stage promote {len(receipts)} checkpoints; choose one by its receipt digest "
        f"(receipt_digest, or --receipt-digest): {listed(choices, 140)}"
    )
    recorded = [receipt["receipt_digest"] for receipt in receipts]
    return finding("missing-base-checkpoint", NEW_STATE, "", message, expected=recorded)


def unknown_stage(source: Source, reading: Reading, state: Json) -> list[Finding]:
    """A finding if the program has no stage with the stage id of the receipt, which is that of its config."""
    stages, named = state["stages"], reading.value.get("stage_id")
    last, known = stages[-1]["stage_id"], [stage["stage_id"] for stage in stages]
    is_other_run = reading.value.get("run_id") != state["run_id"]
    if is_other_run or stages[-1]["kind"] != "pretrain" or not isinstance(named, str) or named in known:
        return []
    message = (
        f"the program has no stage {excerpt(named)}, which the receipt and its config name; the config of a stage has "
        f"the stage_id of the program, here {excerpt(last)}"
    )
    place = reading.text.place("/stage_id") if source.located else None
    return [
        finding(
            "receipt-stage-mismatch",
            source.name,
            "/stage_id",
            message,
            expected=last,
            actual=named,
            place=place,
        )
    ]


def validate_state(state: Json, limits: Limits) -> tuple[Any, list[Finding]]:
    """A new state as it would be saved, and the findings on it, as for `read_state`.

    The result is read from its text, so it shares nothing with the caller's objects.
    """
    try:
        source = Source(NEW_STATE, to_bytes(state), located=False)
    except NotJsonError as error:
        return state, [finding("invalid-json", NEW_STATE, error.pointer, error.reason)]
    _, findings = Checker(limits=limits).read([source])
    if findings:
        return state, findings
    text = document_text(transitions.sealed(state))
    return read_state(source._replace(data=text.encode()), limits)


def read_state(source: Source, limits: Limits) -> tuple[Any, list[Finding]]:
    """The state in a source, and the findings on it, except those that need the config and inputs of its receipts."""
    value = read(source.data, limits).value
    findings = [
        each
        for each in Checker(limits=limits).check([source]).findings
        if each.rule != "unresolved-reference"
    ]
    return value, findings if errors_in(findings) else [*findings, *wrong_kind(kinds.PROGRAM, source, value)]


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that refuse a state."""
    return [each for each in findings if each.severity == "error"]


def wrong_kind(kind: kinds.Kind, source: Source, value: Any) -> list[Finding]:
    """A finding if the value of a source is not a document of that kind."""
    found = kinds.recognise(value) if isinstance(value, dict) else None
    if found == kind:
        return []
    what = f"a {found.title}" if found else "no contract document"
    message = f"expected a {kind.title}, found {what}"
    version = found.version if found else None
    return [finding("unknown-kind", source.name, "", message, expected=kind.version, actual=version)]
