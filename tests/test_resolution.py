"""References: exact, nearly right, missing, and such that cannot be told apart."""

from __future__ import annotations

from typing import Any

import pytest
from support.canonical_sets import INPUTS, PILOT, PLAN, checked, documents, edited, found, rule_and_places

from psion_contract import Checker
from psion_contract.catalog import REFERENCES, RULES
from psion_contract.documents import kinds
from psion_contract.documents.document import Document
from psion_contract.resolution import Library
from tools.edits import Edit, Tree, drop, put
from tools.pack.restoring import bound, sealed

ZEROS = "0" * 64


def with_copy(tree: Tree, name: str, copy: str, *operations: Edit) -> Tree:
    """The tree with an edited copy of a document beside it, called by another name."""
    return edited(tree, [{"op": "copy", "from": f"/{name}", "path": f"/{copy}"}, *operations])


def unresolved(place: str, *candidates: str) -> tuple[str, ...]:
    return ("unresolved-reference", place, *candidates)


def ambiguous(place: str, *candidates: str) -> tuple[str, ...]:
    return ("ambiguous-reference", place, *candidates)


# Missing.


@pytest.mark.parametrize(
    ("missing", "place", "words"),
    [
        ("descriptor", "/config/model_id", 'model_id "psion-tidewater-pilot"'),
        ("corpus", "/config/dataset_identity", 'dataset_identity "tidewater-corpus@2026.02"'),
        ("policy", "/config/sampling_policy_id", 'policy_id "tidewater-mixture" and policy_version "4"'),
        ("config", "/receipt/run_id", 'run_id "tidewater-pilot-01" and stage_id'),
    ],
)
def test_a_document_that_is_referred_to_and_not_there_is_named(missing: str, place: str, words: str) -> None:
    tree = {name: each for name, each in documents(*PILOT).items() if name != missing}
    report = checked(tree)
    assert report.verdict == "inconsistent"
    assert found(report) == [unresolved(place)]
    (finding,) = report.findings
    assert words in finding.message
    assert "no document of that kind is at hand" in finding.message


def test_all_missing_documents_are_named_at_once() -> None:
    assert found(checked(documents("config"))) == [
        unresolved("/config/dataset_identity"),
        unresolved("/config/model_id"),
        unresolved("/config/sampling_policy_id"),
    ]


def test_of_a_receipt_alone_only_the_config_is_missed() -> None:
    report = checked(documents("receipt"))
    assert found(report) == [unresolved("/receipt/run_id")]
    assert {"config-mismatch", "incomplete-coverage", "replay-contract-mismatch"} <= {
        each.rule for each in report.skipped
    }


def test_a_receipt_without_config_is_still_held_to_its_own_digests() -> None:
    tree = edited(documents("receipt"), [put("/receipt/summary", "Other words.")])
    assert found(checked(tree)) == [
        ("receipt-digest-mismatch", "/receipt/receipt_digest", "/receipt"),
        unresolved("/receipt/run_id"),
    ]


def test_what_is_at_hand_instead_is_listed_with_its_identity() -> None:
    tree = edited(
        documents(*PLAN),
        [put("/config/sampling_policy_id", "other"), put("/config/sampling_policy_version", "5")],
    )
    report = checked(tree)
    assert found(report) == [unresolved("/config/sampling_policy_id", "/policy")]
    assert '"tidewater-mixture 4"' in report.findings[0].message


# Nearly right: one member is named instead of a missing document.


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            put("/config/model_id", "other"),
            ("model-id-mismatch", "/config/model_id", "/descriptor/model/model_id"),
        ),
        (
            put("/config/dataset_identity", "other"),
            (
                "dataset-identity-mismatch",
                "/config/dataset_identity",
                "/corpus/replay_contract/stable_dataset_identity",
            ),
        ),
        (
            put("/config/sampling_policy_id", "other"),
            ("sampling-policy-mismatch", "/config/sampling_policy_id", "/policy/policy_id"),
        ),
        (
            put("/config/sampling_policy_version", "other"),
            ("sampling-policy-mismatch", "/config/sampling_policy_version", "/policy/policy_version"),
        ),
    ],
)
def test_a_reference_with_one_member_wrong_names_that_member(
    change: Edit, finding: tuple[str, ...]
) -> None:
    report = checked(edited(documents(*PLAN), [change]))
    assert found(report) == [finding]
    assert report.skipped == ()


@pytest.mark.parametrize("member", ["run_id", "stage_id"])
def test_a_receipt_that_names_a_run_or_stage_wrongly_is_held_against_the_config_it_repeats(
    member: str,
) -> None:
    tree = edited(documents(*PILOT), [put(f"/receipt/{member}", "other")])
    assert found(checked(sealed(tree))) == [("config-mismatch", f"/receipt/{member}", f"/config/{member}")]


def test_a_receipt_that_names_run_and_stage_wrongly_has_no_config() -> None:
    tree = edited(documents(*PILOT), [put("/receipt/run_id", "a"), put("/receipt/stage_id", "b")])
    assert found(checked(sealed(tree))) == [unresolved("/receipt/run_id", "/config")]


