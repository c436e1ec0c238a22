"""What the records of a program say of its stages, held against the stages."""

from collections.abc import Iterator, Mapping
from typing import Any

from psion_contract.quoting import shown
from psion_contract.rules.base import Flaw, Subject, check
from psion_contract.rules.program import other_family
from psion_contract.rules.records import COMPLETION, PROMOTION, TRANSITION
from psion_contract.stages import promoted_checkpoints, stated

Json = dict[str, Any]

_COUNTS = {"ingested_trace_count": "ingested_traces", "pretrain_run_count": "pretrain_runs"}
"""The counts of a completion, and the list of the stage that each counts."""


@check("completion-stage-mismatch", "program", program=("/stages", "/completions"))
def completions(s: Subject) -> Iterator[Flaw]:
    """A completion names its stage."""
    for index, position in COMPLETION.pairing(s.program).pairs:
        said = {"stage_id": (position, "stage_id"), "kind": (position, "kind")}
        yield from _stages_said(s, "completion", index, said)


@check("completion-count-mismatch", "program", program=("/stages", "/completions"))
def counts(s: Subject) -> Iterator[Flaw]:
    """It counts the traces and receipts that the stage holds."""
    for index, position in COMPLETION.pairing(s.program).pairs:
        row, stage = s.program["completions"][index], s.program["stages"][position]
        for member, counted in _COUNTS.items():
            stands, right = row[member], len(stage.get(counted) or ())
            if stands != right:
                name = shown(stage["stage_id"])
                message = f"the completion has {member} {stands}, but the stage {name} holds {right}"
                place = f"/stages/{position}" + ("" if stage.get(counted) is None else f"/{counted}")
                other = (("program", place),)
                yield Flaw("program", f"/completions/{index}/{member}", message, right, stands, other)


@check("promotion-stage-mismatch", "program", program=("/stages", "/promotions"))
def promotions(s: Subject) -> Iterator[Flaw]:
    """A promotion names the stage that it is out of, and the kind of the next one."""
    for index, position in PROMOTION.pairing(s.program).pairs:
        said = {
            "from_stage_id": (position, "stage_id"),
            "from_stage_kind": (position, "kind"),
            "to_stage_kind": (position + 1, "kind"),
        }
        yield from _stages_said(s, "promotion", index, said)


@check("base-checkpoint-mismatch", "program", program=("/stages", "/promotions"))
def base_checkpoints(s: Subject) -> Iterator[Flaw]:
    """The next stage starts from the checkpoint promoted."""
    for index, position in PROMOTION.pairing(s.program).pairs:
        stands = s.program["stages"][position + 1].get("base_checkpoint")
        right = s.program["promotions"][index]["checkpoint"]
        if stands is not None and stated(stands) != stated(right):
            difference = _difference(stands, right)
            message = f"the stage starts from another checkpoint than was promoted to it: {difference}"
            pointer, other = f"/stages/{position + 1}/base_checkpoint", f"/promotions/{index}/checkpoint"
            yield Flaw("program", pointer, message, right, stands, (("program", other),))


@check("unrecorded-checkpoint", "program", program=("/stages", "/promotions"))
def recorded_checkpoints(s: Subject) -> Iterator[Flaw]:
    """The checkpoint promoted out of a pretrain stage is the promoted one of a receipt that it records."""
    for index, position in PROMOTION.pairing(s.program).pairs:
        stage, stands = s.program["stages"][position], s.program["promotions"][index]["checkpoint"]
        recorded = promoted_checkpoints(stage)
        if stage["kind"] != "pretrain" or stated(stands) in map(stated, recorded):
            continue
        right = recorded[0] if len(recorded) == 1 else None
        difference = f"; unlike that of the only one, {_difference(stands, right)}" if right else ""
        message = f"no receipt of the stage promotes this checkpoint{difference}"
        stage_pointer = f"/stages/{position}"
        others = [
            ("program", f"{stage_pointer}/pretrain_runs/{number}/checkpoint_lineage/promoted_checkpoint")
            for number in range(len(recorded))
        ]
        related = tuple(others) or (("program", stage_pointer),)
        yield Flaw("program", f"/promotions/{index}/checkpoint", message, right, stands, related=related)


