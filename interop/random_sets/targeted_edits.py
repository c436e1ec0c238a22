"""Edits of receipts, stage programs, corpora and policies that random edits rarely make."""

from __future__ import annotations

from json import dumps, loads
from random import Random
from typing import Any

RECORDS = ("completions", "promotions", "transitions")


def targeted_edit(random: Random, value: Any) -> str:
    """Edit a receipt, program, corpus or policy in place; returns a description, which is empty if nothing was changed."""
    stages = value.get("stages")
    try:
        if isinstance(stages, list) and stages:
            return _program(random, value, stages)
        if "shards" in value:
            return _shards(random, value["shards"])
        if "source_family_weights" in value:
            return _code_caps(random, value)
        if "delivered_execution" in value and random.random() < 0.5:
            return _execution(random, value)
        return _checkpoints(random, value["checkpoint_lineage"])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
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


def _shards(random: Random, shards: Any) -> str:
    """Let two shards share a source or a digest, or move a shard's tokens to its bounds."""
    index, other = random.randrange(len(shards)), random.randrange(len(shards))
    shard, lineage = shards[index], shards[index]["source_lineage"]
    entry = random.choice(shards[other]["source_lineage"])
    change = random.randrange(5)
    match change:
        case 0:
            lineage.append(_copy(entry))
        case 1:
            lineage.append({**entry, "source_normalized_digest": random.choice(("x", "y"))})
        case 2:
            shard["shard_digest"] = shards[other]["shard_digest"]
        case 3:
            shard["split_kind"] = shards[other]["split_kind"]
        case _:
            bound = shard[random.choice(("min_sequence_tokens", "max_sequence_tokens"))]
            shard["token_count"] = shard["sequence_count"] * bound + random.randrange(-1, 2)
    return f"{change} of shard {index} by shard {other}"


def _code_caps(random: Random, policy: Any) -> str:
    """Let the caps of code families add up to about the maximum for code."""
    weights = policy["source_family_weights"]
    random.choice(weights)["content_class"] = random.choice(("code", "prose"))
    caps = [each["maximum_family_token_share_bps"] for each in weights if each["content_class"] == "code"]
    policy["maximum_code_token_ratio_bps"] = sum(caps) + random.randrange(-1, 2)
    return f"{len(caps)} caps of code"


def _execution(random: Random, receipt: Any) -> str:
    """Let a receipt contradict itself about its execution."""
    delivered = receipt["delivered_execution"]
    devices, assignments = delivered["selected_devices"], delivered["execution_topology"]["assignments"]
    device, assignment = random.choice(devices), random.choice(assignments)
    partition = assignment["partition"]
    change = random.randrange(7)
    match change:
        case 0:
            devices.insert(random.randrange(len(devices) + 1), _copy(device))
        case 1:
            devices.remove(device)
        case 2:
            assignment["device"]["stable_device_id"] = random.choice(("cpu:9", device["stable_device_id"]))
        case 3:
            name = random.choice([name for name in partition if name != "kind"])
            partition[name] = random.choice((0, 3, 4, 8, 9, 24576, 2**53, 2**64 - 1))
        case 4:
            device["total_memory_bytes"] = random.choice((None, 0, 84_974_239_744, 2**64 - 1))
        case 5:
            device["free_memory_bytes"] = random.choice((None, 0, 85_520_809_984, 85_520_809_985))
        case _:
            receipt["accelerator_execution"]["optimizer_steps_completed"] = random.choice((1, 11_999, 12_000))
    return f"execution {change}"


def _program(random: Random, program: Any, stages: list[Any]) -> str:
    index = random.randrange(len(stages))
    stage, other = stages[index], random.choice(stages)
    traces, receipts = stage.get("ingested_traces"), stage.get("pretrain_runs")
    records = program[random.choice(RECORDS)]
    record, place = random.choice(records), random.randrange(len(records))
    change = random.randrange(19)
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
        case 13:
            name = random.choice([name for name in record if name.endswith("_at_ms")])
            record[name] = random.choice(
                (0, 1, record[name] + random.choice((-1, 1, -(10**7), 10**7)), 2**64 - 1)
            )
        case 14:
            trace = random.choice(traces)
            trace["accepted_at_ms"] = random.choice(
                [each["transitioned_at_ms"] for each in program["transitions"]]
                + [each["completed_at_ms"] for each in program["completions"]]
            ) + random.randrange(-1, 2)
        case 15:
            base = _copy(random.choice(receipts)["checkpoint_lineage"]["promoted_checkpoint"])
            base["step"] = random.choice((base["step"], 1, None))
            stage["base_checkpoint"] = program["transitions"][index]["base_checkpoint"] = base
        case 16:
            lineage = random.choice(receipts)["checkpoint_lineage"]
            lineage["base_checkpoint"] = _copy(
                random.choice((stage.get("base_checkpoint"), lineage["promoted_checkpoint"], None))
            )
        case 17:
            again = _copy(random.choice(receipts))
            again["summary"] += "."
            again["checkpoint_lineage"]["promoted_checkpoint"]["step"] += 1
            if random.random() < 0.5:
                again["checkpoint_lineage"]["base_checkpoint"] = _copy(
                    receipts[0]["checkpoint_lineage"]["promoted_checkpoint"]
                )
            if random.random() < 0.3:
                name = random.choice(("model_id", "sampling_policy_version", "dataset_identity"))
                again[name] += "-2"
            receipts.append(again)
        case _:
            stages.insert(random.randrange(len(stages)), stages.pop(index))
    return f"{change} of stage {index}, record {place}"


def _copy(value: Any) -> Any:
    return loads(dumps(value))
