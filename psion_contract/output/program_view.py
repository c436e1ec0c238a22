"""A stage program as text or JSON: its stages with their contents, and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from json import dumps
from typing import Any

from psion_contract.documents.stage_kinds import NextStep, next_step
from psion_contract.exceptions import StageRefusalError
from psion_contract.findings import Report
from psion_contract.output.text import Style, blocks, plain
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import Json

_LATEST_MS = 253_402_300_800_000  # the year 10000
_SHORT = 12


def as_text(state: Json, style: Style = plain) -> str:
    """The stages in order, one block each, then the next step."""
    heading = f"run {printable(state['run_id'])}, checkpoint family {printable(state['checkpoint_family'])}"
    parts = ["\n".join(_block(stage, style)) for stage in _stages(state)]
    return "\n\n".join([style("bold", heading), *parts, next_in_words(next_step(state))]) + "\n"


def as_json(state: Json) -> str:
    """The same as JSON."""
    members = {name: state[name] for name in ("run_id", "checkpoint_family")}
    return _json_text({**members, "stages": list(_stages(state)), "next": next_step(state)._asdict()})


def done_as_text(what: str, state: Json) -> str:
    """What a command did, and the next step."""
    return f"{what}\n{next_in_words(next_step(state))}\n"


def done_as_json(stage_id: str | None, state: Json, warnings: Report, outcome: str = "done") -> str:
    """The same as JSON."""
    return _json_text(
        {
            "outcome": outcome,
            "stage_id": stage_id,
            "next": next_step(state)._asdict(),
            "findings": [finding.to_dict() for finding in warnings.findings],
        }
    )


def refusal_as_text(refusal: StageRefusalError, style: Style = plain) -> str:
    """Every finding, and what was refused."""
    return "\n\n".join([*blocks(refusal.findings, style), printable(str(refusal))]) + "\n"


def refusal_as_json(refusal: StageRefusalError) -> str:
    """The same as JSON."""
    return _json_text(
        {
            "outcome": "refused",
            "stage_id": refusal.stage,
            "rule": refusal.rule,
            "message": str(refusal),
            "expected": refusal.expected,
            "findings": [finding.to_dict() for finding in refusal.findings],
        }
    )


def _stages(state: Json) -> Iterator[dict[str, Any]]:
    """The properties of each stage that are shown."""
    completions = {each["stage_id"]: each for each in state.get("completions") or ()}
    promotions = {each["from_stage_id"]: each for each in state.get("promotions") or ()}
    transitions = {each["next_stage_id"]: each for each in state.get("transitions") or ()}
    for stage in state["stages"]:
        name = stage["stage_id"]
        yield {
            "stage_id": name,
            "kind": stage["kind"],
            "status": stage["status"],
            "environment": stage["environment"],
            "entered_at_ms": transitions[name]["transitioned_at_ms"],
            "completed_at_ms": completions.get(name, {}).get("completed_at_ms"),
            "base_checkpoint": stage.get("base_checkpoint"),
            "promoted_checkpoint": promotions.get(name, {}).get("checkpoint"),
            "receipts": [each["receipt_digest"] for each in stage.get("pretrain_runs") or ()],
            "traces": len(stage.get("ingested_traces") or ()),
        }


def _block(stage: dict[str, Any], style: Style) -> Iterator[str]:
    status = style("good" if stage["status"] == "completed" else "warning", stage["status"])
    yield f"{style('bold', printable(stage['stage_id']))}: {status}"
    environment = stage["environment"]
    rows = {
        "environment": f"{environment['environment_ref']}, version {environment['version']}",
        "entered": utc_time(stage["entered_at_ms"]),
        "from": _checkpoint(stage["base_checkpoint"]),
        "receipts": ", ".join(f"{digest[:_SHORT]}…" for digest in stage["receipts"]),
        "traces": str(stage["traces"] or ""),
        "completed": utc_time(stage["completed_at_ms"]),
        "promoted": _checkpoint(stage["promoted_checkpoint"]),
    }
    for label, value in rows.items():
        if value:
            yield f"  {style('dim', f'{label:<12}')}{printable(value)}"


def _checkpoint(checkpoint: Json | None) -> str:
    if checkpoint is None:
        return ""
    step = "" if checkpoint.get("step") is None else f", step {checkpoint['step']}"
    return f"{checkpoint['stream_id']}{step}, object {checkpoint['object_digest']}"


def utc_time(milliseconds: int | None) -> str:
    """A time as ISO 8601 in UTC, or the number of milliseconds after the year 9999."""
    if milliseconds is None:
        return ""
    if milliseconds >= _LATEST_MS:
        return f"{milliseconds} ms"
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def next_in_words(step: NextStep) -> str:
    """The next step of a program, and what that still needs."""
    words = {
        "start": "enter a stage",
        "complete": f"complete the {step.kind} stage",
        "advance": f"advance to {step.kind}",
        "end": "nothing, the last stage is complete",
    }
    missing = f"; missing: {' and '.join(step.missing)}" if step.missing else ""
    return printable(f"next: {words[step.step]}{missing}")


def _json_text(value: Any) -> str:
    return dumps(value, ensure_ascii=False, indent=2) + "\n"
