"""The training loop: it trains, can be interrupted and resumed, reads its data again, and evaluates.

The lines with `recorder` are what the contract needs of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import decoder
import numpy
import torch
from safetensors.torch import load_file, save_file
from token_shards import Place, places, training_order

from psion_contract.record import Recorder

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
log = logging.getLogger(__name__)


class Interrupted(Exception):  # noqa: N818 (it stands for whatever ends a run before its time)
    """The run ends before its time."""


class Stage:
    """A pretrain stage, from fresh weights.

    Args:
        root: the folder of the run, below which all files are.
        documents: the descriptor, the corpus and the policy.
        recorder: of the run.
        steps: steps of the optimizer.
        batch: sequences of a step.
    """

    def __init__(
        self, root: Path, documents: dict[str, Any], recorder: Recorder, steps: int, batch: int
    ) -> None:
        self.root, self.recorder, self.steps, self.batch = root, recorder, steps, batch
        self.corpus, self.policy = documents["corpus"], documents["policy"]
        self.config = documents["descriptor"]["config"]
        self.weights = decoder.fresh_weights(documents["descriptor"], seed=1337, device=DEVICE)
        self.optimizer = torch.optim.AdamW(self.weights.values(), lr=1e-3, weight_decay=0.1)
        self.step, self.seconds = 0, 0.0

    def batches(self, done: int = 0) -> Iterator[tuple[list[Place], torch.Tensor]]:
        """What is read in each step after those that are done."""
        order = training_order(self.corpus, self.policy, self.steps * self.batch)
        for start in range(done * self.batch, len(order), self.batch):
            yield order[start : start + self.batch], self.tokens(order[start : start + self.batch])

    def tokens(self, read: list[Place]) -> torch.Tensor:
        """The tokens of sequences: shape (sequences, tokens)."""
        return torch.from_numpy(numpy.stack([place.read(self.root) for place in read])).to(DEVICE)

    def train(self, save_every: int, stop_after: int | None = None) -> None:
        """Train to the last step, or until the run is interrupted; save every few steps and at the end."""
        for read, tokens in self.batches(self.step):
            start = perf_counter()
            losses = decoder.losses(self.weights, self.config, tokens)
            losses.mean().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.step, self.seconds = self.step + 1, self.seconds + perf_counter() - start
            self.record(read, losses)
            self.recorder.end_step(self.step)
            log.info("step %d of %d: loss %.3f nats", self.step, self.steps, losses.mean().item())
            if self.step % save_every == 0 or self.step == self.steps:
                self.save()
            if self.step == stop_after:
                raise Interrupted

    def record(self, read: list[Place], losses: torch.Tensor) -> None:
        """Record what was read: every token after the first one of its sequence is a target."""
        self.recorder.read(
            [place.shard for place in read],
            [place.sequence for place in read],
            tokens=[losses.shape[1] + 1] * len(read),
            targets=[losses.shape[1]] * len(read),
            losses=losses.detach().sum(1),
        )

    def evaluate(self, sequences: int) -> None:
        """Measure the loss on the first sequences of each family of each split that is not trained on."""
        for split, of_split in places(self.corpus).items():
            for found in of_split.values() if split != "train" else ():
                with torch.no_grad():
                    read = found[:sequences]
                    self.record(read, decoder.losses(self.weights, self.config, self.tokens(read)))

    def replay(self) -> None:
        """Read all the data of the training again."""
        self.recorder.replay([(place.shard, place.sequence) for place in read] for read, _ in self.batches())

    @property
    def checkpoint(self) -> Path:
        """The folder of the checkpoint of this step."""
        return self.root / "checkpoints" / f"step-{self.step:05}"

    def save(self) -> None:
        """Write a checkpoint: a whole one, or none."""
        part = self.checkpoint.with_suffix(".part")
        part.mkdir(parents=True)
        save_file(
            {name: weight.detach() for name, weight in self.weights.items()}, part / "model.safetensors"
        )
        state = {"step": self.step, "seconds": self.seconds, "optimizer": self.optimizer.state_dict()}
        torch.save({**state, "recorder": self.recorder.state_dict()}, part / "training.pt")
        part.rename(self.checkpoint)

    def resume(self) -> None:
        """Continue from the last checkpoint that is whole."""
        last = max((self.root / "checkpoints").glob("step-?????"))
        with torch.no_grad():
            for name, weight in load_file(last / "model.safetensors", device=DEVICE).items():
                self.weights[name].copy_(weight)
        state = torch.load(last / "training.pt", weights_only=True)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.recorder.load_state_dict(state["recorder"])

    def execution(self) -> dict[str, Any]:
        """What the stage ran on, and how fast: a step is forward pass, backward pass and optimizer."""
        cuda = DEVICE == "cuda"
        device = {
            "stable_device_id": torch.cuda.get_device_name() if cuda else "cpu",
            "performance_class": "discrete_accelerator" if cuda else "reference",
            "memory_class": "dedicated_device" if cuda else "host_only",
        }
        steps = {
            "accelerator_backed": cuda,
            "optimizer_steps_completed": self.step,
            "mean_step_latency_ms": max(1, round(1000 * self.seconds / self.step)),
            "detail": "Forward pass, backward pass and optimizer.",
        }
        delivered = {"runtime_backend": DEVICE, "selected_devices": [device]}
        return {"delivered_execution": delivered, "accelerator_execution": steps}
