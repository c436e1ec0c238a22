"""Why a change of a stage program is refused: the findings on the state after it."""

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
from psion_contract.program import transitions as changes
from psion_contract.reading.escaping import shown
from psion_contract.reading.json_reader import Json, Limits, read, to_bytes
from psion_contract.reading.source import Source

WOULD_BE = "the stage program after the change"
"""The name of that state in findings."""


def refusal(action: str, stage: str | None, findings: Iterable[Finding]) -> StageRefusalError:
    """The refusal of an action in a stage; `findings` say why."""
    where = f"stage {shown(stage)}: " if stage else ""
    return StageRefusalError(f"{where}refused to {action}", stage, findings)


def not_started() -> Finding:
    """The finding that a program has entered no stage."""
    message, kinds_wanted = "the program has not entered a stage yet; start a new one", list(FIRST_KINDS)
    return finding("stage-order-mismatch", WOULD_BE, "/stages", message, expected=kinds_wanted, actual=[])


def not_recorded(receipt_digest: str, stage: Json) -> Finding:
    """The finding that the last stage records no receipt with that digest."""
    recorded = [receipt["receipt_digest"] for receipt in stage.get("pretrain_runs") or ()]
    message = f"the stage has no receipt with the digest {shown(receipt_digest)}"
    return finding("unrecorded-checkpoint", WOULD_BE, "", message, expected=recorded, actual=receipt_digest)


def tried(state: Json, limits: Limits) -> tuple[Any, list[Finding]]:
    """A state built from what a caller gave: as it would be saved, and what is wrong with it.

    The result is read from its text, so it shares nothing with the caller's objects.
    """
    try:
        source = Source(WOULD_BE, to_bytes(state), located=False)
    except ValueError as error:
        return state, [finding("invalid-json", WOULD_BE, "", str(error))]
    _, findings = Checker(limits=limits).read([source])
    if findings:
        return state, findings
    text = document_text(changes.sealed(state))
    return judged(source._replace(data=text.encode()), limits)


def judged(source: Source, limits: Limits) -> tuple[Any, list[Finding]]:
    """The state in a source, and what is wrong with it by itself.

    The config and inputs of its receipts need not be available.
    """
    value = read(source.data, limits).value
    findings = [
        each
        for each in Checker(limits=limits).check([source]).findings
        if each.severity == "error" and each.rule != "unresolved-reference"
    ]
    return value, findings or other_than(kinds.PROGRAM, source, value)


def other_than(kind: kinds.Kind, source: Source, value: Any) -> list[Finding]:
    """A finding where the value of a source is not a document of that kind."""
    found = kinds.recognise(value) if isinstance(value, dict) else None
    if found is kind:
        return []
    what = f"a {found.title}" if found else "no contract document"
    message = f"expected a {kind.title}, found {what}"
    version = found.version if found else None
    return [finding("unknown-kind", source.name, "", message, expected=kind.version, actual=version)]
