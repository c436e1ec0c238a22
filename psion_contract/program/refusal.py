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
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import Json, Limits, read, to_bytes
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
    message = f"the stage has no receipt with the digest {excerpt(receipt_digest)}"
    return finding("unrecorded-checkpoint", NEW_STATE, "", message, expected=recorded, actual=receipt_digest)


def validate_state(state: Json, limits: Limits) -> tuple[Any, list[Finding]]:
    """A new state as it would be saved, and the findings on it.

    The result is read from its text, so it shares nothing with the caller's objects.
    """
    try:
        source = Source(NEW_STATE, to_bytes(state), located=False)
    except ValueError as error:
        return state, [finding("invalid-json", NEW_STATE, "", str(error))]
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
        if each.severity == "error" and each.rule != "unresolved-reference"
    ]
    return value, findings or wrong_kind(kinds.PROGRAM, source, value)


def wrong_kind(kind: kinds.Kind, source: Source, value: Any) -> list[Finding]:
    """A finding if the value of a source is not a document of that kind."""
    found = kinds.recognise(value) if isinstance(value, dict) else None
    if found is kind:
        return []
    what = f"a {found.title}" if found else "no contract document"
    message = f"expected a {kind.title}, found {what}"
    version = found.version if found else None
    return [finding("unknown-kind", source.name, "", message, expected=kind.version, actual=version)]
