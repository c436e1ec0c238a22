"""Builds the descriptor of a model from its size anchor, its tokenizer and its context length."""

from __future__ import annotations

import os
from typing import Any

from psion_contract.build.inputs import Input, Inputs, in_order, refuse_unless_ok, warn_of
from psion_contract.build.model_configs import WIDTHS, check_model_config
from psion_contract.build.rounding import whole_number
from psion_contract.build.weights import check_weights
from psion_contract.documents import digests
from psion_contract.documents.kinds import DESCRIPTOR
from psion_contract.exceptions import ArgumentError
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.reading.python_values import plain
from psion_contract.reading.source import source_of
from psion_contract.rules.descriptor import ANCHORED
from psion_contract.rules.layout import implied, parameters, widths_of

_FORMAT, _WEIGHTS = "SafeTensors", "model.safetensors"
_OF_THE_FILE = ("tokenizer_family", "vocab_size", "tokenizer_digest")


def new_descriptor(
    *,
    size_anchor: str,
    max_context: int,
    model_id: str,
    revision: str,
    tokenizer_id: str,
    tokenizer_version: str,
    tokenizer_file: str | os.PathLike[str] | None = None,
    tokenizer_family: str | None = None,
    vocab_size: int | None = None,
    tokenizer_digest: str | None = None,
    special_tokens_digest: str | None = None,
    template_digest: str | None = None,
    kv_head_count: int | None = None,
    weights: str | os.PathLike[str] | None = None,
    model_config: Input | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Json:
    """Build the descriptor of a model (section 1.3 of the contract).

    The architecture, the tensor layout, its digest D6 and the parameter count are derived, and of a tokenizer's file
    its family, vocabulary and digest.

    Args:
        size_anchor: ``pilot32m`` or ``internal128m``; version 1 of the contract has no other sizes.
        max_context: context length in tokens, which is also the number of learned positions.
        model_id: id of the model.
        revision: its revision.
        tokenizer_id: id of the tokenizer.
        tokenizer_version: its version.
        tokenizer_file: a ``tokenizer.json`` of Hugging Face's tokenizers or a SentencePiece model; None if the next
            three are given instead.
        tokenizer_family: ``sentence_piece``, ``byte_pair_encoding``, ``word_piece`` or ``unigram``.
        vocab_size: number of tokens, which is also the number of rows of the embedding.
        tokenizer_digest: an identifier that tells this tokenizer from any other, such as ``sha256:`` and a digest.
        special_tokens_digest: the same of its special tokens, if they are kept apart.
        template_digest: the same of its template, if it has one.
        kv_head_count: key-value heads, a divisor of the heads of the anchor; by default, as many.
        weights: a safetensors file whose tensors must be those of the layout.
        model_config: the ``config.json`` of the model, as transformers writes it: a mapping or the path of the file. What
            version 1 cannot describe is refused, and so are other numbers.
        limits: the limits of the reader.

    Returns:
        The descriptor, with its members in contract order. It breaks no rule of severity error.

    Warns:
        ContractWarning: the descriptor has findings of severity warning.

    Raises:
        ArgumentError: an argument is missing, contradicts another or cannot be used; the message names it.
        ArtifactError: a file cannot be read, or is not what it should be.
        InconsistentError: the result breaks a rule; the error has the report.
        ModelMismatchError: `weights` or `model_config` are of another model; each difference is named.
        UnreadableError: the file of `model_config` cannot be read.
    """
    inputs = Inputs(limits)
    anchor = _anchored(size_anchor)
    context = _at_least_one("max_context", max_context)
    binding = _tokenizer(
        tokenizer_file,
        {
            "tokenizer_family": tokenizer_family,
            "vocab_size": vocab_size,
            "tokenizer_digest": tokenizer_digest,
        },
    )
    heads, hidden = anchor["head_count"], anchor["hidden_size"]
    descriptor = {
        "schema_version": DESCRIPTOR.version,
        "model": {
            "model_id": plain(model_id, "model_id"),
            "family": "psion_decoder",
            "revision": plain(revision, "revision"),
        },
        "size_anchor": size_anchor,
        "position_encoding": "learned_absolute_embeddings",
        "norm_kind": "layer_norm",
        "weight_tying": "input_embedding_and_lm_head_tied",
        "config": {
            "hidden_size": hidden,
            "layer_count": anchor["layer_count"],
            "vocab_size": binding["vocab_size"],
            "max_context": context,
            "block": {
                "attention": {
                    "head_count": heads,
                    "kv_head_count": heads
                    if kv_head_count is None
                    else _at_least_one("kv_head_count", kv_head_count),
                    "head_dim": hidden // heads,
                    "rotary_dim": hidden // heads,
                },
                "feed_forward": {
                    "intermediate_size": anchor["intermediate_size"],
                    "activation": anchor["activation"],
                },
            },
        },
        "tokenizer_binding": {
            "tokenizer_id": plain(tokenizer_id, "tokenizer_id"),
            "tokenizer_version": plain(tokenizer_version, "tokenizer_version"),
            **binding,
            "special_tokens_digest": plain(special_tokens_digest, "special_tokens_digest"),
            "template_digest": plain(template_digest, "template_digest"),
        },
        "checkpoint_contract": {
            "checkpoint_format": _FORMAT,
            "checkpoint_file_name": _WEIGHTS,
            "state_dict_namespace": "decoder",
        },
        "export_contract": {
            "descriptor_file_name": "descriptor.json",
            "checkpoint_file_name": _WEIGHTS,
            "export_format_id": "psionic.decoder_state_dict.safetensors.v1",
            "checkpoint_format": _FORMAT,
        },
    }
    _put_layout(descriptor)
    report = inputs.check("new descriptor", descriptor)
    refuse_unless_ok(report)
    if model_config is not None:
        check_model_config(descriptor, *_config(model_config, limits))
    if weights is not None:
        check_weights(descriptor, os.fsdecode(weights))
    warn_of(report)
    return in_order(DESCRIPTOR, descriptor)


def _config(given: Input, limits: Limits) -> tuple[Json, str]:
    """The config of a model, in which fractions do not matter, and its name."""
    from json import loads

    source = source_of("model_config", given, limits)
    try:
        value = loads(source.data)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{source.name}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ArgumentError(f"{source.name}: expected an object, found {excerpt(value)}")
    if all(value.get(name) is None for name in WIDTHS):
        raise ArgumentError(
            f"{source.name}: has none of {', '.join(WIDTHS)}; expected the config.json of a text model"
        )
    return value, source.name


def _anchored(size_anchor: Any) -> dict[str, Any]:
    """What a size anchor fixes, by the last part of its pointer."""
    fixed = {pointer.rpartition("/")[2]: values for pointer, values in ANCHORED.items()}
    anchors = {
        anchor: {name: values[anchor] for name, values in fixed.items()} for anchor in fixed["hidden_size"]
    }
    if not isinstance(size_anchor, str) or size_anchor not in anchors:
        known = "; ".join(
            f"{anchor} ({', '.join(f'{name} {value}' for name, value in values.items())})"
            for anchor, values in anchors.items()
        )
        found = excerpt(size_anchor) if isinstance(size_anchor, str) else f"a {type(size_anchor).__name__}"
        raise ArgumentError(f"size_anchor: {found} is not a size that version 1 describes: {known}")
    return anchors[size_anchor]


def _at_least_one(argument: str, value: Any) -> int:
    try:
        number = whole_number(value)
    except ValueError as error:
        raise ArgumentError(f"{argument}: {error}") from None
    if number == 0:
        raise ArgumentError(f"{argument}: 0 is out of range: at least 1")
    return number


def _tokenizer(file: str | os.PathLike[str] | None, given: dict[str, Any]) -> Json:
    """Family, size and digest of a tokenizer, from its file or as they are given."""
    if file is None:
        missing = [name for name in _OF_THE_FILE if given[name] is None]
        if missing:
            raise ArgumentError(
                f"{', '.join(missing)}: missing; give tokenizer_file, or all of {', '.join(_OF_THE_FILE)}"
            )
        size = _at_least_one("vocab_size", given["vocab_size"])
        return {name: plain(given[name], name) for name in _OF_THE_FILE} | {"vocab_size": size}
    if surplus := [name for name in _OF_THE_FILE if given[name] is not None]:
        raise ArgumentError(
            f"{', '.join(surplus)}: tokenizer_file says that already; give only one of the two"
        )
    from psion_contract.artifacts.tokenizer_files import tokenizer_file

    read = tokenizer_file(os.fsdecode(file))
    return {
        "tokenizer_family": read.family,
        "vocab_size": read.vocab_size,
        "tokenizer_digest": read.digest,
    }


def _put_layout(descriptor: Json) -> None:
    """Store the tensors that the config implies, their digest D6 and the number of their elements."""
    checkpoint, widths = descriptor["checkpoint_contract"], widths_of(descriptor)
    checkpoint["tensor_layout"] = layout = [
        {
            "name": tensor.name,
            "shape": {"dims": [widths[factors] for factors in tensor.dims]},
            "dtype": "F32",
            "quantization": "none",
        }
        for tensor in implied(checkpoint["state_dict_namespace"], descriptor["config"]["layer_count"])
    ]
    digest = digests.sha256(digests.tensor_layout_preimage(layout))
    checkpoint["tensor_layout_digest"] = descriptor["export_contract"]["tensor_layout_digest"] = digest
    descriptor["parameter_count_estimate"] = parameters(layout)
