"""Model descriptors from a size anchor, a tokenizer and a context length, held against checkpoints."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.small_corpora import write_safetensors

from psion_contract import check_documents, new_descriptor
from psion_contract.catalog import RULES
from psion_contract.exceptions import ArgumentError, ArtifactError, InconsistentError, ModelMismatchError
from psion_contract.rules.descriptor import ANCHORED

FILES = Path(__file__).parent.parent / "artifacts" / "files"


def arguments(**changes: Any) -> dict[str, Any]:
    """Arguments for a model with a vocabulary of 256 and 128 positions."""
    return {
        "size_anchor": "pilot32m",
        "max_context": 128,
        "model_id": "small",
        "revision": "1",
        "tokenizer_id": "bytes",
        "tokenizer_version": "1",
        "tokenizer_family": "byte_pair_encoding",
        "vocab_size": 256,
        "tokenizer_digest": "sha256:of-the-tokenizer",
    } | changes


def from_file(name: str, **changes: Any) -> dict[str, Any]:
    """Arguments with the file of a tokenizer."""
    given = arguments(**changes)
    for member in ("tokenizer_family", "vocab_size", "tokenizer_digest"):
        del given[member]
    return given | {"tokenizer_file": FILES / name}


def layout_of(descriptor: Any) -> dict[str, tuple[str, list[int]]]:
    return {
        tensor["name"]: (tensor["dtype"], tensor["shape"]["dims"])
        for tensor in descriptor["checkpoint_contract"]["tensor_layout"]
    }


# What is derived.


@pytest.mark.parametrize(
    ("anchor", "count", "numbers"),
    [("pilot32m", 19_075_072, (384, 8, 6, 1536)), ("internal128m", 113_699_584, (768, 12, 12, 3072))],
)
def test_the_architecture_follows_from_the_size_anchor(
    anchor: str, count: int, numbers: tuple[int, ...]
) -> None:
    made = new_descriptor(**arguments(size_anchor=anchor))
    config = made["config"]
    attention = config["block"]["attention"]
    assert numbers == (
        config["hidden_size"],
        config["layer_count"],
        attention["head_count"],
        config["block"]["feed_forward"]["intermediate_size"],
    )
    assert attention == {
        "head_count": numbers[2],
        "kv_head_count": numbers[2],
        "head_dim": 64,
        "rotary_dim": 64,
    }
    assert made["parameter_count_estimate"] == count
    assert check_documents([made], strict=True).ok


def test_fewer_key_value_heads_give_narrower_keys_and_values() -> None:
    layout = layout_of(new_descriptor(**arguments(kv_head_count=2)))
    assert layout["decoder.layers.7.attention.k_proj.weight"] == ("F32", [384, 128])
    assert layout["decoder.layers.7.attention.v_proj.bias"] == ("F32", [128])
    assert layout["decoder.layers.7.attention.q_proj.weight"] == ("F32", [384, 384])


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("bpe.json", "byte_pair_encoding"),
        ("unigram.json", "unigram"),
        ("word_piece.json", "word_piece"),
        ("bpe.model", "sentence_piece"),
        ("unigram.model", "sentence_piece"),
    ],
)
def test_family_vocabulary_and_digest_come_from_the_file_of_the_tokenizer(name: str, family: str) -> None:
    from hashlib import sha256

    made = new_descriptor(**from_file(name))
    binding = made["tokenizer_binding"]
    assert binding["tokenizer_digest"] == f"sha256:{sha256((FILES / name).read_bytes()).hexdigest()}"
    assert binding["tokenizer_family"] == family
    assert binding["vocab_size"] == made["config"]["vocab_size"] > 0
    assert layout_of(made)["lm_head.bias"] == ("F32", [binding["vocab_size"]])


# What is refused.


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            arguments(size_anchor="gpt2"),
            'size_anchor: "gpt2" is not a size that version 1 describes: pilot32m (hidden_size 384, layer_count 8, '
            "head_count 6, intermediate_size 1536, activation Silu); internal128m (hidden_size 768, layer_count 12, "
            "head_count 12, intermediate_size 3072, activation Silu)",
        ),
        (arguments(max_context=0), "max_context: 0 is out of range: at least 1"),
        (arguments(max_context=1024.0), "max_context: 1024.0 is a float; give an int: 1024"),
        (
            arguments(vocab_size=None, tokenizer_digest=None),
            "vocab_size, tokenizer_digest: missing; give tokenizer_file, or all of tokenizer_family, vocab_size, "
            "tokenizer_digest",
        ),
        (
            from_file("bpe.json") | {"vocab_size": 256},
            "vocab_size: tokenizer_file says that already; give only one of the two",
        ),
        (arguments(kv_head_count="2"), "kv_head_count: 2 is a string; give an int: 2"),
        (arguments(revision={1}), "revision: a value of type set is not JSON"),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as error:
        new_descriptor(**given)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("given", "rule", "pointer"),
    [
        (arguments(kv_head_count=4), "attention-shape-mismatch", "/config/block/attention/kv_head_count"),
        (arguments(model_id="a|b"), "schema-violation", "/model/model_id"),
        (arguments(tokenizer_family="bytes"), "schema-violation", "/tokenizer_binding/tokenizer_family"),
    ],
)
def test_a_descriptor_that_breaks_a_rule_is_not_made(given: dict[str, Any], rule: str, pointer: str) -> None:
    with pytest.raises(InconsistentError) as error:
        new_descriptor(**given)
    (finding,) = error.value.report.findings
    assert (finding.rule, finding.document, finding.pointer) == (rule, "new descriptor", pointer)


def test_a_tokenizer_that_the_contract_has_no_family_for_is_refused() -> None:
    with pytest.raises(ArtifactError, match=r"word_level\.json"):
        new_descriptor(**from_file("word_level.json"))


def test_the_remedy_for_a_wrong_size_lists_what_each_anchor_fixes() -> None:
    remedy = RULES["size-anchor-mismatch"].remedy
    hidden, layers, heads, inner, _ = ANCHORED.values()
    for anchor in hidden:
        numbers = (
            f"{hidden[anchor]} wide, {layers[anchor]} layers, {heads[anchor]} heads, inner {inner[anchor]}"
        )
        assert f"{anchor} ({numbers}, Silu)" in remedy


# Checkpoints.


def test_a_checkpoint_with_the_tensors_of_the_layout_is_accepted(tmp_path: Path) -> None:
    made = new_descriptor(**arguments())
    weights = tmp_path / "model.safetensors"
    write_safetensors(weights, dict(reversed(layout_of(made).items())))  # a file may have them in any order
    assert new_descriptor(**arguments(weights=weights)) == made


def test_every_tensor_that_differs_from_the_layout_is_named(tmp_path: Path) -> None:
    tensors = layout_of(new_descriptor(**arguments()))
    del tensors["decoder.final_norm.beta"]
    tensors["decoder.layers.0.feed_forward.gate_proj.weight"] = ("F32", [1536, 384])
    tensors["decoder.embed_tokens.weight"] = ("F32", [320, 384])
    tensors["decoder.layers.3.attention.q_proj.bias"] = ("BF16", [384])
    tensors["decoder.extra"] = ("F32", [1])
    weights = tmp_path / "model.safetensors"
    write_safetensors(weights, tensors)
    with pytest.raises(ModelMismatchError) as error:
        new_descriptor(**arguments(weights=str(weights)))
    assert error.value.problems == (
        '"decoder.embed_tokens.weight" has the shape [320, 384]; expected [256, 384]',
        '"decoder.layers.0.feed_forward.gate_proj.weight" has the shape [1536, 384]; expected [384, 1536]: '
        "transposed, the layout has inputs before outputs",
        '"decoder.layers.3.attention.q_proj.bias" has the dtype BF16; expected F32',
        '"decoder.final_norm.beta" is missing; expected F32 [384]',
        '"decoder.extra" is not in the layout',
    )
    assert error.value.remarks == ()
    copy = pickle.loads(pickle.dumps(error.value))
    assert (copy.path, copy.problems, str(copy)) == (str(weights), error.value.problems, str(error.value))


@pytest.mark.parametrize(
    ("names", "remarks"),
    [
        (
            (
                "model.embed_tokens.weight",
                "model.norm.weight",
                "model.layers.0.mlp.gate_proj.weight",
                "lm_head.weight",
            ),
            (
                "no learned positions: version 1 has no rotary embeddings (RoPE) and no other positions",
                "norms have no bias: version 1 has LayerNorm only, not RMSNorm",
                "an output head of its own: in version 1, it shares the weight of the embedding",
            ),
        ),
        (
            (
                "transformer.wte.weight",
                "transformer.wpe.weight",
                "transformer.h.0.ln_1.weight",
                "transformer.h.0.ln_1.bias",
            ),
            ("no gated feed-forward layers: version 1 has gated SiLU only, not GELU or ReLU",),
        ),
    ],
)
def test_a_model_of_another_architecture_is_told_what_is_refused(
    tmp_path: Path, names: tuple[str, ...], remarks: tuple[str, ...]
) -> None:
    weights = tmp_path / "model.safetensors"
    write_safetensors(weights, {name: ("F32", [1]) for name in names})
    with pytest.raises(ModelMismatchError) as error:
        new_descriptor(**arguments(weights=weights))
    assert error.value.remarks == remarks
    (problem,) = error.value.problems
    assert problem.startswith('no tensor has a name of the layout: it has "decoder.embed_tokens.weight", ')
    assert f'the checkpoint has "{names[0]}"' in problem


# Configs of other libraries.

GPT2 = {
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": None,
    "n_positions": 1024,
    "vocab_size": 50257,
    "layer_norm_epsilon": 1e-05,
}
LLAMA = {
    "model_type": "llama",
    "attention_bias": False,
    "head_dim": 64,
    "hidden_act": "silu",
    "hidden_size": 384,
    "intermediate_size": 1536,
    "max_position_embeddings": 128,
    "mlp_bias": False,
    "num_attention_heads": 6,
    "num_hidden_layers": 8,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    "tie_word_embeddings": False,
    "dtype": "bfloat16",
    "vocab_size": 256,
}


def test_a_model_config_that_version_1_cannot_describe_is_told_what_is_refused_and_why(
    tmp_path: Path,
) -> None:
    with pytest.raises(ModelMismatchError) as error:
        new_descriptor(**arguments(size_anchor="internal128m", model_config=GPT2))
    assert error.value.problems == (
        "vocab_size is 50257, but the descriptor has 256",
        "n_positions is 1024, but the descriptor has 128",
        'activation_function is "gelu_new": version 1 has gated SiLU only, not GELU or ReLU',
    )
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA), "utf-8")
    with pytest.raises(ModelMismatchError) as error:
        new_descriptor(**arguments(model_config=path))
    assert (error.value.path, error.value.remarks) == (str(path), ())
    assert error.value.problems == (
        "num_key_value_heads is 2, but the descriptor has 6",
        'rope_parameters is {"rope_theta": 10000.0, "rope_type": "default"}: version 1 has learned absolute positions '
        "only, not RoPE",
        "rms_norm_eps is 1e-06: version 1 has LayerNorm only, not RMSNorm",
        "attention_bias is false: in version 1, every linear layer has a bias",
        "mlp_bias is false: in version 1, every linear layer has a bias",
        "tie_word_embeddings is false: in version 1, the output head shares the weight of the embedding",
        'dtype is "bfloat16": version 1 stores float32 only',
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hidden_size": 512}, "hidden_size is 512, but pilot32m has 384"),
        ({"num_hidden_layers": 6}, "num_hidden_layers is 6, but pilot32m has 8"),
        ({"num_attention_heads": 8}, "num_attention_heads is 8, but pilot32m has 6"),
        ({"intermediate_size": 2048}, "intermediate_size is 2048, but pilot32m has 1536"),
        ({"head_dim": 128}, "head_dim is 128, but the descriptor has 64"),
        (
            {"position_embedding_type": "relative_key"},
            'position_embedding_type is "relative_key": version 1 has learned absolute positions only',
        ),
        ({"alibi": True}, "alibi is true: version 1 has learned absolute positions only, not ALiBi"),
    ],
)
def test_a_model_config_that_fits_is_accepted_and_each_difference_is_not(
    change: dict[str, Any], problem: str
) -> None:
    refused = (
        "attention_bias",
        "mlp_bias",
        "rms_norm_eps",
        "rope_parameters",
        "tie_word_embeddings",
        "dtype",
    )
    fits = {name: value for name, value in LLAMA.items() if name not in refused} | {"num_key_value_heads": 6}
    fits |= {
        "position_embedding_type": "absolute",
        "alibi": False,
        "torch_dtype": "float32",
        "rope_scaling": None,
    }
    assert new_descriptor(**arguments(model_config=fits)) == new_descriptor(**arguments())
    with pytest.raises(ModelMismatchError) as error:
        new_descriptor(**arguments(model_config=fits | change))
    assert error.value.problems == (problem,)


def test_what_is_no_model_config_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    for text, message in (
        ("{", "not JSON: "),
        ("[1.5]", "expected an object, found [1.5]"),
        (
            '{"text_config": {"hidden_size": 384}}',
            "has none of hidden_size, n_embd, d_model; expected the config.json",
        ),
    ):
        path.write_text(text, "utf-8")
        with pytest.raises(ArgumentError) as error:
            new_descriptor(**arguments(model_config=path))
        assert str(error.value).startswith(f"{path}: {message}")


def test_the_canonical_descriptor_is_made_of_what_its_producer_knows() -> None:
    canonical = documents("descriptor")["descriptor"]
    binding = canonical["tokenizer_binding"]
    made = new_descriptor(
        size_anchor="pilot32m",
        max_context=2048,
        model_id=canonical["model"]["model_id"],
        revision=canonical["model"]["revision"],
        **binding,
    )
    assert made == canonical
    assert list(made) == list(canonical)
