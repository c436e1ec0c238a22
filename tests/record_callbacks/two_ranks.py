"""Trains a tiny model with the Trainer of Hugging Face, in as many processes as torchrun starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import torch.distributed
from support.recorded_runs import RUN
from tiny_decoder import Decoder, Sequences
from transformers import Trainer, TrainingArguments, set_seed

from psion_contract.record import Recorder
from psion_contract.record.hugging_face import RecorderCallback

folder, name = Path(sys.argv[1]), sys.argv[2]
rank, ranks = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
set_seed(42)
recorder = Recorder(
    folder / name,
    descriptor=folder / "descriptor.json",
    corpus=folder / "corpus.json",
    policy=folder / "policy.json",
    run_id=RUN,
    rank=rank,
    ranks=ranks,
)
callback = RecorderCallback(recorder)
arguments = TrainingArguments(
    str(folder / f"{name}-checkpoints"),
    per_device_train_batch_size=4 // ranks,
    num_train_epochs=2,
    report_to="none",
    use_cpu=True,
    disable_tqdm=True,
    remove_unused_columns=False,
)
data = Sequences(folder, "train"), Sequences(folder, "validation")
trainer = Trainer(Decoder(), arguments, train_dataset=data[0], eval_dataset=data[1], callbacks=[callback])
trainer.train()
trainer.evaluate()
trainer.save_model(str(folder / f"{name}-model"))
recorder.replay(callback.steps(trainer))
tallies: list[Any] = [None] * ranks
if ranks > 1:
    torch.distributed.all_gather_object(tallies, recorder.tally)
if rank == 0:
    recorder.finish(folder / f"{name}-model", summary="A tiny model.", tallies=tallies[1:])
if ranks > 1:
    torch.distributed.barrier()  # until rank 0 is done, too
    torch.distributed.destroy_process_group()  # else a thread of it can abort a process that ends
