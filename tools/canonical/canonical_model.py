"""The canonical model: a decoder of the size pilot32m, and the tensors that its config implies."""

from __future__ import annotations

from math import prod

from psion_contract.documents import digests
from psion_contract.reading.json_reader import Json
from tools.canonical.canonical_names import artifact_digest

VOCAB_SIZE = 49152
MAX_CONTEXT = 2048


def descriptor() -> Json:
    """The model descriptor."""
    config = _config()
    layout = tensor_layout(config)
    layout_digest = digests.sha256(digests.tensor_layout_preimage(layout))
    return {
        "schema_version": "psion.compact_decoder_descriptor.v1",
        "model": {"model_id": "psion-tidewater-pilot", "family": "psion_decoder", "revision": "2026-02"},
        "size_anchor": "pilot32m",
        "position_encoding": "learned_absolute_embeddings",
        "norm_kind": "layer_norm",
        "weight_tying": "input_embedding_and_lm_head_tied",
        "config": config,
        "tokenizer_binding": {
            "tokenizer_id": "tidewater-bpe",
            "tokenizer_version": "2.0-β",
            "tokenizer_family": "byte_pair_encoding",
            "tokenizer_digest": artifact_digest("tidewater-bpe/tokenizer.json"),
            "vocab_size": VOCAB_SIZE,
            "special_tokens_digest": artifact_digest("tidewater-bpe/special_tokens.json"),
            "template_digest": artifact_digest("tidewater-bpe/template.txt"),
        },
        "checkpoint_contract": {
            "checkpoint_format": "SafeTensors",
            "checkpoint_file_name": "model.safetensors",
            "state_dict_namespace": "decoder",
            "tensor_layout": layout,
            "tensor_layout_digest": layout_digest,
        },
        "export_contract": {
            "descriptor_file_name": "descriptor.json",
            "checkpoint_file_name": "model.safetensors",
            "export_format_id": "psionic.decoder_state_dict.safetensors.v1",
            "checkpoint_format": "SafeTensors",
            "tensor_layout_digest": layout_digest,
        },
        "parameter_count_estimate": sum(prod(tensor["shape"]["dims"]) for tensor in layout),
    }


def _config() -> Json:
    return {
        "hidden_size": 384,
        "layer_count": 8,
        "vocab_size": VOCAB_SIZE,
        "max_context": MAX_CONTEXT,
        "block": {
            "attention": {"head_count": 6, "kv_head_count": 6, "head_dim": 64, "rotary_dim": 64},
            "feed_forward": {"intermediate_size": 1536, "activation": "Silu"},
        },
    }


def tensor_layout(config: Json) -> list[Json]:
    """Every tensor of a decoder with this config, in the order of its checkpoints."""
    hidden, inner = config["hidden_size"], config["block"]["feed_forward"]["intermediate_size"]
    tensors = [
        _tensor("decoder.embed_tokens.weight", config["vocab_size"], hidden),
        _tensor("decoder.embed_positions.weight", config["max_context"], hidden),
    ]
    for number in range(config["layer_count"]):
        layer = f"decoder.layers.{number}"
        tensors += _norm(f"{layer}.attention_norm", hidden)
        for projection in ("q_proj", "k_proj", "v_proj", "o_proj"):
            tensors += _linear(f"{layer}.attention.{projection}", hidden, hidden)
        tensors += _norm(f"{layer}.feed_forward_norm", hidden)
        for projection in ("gate_proj", "up_proj"):
            tensors += _linear(f"{layer}.feed_forward.{projection}", hidden, inner)
        tensors += _linear(f"{layer}.feed_forward.down_proj", inner, hidden)
    tensors += _norm("decoder.final_norm", hidden)
    # The head shares the weight of the token embedding, so only its bias is stored.
    tensors.append(_tensor("lm_head.bias", config["vocab_size"]))
    return tensors


def _norm(name: str, width: int) -> list[Json]:
    return [_tensor(f"{name}.gamma", width), _tensor(f"{name}.beta", width)]


def _linear(name: str, inputs: int, outputs: int) -> list[Json]:
    return [_tensor(f"{name}.weight", inputs, outputs), _tensor(f"{name}.bias", outputs)]


def _tensor(name: str, *dims: int) -> Json:
    return {"name": name, "shape": {"dims": list(dims)}, "dtype": "F32", "quantization": "none"}