def test_a_near_config_must_agree_in_all_the_rest() -> None:
    tree = edited(
        documents(*PILOT),
        [put("/receipt/run_id", "a"), put("/receipt/sampling_policy_version", "5")],
    )
    assert found(checked(sealed(tree))) == [unresolved("/receipt/run_id", "/config")]


def test_a_corpus_is_near_where_the_objective_or_the_policy_names_it() -> None:
    identity = "/corpus/replay_contract/stable_dataset_identity"
    changes = [
        put("/config/dataset_identity", "other"),
        put("/config/objective_config/dataset_identity", "other"),
    ]
    assert found(checked(edited(documents(*PLAN), changes))) == [
        ("dataset-identity-mismatch", "/config/dataset_identity", identity),
        ("dataset-identity-mismatch", "/config/objective_config/dataset_identity", identity),
    ]
    changes.append(put("/policy/dataset_identity", "other"))
    assert found(checked(edited(documents(*PLAN), changes))) == [
        unresolved("/config/dataset_identity", "/corpus")
    ]


def test_a_descriptor_is_near_only_where_the_digest_is_its_own() -> None:
    tree = edited(
        documents(*PLAN),
        [put("/config/model_id", "other"), put("/config/model_descriptor_digest", ZEROS)],
    )
    assert found(checked(tree)) == [unresolved("/config/model_id", "/descriptor")]


def test_where_two_documents_are_near_none_is_taken() -> None:
    tree = with_copy(documents(*PLAN), "policy", "policy5", put("/policy5/policy_version", "5"))
    tree = edited(tree, [put("/config/sampling_policy_version", "6")])
    assert found(checked(tree)) == [unresolved("/config/sampling_policy_id", "/policy", "/policy5")]


def test_an_exact_document_is_preferred_to_a_near_one() -> None:
    tree = with_copy(documents(*PLAN), "policy", "policy5", put("/policy5/policy_version", "5"))
    assert found(checked(tree)) == []


# Two documents of one identity.


def test_a_copy_of_a_document_is_no_second_claim() -> None:
    tree = documents(*PILOT)
    for name in (*INPUTS, "config"):
        tree = with_copy(tree, name, f"copy_of_{name}")
    report = checked(tree, strict=True)
    assert (report.verdict, found(report)) == ("consistent", [])


def test_a_copy_that_differs_in_nulls_and_the_order_of_members_is_no_second_claim() -> None:
    tree = with_copy(documents(*PLAN), "policy", "again")
    tree["again"] = dict(reversed(tree["again"].items()))
    tree = edited(tree, [put("/descriptor/tokenizer_binding/template_digest", None)])
    tree = edited(tree, [put("/corpus/tokenizer/template_digest", None)])
    tree = with_copy(bound(tree), "descriptor", "other", drop("/other/tokenizer_binding/template_digest"))
    assert found(checked(tree)) == []


@pytest.mark.parametrize(
    ("name", "place", "change"),
    [
        ("corpus", "/config/dataset_identity", put("/second/shards/0/storage_ref", "elsewhere")),
        (
            "policy",
            "/config/sampling_policy_id",
            put("/second/source_family_weights/0/rationale", "Other."),
        ),
        ("config", "/receipt/run_id", put("/second/objective_config/label_smoothing_bps", 41)),
    ],
)
def test_two_different_documents_of_one_identity_are_ambiguous(
    name: str, place: str, change: Edit
) -> None:
    report = checked(with_copy(documents(*PILOT), name, "second", change))
    assert report.verdict == "inconsistent"
    assert ambiguous(place, f"/{name}", "/second") in found(report)
    assert {each.rule for each in report.findings} == {"ambiguous-reference"}
    (message, *_) = {each.message for each in report.findings if each.document == place.split("/")[1]}
    assert message.startswith("2 different documents claim to be the ")
    assert report.skipped


def test_descriptors_of_one_model_id_are_told_apart_by_their_digest() -> None:
    tree = with_copy(documents(*PILOT), "descriptor", "next", put("/next/model/revision", "2026-03"))
    assert found(checked(tree)) == []


def test_descriptors_of_one_model_id_that_no_digest_tells_apart_are_ambiguous() -> None:
    tree = with_copy(documents(*PLAN), "descriptor", "next", put("/next/model/revision", "2026-03"))
    tree = edited(tree, [put("/config/model_descriptor_digest", ZEROS)])
    assert found(checked(tree)) == [ambiguous("/config/model_id", "/descriptor", "/next")]


def test_an_input_that_contradicts_a_judged_document_of_one_identity_is_ambiguous() -> None:
    tree = documents(*PILOT)
    other = edited(documents("config"), [put("/config/objective_config/label_smoothing_bps", 41)])
    report = Checker({"input": other["config"]}).check(tree)
    assert found(report) == [ambiguous("/receipt/run_id", "/input", "/config")]
    assert report.verdict == "inconsistent"


def test_two_receipts_of_one_run_are_no_contradiction_by_themselves() -> None:
    tree = sealed(
        with_copy(documents(*PILOT), "receipt", "second", put("/second/summary", "Another report."))
    )
    assert found(checked(tree)) == []


