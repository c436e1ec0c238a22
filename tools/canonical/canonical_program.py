"""The canonical stage program: the pilot's pretrain stage is completed, its general SFT stage is active."""

from __future__ import annotations

from psion_contract import StageProgram
from psion_contract.reading.json_reader import Json
from tools.canonical.canonical_names import artifact_digest
from tools.canonical.canonical_runs import Inputs

_ENTERED_PRETRAIN = 1_771_233_600_000
_COMPLETED_PRETRAIN = 1_771_236_600_000
_ENTERED_GENERAL_SFT = 1_771_240_200_000
_TIMES = (
    _ENTERED_PRETRAIN,
    _COMPLETED_PRETRAIN,
    _ENTERED_GENERAL_SFT,
    _ENTERED_GENERAL_SFT + 61_000,
    _ENTERED_GENERAL_SFT + 74_500,
)
"""When the program is started, completed and advanced, and when each trace is accepted."""


def stage_program(receipt: Json, config: Json, inputs: Inputs) -> Json:
    """The program of a run: its pretrain stage records the receipt and promotes the receipt's checkpoint."""
    run_id = receipt["run_id"]
    family = receipt["checkpoint_lineage"]["promoted_checkpoint"]["checkpoint_family"]
    program = StageProgram.start(
        run_id, family, "pretrain", _environment("pretrain"), clock=iter(_TIMES).__next__
    )
    program.record_pretrain_receipt(receipt, {"config": config, **inputs._asdict()})
    program.complete()
    program.advance(_environment("instruction-following"))
    for trace_id, kind in (
        ("harbour-manual-q0017", "plain_completion"),
        ("storage-engine-tour-03", "long_context"),
    ):
        program.ingest_trace(trace_id, kind, artifact_digest(f"{run_id}/traces/{trace_id}"))
    return program.state


def _environment(name: str) -> dict[str, str]:
    return {"environment_ref": f"tidewater/{name}", "version": "2026.02"}
