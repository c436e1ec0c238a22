"""The canonical documents: one model, corpus and policy, three runs that break no rule, and a program.

All of them are built by functions of the library, from what only their producer knows.
"""

from __future__ import annotations

from psion_contract.documents.serialising import document_text
from psion_contract.reading.json_reader import Json
from tools.canonical import canonical_corpus as corpus
from tools.canonical import canonical_model as model
from tools.canonical import canonical_names as names
from tools.canonical import canonical_policy as policy
from tools.canonical import canonical_program as program
from tools.canonical import canonical_runs as runs

FOLDER = "fixtures/psion"
"""The folder that holds the canonical documents and nothing else, from the top of the repository."""


def documents() -> dict[str, Json]:
    """The canonical documents by their path below fixtures/, newly built, properties in contract order."""
    descriptor = model.descriptor()
    manifest = corpus.manifest(descriptor)
    inputs = runs.Inputs(descriptor, manifest, policy.sampling_policy(manifest))
    pilot, resumed, accelerated = (
        runs.config(run_id, inputs) for run_id in (names.PILOT, names.RESUMED, names.ACCELERATED)
    )
    pilot_receipt = runs.pilot_receipt(pilot, inputs)
    return {
        "psion/models/psion_compact_decoder_descriptor_v1.json": descriptor,
        "psion/tokenized/psion_tokenized_corpus_manifest_v1.json": manifest,
        "psion/sampling/psion_sampling_policy_v1.json": inputs.policy,
        "psion/pretrain/psion_pretrain_stage_config_v1.json": pilot,
        "psion/pretrain/psion_pretrain_stage_receipt_v1.json": pilot_receipt,
        "psion/pretrain/psion_pretrain_stage_resumed_config_v1.json": resumed,
        "psion/pretrain/psion_pretrain_stage_resumed_receipt_v1.json": runs.resumed_receipt(
            resumed, inputs, pilot_receipt
        ),
        "psion/pretrain/psion_pretrain_stage_accelerated_config_v1.json": accelerated,
        "psion/pretrain/psion_pretrain_stage_accelerated_receipt_v1.json": runs.accelerated_receipt(
            accelerated, inputs
        ),
        "psion/program/psion_training_stage_program_v1.json": program.stage_program(
            pilot_receipt, pilot, inputs
        ),
    }


def files() -> dict[str, str]:
    """The text of each canonical document by its path from the top of the repository."""
    return {f"fixtures/{path}": document_text(document) for path, document in documents().items()}
