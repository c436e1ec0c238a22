"""Restores derived values after edits, so a case has no other defects than its own."""

from __future__ import annotations

from math import prod
from typing import Any

from psion_contract.documents import digests, kinds
from psion_contract.documents.kinds import CONFIG, PROGRAM, RECEIPT, Kind

Json = dict[str, Any]
Tree = dict[str, Any]
"""By short name, the documents of a case."""


def unchanged(tree: Tree) -> Tree:
    """Restore nothing."""
    return tree


def sealed(tree: Tree) -> Tree:
    """Recompute the digests of receipts (D3 to D5) and of the records of programs (D7 to D9)."""
    for receipt in _all(RECEIPT, tree):
        _seal_receipt(receipt)
    for program in _all(PROGRAM, tree):
        for records, member, preimage in (
            ("completions", "completion_digest", digests.stage_completion_preimage),
            ("promotions", "promotion_digest", digests.checkpoint_promotion_preimage),
            ("transitions", "transition_digest", digests.stage_transition_preimage),
        ):
            for record in program.get(records) or ():
                record[member] = digests.sha256(preimage(record))
    return tree


def resealed(tree: Tree) -> Tree:
    """Recompute only the digest D5 of receipts, from their stored D3 and D4."""
    for receipt in _all(RECEIPT, tree):
        receipt["receipt_digest"] = digests.sha256(digests.receipt_preimage(receipt))
    return tree


def bound(tree: Tree) -> Tree:
    """As `sealed`, and store the digests D1 and D2 of the model in configs and receipts."""
    tokenizer = digests.tokenizer_binding_digest(tree["descriptor"])
    model = digests.model_descriptor_digest(tree["descriptor"])
    receipts = _all(RECEIPT, tree)
    for document in _all(CONFIG, tree) + receipts:
        document["model_descriptor_digest"] = model
        document["tokenizer_binding_digest"] = tokenizer
        document["objective_config"]["tokenizer_binding_digest"] = tokenizer
    for receipt in receipts:
        receipt["checkpoint_lineage"]["model_descriptor_digest"] = model
    return sealed(tree)


def counted(tree: Tree) -> Tree:
    """Recompute the digest D6 and the parameter count of the model."""
    descriptor = tree["descriptor"]
    layout = descriptor["checkpoint_contract"]["tensor_layout"]
    digest = digests.sha256(digests.tensor_layout_preimage(layout))
    descriptor["checkpoint_contract"]["tensor_layout_digest"] = digest
    descriptor["export_contract"]["tensor_layout_digest"] = digest
    descriptor["parameter_count_estimate"] = sum(prod(tensor["shape"]["dims"]) for tensor in layout)
    return tree


def relaid(tree: Tree) -> Tree:
    """Rebuild the tensor layout of the model from its config, and as `counted`."""
    descriptor = tree["descriptor"]
    descriptor["checkpoint_contract"]["tensor_layout"] = _tensor_layout(descriptor["config"])
    return counted(tree)


def _tensor_layout(config: Json) -> list[Json]:
    """Every tensor of a decoder with this config, in the order of its checkpoints: not as the rule under test says."""
    hidden, inner = config["hidden_size"], config["block"]["feed_forward"]["intermediate_size"]
    tensors = [
        _tensor("decoder.embed_tokens.weight", config["vocab_size"], hidden),
        _tensor("decoder.embed_positions.weight", config["max_context"], hidden),
    ]
    for number in range(config["layer_count"]):
        layer = f"decoder.layers.{number}"
        tensors += _norm(f"{layer}.attention_norm", hidden)
        for projection in ("q_proj", "k_proj", "v_proj", "o_proj"):
            tensors += _linear(f"{layer}.attention.{projection}", hidden, hidden)
        tensors += _norm(f"{layer}.feed_forward_norm", hidden)
        for projection in ("gate_proj", "up_proj"):
            tensors += _linear(f"{layer}.feed_forward.{projection}", hidden, inner)
        tensors += _linear(f"{layer}.feed_forward.down_proj", inner, hidden)
    tensors += _norm("decoder.final_norm", hidden)
    # The head shares the weight of the token embedding, so only its bias is stored.
    tensors.append(_tensor("lm_head.bias", config["vocab_size"]))
    return tensors


def _norm(name: str, width: int) -> list[Json]:
    return [_tensor(f"{name}.gamma", width), _tensor(f"{name}.beta", width)]


def _linear(name: str, inputs: int, outputs: int) -> list[Json]:
    return [_tensor(f"{name}.weight", inputs, outputs), _tensor(f"{name}.bias", outputs)]


def _tensor(name: str, *dims: int) -> Json:
    return {"name": name, "shape": {"dims": list(dims)}, "dtype": "F32", "quantization": "none"}


def _all(kind: Kind, tree: Tree) -> list[Json]:
    return [value for _, found, value in kinds.find(list(tree.values())) if found is kind]


def _seal_receipt(receipt: Json) -> None:
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    replay["replay_digest"] = digests.sha256(digests.replay_preimage(replay))
    lineage["checkpoint_lineage_digest"] = digests.sha256(digests.checkpoint_lineage_preimage(lineage))
    receipt["receipt_digest"] = digests.sha256(digests.receipt_preimage(receipt))
