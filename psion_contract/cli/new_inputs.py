"""``psion-contract new descriptor``, ``new corpus`` and ``new policy``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from psion_contract.cli.creating import (
    corpus_options,
    create,
    create_corpus,
    data_options,
    file_option,
    made,
    output_options,
    shard_formats,
    sidecar_source,
)
from psion_contract.cli.document_files import one_source, refuse_output, write_new
from psion_contract.cli.options import LOCAL_FILE, F, completing, limit_options, limits


def _anchors() -> list[str]:
    from psion_contract.rules.descriptor import ANCHORED

    return list(ANCHORED["/config/hidden_size"])


@click.command("descriptor")
@click.option(
    "--size-anchor",
    required=True,
    metavar="ANCHOR",
    shell_complete=completing(_anchors),
    help="Size of the model: pilot32m or internal128m.",
)
@click.option(
    "--context",
    "max_context",
    required=True,
    type=click.IntRange(1),
    metavar="N",
    help="Context length in tokens.",
)
@click.option("--model-id", required=True, metavar="ID", help="Id of the model.")
@click.option("--revision", required=True, metavar="TEXT", help="Revision of the model.")
@click.option("--tokenizer-id", required=True, metavar="ID", help="Id of the tokenizer.")
@click.option("--tokenizer-version", required=True, metavar="TEXT", help="Version of the tokenizer.")
@file_option(
    "--tokenizer-file",
    kind=LOCAL_FILE,
    help="A tokenizer.json or a SentencePiece model. Without it, give the next three options.",
)
@click.option(
    "--tokenizer-family",
    type=click.Choice(["sentence_piece", "byte_pair_encoding", "word_piece", "unigram"]),
    help="How the tokenizer splits text.",
)
@click.option("--vocab-size", type=click.IntRange(1), metavar="N", help="Number of tokens in the vocabulary.")
@click.option("--tokenizer-digest", metavar="DIGEST", help="A digest of the tokenizer.")
@click.option(
    "--special-tokens-digest",
    metavar="DIGEST",
    help="A digest of the special tokens, if they are in a file of their own.",
)
@click.option("--template-digest", metavar="DIGEST", help="A digest of the template, if there is one.")
@click.option(
    "--kv-heads",
    "kv_head_count",
    type=click.IntRange(1),
    metavar="N",
    help="Key-value heads.  [default: as many as the heads of the anchor]",
)
@file_option(
    "--model-config",
    help="A config.json of transformers: what version 1 cannot describe is refused, by name.",
)
@file_option(
    "--check-weights",
    "weights",
    kind=LOCAL_FILE,
    help="A safetensors file whose tensors must be those of the descriptor.",
)
@output_options
@limit_options
def descriptor(model_config: str | None, output: str | None, force: bool, **options: Any) -> int:
    """Create the descriptor of a model.

    The tensor layout, its digest and the parameter count follow from the size anchor, the tokenizer and the context
    length. Version 1 of the contract describes decoders of two sizes, with learned absolute positions, LayerNorm, gated
    SiLU feed-forward layers and tied embeddings.
    """
    from psion_contract.build.new_descriptor import new_descriptor

    bounds = limits(options)
    config = None if model_config is None else one_source(model_config, bounds)
    return create(
        lambda: new_descriptor(model_config=config, limits=bounds, **options), [], bounds, output, force
    )


def _sidecar_options(text: str) -> Callable[[F], F]:
    """Options for a sidecar, or for a template of one."""

    def add(function: F) -> F:
        function = click.option(
            "--template",
            is_flag=True,
            help="Write a sidecar to fill in, with comments, instead of a document.",
        )(function)
        return file_option("--sidecar", help=text)(function)

    return add


@click.command("corpus")
@click.argument("paths", nargs=-1, type=LOCAL_FILE, metavar="SHARDS...")
@_sidecar_options("What the shards do not say, as YAML, TOML or JSON.")
@corpus_options
@click.option(
    "--shard-format",
    metavar="FORMAT",
    shell_complete=completing(shard_formats),
    help="Format of the shards.  [default: recognised]",
)
@data_options
@output_options
@limit_options
def corpus(
    paths: tuple[str, ...],
    sidecar: str | None,
    template: bool,
    descriptor: str | None,
    root: str | None,
    shard_format: str | None,
    output: str | None,
    force: bool,
    **options: Any,
) -> int:
    """Create the manifest of a corpus from its shard files.

    SHARDS are folders, indices or data files. They are hashed, and their tokens and sequences are counted. Splits,
    sources and families come from the sidecar.
    """
    bounds = limits(options)
    _refuse_both(template, sidecar)
    if template:
        from psion_contract.build.imported_corpus import imported_shards
        from psion_contract.build.shard_paths import path_below
        from psion_contract.build.templates import corpus_template

        def filled() -> str:
            found = imported_shards(shard_format, paths, **options).shards
            folder = os.path.dirname(output or "") if root is None else root
            return corpus_template([path_below(each.path, folder) for each in found])

        return _write_template(filled, output, force)
    _require(("SHARDS", paths), ("--sidecar", sidecar))
    inputs = [] if descriptor is None else [one_source(descriptor, bounds)]
    return create_corpus(shard_format, paths, options, sidecar, inputs, root, bounds, output, force)


@click.command("policy")
@file_option("--corpus", help="The tokenized corpus manifest.")
@_sidecar_options("What the corpus does not say, as YAML, TOML or JSON.")
@output_options
@limit_options
def policy(
    corpus: str | None, sidecar: str | None, template: bool, output: str | None, force: bool, **options: Any
) -> int:
    """Create the sampling policy of a corpus.

    Weights, caps and class shares that the sidecar leaves out are derived. With --template, --corpus is optional: the
    families of the corpus are listed.
    """
    from psion_contract.build.new_policy import new_policy

    bounds = limits(options)
    _refuse_both(template, sidecar)
    inputs = [] if corpus is None else [one_source(corpus, bounds)]
    if template:
        from psion_contract.build.templates import policy_template

        return _write_template(lambda: policy_template(*inputs, limits=bounds), output, force)
    _require(("--corpus", corpus), ("--sidecar", sidecar))
    return create(
        lambda: new_policy(inputs[0], sidecar_source(sidecar, bounds), limits=bounds),
        inputs,
        bounds,
        output,
        force,
    )


def _write_template(make: Callable[[], str], output: str | None, force: bool) -> int:
    refuse_output(output, force)
    text = made(make)
    if text is None:
        return 1
    write_new(text, output, force)
    return 0


def _refuse_both(template: bool, sidecar: str | None) -> None:
    if template and sidecar is not None:
        raise click.UsageError("--template writes a sidecar and reads none; give either it or --sidecar.")


def _require(*arguments: tuple[str, object]) -> None:
    """Refuse a call without an argument that only --template can do without."""
    missing = [name for name, value in arguments if not value]
    if missing:
        raise click.UsageError(f"Missing {' and '.join(missing)}, unless --template is given.")
