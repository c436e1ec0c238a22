"""The canonical documents: one model, corpus and policy, three runs that hold to the contract, and a program.

They are built by code, written below fixtures/ for readers of any language, and frozen by the tests.
"""

from __future__ import annotations

import os

from psion_contract.documents.digests import Json
from psion_contract.documents.serialising import document_text
from psion_contract.resources import data_path
from tools.canonical import canonical_corpus as corpus
from tools.canonical import canonical_model as model
from tools.canonical import canonical_names as names
from tools.canonical import canonical_policy as policy
from tools.canonical import canonical_program as program
from tools.canonical import canonical_runs as runs


def documents() -> dict[str, Json]:
    """The canonical documents by their path below fixtures/, built afresh, members in contract order."""
    descriptor = model.descriptor()
    manifest = corpus.manifest(descriptor["tokenizer_binding"])
    mixture = policy.sampling_policy(manifest)
    pilot, resumed, accelerated = (
        runs.config(run_id, descriptor, manifest, mixture)
        for run_id in (names.PILOT, names.RESUMED, names.ACCELERATED)
    )
    pilot_receipt = runs.pilot_receipt(pilot, manifest)
    resumed_receipt = runs.resumed_receipt(resumed, manifest, pilot_receipt)
    accelerated_receipt = runs.accelerated_receipt(accelerated, manifest)
    return {
        "psion/models/psion_compact_decoder_descriptor_v1.json": descriptor,
        "psion/tokenized/psion_tokenized_corpus_manifest_v1.json": manifest,
        "psion/sampling/psion_sampling_policy_v1.json": mixture,
        "psion/pretrain/psion_pretrain_stage_config_v1.json": pilot,
        "psion/pretrain/psion_pretrain_stage_receipt_v1.json": pilot_receipt,
        "psion/pretrain/psion_pretrain_stage_resumed_config_v1.json": resumed,
        "psion/pretrain/psion_pretrain_stage_resumed_receipt_v1.json": resumed_receipt,
        "psion/pretrain/psion_pretrain_stage_accelerated_config_v1.json": accelerated,
        "psion/pretrain/psion_pretrain_stage_accelerated_receipt_v1.json": accelerated_receipt,
        "psion/program/psion_training_stage_program_v1.json": program.stage_program(pilot_receipt),
    }


def differences() -> list[str]:
    """The paths below fixtures/ whose file is missing or is not what `documents` builds."""
    return [
        path for path, document in documents().items() if _stored(path) != document_text(document).encode()
    ]


def write() -> list[str]:
    """Write the files that are missing or differ; returns their paths below fixtures/."""
    built, paths = documents(), differences()
    for path in paths:
        file_path = data_path("fixtures", path)
        os.makedirs(os.path.dirname(file_path), exist_ok=True)
        with open(file_path, "wb") as file:
            file.write(document_text(built[path]).encode())
    return paths


def _stored(path: str) -> bytes | None:
    try:
        with open(data_path("fixtures", path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
