"""``psion-contract import``: corpora and measured rows from what trainers have written."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.cli.creating import (
    corpus_options,
    create_corpus,
    data_options,
    file_option,
    made,
    output_options,
    shard_formats,
)
from psion_contract.cli.document_files import one_source, refuse_output, write_new
from psion_contract.cli.options import LOCAL_FILE, completing, limit_options, limits
from psion_contract.reading.escaping import printable


@click.group("import")
def command() -> None:
    """Import what trainers have already counted.

    Exit codes: 0 created, 1 refused, with the findings on standard error, 2 could not run.
    """


def _row_formats() -> tuple[str, ...]:
    from psion_contract.artifacts.consumption import FORMATS

    return FORMATS


@command.command("corpus")
@click.argument("form", metavar="FORMAT", shell_complete=completing(shard_formats))
@click.argument("paths", nargs=-1, required=True, type=LOCAL_FILE, metavar="PATH...")
@file_option("--sidecar", required=True, help="What the shards do not say, as YAML, TOML or JSON.")
@corpus_options
@data_options
@output_options
@limit_options
def corpus(
    form: str,
    paths: tuple[str, ...],
    sidecar: str,
    descriptor: str | None,
    root: str | None,
    output: str | None,
    force: bool,
    **options: Any,
) -> int:
    """Create the manifest of a corpus from the files of a trainer.

    FORMAT is megatron, datatrove, mds, litdata, datasets, olmo-core, npy or raw. PATH is a folder, an index or a data
    file; for megatron also a blend: weights and prefixes in turn. Weights of a blend or of a mix are printed for the policy.
    """
    bounds = limits(options)
    inputs = [] if descriptor is None else [one_source(descriptor, bounds)]
    return create_corpus(form, paths, options, sidecar, inputs, root, bounds, output, force)


@command.command("rows")
@click.argument("form", metavar="FORMAT", shell_complete=completing(_row_formats))
@click.argument("paths", nargs=-1, required=True, type=LOCAL_FILE, metavar="PATH...")
@file_option("--corpus", required=True, help="The tokenized corpus manifest that was read.")
@click.option("--split", default="train", show_default=True, metavar="NAME", help="The split that was read.")
@click.option(
    "--consumed-samples",
    type=click.IntRange(0),
    metavar="N",
    help="Samples of Megatron's index that the run has drawn.  [default: all]",
)
@data_options
@click.option(
    "--tokenizer-ids",
    metavar="VOCAB,PAD,EOS[,BOS]",
    help="Vocabulary size and ids, to compare the data with OLMo-core's fingerprint.",
)
@output_options
@limit_options
def rows(
    form: str,
    paths: tuple[str, ...],
    corpus: str,
    tokenizer_ids: str | None,
    output: str | None,
    force: bool,
    **options: Any,
) -> int:
    """Write what a trainer has read as rows for `new receipt --reports`, in CSV.

    FORMAT is megatron, olmo-core or nanotron. PATH is the folder of Megatron's index cache or a description in it; the
    state of OLMo-core's loader, its global_indices files and the data; or nanotron's checkpoint_metadata.json. Cells of
    losses, and of splits that the run evaluates, are left empty for you to fill in.
    """
    from psion_contract.build.imported_rows import imported_rows, rows_text

    bounds = limits(options)
    source = one_source(corpus, bounds)
    refuse_output(output, force)
    if tokenizer_ids is not None:
        options["tokenizer_ids"] = _numbers(tokenizer_ids)
    text = made(lambda: rows_text(imported_rows(form, paths, source, limits=bounds, **options)))
    if text is None:
        return 1
    write_new(text, output, force)
    return 0


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(each) for each in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{printable(text)} is not a list of integers.", param_hint="'--tokenizer-ids'"
        ) from None
