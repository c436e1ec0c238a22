"""The resolver by itself; the conformance pack covers the result of each reference."""

from __future__ import annotations

from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, PLAN, checked, documents

from psion_contract.documents import kinds
from psion_contract.documents.document import Document
from psion_contract.resolution import Resolver
from tools.edits import edited, put


def document(name: str, value: Any) -> Document:
    return Document(name, "", kinds.KINDS[value["schema_version"]], value, None, judged=True)


def resolver_of(*names: str) -> tuple[Resolver, dict[str, Document]]:
    held = {name: document(name, each) for name, each in documents(*names).items()}
    return Resolver(held.values()), held


def test_a_receipt_refers_to_its_config_and_what_that_refers_to() -> None:
    resolver, held = resolver_of(*PILOT)
    resolution = resolver.resolve(held["receipt"])
    assert dict(resolution.documents) == {name: held[name] for name in PLAN}
    assert resolution.failed == ()


def test_the_references_of_a_config_fail_with_it_and_not_with_its_receipts() -> None:
    resolver, held = resolver_of("config", "receipt", "corpus")
    failed = resolver.resolve(held["config"]).failed
    assert [(each.role, each.rule) for each in failed] == [
        ("descriptor", "unresolved-reference"),
        ("policy", "unresolved-reference"),
    ]
    resolution = resolver.resolve(held["receipt"])
    assert resolution.failed == ()
    assert set(resolution.documents) == {"config", "corpus"}


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_refer_to_nothing(name: str) -> None:
    resolver, held = resolver_of(*PILOT)
    resolution = resolver.resolve(held[name])
    assert (resolution.documents, resolution.failed) == ({}, ())


def test_an_extended_resolver_leaves_the_first_as_it_was() -> None:
    resolver, held = resolver_of("config", "receipt")
    extended = resolver.extended([document("policy", documents("policy")["policy"])])
    assert "policy" in extended.resolve(held["config"]).documents
    assert "policy" not in resolver.resolve(held["config"]).documents


def test_what_is_made_of_a_document_is_made_once() -> None:
    made: list[Any] = []

    def make(value: Any) -> int:
        made.append(value)
        return len(made)

    policy = document("policy", documents("policy")["policy"])
    assert [policy.remember(make), policy.remember(make)] == [1, 1]
    assert len(made) == 1


def test_a_failed_reference_names_what_it_wants_and_what_is_available() -> None:
    edits = [put("/config/sampling_policy_id", "other"), put("/config/sampling_policy_version", "5")]
    (finding,) = checked(edited(documents(*PLAN), *edits)).findings
    assert (finding.rule, finding.pointer, finding.actual) == (
        "unresolved-reference",
        "/sampling_policy_id",
        "other",
    )
    for words in ('policy_id "other"', 'policy_version "5"', "tidewater-mixture 4"):
        assert words in finding.message
