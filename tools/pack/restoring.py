"""Restores derived values after edits, so a case has no other defects than its own."""

from __future__ import annotations

from math import prod
from typing import Any

from psion_contract.documents import digests, kinds
from psion_contract.documents.kinds import CONFIG, PROGRAM, RECEIPT, Kind
from psion_contract.rules.layout import implied_layout

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
    descriptor["checkpoint_contract"]["tensor_layout"] = implied_layout(descriptor)
    return counted(tree)


def _all(kind: Kind, tree: Tree) -> list[Json]:
    return [value for _, found, value in kinds.find(list(tree.values())) if found is kind]


def _seal_receipt(receipt: Json) -> None:
    replay, lineage = receipt["replay_receipt"], receipt["checkpoint_lineage"]
    replay["replay_digest"] = digests.sha256(digests.replay_preimage(replay))
    lineage["checkpoint_lineage_digest"] = digests.sha256(digests.checkpoint_lineage_preimage(lineage))
    receipt["receipt_digest"] = digests.sha256(digests.receipt_preimage(receipt))
