"""The records of a program compared with its stages."""

from collections.abc import Iterator, Mapping
from typing import Any

from psion_contract.documents.stage_kinds import promoted_checkpoints, without_nulls
from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check
from psion_contract.rules.program import other_family
from psion_contract.rules.program_records import COMPLETION, PROMOTION, TRANSITION

Json = dict[str, Any]

_COUNTS = {"ingested_trace_count": "ingested_traces", "pretrain_run_count": "pretrain_runs"}
"""The counts of a completion, and the list of the stage that each counts."""


@check("completion-stage-mismatch")
def completions(s: Subject) -> Iterator[Flaw]:
    """A completion names its stage."""
    for index, position in s.of("program", COMPLETION.pairing).pairs:
        expected_members = {"stage_id": (position, "stage_id"), "kind": (position, "kind")}
        yield from _differences(s, "completion", index, expected_members)


@check("completion-count-mismatch")
def counts(s: Subject) -> Iterator[Flaw]:
    """A completion counts the traces and receipts of its stage."""
    for index, position in s.of("program", COMPLETION.pairing).pairs:
        row, stage = s.program["completions"][index], s.program["stages"][position]
        for member, counted in _COUNTS.items():
            actual, expected = row[member], len(stage.get(counted) or ())
            if actual != expected:
                name = excerpt(stage["stage_id"])
                message = f"{member} of the completion is {actual}, but the stage {name} has {expected}"
                stage_pointer = f"/stages/{position}" + ("" if stage.get(counted) is None else f"/{counted}")
                other = (("program", stage_pointer),)
                yield Flaw("program", f"/completions/{index}/{member}", message, expected, actual, other)


@check("promotion-stage-mismatch")
def promotions(s: Subject) -> Iterator[Flaw]:
    """A promotion names the stage it comes from, and the kind of the next one."""
    for index, position in s.of("program", PROMOTION.pairing).pairs:
        expected_members = {
            "from_stage_id": (position, "stage_id"),
            "from_stage_kind": (position, "kind"),
            "to_stage_kind": (position + 1, "kind"),
        }
        yield from _differences(s, "promotion", index, expected_members)


@check("base-checkpoint-mismatch")
def base_checkpoints(s: Subject) -> Iterator[Flaw]:
    """The next stage starts from the promoted checkpoint."""
    for index, position in s.of("program", PROMOTION.pairing).pairs:
        actual = s.program["stages"][position + 1].get("base_checkpoint")
        expected = s.program["promotions"][index]["checkpoint"]
        if actual is not None and without_nulls(actual) != without_nulls(expected):
            difference = checkpoint_difference(actual, expected)
            message = f"the stage starts from another checkpoint than the promoted one: {difference}"
            pointer, other = f"/stages/{position + 1}/base_checkpoint", f"/promotions/{index}/checkpoint"
            yield Flaw("program", pointer, message, expected, actual, (("program", other),))


@check("unrecorded-checkpoint")
def recorded_checkpoints(s: Subject) -> Iterator[Flaw]:
    """The checkpoint promoted from a pretrain stage is the promoted one of a receipt that it records."""
    for index, position in s.of("program", PROMOTION.pairing).pairs:
        stage, actual = s.program["stages"][position], s.program["promotions"][index]["checkpoint"]
        recorded = promoted_checkpoints(stage)
        if stage["kind"] != "pretrain" or without_nulls(actual) in map(without_nulls, recorded):
            continue
        expected = recorded[0] if len(recorded) == 1 else None
        difference = (
            f"; compared with the only one, {checkpoint_difference(actual, expected)}" if expected else ""
        )
        message = f"no receipt of the stage promotes this checkpoint{difference}"
        stage_pointer = f"/stages/{position}"
        others = [
            ("program", f"{stage_pointer}/pretrain_runs/{number}/checkpoint_lineage/promoted_checkpoint")
            for number in range(len(recorded))
        ]
        related = tuple(others) or (("program", stage_pointer),)
        yield Flaw("program", f"/promotions/{index}/checkpoint", message, expected, actual, related=related)


