"""Why a call to a stage program is not done: the findings on the state that it would lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psion_contract import kinds
from psion_contract.checker import Checker
from psion_contract.digests import Json
from psion_contract.documenttext import document_text
from psion_contract.findings import Finding
from psion_contract.intake import Source
from psion_contract.quoting import shown
from psion_contract.rules import RULES
from psion_contract.stage_program import changes
from psion_contract.stages import FIRST_KINDS
from psion_contract.strictjson import Limits, read, to_bytes

WOULD_BE = "the stage program as it would be"
"""What findings call the state that a call would lead to."""


class StageRefusalError(Exception):
    """A call that the contract does not allow. The program is as it was.

    Attributes:
        rule: the rule that the call would break; of several, the first.
        stage: id of the stage that the program is in; None before the first one.
        expected: the JSON value that would have been right, where there is one; else None.
        findings: all that is wrong: with the state that the call would have led to, and with the receipt
            that was to be recorded.
    """

    def __init__(self, action: str, stage: str | None, findings: Iterable[Finding]) -> None:
        self.stage = stage
        self.findings = tuple(findings)
        first = next((each for each in self.findings if each.severity == "error"), self.findings[0])
        self.rule = first.rule
        self.expected = first.expected
        where = f"stage {shown(stage)}: " if stage else ""
        others = len(self.findings) - 1
        more = f" ({others} more finding{'s' if others > 1 else ''})" if others else ""
        super().__init__(f"{where}refused to {action}: {first.rule}: {first.message}{more}. {self.remedy}")

    @property
    def remedy(self) -> str:
        """What to do about it, in words."""
        return RULES[self.rule].remedy


def not_started() -> Finding:
    """That a program has entered no stage."""
    message, kinds_wanted = "the program has entered no stage yet; start a new one", list(FIRST_KINDS)
    return Finding("stage-order-mismatch", "error", WOULD_BE, "/stages", message, kinds_wanted, [])


def not_recorded(receipt_digest: str, stage: Json) -> Finding:
    """That the last stage of a program records no receipt of that digest."""
    recorded = [receipt["receipt_digest"] for receipt in stage.get("pretrain_runs") or ()]
    message = f"the stage records no receipt of the digest {shown(receipt_digest)}"
    return Finding("unrecorded-checkpoint", "error", WOULD_BE, "", message, recorded, receipt_digest)


def tried(state: Json, limits: Limits) -> tuple[Any, list[Finding]]:
    """A state that was built of what a caller gave: as it would be saved, and what is wrong with it.

    What comes back is read from its text, so that it shares nothing with the caller's objects.
    """
    try:
        source = Source(WOULD_BE, to_bytes(state), located=False)
    except ValueError as error:
        return state, [Finding("invalid-json", "error", WOULD_BE, "", str(error))]
    _, findings = Checker(limits=limits).read([source])
    if findings:
        return state, findings
    text = document_text(changes.sealed(state))
    return judged(source._replace(data=text.encode()), limits)


def judged(source: Source, limits: Limits) -> tuple[Any, list[Finding]]:
    """The state in a source, and what is wrong with it as far as it alone shows.

    Whether the config and inputs of its receipts are at hand is left aside.
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
    message = f"a {kind.title} is needed here, but this is {what}"
    version = found.version if found else None
    return [Finding("unknown-kind", "error", source.name, "", message, kind.version, version)]
