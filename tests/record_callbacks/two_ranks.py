"""Trains a tiny model with the Trainer of Hugging Face, in as many processes as torchrun starts."""

from __future__ import annotations

import sys
from pathlib import Path

from recorders import RANKS, finish_together, made_recorder
from tiny_decoder import Decoder, Sequences
from transformers import Trainer, TrainingArguments, set_seed

from psion_contract.record.hugging_face import RecorderCallback

folder, name = Path(sys.argv[1]), sys.argv[2]
set_seed(42)
recorder = made_recorder(folder, name)
callback = RecorderCallback(recorder)
arguments = TrainingArguments(
    str(folder / f"{name}-checkpoints"),
    per_device_train_batch_size=4 // RANKS,
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
finish_together(recorder, folder / f"{name}-model")