# Broken documents.


@pytest.mark.parametrize(
    ("member", "skipped", "applied"),
    [
        ("model_id", "context-length-mismatch", "weight-coverage-mismatch"),
        ("model_descriptor_digest", "context-length-mismatch", "weight-coverage-mismatch"),
        ("dataset_identity", "weight-coverage-mismatch", "context-length-mismatch"),
        ("sampling_policy_id", "weight-coverage-mismatch", "tokenizer-mismatch"),
        ("sampling_policy_version", "weight-coverage-mismatch", "tokenizer-mismatch"),
    ],
)
def test_a_reference_whose_own_member_is_broken_is_not_resolved_and_not_called_missing(
    member: str, skipped: str, applied: str
) -> None:
    report = checked(edited(documents(*PLAN), [put(f"/config/{member}", 7)]))
    assert found(report) == [("schema-violation", f"/config/{member}")]
    rules = {each.rule for each in report.skipped}
    assert skipped in rules
    assert applied not in rules


def test_a_document_with_a_broken_identity_cannot_be_found() -> None:
    report = checked(edited(documents(*PLAN), [put("/policy/policy_version", 4)]))
    assert found(report) == [
        ("schema-violation", "/policy/policy_version"),
        unresolved("/config/sampling_policy_id"),
    ]
    assert next(each.identity for each in report.documents if each.name == "policy") is None


def test_a_document_that_is_broken_elsewhere_is_found() -> None:
    report = checked(edited(documents(*PLAN), [put("/policy/maximum_code_token_ratio_bps", -1)]))
    assert found(report) == [("schema-violation", "/policy/maximum_code_token_ratio_bps")]


def test_a_broken_descriptor_is_found_by_its_name_and_not_by_its_digest() -> None:
    broken = edited(documents(*PLAN), [put("/descriptor/model/revision", "")])
    report = checked(broken)
    assert found(report) == [("schema-violation", "/descriptor/model/revision")]
    assert {each.rule for each in report.skipped} == {"model-descriptor-digest-mismatch"}
    renamed = edited(broken, [put("/config/model_id", "other")])
    assert unresolved("/config/model_id", "/descriptor") in found(checked(renamed))


def test_two_broken_documents_of_one_identity_are_ambiguous_and_no_exception() -> None:
    tree = with_copy(documents(*PLAN), "corpus", "second", put("/second/splits", {"a": [1, None]}))
    tree = edited(tree, [put("/corpus/shards", None)])
    assert ambiguous("/config/dataset_identity", "/corpus", "/second") in found(checked(tree))


# The library by itself.


def held(name: str, value: Any, *, judged: bool = True) -> Document:
    return Document(name, "", kinds.KINDS[value["schema_version"]], value, None, judged)


def library(*names: str) -> tuple[Library, dict[str, Document]]:
    found = {name: held(name, each) for name, each in documents(*names).items()}
    return Library(found.values()), found


def test_a_receipt_s_surroundings_are_its_config_and_what_that_refers_to() -> None:
    shelf, each = library(*PILOT)
    around = shelf.surroundings(each["receipt"])
    assert dict(around.documents) == {name: each[name] for name in PLAN}
    assert around.failed == ()


def test_the_references_of_a_config_are_reported_with_it_and_not_with_its_receipts() -> None:
    shelf, each = library("config", "receipt", "corpus")
    assert [one.role for one in shelf.surroundings(each["config"]).failed] == ["descriptor", "policy"]
    around = shelf.surroundings(each["receipt"])
    assert around.failed == ()
    assert set(around.documents) == {"config", "corpus"}


def test_other_kinds_refer_to_nothing() -> None:
    shelf, each = library(*PILOT)
    for name in INPUTS:
        assert shelf.surroundings(each[name]).documents == {}
        assert shelf.surroundings(each[name]).failed == ()


def test_an_extended_library_leaves_the_first_as_it_was() -> None:
    shelf, each = library("config", "receipt")
    policy = held("policy", documents("policy")["policy"])
    longer = shelf.extended([policy])
    assert "policy" in longer.surroundings(each["config"]).documents
    assert "policy" not in shelf.surroundings(each["config"]).documents


def test_what_is_made_of_a_document_is_made_once() -> None:
    made: list[Any] = []

    def make(value: Any) -> int:
        made.append(value)
        return len(made)

    document = held("policy", documents("policy")["policy"])
    assert [document.remember(make), document.remember(make)] == [1, 1]
    assert len(made) == 1


# Each rule of references.


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if rule.section == REFERENCES])
def test_a_reference_finding_is_an_error_with_a_line_and_a_column(rule: str) -> None:
    assert RULES[rule].severity == "error"
    tree = with_copy(
        documents(*PLAN), "corpus", "second", put("/second/shards/0/storage_ref", "elsewhere")
    )
    del tree["policy"]
    (finding,) = (each for each in checked(tree).findings if each.rule == rule)
    assert rule_and_places(finding)[1] in {"/config/dataset_identity", "/config/sampling_policy_id"}
    assert finding.line
    assert finding.column
    assert all(other.line == other.column == 1 for other in finding.related)
