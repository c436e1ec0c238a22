"""What the commands share that create documents."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.document_files import one_source, refuse_output, write_new
from psion_contract.cli.options import LOCAL_FILE, OUTPUT, PATH, F
from psion_contract.cli.replacing import refuse_to_replace
from psion_contract.cli.terminal import emit_error, emit_error_report
from psion_contract.documents.serialising import document_text
from psion_contract.exceptions import (
    ArtifactError,
    ContractWarning,
    InconsistentError,
    ModelMismatchError,
    PsionContractError,
)
from psion_contract.reading.escaping import counted, printable
from psion_contract.reading.files import STDIN
from psion_contract.reading.json_reader import Json, Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import is_remote

if TYPE_CHECKING:
    from psion_contract.build.imported_corpus import ImportedShards


def shard_formats() -> tuple[str, ...]:
    """The formats of shards whose sequences and tokens are counted."""
    from psion_contract.artifacts.shards import FORMATS

    return FORMATS


def file_option(*names: str, kind: click.Path = PATH, **options: Any) -> Callable[[F], F]:
    """An option that takes the path of a file."""
    return click.option(*names, type=kind, metavar="FILE", **options)


def output_options(function: F) -> F:
    """Options for where the result is written; the command gets ``output`` and ``force``."""
    for option in (
        click.option("--force", is_flag=True, help="Replace the output file if it exists."),
        file_option("-o", "--output", kind=OUTPUT, help="Write to FILE instead of standard output."),
    ):
        function = option(function)
    return function


def corpus_options(function: F) -> F:
    """Options of what a corpus is made with, beside shards and sidecar; the command gets ``descriptor``, ``root``,
    ``sequence_tokens`` and ``column``."""
    for option in (
        click.option("--column", metavar="NAME", help="Column that holds the tokens, if there are several."),
        click.option(
            "--sequence-tokens",
            type=click.IntRange(1),
            metavar="N",
            help="Cut the tokens of each shard into sequences of N tokens.  [default: as the shards say]",
        ),
        click.option(
            "--root",
            type=LOCAL_FILE,
            metavar="FOLDER",
            help="Folder to which paths of the sidecar are relative.  [default: that of the sidecar]",
        ),
        file_option("--descriptor", help="The model descriptor, unless the sidecar has the tokenizer."),
    ):
        function = option(function)
    return function


def data_options(function: F) -> F:
    """Options for what data files do not say themselves; the command gets ``dtype``, ``base`` and ``tokenizer``."""
    for option in (
        click.option("--tokenizer", metavar="NAME", help="Value of {TOKENIZER} in a mix of OLMo-core."),
        click.option(
            "--base",
            type=LOCAL_FILE,
            metavar="FOLDER",
            help="Folder of the paths in a mix.  [default: that of the mix]",
        ),
        click.option(
            "--dtype", metavar="TYPE", help="Type of a token, such as uint16, if the files do not say."
        ),
    ):
        function = option(function)
    return function


def create_corpus(
    form: str | None,
    paths: Sequence[str],
    options: dict[str, Any],
    sidecar: str | None,
    inputs: list[Source],
    root: str | None,
    bounds: Limits,
    output: str | None,
    force: bool,
) -> int:
    """Create the manifest of a corpus, with a bar on a terminal while the shards are hashed; returns the exit code.

    Args:
        form: format of the shards; None to recognise it.
        paths: of the shards.
        options: those of the format.
        sidecar: path of the sidecar.
        inputs: the model descriptor, if there is one.
        root: folder to which paths of the sidecar are relative.
        bounds: the limits of the reader.
        output: where the manifest is written.
        force: whether it may replace a file.
    """
    from psion_contract.build.imported_corpus import imported_shards
    from psion_contract.build.new_corpus import files_of, new_corpus
    from psion_contract.cli.file_progress import FileBar

    remarks: list[str] = []

    def make() -> Json:
        source = sidecar_source(sidecar, bounds)
        refuse_to_replace(output, files_of(source, root, bounds))
        imported = imported_shards(form, paths, **options)
        if not imported.shards and imported.empty:
            raise ArtifactError(
                imported.empty[0], "has no sequences, nor has any other file", "at least one that has"
            )
        refuse_to_replace(output, [each.path for each in imported.shards])
        bar = FileBar()
        try:
            document = new_corpus(
                imported.shards,
                source,
                descriptor=inputs[0] if inputs else None,
                root=root,
                progress=bar.show,
                limits=bounds,
            )
        finally:
            bar.clear()
        remarks.extend(_remarks(imported, document))
        return document

    code = create(make, inputs, bounds, output, force)
    emit_error("".join(f"{each}\n" for each in remarks))
    return code


def _remarks(imported: ImportedShards, document: Json) -> list[str]:
    """What the manifest does not say about the shards."""
    from psion_contract.build.imported_corpus import family_weights

    found = [f"{printable(path)}: left out, it has no sequences" for path in imported.empty]
    if imported.unused_tokens:
        found.append(
            f"left out {counted(imported.unused_tokens, 'token')} at the ends of files, which the trainer does not read"
        )
    weights = family_weights(imported, document)
    if weights:
        said = ", ".join(f"{printable(family)} {weight}" for family, weight in weights.items())
        found.append(f"sampling_weight_bps of the families, for the sidecar of the policy: {said}")
    return found


def sidecar_source(path: str | None, bounds: Limits) -> Path | Source:
    """A sidecar; paths in one from standard input are relative to the current folder."""
    assert path is not None
    if is_remote(path):
        raise click.BadParameter(
            "must be a local file; only documents can be remote", param_hint="'--sidecar'"
        )
    return one_source(path, bounds) if path == STDIN else Path(path)


def create(
    make: Callable[[], Json], inputs: list[Source], bounds: Limits, output: str | None, force: bool
) -> int:
    """Create a document and write it; returns the exit code."""
    refuse_output(output, force)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ContractWarning)
        text = made(lambda: document_text(make()))
    if text is None:
        return 1
    write_new(text, output, force)
    for warning in caught:
        if isinstance(warning.message, ContractWarning) and warning.message.report is None:
            emit_error(f"{warning.message}\n")
    report = Checker(inputs, limits=bounds).check([Source(output or "<stdout>", text.encode())])
    if report.findings:  # warnings only
        emit_error_report(report)
    return 0


def made(make: Callable[[], str]) -> str | None:
    """The text that a function makes; None if a document was refused, which is reported.

    Raises:
        click.ClickException: it could not be made."""
    try:
        return make()
    except ModelMismatchError as error:
        lines = [f"{printable(error.path)}: {each}\n" for each in (*error.remarks, *error.problems)]
        emit_error("".join([*lines, "no document was created\n"]))
    except InconsistentError as error:
        emit_error_report(error.report, "no document was created")
    except PsionContractError as error:
        raise click.ClickException(str(error)) from error
    return None
