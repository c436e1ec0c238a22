"""Says what version 1 of the contract cannot describe in a model, from the ``config.json`` of Hugging Face's transformers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psion_contract.exceptions import ModelMismatchError
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import Json
from psion_contract.reading.pointers import value_at
from psion_contract.rules.descriptor import ANCHORED

_ATTENTION = "/config/block/attention"
WIDTHS = ("hidden_size", "n_embd", "d_model")
"""The names of the width, one of which every config of a text model has."""

_NUMBERS = {
    "/config/hidden_size": WIDTHS,
    "/config/layer_count": ("num_hidden_layers", "n_layer"),
    f"{_ATTENTION}/head_count": ("num_attention_heads", "n_head"),
    f"{_ATTENTION}/kv_head_count": ("num_key_value_heads",),
    f"{_ATTENTION}/head_dim": ("head_dim",),
    "/config/block/feed_forward/intermediate_size": ("intermediate_size", "n_inner", "ffn_dim"),
    "/config/vocab_size": ("vocab_size",),
    "/config/max_context": ("max_position_embeddings", "n_positions"),
}
"""The names that transformers has for the numbers of a descriptor, by their pointers."""

_ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function")
_ROTARY = (
    "rope_theta",
    "rope_scaling",
    "rope_parameters",
    "rotary_pct",
    "rotary_dim",
    "partial_rotary_factor",
)
_OTHER_NORMS = ("rms_norm_eps",)
_BIASES = ("attention_bias", "mlp_bias", "use_bias")
_DTYPES = ("dtype", "torch_dtype")


def check_model_config(descriptor: Json, config: Json, path: str) -> None:
    """Refuse a model that is not the one that a descriptor describes.

    Args:
        descriptor: a valid model descriptor.
        config: of the model, as transformers writes it.
        path: of its file, for the error.

    Raises:
        ModelMismatchError: the config says something that version 1 has no descriptor for, or another number.
    """
    if problems := list(refusals(descriptor, config)):
        raise ModelMismatchError(path, problems)


def refusals(descriptor: Json, config: Json) -> Iterator[str]:
    """What a config says that a descriptor cannot say, a line for each member.

    Args:
        descriptor: a valid model descriptor.
        config: of the model, as transformers writes it. What it does not say is not judged.
    """
    anchor = descriptor["size_anchor"]
    for pointer, names in _NUMBERS.items():
        expected = value_at(descriptor, pointer)
        for name, actual in _given(config, names):
            if actual != expected:
                owner = anchor if pointer in ANCHORED else "the descriptor"
                yield f"{name} is {excerpt(actual)}, but {owner} has {expected}"
    for name, actual in _given(config, _ACTIVATIONS):
        if actual not in ("silu", "swish"):
            yield f"{name} is {excerpt(actual)}: version 1 has gated SiLU only, not GELU or ReLU"
    for name, actual in _given(config, _ROTARY):
        yield f"{name} is {excerpt(actual)}: version 1 has learned absolute positions only, not RoPE"
    for name, actual in _given(config, ("position_embedding_type",)):
        if actual != "absolute":
            yield f"{name} is {excerpt(actual)}: version 1 has learned absolute positions only"
    for name, actual in _given(config, ("alibi",)):
        if actual is not False:
            yield f"{name} is {excerpt(actual)}: version 1 has learned absolute positions only, not ALiBi"
    for name, actual in _given(config, _OTHER_NORMS):
        yield f"{name} is {excerpt(actual)}: version 1 has LayerNorm only, not RMSNorm"
    for name, actual in _given(config, _BIASES):
        if actual is False:
            yield f"{name} is false: in version 1, every linear layer has a bias"
    for name, actual in _given(config, ("tie_word_embeddings",)):
        if actual is False:
            yield f"{name} is false: in version 1, the output head shares the weight of the embedding"
    for name, actual in _given(config, _DTYPES):
        if actual != "float32":
            yield f"{name} is {excerpt(actual)}: version 1 stores float32 only"


def _given(config: Json, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Those members that the config has, and that are not null."""
    return ((name, config[name]) for name in names if config.get(name) is not None)
