"""The base documents of cases, as small as possible with every property.

The model descriptor is the canonical one, whose layout cannot be smaller. The others are in
fixtures/conformance/documents/.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tools import canonical
from tools.pack.base_programs import program
from tools.pack.base_receipts import full_receipt, receipt
from tools.pack.restoring import bound

Json = dict[str, Any]

_DESCRIPTOR = "psion/models/psion_compact_decoder_descriptor_v1.json"

PATHS = {
    "descriptor": f"../{_DESCRIPTOR}",
    "corpus": "documents/corpus.json",
    "policy": "documents/policy.json",
    "config": "documents/config.json",
    "receipt": "documents/receipt.json",
    "full": "documents/full.json",
    "program": "documents/program.json",
}
"""By short name, the path of each document, from fixtures/conformance/."""

PLAN = ("descriptor", "corpus", "policy", "config")
RUN = (*PLAN, "receipt")
FULL = (*PLAN, "full")
PROGRAM = (*PLAN, "program")


@cache
def documents() -> dict[str, Json]:
    """The base documents by short name; callers must not change them."""
    descriptor = canonical.documents()[_DESCRIPTOR]
    by_name = {
        "descriptor": descriptor,
        "corpus": _corpus(descriptor["tokenizer_binding"]),
        "policy": _policy(),
        "config": config(),
        "receipt": receipt(config()),
        "full": full_receipt(config()),
        "program": program(receipt=receipt(config())),
    }
    return bound(by_name)


def config() -> Json:
    """The config, without the digests of the model."""
    return {
        "schema_version": "psion.pretrain_stage_config.v1",
        "run_id": "quay",
        "stage_id": "quay-stage-1-pretrain",
        "stage_kind": "pretrain",
        "model_id": "psion-tidewater-pilot",
        "model_descriptor_digest": "",
        "tokenizer_binding_digest": "",
        "dataset_identity": "quay-corpus@1",
        "sampling_policy_id": "quay-mix",
        "sampling_policy_version": "1",
        "objective_config": {
            "objective_kind": "next_token_prediction",
            "loss_normalization": "by_target_token",
            "label_smoothing_bps": 40,
            "tokenizer_binding_digest": "",
            "dataset_identity": "quay-corpus@1",
            "max_context_tokens": 2048,
        },
    }


def _corpus(binding: Json) -> Json:
    """Four shards in three splits: prose and code to train on and to validate with, exams held out."""
    tokenizer = {
        "family": binding["tokenizer_family"],
        "tokenizer_digest": binding["tokenizer_digest"],
        "vocab_size": binding["vocab_size"],
        "special_tokens_digest": binding["special_tokens_digest"],
        "template_digest": binding["template_digest"],
    }
    handbook, letters = ("handbook", "prose"), ("letters", "prose")
    kernel, papers = ("kernel", "code"), ("papers", "exams")
    notes, driver = ("notes", "prose"), ("driver", "code")
    return {
        "schema_version": "psion.tokenized_corpus_manifest.v1",
        "dataset_id": "quay-corpus",
        "dataset_version": "1",
        "tokenizer_bundle_schema_version": "bundle.v1",
        "tokenizer_id": binding["tokenizer_id"],
        "tokenizer_version": binding["tokenizer_version"],
        "tokenizer": tokenizer,
        "raw_source_schema_version": "raw.v1",
        "preprocessing_version": "pre-1",
        "packing_policy": {
            "policy_id": "pack",
            "policy_version": "1",
            "packing_mode": "pack_into_context_window",
            "max_sequence_tokens": 2048,
            "overlong_sequence_posture": "refuse",
        },
        "replay_contract": {
            "iteration_mode": "repeat",
            "shard_ordering": "deterministic_shuffle",
            "deterministic_shuffle_seed": 17,
            "stable_dataset_identity": "quay-corpus@1",
        },
        "source_family_bindings": [
            {"source_family_id": "prose", "source_ids": ["handbook", "letters", "notes"]},
            {"source_family_id": "code", "source_ids": ["kernel", "driver"]},
            {"source_family_id": "exams", "source_ids": ["papers"]},
        ],
        "splits": [
            _split("train", "train", ["s1", "s2"], ["prose", "code"], 30, 30000),
            _split("validation", "validation", ["s3"], ["prose", "code"], 4, 4000),
            _split("held", "held_out", ["s4"], ["exams"], 2, 1500),
        ],
        "shards": [
            _shard("s1", "train", "train", 20, 20000, binding, handbook, letters),
            _shard("s2", "train", "train", 10, 10000, binding, kernel),
            _shard("s3", "validation", "validation", 4, 4000, binding, notes, driver),
            _shard("s4", "held", "held_out", 2, 1500, binding, papers),
        ],
    }


def _split(name: str, kind: str, shards: list[str], families: list[str], sequences: int, tokens: int) -> Json:
    return {
        "split_name": name,
        "kind": kind,
        "shard_ids": shards,
        "source_family_ids": families,
        "sequence_count": sequences,
        "token_count": tokens,
    }


def _shard(
    name: str, split: str, kind: str, sequences: int, tokens: int, binding: Json, *sources: tuple[str, str]
) -> Json:
    return {
        "shard_id": name,
        "split_name": split,
        "split_kind": kind,
        "storage_ref": f"store://quay/{name}",
        "shard_digest": f"digest-of-{name}",
        "sequence_count": sequences,
        "token_count": tokens,
        "min_sequence_tokens": 64,
        "max_sequence_tokens": 2048,
        "tokenizer_digest": binding["tokenizer_digest"],
        "source_manifest_schema_version": "raw.v1",
        "preprocessing_version": "pre-1",
        "packing_policy_version": "1",
        "source_lineage": [
            {
                "source_id": source,
                "source_family_id": family,
                "source_normalized_digest": f"digest-of-{source}",
            }
            for source, family in sources
        ],
    }


def _policy() -> Json:
    def cap(source: str, maximum: int) -> Json:
        return {"source_id": source, "maximum_source_token_share_bps": maximum, "rationale": "Enough of it."}

    def weight(family: str, content_class: str, share: int, maximum: int) -> Json:
        return {
            "source_family_id": family,
            "content_class": content_class,
            "sampling_weight_bps": share,
            "maximum_family_token_share_bps": maximum,
            "rationale": "So it was agreed.",
        }

    return {
        "schema_version": "psion.sampling_policy.v1",
        "tokenized_corpus_schema_version": "psion.tokenized_corpus_manifest.v1",
        "raw_source_schema_version": "raw.v1",
        "dataset_identity": "quay-corpus@1",
        "policy_id": "quay-mix",
        "policy_version": "1",
        "packing_policy_version": "1",
        "maximum_code_token_ratio_bps": 3500,
        "source_family_weights": [weight("prose", "prose", 7200, 8000), weight("code", "code", 2800, 3500)],
        "source_contribution_caps": [
            cap("handbook", 6000),
            cap("letters", 4000),
            cap("kernel", 3500),
            cap("notes", 100),
            cap("driver", 100),
        ],
        "repetitive_region_controls": [
            {
                "source_id": "handbook",
                "document_id": "volume-2",
                "section_id": "tables",
                "downweight_multiplier_bps": 2500,
                "maximum_region_token_share_bps": 300,
                "rationale": "Tables repeat themselves.",
            }
        ],
        "content_class_token_share_report": [
            {"content_class": "prose", "observed_token_share_bps": 7000},
            {"content_class": "spec_text", "observed_token_share_bps": 0},
            {"content_class": "code", "observed_token_share_bps": 3000},
        ],
        "regression_thresholds": [
            {"regression_kind": kind, "maximum_regression_bps": 100, "rationale": "A larger loss is real."}
            for kind in (
                "explanation_quality",
                "spec_interpretation",
                "tradeoff_reasoning",
                "invariant_articulation",
                "coding_fluency",
            )
        ],
    }
