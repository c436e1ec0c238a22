"""Trains a tiny model with the Trainer of Lightning, in as many processes as torchrun starts; may crash and be resumed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch.distributed
from lightning.pytorch.callbacks import ModelCheckpoint
from support.recorded_runs import RUN
from tiny_decoder import Decoder, Sequences

from psion_contract.record import Recorder
from psion_contract.record.lightning_callback import RecorderCallback

folder, name, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
rank, ranks = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


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
    own = torch.utils.data.Subset(sequences, range(rank, len(sequences), ranks))
    return torch.utils.data.DataLoader(own, batch_size=size)


recorder = Recorder(
    folder / name,
    descriptor=folder / "descriptor.json",
    corpus=folder / "corpus.json",
    policy=folder / "policy.json",
    run_id=RUN,
    rank=rank,
    ranks=ranks,
)
checkpoints = folder / f"{name}-checkpoints"
trainer = lightning.Trainer(
    accelerator="cpu",
    devices=ranks,
    strategy="ddp" if ranks > 1 else "auto",
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
loaders = data("train", 4 // ranks), data("validation", 3)
trainer.fit(module, *loaders, ckpt_path=last, **({"weights_only": False} if last else {}))
trainer.save_checkpoint(folder / f"{name}.ckpt")
epoch = [recorder.sequences(batch) for batch in loaders[0]]
recorder.replay([*epoch, *epoch])
tallies: list[Any] = [None] * ranks
if ranks > 1:
    torch.distributed.all_gather_object(tallies, recorder.tally)
if rank == 0:
    recorder.finish(folder / f"{name}.ckpt", summary="A tiny model.", tallies=tallies[1:])
if ranks > 1:
    torch.distributed.barrier()  # until rank 0 is done, too
    torch.distributed.destroy_process_group()  # else a thread of it can abort a process that ends
