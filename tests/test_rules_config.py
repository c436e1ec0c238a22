"""A config against the model, corpus and sampling policy that it names."""

from __future__ import annotations

import pytest
from bundle import (
    CASES,
    PLAN,
    Case,
    Operation,
    accepted,
    add,
    bound,
    cases,
    checked,
    counted,
    documents,
    edited,
    found,
    rebuilt,
    rejected,
    remove,
    replace,
)
from psion_contract.rules.table import CONFIG

from psion_contract.catalog import RULES

ZEROS = "0" * 64
IDENTITY = "/corpus/replay_contract/stable_dataset_identity"
BINDING = "/descriptor/tokenizer_binding"


def corpus_called(version: str) -> list[Operation]:
    """Another version of the corpus, where it says so itself."""
    identity = f"tidewater-corpus@{version}"
    return [replace("/corpus/dataset_version", version), replace(IDENTITY, identity)]


def tokenizer_made(member: str, value: object) -> list[Operation]:
    """Another tokenizer, in the model and in the corpus."""
    nested = {"tokenizer_digest", "vocab_size", "special_tokens_digest", "template_digest"}
    stated = f"/corpus/tokenizer/{member}" if member in nested else f"/corpus/{member}"
    return [replace(f"{BINDING}/{member}", value), replace(stated, value)]


@cases(
    "model-id-mismatch",
    accepted(
        "another name in both",
        replace("/descriptor/model/model_id", "psion-other"),
        replace("/config/model_id", "psion-other"),
        on=PLAN,
        then=bound,
    ),
    rejected(
        "the config names another model",
        replace("/config/model_id", "psion-other"),
        finds=[("model-id-mismatch", "/config/model_id", "/descriptor/model/model_id")],
        on=PLAN,
    ),
    rejected(
        "the descriptor that the digest is of has another name",
        replace("/descriptor/model/model_id", "psion-other"),
        finds=[("model-id-mismatch", "/config/model_id", "/descriptor/model/model_id")],
        on=PLAN,
        then=bound,
    ),
)
def test_the_config_names_the_model_whose_digest_it_gives(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "model-descriptor-digest-mismatch",
    accepted(
        "another revision, and its digest",
        replace("/descriptor/model/revision", "2026-03"),
        on=PLAN,
        then=bound,
    ),
    rejected(
        "the digest of nothing",
        replace("/config/model_descriptor_digest", ZEROS),
        finds=[("model-descriptor-digest-mismatch", "/config/model_descriptor_digest", "/descriptor")],
        on=PLAN,
    ),
    rejected(
        "another revision under the old digest",
        replace("/descriptor/model/revision", "2026-03"),
        finds=[("model-descriptor-digest-mismatch", "/config/model_descriptor_digest", "/descriptor")],
        on=PLAN,
    ),
)
def test_the_config_binds_the_whole_model_descriptor(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "tokenizer-binding-digest-mismatch",
    accepted(
        "another version of the tokenizer everywhere",
        *tokenizer_made("tokenizer_version", "3"),
        on=PLAN,
        then=bound,
    ),
    rejected(
        "the config's own",
        replace("/config/tokenizer_binding_digest", ZEROS),
        finds=[("tokenizer-binding-digest-mismatch", "/config/tokenizer_binding_digest", BINDING)],
        on=PLAN,
    ),
    rejected(
        "its objective's",
        replace("/config/objective_config/tokenizer_binding_digest", ZEROS),
        finds=[
            (
                "tokenizer-binding-digest-mismatch",
                "/config/objective_config/tokenizer_binding_digest",
                BINDING,
            )
        ],
        on=PLAN,
    ),
    rejected(
        "both, and alike",
        replace("/config/tokenizer_binding_digest", ZEROS),
        replace("/config/objective_config/tokenizer_binding_digest", ZEROS),
        finds=[
            ("tokenizer-binding-digest-mismatch", "/config/tokenizer_binding_digest", BINDING),
            (
                "tokenizer-binding-digest-mismatch",
                "/config/objective_config/tokenizer_binding_digest",
                BINDING,
            ),
        ],
        on=PLAN,
    ),
    rejected(
        "another version of the tokenizer that only model and corpus know of",
        *tokenizer_made("tokenizer_version", "3"),
        finds=[
            ("model-descriptor-digest-mismatch", "/config/model_descriptor_digest", "/descriptor"),
            ("tokenizer-binding-digest-mismatch", "/config/tokenizer_binding_digest", BINDING),
            (
                "tokenizer-binding-digest-mismatch",
                "/config/objective_config/tokenizer_binding_digest",
                BINDING,
            ),
        ],
        on=PLAN,
    ),
)
def test_the_config_and_its_objective_bind_the_tokenizer(case: Case) -> None:
    assert case.judged() == case.verdict


