"""The recorder of a run of a real trainer, in one process or several, and its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch.distributed
from support.recorded_runs import RUN

from psion_contract.record import Recorder

RANK, RANKS = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
"""Which of how many processes this one is, as torchrun says."""


def made_recorder(folder: Path, name: str) -> Recorder:
    """A recorder of the corpus in a folder, with a folder of its own there."""
    return Recorder(
        folder / name,
        descriptor=folder / "descriptor.json",
        corpus=folder / "corpus.json",
        policy=folder / "policy.json",
        run_id=RUN,
        rank=RANK,
        ranks=RANKS,
    )


def finish_together(recorder: Recorder, checkpoint: Path) -> None:
    """Make the receipt of a run from the tallies of all processes; every process calls this last."""
    tallies: list[Any] = [None] * RANKS
    if RANKS > 1:
        torch.distributed.all_gather_object(tallies, recorder.tally)
    if RANK == 0:
        recorder.finish(checkpoint, summary="A tiny model.", tallies=tallies[1:])
    if RANKS > 1:
        torch.distributed.barrier()  # until the first process is done, too
        torch.distributed.destroy_process_group()  # else a thread of it can abort a process that ends
