"""Cases in which one thing is wrong with a document in every place where it can be.

Where findings stand follows from the shape of the base document and from what is said of members here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from psion_contract.conformance.sources import base
from psion_contract.conformance.sources.editing import Edit, Tree, put
from psion_contract.conformance.sources.making import Group
from psion_contract.conformance.sources.sealing import as_it_is
from psion_contract.pointers import child

_RULE = "schema-violation"
_OPEN = "cluster_execution"
_DISTINCT = {"source_ids", "shard_ids", "source_family_ids"}
_NOT_EMPTY = _DISTINCT | {
    "source_family_reports", "selected_devices", "source_family_bindings", "splits", "shards", "source_lineage",
    "source_family_weights", "source_contribution_caps", "repetitive_region_controls",
}
_OPTIONAL = {
    "delivered_execution", "accelerator_execution", "base_checkpoint", "checkpoint_ref", "step", "durable_at_ms",
    "execution_topology", "cluster_execution", "topology_key", "total_memory_bytes", "free_memory_bytes",
    "special_tokens_digest", "template_digest", "quantized_layout", "ingested_traces", "pretrain_runs", "completions",
    "promotions", "transitions", "previous_stage_id",
}
_U64 = 2**64
_MOST = {"successful_replays": 65535, "downweight_multiplier_bps": 9999}
"""The largest value of members, where it follows neither from their names nor is that of a u64."""
_U32 = {
    "mean_next_token_loss_milli", "optimizer_steps_completed", "max_sequence_tokens", "min_sequence_tokens",
    "ingested_trace_count", "pretrain_run_count",
}
_FROM_ONE = {
    "max_context_tokens", "successful_replays", "optimizer_steps_completed", "mean_step_latency_ms", "hidden_size",
    "layer_count", "vocab_size", "max_context", "head_count", "kv_head_count", "head_dim", "rotary_dim",
    "intermediate_size", "max_sequence_tokens", "min_sequence_tokens", "sampling_weight_bps",
    "maximum_family_token_share_bps", "maximum_source_token_share_bps", "downweight_multiplier_bps",
    "maximum_region_token_share_bps",
}
_WORDS = {
    "schema_version", "stage_kind", "objective_kind", "loss_normalization", "split_kind", "iteration_mode",
    "shard_ordering", "kind", "performance_class", "memory_class", "family", "size_anchor", "position_encoding",
    "norm_kind", "weight_tying", "activation", "tokenizer_family", "checkpoint_format", "dtype", "quantization",
    "packing_mode", "overlong_sequence_posture", "content_class", "regression_kind", "status", "trace_kind",
    "from_stage_kind", "to_stage_kind", "next_stage_kind",
}

# fmt: off: a case reads best as a few full lines
