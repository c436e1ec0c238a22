"""Vectors of the digests of a model descriptor: D1, D2 and D6."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tools.edits import Edit, drop, put, reverse
from tools.pack.case_builder import ZEROS
from tools.pack.vector_builder import Json, vector

_U64 = 2**64 - 1
_TENSOR = {"name": "w", "shape": {"dims": [2, 3]}, "dtype": "F32", "quantization": "none"}

# A preimage reads best as it is hashed.
# fmt: off


def vectors() -> Iterator[Json]:
    """The vectors, in the order of their files."""
    yield from _bindings()
    yield from _descriptors()
    yield from _layouts()


def descriptor(*edits: Edit) -> Any:
    """A small descriptor that matches the schema, with edits."""
    tree = {
        "d": {
            "schema_version": "psion.compact_decoder_descriptor.v1",
            "model": {"model_id": "m", "family": "psion_decoder", "revision": "r1"},
            "size_anchor": "pilot32m",
            "position_encoding": "learned_absolute_embeddings",
            "norm_kind": "layer_norm",
            "weight_tying": "input_embedding_and_lm_head_tied",
            "config": {
                "hidden_size": 8,
                "layer_count": 1,
                "vocab_size": 16,
                "max_context": 4,
                "block": {
                    "attention": {"head_count": 2, "kv_head_count": 1, "head_dim": 4, "rotary_dim": 3},
                    "feed_forward": {"intermediate_size": 32, "activation": "Silu"},
                },
            },
            "tokenizer_binding": {
                "tokenizer_id": "t",
                "tokenizer_version": "v1",
                "tokenizer_family": "unigram",
                "tokenizer_digest": "td",
                "vocab_size": 16,
            },
            "checkpoint_contract": {
                "checkpoint_format": "SafeTensors",
                "checkpoint_file_name": "model.safetensors",
                "state_dict_namespace": "decoder",
                "tensor_layout": [deepcopy(_TENSOR)],
                "tensor_layout_digest": ZEROS,
            },
            "export_contract": {
                "descriptor_file_name": "descriptor.json",
                "checkpoint_file_name": "model.safetensors",
                "export_format_id": "psionic.decoder_state_dict.safetensors.v1",
                "checkpoint_format": "SafeTensors",
                "tensor_layout_digest": ZEROS,
            },
            "parameter_count_estimate": 6,
        }
    }
    for edit in edits:
        edit(tree)
    return tree["d"]


def _bindings() -> Iterator[Json]:
    binding = "/d/tokenizer_binding"
    start = "psion_compact_decoder_tokenizer_binding|"
    plain = (
        '{"tokenizer_id":"t","tokenizer_version":"v1","tokenizer_family":"unigram",'
        '"tokenizer_digest":"td","vocab_size":16'
    )
    yield vector(
        "D1", "plain", "A tokenizer binding without its optional members.", descriptor(), start, "[", plain,
        '},"unigram"]',
    )
    yield vector(
        "D1", "null", "Members of a tokenizer binding that are null are left out like absent ones.",
        descriptor(put(f"{binding}/special_tokens_digest", None), put(f"{binding}/template_digest", None)),
        start, "[", plain, '},"unigram"]',
    )
    yield vector(
        "D1", "optional", "A tokenizer binding with both of its optional members.",
        descriptor(put(f"{binding}/special_tokens_digest", "s"), put(f"{binding}/template_digest", "p")),
        start, "[", plain, ',"special_tokens_digest":"s","template_digest":"p"},"unigram"]',
    )
    yield vector(
        "D1", "template-only",
        "A tokenizer binding with template_digest but without special_tokens_digest before it.",
        descriptor(put(f"{binding}/template_digest", "p")), start, "[", plain,
        ',"template_digest":"p"},"unigram"]',
    )
    yield vector(
        "D1", "order",
        "The members of a tokenizer binding are hashed in contract order although the text reverses them.",
        descriptor(put(f"{binding}/template_digest", "p"), reverse(binding)), start, "[", plain,
        ',"template_digest":"p"},"unigram"]',
    )
    for family in ("sentence_piece", "byte_pair_encoding", "word_piece"):
        yield vector(
            "D1", family.replace("_", "-"),
            f"The preimage has the tokenizer_family {family} twice, in the binding and by itself.",
            descriptor(put(f"{binding}/tokenizer_family", family)), start, "[",
            plain.replace("unigram", family), f'}},"{family}"]',
        )
    yield vector(
        "D1", "escapes",
        "Quotes and backslashes in a tokenizer binding are escaped, and here no other characters are.",
        descriptor(put(f"{binding}/tokenizer_id", 'a"b\\c/d<\u2028>é京𐐷'), put(f"{binding}/tokenizer_version",
            "\u00a0v\ufeff")), start,
        '[{"tokenizer_id":"a\\"b\\\\c/d<\u2028>é京𐐷","tokenizer_version":"\u00a0v\ufeff","tokenizer_family":"unigram",',
        '"tokenizer_digest":"td","vocab_size":16},"unigram"]',
    )
    yield vector(
        "D1", "largest", "A tokenizer binding with the largest vocab_size.",
        descriptor(put(f"{binding}/vocab_size", _U64)), start, "[", plain[:-2],
        '18446744073709551615},"unigram"]',
    )


def _descriptors() -> Iterator[Json]:
    start = "psion_compact_decoder_descriptor|"
    head = (
        '[{"schema_version":"psion.compact_decoder_descriptor.v1","model":{"model_id":"m",'
        '"family":"psion_decoder","revision":"r1"},'
        '"size_anchor":"pilot32m","position_encoding":"learned_absolute_embeddings","norm_kind":"layer_norm",'
        '"weight_tying":"input_embedding_and_lm_head_tied",'
        '"config":{"hidden_size":8,"layer_count":1,"vocab_size":16,"max_context":4,'
        '"block":{"attention":{"head_count":2,"kv_head_count":1,"head_dim":4,"rotary_dim":3},'
        '"feed_forward":{"intermediate_size":32,"activation":"Silu"}}},'
    )
    binding = (
        '"tokenizer_binding":{"tokenizer_id":"t","tokenizer_version":"v1","tokenizer_family":"unigram",'
        '"tokenizer_digest":"td","vocab_size":16},'
    )
    contract = (
        '"checkpoint_contract":{"checkpoint_format":"SafeTensors","checkpoint_file_name":"model.safetensors",'
        '"state_dict_namespace":"decoder","tensor_layout":['
    )
    tensor = '{"name":"w","shape":{"dims":[2,3]},"dtype":"F32","quantization":"none"}'
    tail = (
        f'],"tensor_layout_digest":"{ZEROS}"}},"export_contract":{{"descriptor_file_name":"descriptor.json",'
        f'"checkpoint_file_name":"model.safetensors",'
        f'"export_format_id":"psionic.decoder_state_dict.safetensors.v1","checkpoint_format":"SafeTensors","tensor_layout_digest":"{ZEROS}"}},'
    )
    end = '"parameter_count_estimate":6},"unigram"]'
    layout = "/d/checkpoint_contract/tensor_layout"
    yield vector(
        "D2", "plain", "A model descriptor without its optional members.", descriptor(), start, head, binding,
        contract, tensor, tail, end,
    )
    yield vector(
        "D2", "order",
        "The members of a descriptor are hashed in contract order although the text reverses every level.",
        descriptor(*map(reverse, (f"{layout}/0", "/d/export_contract", "/d/checkpoint_contract",
            "/d/tokenizer_binding", "/d/config/block/attention", "/d/config/block/feed_forward",
            "/d/config/block", "/d/config", "/d/model", "/d"))), start, head, binding, contract, tensor, tail,
        end,
    )
    yield vector(
        "D2", "null",
        "Null members of a descriptor's tokenizer binding and tensor are left out like absent ones.",
        descriptor(put("/d/tokenizer_binding/template_digest", None), put(f"{layout}/0/quantized_layout",
            None)), start, head, binding, contract, tensor, tail, end,
    )
    yield vector(
        "D2", "no-tensors", "A descriptor with an empty tensor_layout.", descriptor(put(layout, [])), start,
        head, binding, contract, tail, end,
    )
    blocks = {"block_count": 9, "bytes_per_block": 18, "elements_per_block": 32}
    yield vector(
        "D2", "quantized",
        "A descriptor with one tensor that has a quantized_layout and one that has no dimensions.",
        descriptor(put(layout, [{**_TENSOR, "quantized_layout": blocks}, {**_TENSOR, "shape": {"dims": []}}])),
        start, head, binding, contract, tensor[:-1],
        ',"quantized_layout":{"elements_per_block":32,"bytes_per_block":18,"block_count":9}},',
        tensor.replace("2,3", ""), tail, end,
    )
    yield vector(
        "D2", "largest", "A descriptor with the largest parameter_count_estimate.",
        descriptor(put("/d/parameter_count_estimate", _U64)), start, head, binding, contract, tensor, tail,
        end.replace("6", "18446744073709551615"),
    )
    yield vector(
        "D2", "non-ascii",
        "A revision outside ASCII is hashed unchanged, and the family word_piece in both of its places.",
        descriptor(put("/d/model/revision", "β-𐐷"), put("/d/tokenizer_binding/tokenizer_family",
            "word_piece")), start, head.replace("r1", "β-𐐷"), binding.replace("unigram", "word_piece"),
        contract, tensor, tail, end.replace("unigram", "word_piece"),
    )


def _layouts() -> Iterator[Json]:
    start, layout = "psion_compact_decoder_tensor_layout|", "/d/checkpoint_contract/tensor_layout"
    yield vector(
        "D6", "plain", "A tensor layout of one tensor without a quantized_layout.", descriptor(), start,
        "w|F32|None|2,3,",
    )
    yield vector(
        "D6", "none", "The preimage of a tensor layout without tensors is its first segment and a bar.",
        descriptor(put(layout, [])), start,
    )
    yield vector(
        "D6", "null", "A quantized_layout that is null leaves no trace, like an absent one.",
        descriptor(put(f"{layout}/0/quantized_layout", None)), start, "w|F32|None|2,3,",
    )
    blocks = {"elements_per_block": 32, "bytes_per_block": 18, "block_count": 9}
    yield vector(
        "D6", "blocks",
        "Nothing separates the quantized_layout of a tensor from the name of the next tensor.",
        descriptor(put(layout, [{**_TENSOR, "quantization": "ggml_q4_0", "quantized_layout": blocks},
            _TENSOR])), start,
        "w|F32|GgmlQ4_0|2,3,|QuantizedBlockLayout { elements_per_block: 32, bytes_per_block: 18, block_count: 9 }",
        "w|F32|None|2,3,",
    )
    yield vector(
        "D6", "scalar",
        "The quantized_layout of a tensor without dimensions follows an empty list of dimensions.",
        descriptor(put(f"{layout}/0/shape/dims", []), put(f"{layout}/0/quantized_layout", blocks)), start,
        "w|F32|None||QuantizedBlockLayout { elements_per_block: 32, bytes_per_block: 18, block_count: 9 }",
    )
    names = {
        "none": "None",
        "int8_symmetric": "Int8Symmetric",
        "ggml_mxfp4": "GgmlMxfp4",
        "ggml_q4_0": "GgmlQ4_0",
        "ggml_q4_1": "GgmlQ4_1",
        "ggml_q5_0": "GgmlQ5_0",
        "ggml_q5_k": "GgmlQ5K",
        "ggml_q4_k": "GgmlQ4K",
        "ggml_q6_k": "GgmlQ6K",
        "ggml_q8_0": "GgmlQ8_0",
    }
    yield vector(
        "D6", "quantizations", "A tensor of every quantization, which the preimage has by its name.",
        descriptor(put(layout, [{**_TENSOR, "quantization": word} for word in names])), start,
        *(f"w|F32|{name}|2,3," for name in names.values()),
    )
    types = ("F32", "F16", "BF16", "I32", "I8")
    yield vector(
        "D6", "types", "A tensor of every dtype, which is hashed unchanged.",
        descriptor(put(layout, [{**_TENSOR, "dtype": word} for word in types])), start,
        *(f"w|{word}|None|2,3," for word in types),
    )
    yield vector(
        "D6", "extremes",
        "A tensor with the smallest and the largest numbers, and a name that is hashed unescaped.",
        descriptor(put(f"{layout}/0/name", 'é"\\京'), put(f"{layout}/0/shape/dims", [0, _U64]),
            put(f"{layout}/0/quantized_layout", {"elements_per_block": _U64, "bytes_per_block": 0,
            "block_count": _U64})), start,
        'é"\\京|F32|None|0,18446744073709551615,|QuantizedBlockLayout { elements_per_block: 18446744073709551615, ',
        "bytes_per_block: 0, block_count: 18446744073709551615 }",
    )
    yield vector(
        "D6", "order", "Tensors are hashed in the order of the layout, their members in that of the preimage.",
        descriptor(put(layout, [dict(reversed(_TENSOR.items())), {**_TENSOR, "name": "b"}, {**_TENSOR,
            "name": "a"}])), start, "w|F32|None|2,3,", "b|F32|None|2,3,", "a|F32|None|2,3,",
    )
    yield vector(
        "D6", "not-the-rest",
        "The vocab_size of a descriptor's tokenizer binding is not in the preimage of D6.",
        descriptor(drop("/d/tokenizer_binding/vocab_size"), put("/d/tokenizer_binding/vocab_size", 99)),
        start, "w|F32|None|2,3,",
    )
