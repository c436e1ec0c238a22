"""Cases of the rule on integers that some readers cannot hold."""

from __future__ import annotations

from psion_contract.conformance.sources.base import FULL, PLAN, PROGRAM, RUN
from psion_contract.conformance.sources.editing import put
from psion_contract.conformance.sources.making import Group

_RULE = "unsafe-integer"
_LARGE = 2**53
_MOST = 2**64 - 1
_OPEN = "/full/delivered_execution/cluster_execution"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by kind of document."""
    made = Group("numbers", "Integers above 2^53 - 1, in every kind of document.", on=RUN)
    epoch = "/receipt/checkpoint_lineage/promoted_checkpoint/membership_epoch"
    made.accepted(_RULE, "largest-safe", "2^53 - 1 is safe.", put(epoch, _LARGE - 1))
    made.warned(_RULE, "receipt", "2^53 is not.", put(epoch, _LARGE), at=[epoch])
    made.warned(
        _RULE, "both", "Of the two only the larger is unsafe.", put(epoch, _LARGE),
        put("/receipt/checkpoint_lineage/promoted_checkpoint/started_at_ms", _LARGE - 1), at=[epoch],
    )
    made.warned(
        _RULE, "largest", "2^64 - 1 is the largest that a document can hold.", put(epoch, _MOST), at=[epoch],
    )
    in_list = "/full/delivered_execution/selected_devices/1/total_memory_bytes"
    made.warned(
        _RULE, "in-a-list", "An item of a list is found too.", put(in_list, _LARGE), at=[in_list], on=FULL,
    )
    made.warned(
        _RULE, "open", "So is what stands in the open object, under any name.",
        put(_OPEN, {"a/b": [1, [_LARGE]], "c~d": {"": 10**30}}), at=[f"{_OPEN}/a~1b/1/0", f"{_OPEN}/c~0d/"],
        on=FULL,
    )
    made.accepted(
        _RULE, "negative", "A negative integer is as safe as it is small.",
        put(_OPEN, {"n": -(2**60), "t": True}), on=FULL,
    )
    made.accepted(
        _RULE, "text", "Digits in a string are no integer.", put(_OPEN, {"n": str(_LARGE)}), on=FULL,
    )
    blocks = "/descriptor/checkpoint_contract/tensor_layout/0/quantized_layout"
    made.rejected(
        _RULE, "descriptor", "In a descriptor.", put("/descriptor/parameter_count_estimate", _LARGE),
        at=["/descriptor/parameter_count_estimate"], on=("descriptor",),
        also=[("parameter-count-mismatch", "/descriptor/parameter_count_estimate")],
    )
    made.rejected(
        _RULE, "descriptor-blocks", "In a tensor of a descriptor.",
        put(blocks, {"elements_per_block": 1, "bytes_per_block": 1, "block_count": _LARGE}),
        at=[f"{blocks}/block_count"], on=("descriptor",),
        also=[("tensor-layout-digest-mismatch",
            f"/descriptor/{part}/tensor_layout_digest") for part in ("checkpoint_contract",
            "export_contract")],
    )
    seed = "/corpus/replay_contract/deterministic_shuffle_seed"
    made.warned(_RULE, "corpus", "In a corpus.", put(seed, _LARGE), at=[seed], on=("corpus",))
    context = "/config/objective_config/max_context_tokens"
    made.rejected(
        _RULE, "config", "In a config.", put(context, _LARGE), at=[context], on=PLAN,
        also=[("context-length-mismatch", context)],
    )
    code = "/policy/maximum_code_token_ratio_bps"
    made.rejected(
        _RULE, "policy", "In a policy, where it is no basis points either.", put(code, _LARGE), at=[code],
        also=[("schema-violation", code)], on=("policy",),
    )
    entered = "/program/stages/1/ingested_traces/0/accepted_at_ms"
    made.warned(_RULE, "program", "In a program.", put(entered, _LARGE), at=[entered], on=PROGRAM)
    epoch = "/program/stages/0/pretrain_runs/0/checkpoint_lineage/promoted_checkpoint/started_at_ms"
    made.rejected(
        _RULE, "embedded", "In a receipt of a program it is one finding.", put(epoch, _LARGE), at=[epoch],
        on=PROGRAM, also=[("unrecorded-checkpoint", "/program/promotions/0/checkpoint")],
    )
    made.rejected(
        _RULE, "unknown-member", "In a member that the contract does not know.", put("/receipt/x", [_LARGE]),
        at=["/receipt/x/0"], also=[("schema-violation", "/receipt/x")],
    )
    made.warned(
        _RULE, "input", "In an input that is reached.", put(seed, _LARGE),
        put("/receipt/replay_receipt/deterministic_shuffle_seed", _LARGE),
        at=[seed, "/receipt/replay_receipt/deterministic_shuffle_seed"],
        inputs=("descriptor", "corpus", "policy", "config"),
    )
    return made
