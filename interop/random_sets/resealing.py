"""Repairing the digests of edited documents, as far as the documents still have what is hashed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from json import dumps, loads
from typing import Any

from psion_contract.documents import digests
from psion_contract.documents.kinds import find

_RECORDS = (
    ("completions", "completion_digest", digests.stage_completion_preimage),
    ("promotions", "promotion_digest", digests.checkpoint_promotion_preimage),
    ("transitions", "transition_digest", digests.stage_transition_preimage),
)

_MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""What preimage functions raise for documents that do not match their schemas."""


def reseal_all(documents: dict[str, Any], follow: bool) -> None:
    """Repair the digests that documents store.

    Args:
        documents: by name.
        follow: whether configs and receipts get the digests of the edited model too.
    """
    for document in documents.values():
        if "checkpoint_contract" in document:
            reseal(document)
    model_digests = next(filter(None, map(_model_digests, documents.values())), None) if follow else None
    if model_digests is not None:
        for value in _configs_and_receipts(documents):
            _state_model_digests(value, *model_digests)
    for document in documents.values():
        if "checkpoint_contract" not in document:
            reseal(document)


def reseal(document: Any) -> None:
    """Repair every digest that a document stores."""
    for _, kind, value in find(document):
        match kind.role:
            case "receipt":
                _reseal_receipt(value)
            case "descriptor":
                _reseal_descriptor(value)
            case "program":
                for records, member, preimage in _RECORDS:
                    entries = value.get(records)
                    for entry in entries if isinstance(entries, list) else ():
                        _store(entry, member, preimage, entry)


def _reseal_receipt(receipt: Any) -> None:
    replay, lineage = receipt.get("replay_receipt"), receipt.get("checkpoint_lineage")
    _store(replay, "replay_digest", digests.replay_preimage, replay)
    _store(lineage, "checkpoint_lineage_digest", digests.checkpoint_lineage_preimage, lineage)
    _store(receipt, "receipt_digest", digests.receipt_preimage, receipt)


def _reseal_descriptor(descriptor: Any) -> None:
    contract = descriptor.get("checkpoint_contract")
    layout = contract.get("tensor_layout") if isinstance(contract, dict) else None
    for part in (contract, descriptor.get("export_contract")):
        _store(part, "tensor_layout_digest", digests.tensor_layout_preimage, layout)


def _store(container: Any, member: str, preimage: Callable[[Any], str], source: Any) -> None:
    """Store the digest of `source` in a member, if both are well-formed enough."""
    try:
        container[member] = digests.sha256(preimage(source))
    except _MALFORMED:
        return


def _configs_and_receipts(documents: dict[str, Any]) -> Iterator[Any]:
    for document in documents.values():
        for _, kind, value in find(document):
            if kind.role in ("config", "receipt"):
                yield value


def _state_model_digests(value: Any, tokenizer: str, model: str) -> None:
    """Put the digests of the model wherever a config or a receipt states them."""
    value["tokenizer_binding_digest"], value["model_descriptor_digest"] = tokenizer, model
    for part, name in (
        ("objective_config", "tokenizer_binding_digest"),
        ("checkpoint_lineage", "model_descriptor_digest"),
    ):
        if isinstance(value.get(part), dict):
            value[part][name] = value[name]


def _model_digests(document: Any) -> tuple[str, str] | None:
    """D1 and D2 of a model descriptor."""
    return _digests_of_text(dumps(document)) if "tokenizer_binding" in document else None


@lru_cache(maxsize=1000)
def _digests_of_text(text: str) -> tuple[str, str] | None:
    descriptor = loads(text)
    try:
        return digests.tokenizer_binding_digest(descriptor), digests.model_descriptor_digest(descriptor)
    except _MALFORMED:
        return None
