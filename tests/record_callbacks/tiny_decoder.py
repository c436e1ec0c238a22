"""A tiny causal model and the corpus of `support.recorded_runs` as a dataset of PyTorch."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import torch
from support.recorded_runs import CONTEXT, SHARDS, VOCABULARY
from torch import nn
from torch.nn.functional import cross_entropy


class Sequences(torch.utils.data.Dataset[dict[str, Any]]):
    """The sequences of a split, each with its shard and its number in it."""

    def __init__(self, folder: Path, split: str) -> None:
        self.examples = []
        for number, (name, count) in enumerate(SHARDS.items()):
            if not name.startswith(split):
                continue
            tokens = array("H", (folder / f"{name}.u16").read_bytes())
            for at in range(count):
                read = torch.tensor(tokens[CONTEXT * at : CONTEXT * (at + 1)], dtype=torch.long)
                example = {"input_ids": read, "labels": read, "psion_shard": number, "psion_sequence": at}
                self.examples.append(example)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, at: int) -> dict[str, Any]:
        return self.examples[at]


class Decoder(nn.Module):
    """An embedding and a projection, called as the models of transformers are."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, 16)
        self.project = nn.Linear(16, VOCABULARY)

    def forward(self, input_ids: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        logits = self.project(self.embed(input_ids))
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        return {"loss": loss, "logits": logits}


def expected_losses(model: nn.Module, dataset: Sequences) -> dict[int, float]:
    """The summed loss of the sequences of each shard, one sequence at a time."""
    sums: dict[int, float] = {}
    with torch.no_grad():
        for each in dataset.examples:
            tokens = each["input_ids"][None]
            loss = float(model(input_ids=tokens, labels=tokens)["loss"]) * (CONTEXT - 1)
            sums[each["psion_shard"]] = sums.get(each["psion_shard"], 0.0) + loss
    return sums
