"""The receipts that cases start from: one with nothing optional, one with everything."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Json = dict[str, Any]


def receipt(config: Json) -> Json:
    """A receipt with nothing optional, not yet sealed."""
    return {
        **deepcopy(config),
        "schema_version": "psion.pretrain_stage_receipt.v1",
        "source_family_reports": [
            _row("train", "train", "prose", ["handbook", "letters"], 7100, 7000, 3412),
            _row("train", "train", "code", ["kernel"], 2900, 3000, 2105),
            _row("validation", "validation", "prose", ["notes"], 6000, 6500, 3498),
            _row("validation", "validation", "code", ["driver"], 4000, 3500, 2188),
            _row("held", "held_out", "exams", ["papers"], 10000, 10000, 3688),
        ],
        "replay_receipt": {
            "receipt_id": "quay-replay",
            "stable_dataset_identity": "quay-corpus@1",
            "iteration_mode": "repeat",
            "shard_ordering": "deterministic_shuffle",
            "deterministic_shuffle_seed": 17,
            "successful_replays": 2,
            "exact_replay_observed": True,
            "replay_digest": "",
            "summary": "Same order twice: “déjà vu”.",
        },
        "checkpoint_lineage": {
            "receipt_id": "quay-lineage",
            "promoted_checkpoint": checkpoint("quay", "a"),
            "promoted_checkpoint_label": "quay-final",
            "model_id": config["model_id"],
            "model_descriptor_digest": "",
            "checkpoint_lineage_digest": "",
        },
        "summary": 'Trained on ≈30 000 tokens.\n\tCalled "quay" in C:\\runs; 𐐷 stays one character.',
        "receipt_digest": "",
    }


def full_receipt(config: Json) -> Json:
    """A receipt with everything that is optional, not yet sealed."""
    made = receipt(config)
    made["checkpoint_lineage"] |= {
        "promoted_checkpoint": checkpoint("quay", "b", 600, "store://b", 600, 604),
        "base_checkpoint": checkpoint("quay-0", "a", 200, "store://a", 500, 204),
    }
    made["delivered_execution"] = {
        "runtime_backend": "cuda",
        "execution_topology": {
            "effective_backend": "cuda",
            "kind": "layer_sharded",
            "assignments": [
                _assignment(0, {"kind": "whole_model"}),
                _assignment(1, {"kind": "replica", "replica_index": 1}),
                _assignment(2, {"kind": "layer_range", "start_layer": 0, "end_layer": 4}),
                _assignment(3, {"kind": "tensor_range", "axis": 0, "start": 0, "end": 24576}),
            ],
        },
        "selected_devices": [_device(0), _device(1)],
        "cluster_execution": cluster(job=48, labels={"équipe": None}, nodes=["n0", True, []]),
    }
    made["accelerator_execution"] = {
        "accelerator_backed": True,
        "optimizer_steps_completed": 100,
        "mean_step_latency_ms": 187,
        "detail": "187 ms a step, ± 4 ms.",
    }
    return made


def cluster(**further: Any) -> Json:
    """A cluster execution, with further members."""
    return {
        "cluster_id": "quays",
        "cluster_state_digest": "cluster-1",
        "topology_digest": "topology-1",
        "scheduler_node_id": "node-0",
        "transport": "trusted_lan_stream",
        "disposition": "sharded",
        **further,
    }


def checkpoint(
    stream: str, version: str, started: int = 100, ref: str = "", step: int = 0, durable: int = 0
) -> Json:
    """A checkpoint reference; with its optional properties if a `ref` is given."""
    made: Json = {
        "checkpoint_family": "quay.decoder",
        "stream_id": stream,
        "manifest_digest": f"manifest-{version}",
        "object_digest": f"object-{version}",
        "writer_node_id": "node-0",
        "membership_epoch": 7,
        "cluster_state_digest": "cluster-1",
        "topology_digest": "topology-1",
        "started_at_ms": started,
    }
    optional = {"checkpoint_ref": ref, "step": step, "durable_at_ms": durable}
    return made | optional if ref else made


def _row(
    split: str, kind: str, family: str, sources: list[str], tokens: int, sequences: int, loss: int
) -> Json:
    return {
        "split_name": split,
        "split_kind": kind,
        "source_family_id": family,
        "source_ids": sources,
        "token_share_bps_within_split": tokens,
        "sequence_share_bps_within_split": sequences,
        "mean_next_token_loss_milli": loss,
        "detail": "As measured.",
    }


def _assignment(number: int, partition: Json) -> Json:
    pointer = {"stable_device_id": f"cuda:{number % 2}", "topology_key": "pci-41", "placement_index": number}
    return {"shard_id": number, "device": pointer, "partition": partition}


def _device(number: int) -> Json:
    return {
        "stable_device_id": f"cuda:{number}",
        "topology_key": "pci-41",
        "performance_class": "discrete_accelerator",
        "memory_class": "dedicated_device",
        "total_memory_bytes": 85520809984,
        "free_memory_bytes": 84974239744,
    }
