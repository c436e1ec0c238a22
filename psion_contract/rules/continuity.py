"""A stage and what it holds: one config, one line of checkpoints, and times in the order of events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from psion_contract.documents.stage_kinds import without_nulls
from psion_contract.reading.escaping import excerpt
from psion_contract.resolution import SHARED_MEMBERS
from psion_contract.rules.checks import Check, Flaw, Subject, check
from psion_contract.rules.history import checkpoint_difference
from psion_contract.rules.program import entries
from psion_contract.rules.program_records import COMPLETION, TRANSITION

Json = dict[str, Any]

_DECLARED = tuple(name for name in SHARED_MEMBERS if name not in ("run_id", "stage_id"))
"""The members that a receipt repeats from its config, besides those that name the config."""


@check("stage-config-mismatch")
def one_config(s: Subject) -> Iterator[Flaw]:
    """The receipts of a stage repeat the same config."""
    for position, stage in enumerate(s.program["stages"]):
        receipts = list(entries(position, stage, "pretrain_runs"))
        for pointer, receipt in receipts[1:]:
            first_pointer, first = receipts[0]
            for member, actual, expected in _declared_differences(receipt, first):
                message = (
                    f"{member[1:].replace('/', '.')} is {excerpt(actual)}, but the first receipt of the stage has "
                    f"{excerpt(expected)}: they were made under different configs"
                )
                other = (("program", first_pointer + member),)
                yield Flaw("program", pointer + member, message, expected, actual, other)


def _declared_differences(receipt: Json, first: Json) -> Iterator[tuple[str, Any, Any]]:
    """The members of the config in which two receipts differ, as pointers, with both values."""
    for name in _DECLARED:
        if receipt[name] != first[name]:
            yield f"/{name}", receipt[name], first[name]
    objective, expected = receipt["objective_config"], first["objective_config"]
    for name in expected:
        if objective[name] != expected[name]:
            yield f"/objective_config/{name}", objective[name], expected[name]


@check("stage-base-mismatch")
def stage_base(s: Subject) -> Iterator[Flaw]:
    """The receipts of a pretrain stage start from its base, or from what earlier ones promoted."""
    for position, stage in enumerate(s.program["stages"]):
        base = stage.get("base_checkpoint")
        if stage["kind"] != "pretrain" or base is None:
            continue
        known = {_key(base)}
        for pointer, receipt in entries(position, stage, "pretrain_runs"):
            lineage = receipt["checkpoint_lineage"]
            actual = lineage.get("base_checkpoint")
            if actual is None or _key(actual) not in known:
                expected = base if len(known) == 1 else None
                yield _other_base(f"{pointer}/checkpoint_lineage", position, actual, base, expected)
            known.add(_key(lineage["promoted_checkpoint"]))


def _other_base(lineage: str, position: int, actual: Json | None, base: Json, expected: Json | None) -> Flaw:
    """The flaw that a receipt, with this pointer to its lineage, does not start where its stage does."""
    start = "fresh weights" if actual is None else "another one"
    difference = "" if actual is None else f": {checkpoint_difference(actual, base)}"
    message = f"the stage was entered from a checkpoint, but the receipt starts from {start}{difference}"
    pointer = lineage + ("" if actual is None else "/base_checkpoint")
    other = (("program", f"/stages/{position}/base_checkpoint"),)
    return Flaw("program", pointer, message, expected, actual, other)


def _key(checkpoint: Json) -> frozenset[tuple[str, Any]]:
    return frozenset(without_nulls(checkpoint).items())


@check("time-order.program")
def times(s: Subject) -> Iterator[Flaw]:
    """Stages are entered and completed one after the other, and traces accepted in between."""
    entered = _times(s, s.of("program", TRANSITION.pairing).pairs, "transitions", "transitioned_at_ms")
    completed = _times(s, s.of("program", COMPLETION.pairing).pairs, "completions", "completed_at_ms")
    for position, stage in enumerate(s.program["stages"]):
        start, end = entered.get(position), completed.get(position)
        before = completed.get(position - 1)
        yield from _too_early("the stage was entered", start, "the one before was completed", before)
        yield from _too_early("the stage was completed", end, "it was entered", start)
        for pointer, trace in entries(position, stage, "ingested_traces"):
            accepted = Time(f"{pointer}/accepted_at_ms", trace["accepted_at_ms"])
            yield from _too_early("the trace was accepted", accepted, "its stage was entered", start)
            if end is not None and accepted.ms > end.ms:
                yield _out_of_order("the trace was accepted", accepted, "after its stage was completed", end)


class Time(NamedTuple):
    """A time that a program records.

    Attributes:
        pointer: of the time in the program.
        ms: the time in milliseconds since the Unix epoch.
    """

    pointer: str
    ms: int


def _times(s: Subject, pairs: list[tuple[int, int]], records: str, member: str) -> dict[int, Time]:
    """The time in the record of each stage, by the position of the stage."""
    return {
        position: Time(f"/{records}/{index}/{member}", s.program[records][index][member])
        for index, position in pairs
    }


def _too_early(event: str, time: Time | None, cause: str, earliest: Time | None) -> Iterator[Flaw]:
    """A flaw if an event has an earlier time than its cause."""
    if time is not None and earliest is not None and time.ms < earliest.ms:
        yield _out_of_order(event, time, f"before {cause}", earliest)


def _out_of_order(event: str, time: Time, relation: str, other: Time) -> Flaw:
    message = f"{event} at {time.ms} ms, {relation} at {other.ms} ms"
    return Flaw("program", time.pointer, message, None, time.ms, (("program", other.pointer),))


CHECKS: tuple[Check, ...] = (one_config, stage_base, times)
