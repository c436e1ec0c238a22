"""Sampling policies from a corpus and a sidecar."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.small_corpora import corpus_sidecar, policy_sidecar, read_shards, write_corpus

from psion_contract import check_documents, new_corpus, new_policy
from psion_contract.exceptions import InconsistentError, SidecarError, WrongKindError


@pytest.fixture
def corpus(tmp_path: Path) -> Any:
    """The manifest of a small corpus: 900 training tokens of prose and 100 of code, each in a shard of its own."""
    write_corpus(tmp_path)
    return new_corpus(read_shards(tmp_path), corpus_sidecar(), root=tmp_path)


def problems(corpus: Any, sidecar: Any) -> list[str]:
    """The lines of the error, which all begin alike."""
    with pytest.raises(SidecarError) as error:
        new_policy(corpus, sidecar)
    return [line.removeprefix("sidecar: ") for line in str(error.value).splitlines()]


# What is derived.


def test_weights_caps_and_class_shares_are_derived_from_the_corpus(corpus: Any) -> None:
    made = new_policy(corpus, policy_sidecar())
    assert list(made) == list(documents("policy")["policy"])
    assert made["source_family_weights"] == [
        {
            "source_family_id": "prose",
            "content_class": "prose",
            "sampling_weight_bps": 9000,
            "maximum_family_token_share_bps": 10_000,
            "rationale": "In proportion to its 900 of 1000 training tokens.",
        },
        {
            "source_family_id": "code",
            "content_class": "code",
            "sampling_weight_bps": 1000,
            "maximum_family_token_share_bps": 1500,
            "rationale": "In proportion to its 100 of 1000 training tokens.",
        },
    ]
    assert made["source_contribution_caps"] == [
        {
            "source_id": source,
            "maximum_source_token_share_bps": share,
            "rationale": "No cap of its own: that of its family.",
        }
        for source, share in (("manual", 10_000), ("kernel", 1500), ("letters", 10_000))
    ]
    assert made["repetitive_region_controls"][0]["maximum_region_token_share_bps"] == 10_000
    assert [row["observed_token_share_bps"] for row in made["content_class_token_share_report"]] == [
        9000,
        0,
        1000,
    ]
    assert (made["dataset_identity"], made["packing_policy_version"]) == ("small@1", "1")
    assert made["raw_source_schema_version"] == "psion.corpus_sidecar.v1"
    assert check_documents([made, corpus], strict=True).ok


def test_what_the_sidecar_says_replaces_what_is_derived(corpus: Any) -> None:
    sidecar = policy_sidecar()
    for family, weight, cap in zip(sidecar["source_family_weights"], (8600, 1400), (9000, 1450), strict=True):
        family |= {
            "sampling_weight_bps": weight,
            "maximum_family_token_share_bps": cap,
            "rationale": "Tried.",
        }
    sidecar["source_contribution_caps"] = [
        {"source_id": "letters", "maximum_source_token_share_bps": 100, "rationale": "Few."}
    ]
    sidecar["repetitive_region_controls"][0]["maximum_region_token_share_bps"] = 50
    sidecar["content_class_token_share_report"] = [
        {"content_class": word, "observed_token_share_bps": share}
        for word, share in (("code", 1391), ("prose", 8609), ("spec_text", 0))
    ]
    made = new_policy(corpus, sidecar)
    assert made["source_family_weights"] == [
        {name: each[name] for name in made["source_family_weights"][0]}
        for each in sidecar["source_family_weights"]
    ]
    assert [
        (each["source_id"], each["maximum_source_token_share_bps"])
        for each in made["source_contribution_caps"]
    ] == [("letters", 100), ("manual", 9000), ("kernel", 1450)]
    assert made["repetitive_region_controls"][0]["maximum_region_token_share_bps"] == 50
    assert made["content_class_token_share_report"] == sidecar["content_class_token_share_report"]


def test_without_code_its_share_is_zero(corpus: Any) -> None:
    sidecar = policy_sidecar()
    del sidecar["maximum_code_token_ratio_bps"]
    sidecar["source_family_weights"][1]["content_class"] = "spec_text"
    made = new_policy(corpus, sidecar)
    assert made["maximum_code_token_ratio_bps"] == 0
    assert [row["observed_token_share_bps"] for row in made["content_class_token_share_report"]] == [
        9000,
        1000,
        0,
    ]


def test_the_canonical_policy_is_its_own_sidecar() -> None:
    canonical = documents("policy")["policy"]
    derived = (
        "schema_version",
        "tokenized_corpus_schema_version",
        "raw_source_schema_version",
        "dataset_identity",
        "packing_policy_version",
    )
    sidecar = {name: value for name, value in canonical.items() if name not in derived}
    assert new_policy(documents("corpus")["corpus"], sidecar) == canonical


# Gaps.


def test_every_gap_is_named_at_once_with_its_place(corpus: Any) -> None:
    sidecar = policy_sidecar()
    for name in ("policy_id", "maximum_code_token_ratio_bps"):
        del sidecar[name]
    sidecar["source_family_weights"] = [
        {"source_family_id": "code", "content_class": "code", "sampling_weight_bps": 1000},
        {"source_family_id": "examinations", "content_class": "code"},
        {
            "source_family_id": "code",
            "content_class": "prose",
            "sampling_weight_bps": 1,
            "rationale": "Again.",
        },
    ]
    sidecar["source_contribution_caps"] = [
        {"source_id": source, "maximum_source_token_share_bps": 1, "rationale": "Little."}
        for source in ("kernel", "papers", "kernel")
    ]
    sidecar["repetitive_region_controls"][0]["source_id"] = "papers"
    del sidecar["regression_thresholds"][1]
    held = 'they hold "manual", "kernel", "letters"'
    assert problems(corpus, sidecar) == [
        "/policy_id: missing: name of the policy",
        "/source_family_weights/1/source_family_id: no shard that may be trained on holds the family "
        '"examinations"; they hold "prose", "code"',
        '/source_family_weights/2/source_family_id: a second entry for the family "code"',
        '/source_family_weights: missing: an entry for the family "prose", which may be trained on',
        "/source_family_weights/0/rationale: missing: why the family is weighted so",
        "/source_family_weights/1/sampling_weight_bps: missing: other families have a weight; expected all of them "
        "to have one, or none",
        "/maximum_code_token_ratio_bps: missing: the largest share that code may have",
        "/source_family_weights/0/maximum_family_token_share_bps: missing: several families are code, and together "
        "their caps are within maximum_code_token_ratio_bps",
        "/source_family_weights/1/maximum_family_token_share_bps: missing: several families are code, and together "
        "their caps are within maximum_code_token_ratio_bps",
        f'/source_contribution_caps/1/source_id: no shard that may be trained on holds the source "papers"; {held}',
        '/source_contribution_caps/2/source_id: a second entry for the source "kernel"',
        f'/repetitive_region_controls/0/source_id: no shard that may be trained on holds the source "papers"; {held}',
        "/regression_thresholds: missing: an entry for spec_interpretation: how well it reads what a specification "
        "requires",
    ]


def test_a_policy_without_a_region_explains_that_one_is_required(corpus: Any) -> None:
    sidecar = policy_sidecar()
    del sidecar["repetitive_region_controls"]
    assert problems(corpus, sidecar) == [
        "/repetitive_region_controls: missing: regions that repeat themselves and are held back, such as licence "
        "headers, tables of contents or generated code: version 1 of the contract has no policy without one, so if "
        "you hold nothing back, name the most repetitive region that you know, with a multiplier near 10000; with source_id, "
        "document_id, section_id, downweight_multiplier_bps, rationale"
    ]


def test_families_and_thresholds_are_named_also_where_their_lists_are_missing(corpus: Any) -> None:
    sidecar = policy_sidecar()
    del sidecar["source_family_weights"], sidecar["regression_thresholds"]
    found = [each.partition(": missing: an entry for ")[2] for each in problems(corpus, sidecar)]
    assert [each for each in found if each] == [
        'the family "prose", which may be trained on',
        'the family "code", which may be trained on',
        "explanation_quality: how well the model explains",
        "spec_interpretation: how well it reads what a specification requires",
        "tradeoff_reasoning: how well it weighs one choice against another",
        "invariant_articulation: how well it states what must always hold",
        "coding_fluency: how well it writes code",
    ]


def test_weights_are_asked_for_where_a_shard_holds_several_families(corpus: Any) -> None:
    train = corpus["shards"][0]
    train["source_lineage"] += corpus["shards"].pop(1)["source_lineage"]
    corpus["splits"][0].update(shard_ids=[train["shard_id"]], sequence_count=8, token_count=900)
    assert problems(corpus, policy_sidecar()) == [
        f"/source_family_weights/{index}/sampling_weight_bps: missing: a training shard holds several families, "
        "so their tokens are not known"
        for index in (0, 1)
    ]


def test_a_family_without_training_tokens_needs_a_weight(corpus: Any) -> None:
    shard = corpus["shards"][2]["source_lineage"][0]
    shard.update(source_id="diary", source_family_id="diaries")
    corpus["source_family_bindings"][0]["source_ids"] = ["manual"]
    corpus["source_family_bindings"].append({"source_family_id": "diaries", "source_ids": ["diary"]})
    corpus["splits"][1]["source_family_ids"] = ["diaries"]
    sidecar = policy_sidecar()
    sidecar["source_family_weights"].append({"source_family_id": "diaries", "content_class": "prose"})
    assert problems(corpus, sidecar) == [
        '/source_family_weights/2/sampling_weight_bps: missing: the family "diaries" has less than a basis point of '
        "the training tokens"
    ]


def test_code_without_a_share_is_a_contradiction(corpus: Any) -> None:
    assert problems(corpus, policy_sidecar() | {"maximum_code_token_ratio_bps": 0}) == [
        "/maximum_code_token_ratio_bps: a family is code, so its share is at least 1"
    ]


@pytest.mark.parametrize("member", policy_sidecar())
def test_no_shape_of_a_member_is_more_than_a_refusal(corpus: Any, member: str) -> None:
    shapes: list[Any] = [1, "x", "", [], {}, [None], [[]], [{}], True, -1, ["x"], {"x": {}}]
    for shape in shapes:
        with suppress(SidecarError, InconsistentError):
            new_policy(corpus, policy_sidecar() | {member: shape})
        inner = policy_sidecar()
        for holder in inner[member] if isinstance(inner[member], list) else []:
            for name in list(holder):
                holder[name] = shape
                with suppress(SidecarError, InconsistentError):
                    new_policy(corpus, inner)


# What is refused.


def test_a_policy_that_breaks_a_rule_is_not_made(corpus: Any) -> None:
    with pytest.raises(InconsistentError) as error:
        new_policy(corpus, policy_sidecar() | {"maximum_code_token_ratio_bps": 900})
    assert [(each.rule, each.document, each.pointer) for each in error.value.report.findings] == [
        (
            "content-class-cap-exceeded",
            "new policy",
            "/content_class_token_share_report/2/observed_token_share_bps",
        ),
        (
            "content-class-cap-exceeded",
            "new policy",
            "/content_class_token_share_report/2/observed_token_share_bps",
        ),
    ]


def test_another_document_is_not_taken_for_the_corpus() -> None:
    with pytest.raises(WrongKindError, match="corpus contains a sampling policy"):
        new_policy(documents("policy")["policy"], policy_sidecar())
