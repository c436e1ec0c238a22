"""The canonical runs: a pilot, its continuation, and the pilot's plan on accelerators."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from psion_contract.documents import digests
from psion_contract.documents.digests import Json
from tools.canonical.canonical_names import artifact_digest
from tools.canonical.canonical_reports import source_family_reports


def config(run_id: str, descriptor: Json, corpus: Json, policy: Json) -> Json:
    """The config of the pretrain stage of a run."""
    tokenizer = digests.tokenizer_binding_digest(descriptor)
    dataset = corpus["replay_contract"]["stable_dataset_identity"]
    return {
        "schema_version": "psion.pretrain_stage_config.v1",
        "run_id": run_id,
        "stage_id": f"{run_id}-stage-1-pretrain",
        "stage_kind": "pretrain",
        "model_id": descriptor["model"]["model_id"],
        "model_descriptor_digest": digests.model_descriptor_digest(descriptor),
        "tokenizer_binding_digest": tokenizer,
        "dataset_identity": dataset,
        "sampling_policy_id": policy["policy_id"],
        "sampling_policy_version": policy["policy_version"],
        "objective_config": {
            "objective_kind": "next_token_prediction",
            "loss_normalization": "by_target_token",
            "label_smoothing_bps": 40,
            "tokenizer_binding_digest": tokenizer,
            "dataset_identity": dataset,
            "max_context_tokens": descriptor["config"]["max_context"],
        },
    }


def pilot_receipt(config: Json, corpus: Json) -> Json:
    """The receipt of a stage that started from fresh weights; it does not say what it ran on."""
    return _receipt(
        config,
        corpus,
        replay=(3, "Three dry runs drew the same 4096 batches in the same order, byte for byte."),
        promoted=_checkpoint(config["run_id"], 12_000, 1_771_236_000_000),
        summary="First pilot: 12000 steps from fresh weights, ≈3.1 billion tokens; all losses still fall.",
    )


def resumed_receipt(config: Json, corpus: Json, pilot: Json) -> Json:
    """The receipt of a stage that went on from the pilot's checkpoint, in two replicas on processors."""
    return _receipt(
        config,
        corpus,
        replay=(2, "Replayed twice from the pilot's last batch: the shuffle goes on where it stopped."),
        base=deepcopy(pilot["checkpoint_lineage"]["promoted_checkpoint"]),
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


def accelerated_receipt(config: Json, corpus: Json) -> Json:
    """The receipt of a stage on two accelerators, with all that a receipt can say of what it ran on."""
    return _receipt(
        config,
        corpus,
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
                "scheduler": "tidewater-queue",
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
    corpus: Json,
    *,
    replay: tuple[int, str],
    promoted: Json,
    summary: str,
    base: Json | None = None,
    **execution: Any,
) -> Json:
    """A sealed receipt.

    Args:
        config: of the run.
        corpus: that the run read.
        replay: how often the reading was replayed, and what came of it.
        promoted: the checkpoint that came out.
        summary: the stage in words.
        base: the checkpoint that the stage started from; None for fresh weights.
        execution: the members that say what the stage ran on.
    """
    replay_receipt = _replay(config["run_id"], corpus, *replay)
    lineage = _lineage(config, promoted, base)
    receipt = {
        **deepcopy(config),
        "schema_version": "psion.pretrain_stage_receipt.v1",
        "source_family_reports": source_family_reports(config["run_id"], corpus),
        "replay_receipt": replay_receipt,
        "checkpoint_lineage": lineage,
        **execution,
        "summary": summary,
    }
    return {**receipt, "receipt_digest": digests.sha256(digests.receipt_preimage(receipt))}


def _replay(run_id: str, corpus: Json, replays: int, summary: str) -> Json:
    contract = corpus["replay_contract"]
    replay = {
        "receipt_id": f"{run_id}-replay",
        "stable_dataset_identity": contract["stable_dataset_identity"],
        "iteration_mode": contract["iteration_mode"],
        "shard_ordering": contract["shard_ordering"],
        "deterministic_shuffle_seed": contract["deterministic_shuffle_seed"],
        "successful_replays": replays,
        "exact_replay_observed": True,
        "replay_digest": "",
        "summary": summary,
    }
    return replay | {"replay_digest": digests.sha256(digests.replay_preimage(replay))}


def _lineage(config: Json, promoted: Json, base: Json | None) -> Json:
    lineage = {
        "receipt_id": f"{config['run_id']}-lineage",
        "promoted_checkpoint": promoted,
        **({"base_checkpoint": base} if base else {}),
        "promoted_checkpoint_label": f"{config['run_id']}-final",
        "model_id": config["model_id"],
        "model_descriptor_digest": config["model_descriptor_digest"],
    }
    digest = digests.sha256(digests.checkpoint_lineage_preimage(lineage))
    return lineage | {"checkpoint_lineage_digest": digest}


def _checkpoint(run_id: str, step: int, started_at_ms: int) -> Json:
    name = f"{run_id}/step-{step}"
    return {
        "checkpoint_family": "psion.tidewater.decoder",
        "stream_id": f"{run_id}/pretrain",
        "manifest_digest": artifact_digest(f"{name}/manifest.json"),
        "object_digest": artifact_digest(f"{name}/weights.safetensors"),
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
