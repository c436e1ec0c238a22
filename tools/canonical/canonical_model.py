"""The canonical model: a decoder of the size pilot32m."""

from __future__ import annotations

from psion_contract.build.new_descriptor import new_descriptor
from psion_contract.reading.json_reader import Json
from tools.canonical.canonical_names import artifact_digest


def descriptor() -> Json:
    """The model descriptor."""
    return new_descriptor(
        size_anchor="pilot32m",
        max_context=2048,
        model_id="psion-tidewater-pilot",
        revision="2026-02",
        tokenizer_id="tidewater-bpe",
        tokenizer_version="2.0-β",
        tokenizer_family="byte_pair_encoding",
        vocab_size=49152,
        tokenizer_digest=artifact_digest("tidewater-bpe/tokenizer.json"),
        special_tokens_digest=artifact_digest("tidewater-bpe/special_tokens.json"),
        template_digest=artifact_digest("tidewater-bpe/template.txt"),
    )
