"""Losses of the sequences in a batch, in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IGNORED = -100
"""The label of what is no target, by the convention of PyTorch."""


def sequence_losses(logits: Any, labels: Any) -> tuple[Any, Any]:
    """The summed next-token loss of each sequence, and its number of targets.

    The logits at a position predict the label at the next one. Losses are computed in single precision, whatever the logits
    are, and added in double precision; label smoothing, weights and auxiliary losses do not count.

    Args:
        logits: of a causal model, [batch, tokens, vocabulary].
        labels: the tokens, [batch, tokens], of the same length; -100 where there is no target.

    Returns:
        The sums in nats and the numbers of targets, two tensors [batch], without gradients.
    """
    import torch
    from torch.nn.functional import cross_entropy

    with torch.no_grad():
        predicted, targets = logits[:, :-1], labels[:, 1:]
        losses = cross_entropy(
            predicted.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none"
        )
        return losses.view(targets.shape).double().sum(1), (targets != IGNORED).sum(1)


def token_counts(batch: Mapping[str, Any]) -> Any:
    """The number of tokens of each sequence in a batch, without padding: a tensor [batch]."""
    if batch.get("attention_mask") is not None:
        return batch["attention_mask"].sum(1)
    tokens = batch["input_ids"]
    return tokens.new_full((tokens.shape[0],), tokens.shape[1])
