"""Reads documents as generated models, changes one value of each, and writes them back."""

import sys
from pathlib import Path

import config
import corpus
import descriptor
import policy
import receipt
import stage_program

CHANGED = "changed-by-a-generated-type"
CHANGES = {
    "config": (config.PretrainStageConfig, {"run_id": CHANGED}),
    "receipt": (receipt.PretrainStageReceipt, {"summary": CHANGED}),
    "descriptor": (
        descriptor.CompactDecoderDescriptor,
        {"size_anchor": descriptor.SizeAnchor("internal128m")},
    ),
    "corpus": (corpus.TokenizedCorpusManifest, {"dataset_version": CHANGED}),
    "policy": (policy.SamplingPolicy, {"policy_version": CHANGED}),
    "program": (stage_program.TrainingStageProgram, {"run_id": CHANGED}),
}

for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    role, given, written = line.split(" ")
    model, change = CHANGES[role]
    document = model.model_validate_json(Path(given).read_text(encoding="utf-8"))
    for member, value in change.items():
        setattr(document, member, value)
    Path(written).write_text(document.model_dump_json(exclude_unset=True), encoding="utf-8")
