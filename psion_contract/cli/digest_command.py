"""``psion-contract digest``."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.checker import Checker
from psion_contract.cli.options import color_wanted, emit, limit_options, limits
from psion_contract.evidence.stored_digests import listing
from psion_contract.exceptions import UnreadableError
from psion_contract.output import digest_table as render
from psion_contract.reading.files import gather


@click.command("digest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--preimage", is_flag=True, help="Show the text that each digest is made of, too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@limit_options
def command(paths: tuple[str, ...], preimage: bool, form: str, **options: Any) -> int:
    """Print the digests that documents carry or imply, stored and computed side by side.

    The digests of the model that a config or a receipt quotes are computed where the model descriptor is
    among the documents. Exits with 1 where a stored digest differs from the computed one.
    """
    bounds = limits(options)
    try:
        documents, findings = Checker(limits=bounds).read(gather(list(paths), bounds))
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    if not documents and not findings:
        raise click.ClickException("no contract document was found")
    listed = listing(documents)
    if form == "json":
        emit(render.as_json(listed, findings, preimage))
    else:
        emit(render.as_text(listed, findings, preimage, color_wanted()))
    differs = any(row.state == "differs" for _, rows in listed for row in rows)
    return 1 if differs or findings else 0
