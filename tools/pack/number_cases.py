"""Cases of the rule on integers that some readers cannot hold."""

from __future__ import annotations

from tools.edits import put
from tools.pack.base_documents import FULL, PLAN, PROGRAM, RUN
from tools.pack.base_receipts import cluster
from tools.pack.case_builder import Group
from tools.pack.restoring import unchanged

_RULE = "unsafe-integer"
_LARGE = 2**53
_MOST = 2**64 - 1
_OPEN = "/full/delivered_execution/cluster_execution"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, by kind of document."""
    cases = Group("numbers", "Integers beyond 2^53 - 1, in every kind of document.", on=RUN)
    epoch = "/receipt/checkpoint_lineage/promoted_checkpoint/membership_epoch"
    cases.accepted(_RULE, "largest-safe", "An integer of 2^53 - 1 is safe.", put(epoch, _LARGE - 1))
    cases.warned(_RULE, "receipt", "An integer of 2^53 in a receipt is unsafe.", put(epoch, _LARGE), at=[epoch])
    cases.warned(
        _RULE, "both", "Of the integers 2^53 and 2^53 - 1 only the larger is unsafe.", put(epoch, _LARGE),
        put("/receipt/checkpoint_lineage/promoted_checkpoint/started_at_ms", _LARGE - 1), at=[epoch],
    )
    cases.warned(
        _RULE, "largest", "An integer of 2^64 - 1, the largest that a member may hold, is unsafe.", put(epoch, _MOST), at=[epoch],
    )
    in_list = "/full/delivered_execution/selected_devices/1/total_memory_bytes"
    cases.warned(
        _RULE, "in-a-list", "An integer of 2^53 in an item of a list is unsafe.", put(in_list, _LARGE), at=[in_list], on=FULL,
    )
    cases.warned(
        _RULE, "open", "Integers above 2^53 - 1 in the open object are unsafe, under any name.",
        put(_OPEN, cluster(**{"a/b": [1, [_LARGE]], "c~d": {"": 10**30}})), at=[f"{_OPEN}/a~1b/1/0", f"{_OPEN}/c~0d/"],
        on=FULL,
    )
    cases.accepted(
        _RULE, "negative", "An integer of -(2^53 - 1) is safe.", put(_OPEN, cluster(n=1 - _LARGE, t=True)), on=FULL,
    )
    cases.warned(
        _RULE, "negative-large", "An integer of -2^53 is unsafe.", put(_OPEN, cluster(n=-_LARGE)), at=[f"{_OPEN}/n"], on=FULL,
    )
    cases.warned(
        _RULE, "negative-huge", "An integer of -10^30 in a list is unsafe.", put(_OPEN, cluster(n=[0, -(10**30)])),
        at=[f"{_OPEN}/n/1"], on=FULL,
    )
    cases.rejected(
        _RULE, "negative-member", "A membership_epoch of -2^53 is unsafe, and out of range.", put(epoch, -_LARGE), at=[epoch],
        also=[("schema-violation", epoch)], then=unchanged,
    )
    cases.accepted(
        _RULE, "text", "The digits of 2^53 in a string are not an integer.", put(_OPEN, cluster(n=str(_LARGE))), on=FULL,
    )
    blocks = "/descriptor/checkpoint_contract/tensor_layout/0/quantized_layout"
    cases.rejected(
        _RULE, "descriptor", "A parameter_count_estimate of 2^53 in a descriptor is unsafe.", put("/descriptor/parameter_count_estimate", _LARGE),
        at=["/descriptor/parameter_count_estimate"], on=("descriptor",),
        also=[("parameter-count-mismatch", "/descriptor/parameter_count_estimate")],
    )
    cases.rejected(
        _RULE, "descriptor-blocks", "A block_count of 2^53 in a tensor of a descriptor is unsafe.",
        put(blocks, {"elements_per_block": 1, "bytes_per_block": 1, "block_count": _LARGE}),
        at=[f"{blocks}/block_count"], on=("descriptor",),
        also=[("tensor-layout-digest-mismatch",
            f"/descriptor/{part}/tensor_layout_digest") for part in ("checkpoint_contract",
            "export_contract")],
    )
    seed = "/corpus/replay_contract/deterministic_shuffle_seed"
    cases.warned(_RULE, "corpus", "A deterministic_shuffle_seed of 2^53 in a corpus is unsafe.", put(seed, _LARGE), at=[seed], on=("corpus",))
    context = "/config/objective_config/max_context_tokens"
    cases.rejected(
        _RULE, "config", "A max_context_tokens of 2^53 in a config is unsafe.", put(context, _LARGE), at=[context], on=PLAN,
        also=[("context-length-mismatch", context)],
    )
    code = "/policy/maximum_code_token_ratio_bps"
    cases.rejected(
        _RULE, "policy", "An integer of 2^53 in a policy is unsafe, and as basis points out of range.", put(code, _LARGE), at=[code],
        also=[("schema-violation", code)], on=("policy",),
    )
    entered = "/program/transitions/3/transitioned_at_ms"
    cases.warned(_RULE, "program", "A transitioned_at_ms of 2^53 in a program is unsafe.", put(entered, _LARGE), at=[entered], on=PROGRAM)
    epoch = "/program/stages/0/pretrain_runs/0/checkpoint_lineage/promoted_checkpoint/started_at_ms"
    cases.rejected(
        _RULE, "embedded", "An unsafe integer in a receipt of a program is one finding, in the program.", put(epoch, _LARGE), at=[epoch],
        on=PROGRAM, also=[("unrecorded-checkpoint", "/program/promotions/0/checkpoint")],
    )
    cases.rejected(
        _RULE, "unknown-member", "An integer of 2^53 in an unknown member is unsafe.", put("/receipt/x", [_LARGE]),
        at=["/receipt/x/0"], also=[("schema-violation", "/receipt/x")],
    )
    cases.warned(
        _RULE, "input", "An integer of 2^53 in an input that is reached is unsafe.", put(seed, _LARGE),
        put("/receipt/replay_receipt/deterministic_shuffle_seed", _LARGE),
        at=[seed, "/receipt/replay_receipt/deterministic_shuffle_seed"],
        inputs=("descriptor", "corpus", "policy", "config"),
    )
    return cases
