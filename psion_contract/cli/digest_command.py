"""``psion-contract digest``."""

from __future__ import annotations

import sys
from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.options import PATH, format_option, limit_options, limits
from psion_contract.cli.terminal import emit, style_of
from psion_contract.evidence.stored_digests import listing
from psion_contract.exceptions import UnreadableError
from psion_contract.output import digest_table
from psion_contract.reading.files import gather


@click.command("digest")
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@click.option("--preimage", is_flag=True, help="Also print the text that each digest is computed over.")
@format_option
@limit_options
def command(paths: tuple[str, ...], preimage: bool, form: str, **options: Any) -> int:
    """Print the digests of documents, stored and computed side by side.

    The digests of the model that a config or a receipt quotes are computed if the model descriptor is
    among the documents. Exits with 1 if a stored digest differs from the computed one.
    """
    bounds = limits(options)
    try:
        documents, findings = Checker(limits=bounds).read(gather(list(paths), bounds))
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if not documents and not findings:
        raise click.ClickException("no contract document found")
    listed = listing(documents)
    if form == "json":
        emit(digest_table.as_json(listed, findings, preimage))
    else:
        emit(digest_table.as_text(listed, findings, preimage, style_of(sys.stdout)))
    differs = any(row.state == "differs" for _, rows in listed for row in rows)
    return 1 if differs or findings else 0
