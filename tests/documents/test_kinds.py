"""How documents are recognised, where they are found, and what identifies them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from support.canonical_sets import documents
from support.json_texts import VALUES

from psion_contract.documents import kinds, schemas
from psion_contract.documents.kinds import CONFIG, KINDS, POLICY, PROGRAM, RECEIPT, find, identify, recognise
from psion_contract.reading.claims import STEMS
from psion_contract.reading.pointers import value_at
from tools.edits import drop, edited

CONFIG_DOCUMENT = {"schema_version": CONFIG.version}
PROGRAM_DOCUMENT = {"stages": [], "checkpoint_family": "f"}


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_document_is_recognised_by_its_schema_version(kind: kinds.Kind) -> None:
    assert recognise({"schema_version": kind.version}) is kind


def test_every_kind_has_a_stem_by_which_broken_texts_claim_it() -> None:
    assert [f"{stem}.v1" for stem in STEMS] == list(KINDS)


@pytest.mark.parametrize(
    "version",
    ["psion.pretrain_stage_config.v2", "psion.pretrain_stage_config.V1", "", 1, None, ["x"], {}, True],
)
def test_what_is_not_known_version_is_no_document(version: Any) -> None:
    assert recognise({"schema_version": version}) is None


def test_a_stage_program_without_version_is_recognised_by_two_members() -> None:
    assert recognise(PROGRAM_DOCUMENT) is PROGRAM
    assert recognise({"schema_version": None, **PROGRAM_DOCUMENT}) is PROGRAM
    assert recognise({"stages": []}) is None
    assert recognise({"checkpoint_family": "f"}) is None


def test_documents_are_found_at_any_depth_and_reported_by_pointer() -> None:
    value = [
        {
            "a/b": {"~": CONFIG_DOCUMENT},
            "other": {"schema_version": "elsewhere.v1", "inner": [CONFIG_DOCUMENT]},
        },
        CONFIG_DOCUMENT,
        "text",
    ]
    found = [(pointer, kind) for pointer, kind, _ in find(value)]
    assert found == [("/0/a~1b/~0", CONFIG), ("/0/other/inner/0", CONFIG), ("/1", CONFIG)]
    assert all(value_at(value, pointer) is document for pointer, _, document in find(value))


def test_a_document_in_the_open_object_of_another_is_found_too() -> None:
    receipt = {
        "schema_version": RECEIPT.version,
        "delivered_execution": {"cluster_execution": CONFIG_DOCUMENT},
    }
    assert [pointer for pointer, _, _ in find({"receipt": receipt})] == [
        "/receipt",
        "/receipt/delivered_execution/cluster_execution",
    ]


def test_receipts_inside_a_stage_program_are_documents_too() -> None:
    receipt = {"schema_version": RECEIPT.version}
    program = {**PROGRAM_DOCUMENT, "stages": [{"pretrain_runs": [receipt, receipt]}]}
    assert [(pointer, kind.role) for pointer, kind, _ in find({"program": program})] == [
        ("/program", "program"),
        ("/program/stages/0/pretrain_runs/0", "receipt"),
        ("/program/stages/0/pretrain_runs/1", "receipt"),
    ]


@given(VALUES)
def test_looking_for_documents_never_raises(value: Any) -> None:
    assert list(find(value)) == []
    assert len(list(find([value, CONFIG_DOCUMENT, {"x": CONFIG_DOCUMENT}]))) == 2


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("config", {"run_id": "tidewater-pilot-01", "stage_id": "tidewater-pilot-01-stage-1-pretrain"}),
        ("descriptor", {"model_id": "psion-tidewater-pilot"}),
        ("corpus", {"stable_dataset_identity": "tidewater-corpus@2026.02"}),
        ("policy", {"policy_id": "tidewater-mixture", "policy_version": "4"}),
    ],
)
def test_the_identity_of_a_document_is_what_others_refer_to_it_by(
    name: str, identity: dict[str, str]
) -> None:
    document = documents(name)[name]
    kind = recognise(document)
    assert kind is not None
    assert identify(kind, document) == identity


def test_the_identity_of_a_receipt_holds_its_digest() -> None:
    receipt = documents("receipt")["receipt"]
    identity = identify(RECEIPT, receipt)
    assert identity is not None
    assert list(identity) == ["run_id", "stage_id", "receipt_digest"]


@pytest.mark.parametrize("version", [None, 4, ["4"], {"policy_version": "4"}, True])
def test_a_document_with_an_unusable_identity_has_none(version: Any) -> None:
    assert identify(POLICY, {"policy_id": "p", "policy_version": version}) is None
    assert identify(POLICY, {"policy_id": "p"}) is None
    assert identify(kinds.DESCRIPTOR, {"model": "m"}) is None


def test_every_kind_has_a_schema_of_its_name_and_a_role_of_its_own() -> None:
    assert {kind.role for kind in KINDS.values()} == set(kinds.ROLES)
    assert len(kinds.ROLES) == len(KINDS)
    for version, kind in KINDS.items():
        assert version == kind.version
        assert schemas.schema(version)["$id"].endswith(f"/{version}.schema.json")
        assert kind.title


@pytest.mark.parametrize("name", ["config", "receipt", "descriptor", "corpus", "policy"])
def test_the_schema_requires_what_identifies_a_document(name: str) -> None:
    kind = kinds.ROLES[name]
    for pointer in kind.identity_pointers:
        tree = edited(documents(name), drop(f"/{name}{pointer}"))
        assert identify(kind, tree[name]) is None
        assert not schemas.is_valid(kind.version, tree[name])
