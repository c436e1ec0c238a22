"""The canonical corpus: five source families in four splits, for training, validation, test and held out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from psion_contract.reading.json_reader import Json
from tools.canonical.canonical_names import artifact_digest

FAMILIES = {
    "engineering_prose": ("harbour_handbook", "lecture_notes", "pilotage_circulars", "survey_reports"),
    "protocol_specifications": ("transport_standards", "encoding_standard", "naming_standards"),
    "systems_code": ("storage_engine", "numerics_library", "geometry_kernels"),
    "comprehension_probes": ("short_answers",),
    "held_out_examinations": ("examination_papers",),
}
"""The sources of each family. None is both trained on and kept to measure with."""

_FAMILY_OF = {source: family for family, sources in FAMILIES.items() for source in sources}


class _Shard(NamedTuple):
    """One shard; its split is named after its kind.

    Attributes:
        split: the split it belongs to.
        sources: whose text it holds.
        sequences: how many sequences it holds.
        tokens: how many tokens.
        shortest: the tokens of its shortest sequence.
        longest: the tokens of its longest.
    """

    split: str
    sources: tuple[str, ...]
    sequences: int
    tokens: int
    shortest: int
    longest: int


_SHARDS = (
    _Shard("train", ("harbour_handbook", "lecture_notes"), 214_016, 421_527_552, 96, 2048),
    _Shard("train", ("transport_standards", "encoding_standard"), 151_552, 301_989_888, 128, 2048),
    _Shard("train", ("storage_engine", "numerics_library"), 49_664, 98_566_144, 64, 2048),
    _Shard("train", ("lecture_notes", "transport_standards"), 63_488, 125_829_120, 112, 2048),
    _Shard("validation", ("pilotage_circulars", "naming_standards"), 4096, 8_126_464, 128, 2048),
    _Shard("validation", ("naming_standards", "geometry_kernels"), 3072, 6_094_848, 80, 2048),
    _Shard("test", ("survey_reports", "short_answers"), 2048, 3_670_016, 48, 2016),
    _Shard("held_out", ("examination_papers",), 1024, 1_507_328, 288, 1984),
)
_SPLITS = ("train", "validation", "test", "held_out")


def manifest(tokenizer: Json) -> Json:
    """The corpus manifest.

    Args:
        tokenizer: the tokenizer binding of the model that the corpus is made for.
    """
    corpus = {
        "schema_version": "psion.tokenized_corpus_manifest.v1",
        "dataset_id": "tidewater-corpus",
        "dataset_version": "2026.02",
        "tokenizer_bundle_schema_version": "tidewater.tokenizer_bundle.v3",
        "tokenizer_id": tokenizer["tokenizer_id"],
        "tokenizer_version": tokenizer["tokenizer_version"],
        "tokenizer": {
            "family": tokenizer["tokenizer_family"],
            "tokenizer_digest": tokenizer["tokenizer_digest"],
            "vocab_size": tokenizer["vocab_size"],
            "special_tokens_digest": tokenizer["special_tokens_digest"],
            "template_digest": tokenizer["template_digest"],
        },
        "raw_source_schema_version": "tidewater.raw_sources.v2",
        "preprocessing_version": "tidewater-normalize-2026.02",
        "packing_policy": {
            "policy_id": "tidewater-pack-2048",
            "policy_version": "3",
            "packing_mode": "pack_into_context_window",
            "max_sequence_tokens": 2048,
            "overlong_sequence_posture": "refuse",
        },
        "replay_contract": {
            "iteration_mode": "repeat",
            "shard_ordering": "deterministic_shuffle",
            "deterministic_shuffle_seed": 6_180_339_887_498,  # above 2^32, below 2^53
            "stable_dataset_identity": "tidewater-corpus@2026.02",
        },
        "source_family_bindings": [
            {"source_family_id": family, "source_ids": list(sources)} for family, sources in FAMILIES.items()
        ],
    }
    shards = [_shard(corpus, number, shard) for number, shard in enumerate(_SHARDS, 1)]
    return {**corpus, "splits": [_split(name, shards) for name in _SPLITS], "shards": shards}


def _shard(corpus: Json, number: int, shard: _Shard) -> Json:
    return {
        "shard_id": f"tidewater-{number:04}",
        "split_name": shard.split,
        "split_kind": shard.split,
        "storage_ref": f"store://tidewater-corpus/2026.02/{shard.split}/{number:04}.arrow",
        "shard_digest": artifact_digest(f"tidewater-corpus/2026.02/{shard.split}/{number:04}.arrow"),
        "sequence_count": shard.sequences,
        "token_count": shard.tokens,
        "min_sequence_tokens": shard.shortest,
        "max_sequence_tokens": shard.longest,
        "tokenizer_digest": corpus["tokenizer"]["tokenizer_digest"],
        "source_manifest_schema_version": corpus["raw_source_schema_version"],
        "preprocessing_version": corpus["preprocessing_version"],
        "packing_policy_version": corpus["packing_policy"]["policy_version"],
        "source_lineage": [
            {
                "source_id": source,
                "source_family_id": _FAMILY_OF[source],
                "source_normalized_digest": artifact_digest(f"tidewater-sources/{source}.txt"),
            }
            for source in shard.sources
        ],
    }


def _split(name: str, shards: list[Json]) -> Json:
    own = [shard for shard in shards if shard["split_name"] == name]
    return {
        "split_name": name,
        "kind": name,
        "shard_ids": [shard["shard_id"] for shard in own],
        "source_family_ids": list(sources_by_family(own)),
        "sequence_count": sum(shard["sequence_count"] for shard in own),
        "token_count": sum(shard["token_count"] for shard in own),
    }


def sources_by_family(shards: Iterable[Json]) -> dict[str, list[str]]:
    """The families that occur in the shards, each with its sources that do, in the order of FAMILIES."""
    found = {entry["source_id"] for shard in shards for entry in shard["source_lineage"]}
    present = {family: [each for each in sources if each in found] for family, sources in FAMILIES.items()}
    return {family: sources for family, sources in present.items() if sources}