@check("program-family-mismatch", "program", program=("/checkpoint_family", "/promotions"))
def promoted_families(s: Subject) -> Iterator[Flaw]:
    """The checkpoints promoted are of the program's family."""
    for index, row in enumerate(s.program.get("promotions") or ()):
        yield from other_family(s, f"/promotions/{index}/checkpoint", row["checkpoint"])


@check("transition-stage-mismatch", "program", program=("/stages", "/transitions"))
def transitions(s: Subject) -> Iterator[Flaw]:
    """A transition names the stage that was entered, and the one before it."""
    for index, position in TRANSITION.pairing(s.program).pairs:
        said = {
            "previous_stage_id": (position - 1, "stage_id"),
            "next_stage_id": (position, "stage_id"),
            "next_stage_kind": (position, "kind"),
        }
        yield from _stages_said(s, "transition", index, said)


@check("transition-checkpoint-mismatch", "program", program=("/stages", "/transitions"))
def transition_checkpoints(s: Subject) -> Iterator[Flaw]:
    """A stage is entered with the checkpoint that it starts from."""
    for index, position in TRANSITION.pairing(s.program).pairs:
        stands = s.program["transitions"][index].get("base_checkpoint")
        right = s.program["stages"][position].get("base_checkpoint")
        if stated(stands or {}) != stated(right or {}):
            difference = _difference(stands, right)
            message = f"the stage was entered with another checkpoint than it starts from: {difference}"
            pointer = f"/transitions/{index}" + ("" if stands is None else "/base_checkpoint")
            place = f"/stages/{position}" + ("" if right is None else "/base_checkpoint")
            yield Flaw("program", pointer, message, right, stands, (("program", place),))


@check("program-family-mismatch", "program", program=("/checkpoint_family", "/transitions"))
def transition_families(s: Subject) -> Iterator[Flaw]:
    """The checkpoints that stages are entered with are of the program's family."""
    for index, row in enumerate(s.program.get("transitions") or ()):
        yield from other_family(s, f"/transitions/{index}/base_checkpoint", row.get("base_checkpoint"))


def _stages_said(s: Subject, name: str, index: int, said: Mapping[str, tuple[int, str]]) -> Iterator[Flaw]:
    """A flaw for each member of a record that does not say what the stage of that position does.

    Before the first stage, at position -1, there is none, and the member must be absent.
    """
    row, stages = s.program[f"{name}s"][index], s.program["stages"]
    for member, (position, stage_member) in said.items():
        stands, right = row.get(member), stages[position][stage_member] if position >= 0 else None
        if stands == right:
            continue
        why = f"the stage has {shown(right)}" if position >= 0 else "there is none before the first stage"
        message = f"the {name} has {member} {shown(stands)}, but {why}"
        pointer = f"/{name}s/{index}" + ("" if stands is None else f"/{member}")
        place = f"/stages/{position}/{stage_member}" if position >= 0 else "/stages/0"
        yield Flaw("program", pointer, message, right, stands, (("program", place),))


def _difference(stands: Json | None, right: Json | None) -> str:
    """How one checkpoint reference differs from another, in words; of several members, the first two."""
    if stands is None or right is None:
        return "there is none, but should be" if stands is None else "there should be none"
    first, second = stated(stands), stated(right)
    names = [name for name in {**second, **first} if first.get(name) != second.get(name)]
    words = [f"{name} is {shown(first.get(name))}, not {shown(second.get(name))}" for name in names[:2]]
    return "; ".join(words) + (f"; so differ {len(names) - 2} more members" if len(names) > 2 else "")
