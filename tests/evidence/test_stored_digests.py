"""The digests that documents store, beside those that are computed."""

from __future__ import annotations

from support.canonical_sets import documents

from psion_contract.documents import kinds
from psion_contract.documents.document import Document
from psion_contract.evidence.stored_digests import listing


def listed(*names: str) -> dict[str, list[tuple[str, str | None, str]]]:
    """By document, each row as id, pointer and state."""
    found = documents(*names)
    held = [
        Document(name, "", kinds.KINDS[each["schema_version"]], each, None, True)
        for name, each in found.items()
    ]
    return {
        document.name: [(each.id, each.pointer, each.state) for each in rows]
        for document, rows in listing(held)
    }


def test_quoted_digests_are_computed_where_the_model_is_available() -> None:
    assert listed("descriptor", "config")["config"] == [
        ("D1", "/tokenizer_binding_digest", "agrees"),
        ("D1", "/objective_config/tokenizer_binding_digest", "agrees"),
        ("D2", "/model_descriptor_digest", "agrees"),
        ("content", None, "not-stored"),
    ]
    assert listed("config")["config"] == [
        ("D1", "/tokenizer_binding_digest", "not-computed"),
        ("D1", "/objective_config/tokenizer_binding_digest", "not-computed"),
        ("D2", "/model_descriptor_digest", "not-computed"),
        ("content", None, "not-stored"),
    ]


def test_a_receipt_s_quoted_digests_are_computed_through_its_config() -> None:
    quoted = [
        ("D1", "/tokenizer_binding_digest"),
        ("D1", "/objective_config/tokenizer_binding_digest"),
        ("D2", "/model_descriptor_digest"),
        ("D2", "/checkpoint_lineage/model_descriptor_digest"),
    ]
    own = [
        ("D3", "/replay_receipt/replay_digest", "agrees"),
        ("D4", "/checkpoint_lineage/checkpoint_lineage_digest", "agrees"),
        ("D5", "/receipt_digest", "agrees"),
        ("content", None, "not-stored"),
    ]
    complete, alone = (
        listed("descriptor", "config", "receipt")["receipt"],
        listed("descriptor", "receipt")["receipt"],
    )
    assert complete == [(*each, "agrees") for each in quoted] + own
    assert alone == [(*each, "not-computed") for each in quoted] + own