@check("program-family-mismatch.promotions")
def promoted_families(s: Subject) -> Iterator[Flaw]:
    """Promoted checkpoints belong to the program's family."""
    for index, row in enumerate(s.program.get("promotions") or ()):
        yield from other_family(s, f"/promotions/{index}/checkpoint", row["checkpoint"])


@check("transition-stage-mismatch")
def transitions(s: Subject) -> Iterator[Flaw]:
    """A transition names the entered stage and the previous one."""
    for index, position in s.of("program", TRANSITION.pairing).pairs:
        expected_members = {
            "previous_stage_id": (position - 1, "stage_id"),
            "next_stage_id": (position, "stage_id"),
            "next_stage_kind": (position, "kind"),
        }
        yield from _differences(s, "transition", index, expected_members)


@check("transition-checkpoint-mismatch")
def transition_checkpoints(s: Subject) -> Iterator[Flaw]:
    """A stage is entered with the checkpoint that it starts from."""
    for index, position in s.of("program", TRANSITION.pairing).pairs:
        actual = s.program["transitions"][index].get("base_checkpoint")
        expected = s.program["stages"][position].get("base_checkpoint")
        if without_nulls(actual or {}) != without_nulls(expected or {}):
            difference = checkpoint_difference(actual, expected)
            message = f"the stage was entered with another checkpoint than it starts from: {difference}"
            pointer = f"/transitions/{index}" + ("" if actual is None else "/base_checkpoint")
            stage_pointer = f"/stages/{position}" + ("" if expected is None else "/base_checkpoint")
            yield Flaw("program", pointer, message, expected, actual, (("program", stage_pointer),))


@check("program-family-mismatch.transitions")
def transition_families(s: Subject) -> Iterator[Flaw]:
    """Checkpoints of transitions belong to the program's family."""
    for index, row in enumerate(s.program.get("transitions") or ()):
        yield from other_family(s, f"/transitions/{index}/base_checkpoint", row.get("base_checkpoint"))


def _differences(
    s: Subject, name: str, index: int, expected_members: Mapping[str, tuple[int, str]]
) -> Iterator[Flaw]:
    """A flaw for each member of a record that differs from the stage at its position.

    There is no stage at position -1, before the first: the member must be absent.
    """
    row, stages = s.program[f"{name}s"][index], s.program["stages"]
    for member, (position, stage_member) in expected_members.items():
        actual, expected = row.get(member), stages[position][stage_member] if position >= 0 else None
        if actual == expected:
            continue
        why = f"the stage has {excerpt(expected)}" if position >= 0 else "no stage precedes the first one"
        message = f"{member} of the {name} is {excerpt(actual)}, but {why}"
        pointer = f"/{name}s/{index}" + ("" if actual is None else f"/{member}")
        stage_pointer = f"/stages/{position}/{stage_member}" if position >= 0 else "/stages/0"
        yield Flaw("program", pointer, message, expected, actual, (("program", stage_pointer),))


def checkpoint_difference(actual: Json | None, expected: Json | None) -> str:
    """How two checkpoint references differ, in words; the first two members of several."""
    if actual is None or expected is None:
        return "it is missing" if actual is None else "there should be none"
    first, second = without_nulls(actual), without_nulls(expected)
    names = [name for name in {**second, **first} if first.get(name) != second.get(name)]
    words = [f"{name} is {excerpt(first.get(name))}, not {excerpt(second.get(name))}" for name in names[:2]]
    return "; ".join(words) + (f"; {len(names) - 2} more members differ" if len(names) > 2 else "")


CHECKS: tuple[Check, ...] = (
    promoted_families,
    transition_families,
    completions,
    counts,
    promotions,
    base_checkpoints,
    recorded_checkpoints,
    transitions,
    transition_checkpoints,
)