OTHER_CORPUS = "tidewater-corpus@2026.03"


@cases(
    "dataset-identity-mismatch",
    accepted(
        "another version everywhere",
        *corpus_called("2026.03"),
        replace("/config/dataset_identity", OTHER_CORPUS),
        replace("/config/objective_config/dataset_identity", OTHER_CORPUS),
        replace("/policy/dataset_identity", OTHER_CORPUS),
        on=PLAN,
    ),
    rejected(
        "the config's",
        replace("/config/dataset_identity", OTHER_CORPUS),
        finds=[("dataset-identity-mismatch", "/config/dataset_identity", IDENTITY)],
        on=PLAN,
    ),
    rejected(
        "its objective's",
        replace("/config/objective_config/dataset_identity", OTHER_CORPUS),
        finds=[("dataset-identity-mismatch", "/config/objective_config/dataset_identity", IDENTITY)],
        on=PLAN,
    ),
    rejected(
        "the policy's",
        replace("/policy/dataset_identity", OTHER_CORPUS),
        finds=[("dataset-identity-mismatch", "/policy/dataset_identity", IDENTITY)],
        on=PLAN,
    ),
    rejected(
        "the objective's and the policy's",
        replace("/config/objective_config/dataset_identity", OTHER_CORPUS),
        replace("/policy/dataset_identity", "elsewhere"),
        finds=[
            ("dataset-identity-mismatch", "/config/objective_config/dataset_identity", IDENTITY),
            ("dataset-identity-mismatch", "/policy/dataset_identity", IDENTITY),
        ],
        on=PLAN,
    ),
)
def test_config_objective_and_policy_name_the_corpus(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "sampling-policy-mismatch",
    accepted(
        "another version in both",
        replace("/policy/policy_version", "5"),
        replace("/config/sampling_policy_version", "5"),
        on=PLAN,
    ),
    rejected(
        "the version",
        replace("/config/sampling_policy_version", "5"),
        finds=[("sampling-policy-mismatch", "/config/sampling_policy_version", "/policy/policy_version")],
        on=PLAN,
    ),
    rejected(
        "the id",
        replace("/policy/policy_id", "other-mixture"),
        finds=[("sampling-policy-mismatch", "/config/sampling_policy_id", "/policy/policy_id")],
        on=PLAN,
    ),
)
def test_the_config_names_the_id_and_the_version_of_the_policy(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "context-length-mismatch",
    accepted(
        "twice the context in model and objective",
        replace("/descriptor/config/max_context", 4096),
        replace("/config/objective_config/max_context_tokens", 4096),
        on=PLAN,
        then=rebuilt,
    ),
    rejected(
        "the objective asks for more than the model has",
        replace("/config/objective_config/max_context_tokens", 2049),
        finds=[
            (
                "context-length-mismatch",
                "/config/objective_config/max_context_tokens",
                "/descriptor/config/max_context",
            )
        ],
        on=PLAN,
    ),
    rejected(
        "the model has more than the objective asks for",
        replace("/descriptor/config/max_context", 4096),
        finds=[
            (
                "context-length-mismatch",
                "/config/objective_config/max_context_tokens",
                "/descriptor/config/max_context",
            )
        ],
        on=PLAN,
        then=rebuilt,
    ),
)
def test_the_objective_trains_with_the_context_of_the_model(case: Case) -> None:
    assert case.judged() == case.verdict


