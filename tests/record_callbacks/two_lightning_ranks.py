"""Trains a tiny model with the Trainer of Lightning, in as many processes as torchrun starts; may crash and be resumed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from recorders import RANK, RANKS, finish_together, made_recorder
from tiny_decoder import Decoder, Sequences

from psion_contract.record.lightning_callback import RecorderCallback

folder, name, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]


class Module(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.model = Decoder()

    def training_step(self, batch: dict[str, Any], number: int) -> Any:
        if mode == "crash" and self.global_step == 13:
            raise RuntimeError("crash")
        return self.model(batch["input_ids"], batch["labels"])

    def validation_step(self, batch: dict[str, Any], number: int) -> Any:
        return self.model(batch["input_ids"], batch["labels"])

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def data(split: str, size: int) -> Any:
    """The part of this process: every other sequence."""
    sequences = Sequences(folder, split)
    own = torch.utils.data.Subset(sequences, range(RANK, len(sequences), RANKS))
    return torch.utils.data.DataLoader(own, batch_size=size)


recorder = made_recorder(folder, name)
checkpoints = folder / f"{name}-checkpoints"
trainer = lightning.Trainer(
    accelerator="cpu",
    devices=RANKS,
    strategy="ddp" if RANKS > 1 else "auto",
    use_distributed_sampler=False,
    max_epochs=2,
    logger=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    callbacks=[
        RecorderCallback(recorder),
        ModelCheckpoint(dirpath=checkpoints, save_top_k=-1, filename="{epoch}"),
    ],
)
module = Module()
last = str(checkpoints / "epoch=0.ckpt") if mode == "resume" else None
loaders = data("train", 4 // RANKS), data("validation", 3)
trainer.fit(module, *loaders, ckpt_path=last, **({"weights_only": False} if last else {}))
trainer.save_checkpoint(folder / f"{name}.ckpt")
epoch = [recorder.sequences(batch) for batch in loaders[0]]
recorder.replay([*epoch, *epoch])
finish_together(recorder, folder / f"{name}.ckpt")
