"""The decoder that a descriptor declares, in PyTorch: its weights are the descriptor's tensor layout, name by name."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy, embedding, layer_norm, scaled_dot_product_attention, silu

Weights = dict[str, torch.Tensor]


def fresh_weights(descriptor: dict[str, Any], seed: int, device: str) -> Weights:
    """Initial weights, F32: norms that change nothing, biases of 0, the rest normal with a deviation of 0.02."""
    random, weights = torch.Generator().manual_seed(seed), Weights()
    for tensor in descriptor["checkpoint_contract"]["tensor_layout"]:
        name, shape = tensor["name"], tensor["shape"]["dims"]
        if name.endswith(".weight"):
            value = torch.normal(0.0, 0.02, shape, generator=random)
        else:
            value = torch.ones(shape) if name.endswith(".gamma") else torch.zeros(shape)
        weights[name] = value.to(device).requires_grad_()
    return weights


def losses(weights: Weights, config: dict[str, Any], tokens: torch.Tensor) -> torch.Tensor:
    """The loss of each token after the first of its sequence, in nats.

    Args:
        weights: as `fresh_weights` makes them.
        config: of the descriptor.
        tokens: of shape (sequences, tokens), at most the context's tokens.

    Returns:
        shape (sequences, tokens - 1).
    """
    logits = forward(weights, config, tokens[:, :-1])
    return cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none").view(
        len(tokens), -1
    )


def forward(weights: Weights, config: dict[str, Any], tokens: torch.Tensor) -> torch.Tensor:
    """The logits of the next token: shape (sequences, tokens, vocabulary)."""
    heads = config["block"]["attention"]["head_count"]

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        return layer_norm(x, x.shape[-1:], weights[f"{name}.gamma"], weights[f"{name}.beta"])

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def by_head(x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    x = embedding(tokens, weights["decoder.embed_tokens.weight"])
    x = x + weights["decoder.embed_positions.weight"][: tokens.shape[1]]
    for number in range(config["layer_count"]):
        layer = f"decoder.layers.{number}"
        y = norm(f"{layer}.attention_norm", x)
        query, key, value = (by_head(linear(f"{layer}.attention.{part}_proj", y)) for part in "qkv")
        y = scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + linear(f"{layer}.attention.o_proj", y.transpose(1, 2).flatten(-2))
        y = norm(f"{layer}.feed_forward_norm", x)
        y = silu(linear(f"{layer}.feed_forward.gate_proj", y)) * linear(f"{layer}.feed_forward.up_proj", y)
        x = x + linear(f"{layer}.feed_forward.down_proj", y)
    x = norm("decoder.final_norm", x)
    return x @ weights["decoder.embed_tokens.weight"].T + weights["lm_head.bias"]
