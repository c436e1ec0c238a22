"""What the conformance pack is made from: cases and digest vectors as readable data."""

from __future__ import annotations

from psion_contract.conformance.sources import (
    config,
    corpus,
    coverage,
    judged,
    layout,
    lineage,
    model,
    numbers,
    policy,
    reading,
    receipt,
    records,
    references,
    schema,
    stages,
    sweeps,
)
from psion_contract.conformance.sources.making import Group


def groups() -> list[Group]:
    """The groups of cases, each the contents of one file."""
    return [
        reading.group(),
        schema.group(),
        sweeps.group(),
        judged.group(),
        references.group(),
        config.group(),
        receipt.group(),
        coverage.group(),
        lineage.group(),
        numbers.group(),
        model.group(),
        layout.group(),
        corpus.group(),
        policy.alone(),
        policy.with_corpus(),
        stages.group(),
        records.group(),
    ]
