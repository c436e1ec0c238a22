"""What the conformance pack is made from: cases and digest vectors as readable data."""

from __future__ import annotations

from tools.pack import broken_cases as broken
from tools.pack import config_cases as config
from tools.pack import corpus_cases as corpus
from tools.pack import coverage_cases as coverage
from tools.pack import judged_cases as judged
from tools.pack import layout_cases as layout
from tools.pack import lineage_cases as lineage
from tools.pack import model_cases as model
from tools.pack import model_vectors as modelvectors
from tools.pack import number_cases as numbers
from tools.pack import policy_cases as policy
from tools.pack import policy_corpus_cases as policycorpus
from tools.pack import program_vectors as programvectors
from tools.pack import reading_cases as reading
from tools.pack import receipt_cases as receipt
from tools.pack import receipt_vectors as receiptvectors
from tools.pack import records_cases as records
from tools.pack import references_cases as references
from tools.pack import schema_cases as schema
from tools.pack import stages_cases as stages
from tools.pack import sweeps_cases as sweeps
from tools.pack.case_builder import Group, Json
from tools.pack.vector_builder import VECTORS


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
