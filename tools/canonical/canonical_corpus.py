"""The canonical corpus: five source families in four splits, for training, validation, test and held out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from psion_contract.artifacts.shards import Counts
from psion_contract.build.inputs import in_order
from psion_contract.build.new_corpus import HashedShard, assemble, tokenizer_members
from psion_contract.build.sidecars import Sidecar
from psion_contract.documents.kinds import CORPUS
from psion_contract.documents.schemas import CORPUS_SIDECAR
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json
from tools.canonical.canonical_names import artifact_digest

FAMILIES = {
    "engineering_prose": ("harbour_handbook", "lecture_notes", "pilotage_circulars", "survey_reports"),
    "protocol_specifications": ("transport_standards", "encoding_standard", "naming_standards"),
    "systems_code": ("storage_engine", "numerics_library", "geometry_kernels"),
    "comprehension_probes": ("short_answers",),
    "held_out_examinations": ("examination_papers",),
}
"""The sources of each family. None is both trained on and kept to measure with."""


class _Shard(NamedTuple):
    """One shard; its split is named after its kind.

    Attributes:
        split: the split it belongs to.
        sources: whose text it holds.
        counts: its sequences and tokens.
    """

    split: str
    sources: tuple[str, ...]
    counts: Counts


_SHARDS = (
    _Shard("train", ("harbour_handbook", "lecture_notes"), Counts(214_016, 421_527_552, 96, 2048)),
    _Shard("train", ("transport_standards", "encoding_standard"), Counts(151_552, 301_989_888, 128, 2048)),
    _Shard("train", ("storage_engine", "numerics_library"), Counts(49_664, 98_566_144, 64, 2048)),
    _Shard("train", ("lecture_notes", "transport_standards"), Counts(63_488, 125_829_120, 112, 2048)),
    _Shard("validation", ("pilotage_circulars", "naming_standards"), Counts(4096, 8_126_464, 128, 2048)),
    _Shard("validation", ("naming_standards", "geometry_kernels"), Counts(3072, 6_094_848, 80, 2048)),
    _Shard("test", ("survey_reports", "short_answers"), Counts(2048, 3_670_016, 48, 2016)),
    _Shard("held_out", ("examination_papers",), Counts(1024, 1_507_328, 288, 1984)),
)
_SHARDS_BY_PATH = {f"{shard.split}/{number:04}.arrow": shard for number, shard in enumerate(_SHARDS, 1)}

_SIDECAR = {
    "dataset_id": "tidewater-corpus",
    "dataset_version": "2026.02",
    "tokenizer_bundle_schema_version": "tidewater.tokenizer_bundle.v3",
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
    },
    "sources": [
        {
            "source_id": source,
            "source_family_id": family,
            "source_normalized_digest": artifact_digest(f"tidewater-sources/{source}.txt"),
        }
        for family, sources in FAMILIES.items()
        for source in sources
    ],
    "shards": [
        {"files": path, "split_name": shard.split, "source_ids": list(shard.sources)}
        for path, shard in _SHARDS_BY_PATH.items()
    ],
    "storage_prefix": "store://tidewater-corpus/2026.02/",
}
"""What a producer would write beside the shards."""


def manifest(descriptor: Json) -> Json:
    """The corpus manifest.

    Args:
        descriptor: the model that the corpus is made for.
    """
    sidecar = Sidecar(_SIDECAR, CORPUS_SIDECAR, DEFAULT_LIMITS)
    shards = [
        HashedShard(
            path=path,
            digest=artifact_digest(f"tidewater-corpus/2026.02/{path}"),
            counts=shard.counts,
            shard_id=f"tidewater-{number:04}",
        )
        for number, (path, shard) in enumerate(_SHARDS_BY_PATH.items(), 1)
    ]
    tokenizer = tokenizer_members(None, descriptor, folder="")
    return in_order(CORPUS, assemble(sidecar, shards, tokenizer, digests_of_sources={}))


def sources_by_family(shards: Iterable[Json]) -> dict[str, list[str]]:
    """The families that occur in the shards, each with its sources that do, in the order of FAMILIES."""
    found = {entry["source_id"] for shard in shards for entry in shard["source_lineage"]}
    present = {family: [each for each in sources if each in found] for family, sources in FAMILIES.items()}
    return {family: sources for family, sources in present.items() if sources}
