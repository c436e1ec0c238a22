"""``psion-contract digest``."""

from __future__ import annotations

import sys
from typing import Any

import click

from psion_contract.cli.options import PATH, exclude_option, format_option, limit_options, limits
from psion_contract.cli.terminal import emit, style_of
from psion_contract.documents.loading import LoadedDocuments
from psion_contract.evidence.stored_digests import listing
from psion_contract.exceptions import UnreadableError
from psion_contract.output import digest_table
from psion_contract.output.text import ignored
from psion_contract.reading.files import gather


@click.command("digest")
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@click.option("--preimage", is_flag=True, help="Also print the text that each digest is computed over.")
@exclude_option
@format_option
@limit_options
def command(
    paths: tuple[str, ...], preimage: bool, form: str, excludes: tuple[str, ...], **options: Any
) -> int:
    """Print the digests of documents, stored and computed side by side.

    The digests of the model that a config or a receipt quotes are computed if the model descriptor is
    among the documents. What is ignored is listed. Exits with 1 if a stored digest differs from the computed one,
    or if a document cannot be used.
    """
    bounds = limits(options)
    try:
        loaded = LoadedDocuments(gather(paths, bounds, excludes=excludes), bounds, judged=True)
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    documents, findings = loaded.documents, loaded.all_findings()
    if not documents and not findings:
        raise click.ClickException("\n".join(["no contract document found", *ignored(loaded.left_alone)]))
    listed = listing(documents)
    if form == "json":
        emit(digest_table.as_json(listed, findings, loaded.left_alone, preimage))
    else:
        emit(digest_table.as_text(listed, findings, loaded.left_alone, preimage, style_of(sys.stdout)))
    differs = any(row.state == "differs" for _, rows in listed for row in rows)
    return 1 if differs or findings else 0
