"""The canonical runs: a pilot, a run that resumes it, and the pilot's plan on accelerators."""

from __future__ import annotations

from typing import Any, NamedTuple

from psion_contract import new_config, new_receipt
from psion_contract.reading.json_reader import Json
from tools.canonical.canonical_names import artifact_digest
from tools.canonical.canonical_reports import source_family_reports


class Inputs(NamedTuple):
    """What a run is made from: the model descriptor, the corpus and the sampling policy."""

    descriptor: Json
    corpus: Json
    policy: Json


def config(run_id: str, inputs: Inputs) -> Json:
    """The config of the pretrain stage of a run."""
    return new_config(*inputs, run_id=run_id, label_smoothing_bps=40)


def pilot_receipt(config: Json, inputs: Inputs) -> Json:
    """The receipt of a stage that started from fresh weights; it does not say what it ran on."""
    return _receipt(
        config,
        inputs,
        replay=(3, "Three dry runs drew the same 4096 batches in the same order, byte for byte."),
        promoted=_checkpoint(config["run_id"], 12_000, 1_771_236_000_000),
        summary="First pilot: 12000 steps from fresh weights, ≈3.1 billion tokens; all losses still fall.",
    )


def resumed_receipt(config: Json, inputs: Inputs, pilot: Json) -> Json:
    """The receipt of a stage that resumed from the pilot's checkpoint, in two replicas on CPUs."""
    return _receipt(
        config,
        inputs,
        replay=(2, "Replayed twice from the pilot's last batch: the shuffle goes on where it stopped."),
        base=pilot["checkpoint_lineage"]["promoted_checkpoint"],
        promoted=_checkpoint(config["run_id"], 18_000, 1_771_570_800_000),
        delivered_execution={
            "runtime_backend": "cpu",
            "execution_topology": {
                "effective_backend": "cpu",
                "kind": "replicated",
                "assignments": [
                    {
                        "shard_id": number,
                        "device": {"stable_device_id": f"cpu:socket-{number}", "placement_index": number},
                        "partition": {"kind": "replica", "replica_index": number},
                    }
                    for number in (0, 1)
                ],
            },
            "selected_devices": [
                {
                    "stable_device_id": f"cpu:socket-{number}",
                    "performance_class": "reference",
                    "memory_class": "host_only",
                    "total_memory_bytes": 270_582_939_648,
                }
                for number in (0, 1)
            ],
        },
        summary=(
            "Resumed the pilot for 6000 further steps with the same mixture.\n"
            "Losses fall by ≈0.1 nats in every family: no déjà-vu, no forgetting."
        ),
    )


def accelerated_receipt(config: Json, inputs: Inputs) -> Json:
    """The receipt of a stage on two accelerators, with every member about execution that a receipt can have."""
    return _receipt(
        config,
        inputs,
        replay=(2, "Both devices logged the same shard order as the dry run on one host."),
        promoted=_checkpoint(config["run_id"], 12_000, 1_771_934_400_000),
        delivered_execution={
            "runtime_backend": "cuda",
            "execution_topology": {
                "effective_backend": "cuda",
                "kind": "layer_sharded",
                # Four layers each, and of the embedding, which the output head shares, half the vocabulary.
                "assignments": [
                    _assignment(0, 0, {"kind": "layer_range", "start_layer": 0, "end_layer": 4}),
                    _assignment(1, 1, {"kind": "layer_range", "start_layer": 4, "end_layer": 8}),
                    _assignment(2, 0, {"kind": "tensor_range", "axis": 0, "start": 0, "end": 24576}),
                    _assignment(3, 1, {"kind": "tensor_range", "axis": 0, "start": 24576, "end": 49152}),
                ],
            },
            "selected_devices": [
                {
                    "stable_device_id": _device(number),
                    "topology_key": _bus(number),
                    "performance_class": "discrete_accelerator",
                    "memory_class": "dedicated_device",
                    "total_memory_bytes": 85_520_809_984,
                    "free_memory_bytes": free,
                }
                for number, free in enumerate((84_974_239_744, 83_311_460_352))
            ],
            "cluster_execution": {
                "cluster_id": "tidewater-cluster",
                "cluster_state_digest": artifact_digest("tidewater-cluster/state"),
                "topology_digest": artifact_digest("tidewater-cluster/topology"),
                "scheduler_node_id": "tidewater-queue-0",
                "transport": "trusted_lan_stream",
                "disposition": "sharded",
                "job": 48_151_623,
                "nodes": ["trainer-0"],
                "preempted": False,
                "reservation": None,
                "labels": {"équipe": "préentraînement", "priority": "high"},
            },
        },
        accelerator_execution={
            "accelerator_backed": True,
            "optimizer_steps_completed": 12_000,
            "mean_step_latency_ms": 187,
            "detail": "187 ms a step (± 4 ms), the first 50 steps left out as warm-up.",
        },
        summary="The pilot's plan on two accelerators: 12000 steps in ≈37 min → losses within ±0.005 nats.",
    )


def _receipt(
    config: Json,
    inputs: Inputs,
    *,
    replay: tuple[int, str],
    promoted: Json,
    summary: str,
    base: Json | None = None,
    **execution: Any,
) -> Json:
    """A receipt with its digests.

    Args:
        config: of the run.
        inputs: of the run.
        replay: the number of successful replays, and a summary of them.
        promoted: the checkpoint that the run promotes.
        summary: of the stage.
        base: the checkpoint that the stage started from; None for fresh weights.
        execution: the members that say what the stage ran on.
    """
    run_id = config["run_id"]
    replays, replay_summary = replay
    return new_receipt(
        config,
        *inputs,
        reports=source_family_reports(run_id, inputs.corpus),
        successful_replays=replays,
        exact_replay_observed=True,
        replay_summary=replay_summary,
        promoted_checkpoint=promoted,
        promoted_checkpoint_label=f"{run_id}-final",
        base_checkpoint=base,
        summary=summary,
        **execution,
    )


def _checkpoint(run_id: str, step: int, started_at_ms: int) -> Json:
    name = f"{run_id}/step-{step}"
    return {
        "checkpoint_family": "psion.tidewater.decoder",
        "stream_id": f"{run_id}/pretrain",
        "manifest_digest": artifact_digest(f"{name}/manifest.json"),
        "object_digest": artifact_digest(f"{name}/model.safetensors"),
        "writer_node_id": "trainer-0",
        "membership_epoch": 7,
        "cluster_state_digest": artifact_digest(f"{run_id}/cluster-state"),
        "topology_digest": artifact_digest(f"{run_id}/topology"),
        "started_at_ms": started_at_ms,
        "checkpoint_ref": f"store://tidewater-checkpoints/{name}",
        "step": step,
        "durable_at_ms": started_at_ms + 4180,
    }


def _assignment(shard: int, device: int, partition: Json) -> Json:
    place = {"stable_device_id": _device(device), "topology_key": _bus(device), "placement_index": device}
    return {"shard_id": shard, "device": place, "partition": partition}


def _device(number: int) -> str:
    return f"cuda:{number}"


def _bus(number: int) -> str:
    return f"pci-0000:{0x41 + 0x40 * number:x}:00.0"