@cases(
    "tokenizer-mismatch",
    accepted(
        "no special tokens and no template, here absent and there null",
        remove(f"{BINDING}/special_tokens_digest"),
        replace("/corpus/tokenizer/special_tokens_digest", None),
        replace(f"{BINDING}/template_digest", None),
        remove("/corpus/tokenizer/template_digest"),
        on=PLAN,
        then=bound,
    ),
    rejected(
        "id",
        replace("/corpus/tokenizer_id", "other"),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer_id", f"{BINDING}/tokenizer_id")],
        on=PLAN,
    ),
    rejected(
        "version",
        replace("/corpus/tokenizer_version", "2.0"),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer_version", f"{BINDING}/tokenizer_version")],
        on=PLAN,
    ),
    rejected(
        "family, one that no model can have",
        replace("/corpus/tokenizer/family", "custom"),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer/family", f"{BINDING}/tokenizer_family")],
        on=PLAN,
    ),
    rejected(
        "digest, also of all shards",
        replace("/corpus/tokenizer/tokenizer_digest", "sha256:other"),
        *(replace(f"/corpus/shards/{place}/tokenizer_digest", "sha256:other") for place in range(8)),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer/tokenizer_digest", f"{BINDING}/tokenizer_digest")],
        on=PLAN,
    ),
    rejected(
        "vocabulary",
        replace("/corpus/tokenizer/vocab_size", 49151),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer/vocab_size", f"{BINDING}/vocab_size")],
        on=PLAN,
    ),
    rejected(
        "special tokens that the corpus does not state",
        remove("/corpus/tokenizer/special_tokens_digest"),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer", f"{BINDING}/special_tokens_digest")],
        on=PLAN,
    ),
    rejected(
        "a template that the model does not have",
        replace(f"{BINDING}/template_digest", None),
        finds=[("tokenizer-mismatch", "/corpus/tokenizer/template_digest", BINDING)],
        on=PLAN,
        then=bound,
    ),
    rejected(
        "all of it",
        replace("/corpus/tokenizer_id", "other"),
        replace("/corpus/tokenizer_version", "2.0"),
        replace("/corpus/tokenizer/family", "unigram"),
        replace("/corpus/tokenizer/vocab_size", 1),
        replace("/corpus/tokenizer/special_tokens_digest", "sha256:other"),
        replace("/corpus/tokenizer/template_digest", "sha256:other"),
        finds=[
            ("tokenizer-mismatch", "/corpus/tokenizer_id", f"{BINDING}/tokenizer_id"),
            ("tokenizer-mismatch", "/corpus/tokenizer_version", f"{BINDING}/tokenizer_version"),
            ("tokenizer-mismatch", "/corpus/tokenizer/family", f"{BINDING}/tokenizer_family"),
            ("tokenizer-mismatch", "/corpus/tokenizer/vocab_size", f"{BINDING}/vocab_size"),
            (
                "tokenizer-mismatch",
                "/corpus/tokenizer/special_tokens_digest",
                f"{BINDING}/special_tokens_digest",
            ),
            ("tokenizer-mismatch", "/corpus/tokenizer/template_digest", f"{BINDING}/template_digest"),
        ],
        on=PLAN,
    ),
)
def test_the_corpus_was_tokenized_for_the_model(case: Case) -> None:
    assert case.judged() == case.verdict


def test_a_config_is_held_against_all_it_names_in_one_run() -> None:
    tree = edited(
        documents(*PLAN),
        [
            replace("/config/model_descriptor_digest", ZEROS),
            replace("/config/objective_config/tokenizer_binding_digest", ZEROS),
            replace("/config/objective_config/dataset_identity", OTHER_CORPUS),
            replace("/config/sampling_policy_version", "5"),
            replace("/config/objective_config/max_context_tokens", 1),
            replace("/corpus/tokenizer_id", "other"),
            add("/config/objective_config/label_smoothing_bps", 41),
        ],
    )
    report = checked(tree)
    assert report.verdict == "inconsistent"
    assert found(report) == [
        (
            "context-length-mismatch",
            "/config/objective_config/max_context_tokens",
            "/descriptor/config/max_context",
        ),
        ("dataset-identity-mismatch", "/config/objective_config/dataset_identity", IDENTITY),
        ("model-descriptor-digest-mismatch", "/config/model_descriptor_digest", "/descriptor"),
        ("sampling-policy-mismatch", "/config/sampling_policy_version", "/policy/policy_version"),
        ("tokenizer-binding-digest-mismatch", "/config/objective_config/tokenizer_binding_digest", BINDING),
        ("tokenizer-mismatch", "/corpus/tokenizer_id", f"{BINDING}/tokenizer_id"),
    ]


def test_each_side_of_a_contradiction_is_quoted() -> None:
    tree = edited(documents(*PLAN), [replace("/config/objective_config/max_context_tokens", 1)])
    (finding,) = checked(tree).findings
    assert (finding.expected, finding.actual) == (2048, 1)
    assert [other.value for other in finding.related] == [2048]
    assert "1 tokens" in finding.message
    assert "2048" in finding.message


OWN = [name for name, rule in RULES.items() if rule.section == CONFIG]


@pytest.mark.parametrize("rule", OWN)
def test_each_rule_on_configs_has_an_accepted_and_two_rejected_cases(rule: str) -> None:
    right, wrong = counted(rule)
    assert right >= 1
    assert wrong >= 2


@pytest.mark.parametrize("case", [case for rule in OWN for case in CASES[rule]], ids=lambda case: case.what)
def test_every_finding_on_a_config_has_a_line_a_column_and_another_side(case: Case) -> None:
    for finding in checked(case.documents()).findings:
        assert finding.line
        assert finding.column
        assert finding.related
        assert all(other.line and other.column for other in finding.related)
