"""Edits of receipts and stage programs that random edits rarely make."""

from __future__ import annotations

from json import dumps, loads
from random import Random
from typing import Any

RECORDS = ("completions", "promotions", "transitions")


def targeted_edit(random: Random, value: Any) -> str:
    """Edit a receipt or a program in place; returns a description, which is empty if nothing was changed."""
    stages = value.get("stages")
    try:
        if isinstance(stages, list) and stages:
            return _program(random, value, stages)
        return _checkpoints(random, value["checkpoint_lineage"])
    except (AttributeError, IndexError, KeyError, TypeError):
        return ""  # an earlier edit changed the structure


def _checkpoints(random: Random, lineage: Any) -> str:
    """Add a base checkpoint that is close to the promoted one, or contradictory times."""
    promoted = lineage["promoted_checkpoint"]
    base = lineage["base_checkpoint"] = {**promoted, "stream_id": "before", "step": 1}
    checkpoint = random.choice((base, promoted))
    change = random.choice(
        (
            {},
            {"checkpoint_family": "another"},
            {"stream_id": promoted["stream_id"]},
            {"step": promoted["step"] + random.randrange(-1, 2)},
            {"step": None},
            {"durable_at_ms": promoted["started_at_ms"] + random.randrange(-1, 2)},
        )
    )
    checkpoint.update(change)
    return f"base checkpoint, {change} of {'base' if checkpoint is base else 'promoted'}"


def _program(random: Random, program: Any, stages: list[Any]) -> str:
    index = random.randrange(len(stages))
    stage, other = stages[index], random.choice(stages)
    traces, receipts = stage.get("ingested_traces"), stage.get("pretrain_runs")
    records = program[random.choice(RECORDS)]
    record, place = random.choice(records), random.randrange(len(records))
    change = random.randrange(14)
    match change:
        case 0:
            traces.append(_copy(random.choice(traces)))
        case 1:
            traces.append({**random.choice(traces), "trace_id": f"t{random.randrange(9)}"})
        case 2:
            random.choice(traces)["stage_id"] = other["stage_id"] + random.choice(("", "x"))
        case 3:
            receipts.append(_copy(random.choice(receipts)))
        case 4:
            other["pretrain_runs"] = [*(other.get("pretrain_runs") or ()), _copy(random.choice(receipts))]
        case 5:
            random.choice(receipts)["stage_id"] = other["stage_id"] + random.choice(("", "x"))
        case 6:
            name = random.choice(("ingested_traces", "pretrain_runs", "base_checkpoint"))
            stage[name] = random.choice((None, [], other.get(name)))
        case 7:
            stage["status"] = random.choice(("active", "completed"))
        case 8:
            del records[place]
        case 9:
            records.insert(place, _copy(record))
        case 10:
            random.shuffle(records)
        case 11:
            name = random.choice([name for name in record if name.endswith(("stage_id", "kind"))])
            record[name] = other["kind"] if name.endswith("kind") else other["stage_id"]
        case 12:
            other["stage_id"] = stage["stage_id"]
        case _:
            stages.insert(random.randrange(len(stages)), stages.pop(index))
    return f"{change} of stage {index}, record {place}"


def _copy(value: Any) -> Any:
    return loads(dumps(value))
