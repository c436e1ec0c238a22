"""What the conformance pack is made from: cases and digest vectors as readable data."""

from __future__ import annotations

from psion_contract.conformance.sources import (
    broken,
    config,
    corpus,
    coverage,
    judged,
    layout,
    lineage,
    model,
    modelvectors,
    numbers,
    policy,
    policycorpus,
    programvectors,
    reading,
    receipt,
    receiptvectors,
    records,
    references,
    schema,
    stages,
    sweeps,
)
from psion_contract.conformance.sources.making import Group, Json
from psion_contract.conformance.sources.vectors import VECTORS


def groups() -> list[Group]:
    """The groups of cases, each the contents of one file."""
    return [
        reading.group(),
        schema.group(),
        sweeps.group(),
        judged.group(),
        broken.group(),
        references.group(),
        config.group(),
        receipt.group(),
        coverage.group(),
        lineage.group(),
        numbers.group(),
        model.group(),
        layout.group(),
        corpus.group(),
        policy.group(),
        policycorpus.group(),
        stages.group(),
        records.group(),
    ]


def vectors() -> dict[str, list[Json]]:
    """By digest, its vectors: the contents of one file each."""
    if not VECTORS:
        modelvectors.add()
        receiptvectors.add()
        programvectors.add()
    return VECTORS
