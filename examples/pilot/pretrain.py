"""The training loop: it trains, is interrupted and resumed, reads its data again, and evaluates.

What the contract needs of it are the lines with `tally` and `order`.
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
from token_shards import CONTEXT, Place, places, training_order

from psion_contract.record.order_digest import OrderDigest
from psion_contract.record.tally import Tally

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
log = logging.getLogger(__name__)


class Interrupted(Exception):  # noqa: N818  # not an error of anyone
    """Stands for whatever ends a run before its time."""


class Stage:
    """A pretrain stage: its documents, and what there is of it so far.

    Args:
        root: the folder of the run, below which all files are.
        documents: its descriptor, corpus and policy.
        steps: steps of the optimizer.
        batch: sequences of each.
    """

    def __init__(self, root: Path, documents: dict[str, Any], steps: int, batch: int) -> None:
        self.root, self.steps, self.batch = root, steps, batch
        self.corpus, self.policy = documents["corpus"], documents["policy"]
        self.config = documents["descriptor"]["config"]
        self.weights = decoder.fresh_weights(documents["descriptor"], seed=1337, device=DEVICE)
        self.optimizer = torch.optim.AdamW(
            self.weights.values(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1
        )
        self.tally, self.order = Tally(), self.new_order("order.log")
        self.step, self.seconds = 0, 0.0

    def new_order(self, log: str) -> OrderDigest:
        """An order of the sequences that are read, which is written to a log."""
        identity = self.corpus["replay_contract"]["stable_dataset_identity"]
        return OrderDigest(identity, log=self.root / log)

    def batches(self, order: OrderDigest, done: int) -> Iterator[tuple[list[Place], torch.Tensor]]:
        """What is read in each step after those that are done."""
        found = training_order(self.corpus, self.policy, self.steps * self.batch)
        for step in range(done, self.steps):
            read = found[step * self.batch : (step + 1) * self.batch]
            tokens = self.tokens(read)
            for place in read:
                order.add(place.shard, place.sequence)
            order.end_step(step + 1)
            yield read, tokens

    def tokens(self, read: list[Place]) -> torch.Tensor:
        """The tokens of sequences: shape (sequences, CONTEXT)."""
        return torch.from_numpy(numpy.stack([place.read(self.root) for place in read])).to(DEVICE)

    def train(self, save_every: int, stop_after: int | None = None) -> None:
        """Train to the end, or until the stage is interrupted; save a checkpoint every few steps and at the end."""
        for read, tokens in self.batches(self.order, self.step):
            start = perf_counter()
            losses = decoder.losses(self.weights, self.config, tokens)
            losses.mean().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.count(read, losses)
            self.step, self.seconds = self.step + 1, self.seconds + perf_counter() - start
            log.info("step %d of %d: loss %.3f nats", self.step, self.steps, losses.mean().item())
            if self.step % save_every == 0 or self.step == self.steps:
                self.save()
            if self.step == stop_after:
                raise Interrupted

    def count(self, read: list[Place], losses: torch.Tensor) -> None:
        """Add what was read, and the loss there, to the tally: every token but the first one is a target."""
        for place, loss in zip(read, losses.detach().sum(1), strict=True):
            self.tally.add(place.split, place.family, tokens=CONTEXT, targets=CONTEXT - 1, loss=loss)

    def evaluate(self, sequences: int) -> None:
        """Measure the loss on the first sequences of each family of each split that is not trained on."""
        for (split, _), found in places(self.corpus).items():
            if split != "train":
                read = found[:sequences]
                with torch.no_grad():
                    self.count(read, decoder.losses(self.weights, self.config, self.tokens(read)))

    def replay(self, log: str) -> Path:
        """Read all the data again, as the stage did, and write the order to a log."""
        for _ in self.batches(self.new_order(log), 0):
            pass
        return self.root / log

    @property
    def checkpoint(self) -> Path:
        """The folder of the checkpoint of the last step."""
        return self.root / "checkpoints" / f"step-{self.step:05}"

    def save(self) -> None:
        """Write a checkpoint: a whole one, or none."""
        part = self.checkpoint.with_suffix(".part")
        part.mkdir(parents=True)
        save_file(
            {name: weight.detach() for name, weight in self.weights.items()}, part / "model.safetensors"
        )
        state = {"step": self.step, "seconds": self.seconds, "optimizer": self.optimizer.state_dict()}
        state |= {"tally": self.tally.state_dict(), "order": self.order.state_dict()}
        torch.save(state, part / "training.pt")
        part.rename(self.checkpoint)

    def resume(self) -> None:
        """Continue from the last checkpoint that is whole."""
        last = max((self.root / "checkpoints").glob("step-?????"))
        state = torch.load(last / "training.pt", weights_only=True)
        with torch.no_grad():
            for name, weight in load_file(last / "model.safetensors", device=DEVICE).items():
                self.weights[name].copy_(weight)
        self.optimizer.load_state_dict(state["optimizer"])
        self.tally.load_state_dict(state["tally"])
        self.order.load_state_dict(state["order"])
        self.step, self.seconds = state["step"], state["seconds"]
