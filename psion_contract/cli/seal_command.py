"""``psion-contract seal``."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from psion_contract.atomic_file import replace_file, rewrite_file
from psion_contract.cli.document_files import one_source
from psion_contract.cli.options import PATH, inputs_option, limit_options, limits
from psion_contract.cli.terminal import emit, emit_error_report, style_of
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.compression import is_compressed
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, gather
from psion_contract.reading.urls import is_remote


@click.command("seal")
@click.argument("path", type=PATH, metavar="FILE")
@inputs_option("The receipt's config, model descriptor, corpus and sampling policy.")
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if the receipt is not sealed."
)
@click.option("--force", is_flag=True, help="Also seal a file that is read-only.")
@limit_options
def command(path: str, inputs: tuple[str, ...], only_check: bool, force: bool, **options: Any) -> int:
    """Recompute the digests of a receipt, and nothing else.

    FILE contains a receipt at its root. Its digests D3, D4 and D5 are replaced in the file; every other byte is
    preserved, and a diff shows the changes before they are made. Each digest must be present as a string, of any value. A receipt
    that breaks any other rule is not changed; these rules need the documents from --inputs.

    Exit codes: 0 sealed; 1 refused, with the findings on standard error, or with --check: not sealed yet; 2
    could not run.
    """
    from psion_contract.build.sealing import seal
    from psion_contract.exceptions import NotSealableError
    from psion_contract.output import text_diff

    bounds = limits(options)
    if path == STDIN:
        raise click.UsageError("seal changes a file; it cannot change standard input")
    if is_remote(path) and not only_check:
        raise click.UsageError("seal changes a file; it cannot change a remote one, which --check reads")
    source = one_source(path, bounds)
    try:
        sealing = seal(source, gather(list(inputs), bounds), limits=bounds)
    except (UnreadableError, NotSealableError) as error:
        raise click.ClickException(str(error)) from error
    if sealing.refused:
        remarks = ["not sealed: other rules than those about digests are broken; the file is unchanged"]
        if any(finding.rule == "unresolved-reference" for finding in sealing.report.findings):
            remarks.append("use --inputs to add the documents that the receipt refers to")
        emit_error_report(sealing.report, *remarks)
        return 1
    if sealing.report.findings:  # warnings only
        emit_error_report(sealing.report)
    if not sealing.changes:
        emit(f"{printable(source.name)}: already sealed\n")
        return 0
    if not only_check:
        _refuse_read_only(path, force)
        _refuse_other_bytes(path, source.data)
    emit(text_diff.render(source.name, source.data.decode(), sealing.data.decode(), style_of(sys.stdout)))
    if only_check:
        return 1
    try:
        _write(path, sealing.data)
    except OSError as error:
        raise click.ClickException(f"{printable(path)}: {error.strerror}; it is not sealed") from error
    return 0


def _refuse_read_only(path: str, force: bool) -> None:
    """Refuse a file without permission to write, which a rename in its folder would not respect."""
    mode = os.stat(path).st_mode
    if not force and not (mode & 0o222 and os.access(path, os.W_OK)):
        raise click.ClickException(f"{printable(path)}: is read-only; use --force to seal it")


def _refuse_other_bytes(path: str, data: bytes) -> None:
    """Refuse a file that does not have the bytes that were sealed: what they replace would be lost."""
    with open(path, "rb") as file:
        found = file.read(len(data) + 1)
    if found != data:
        what = "is compressed; decompress it first" if is_compressed(found) else "was changed in the meantime"
        raise click.ClickException(f"{printable(path)}: {what}; it is not sealed")


def _write(path: str, data: bytes) -> None:
    """Replace a file; one that has several names is changed in place, so that it stays one file."""
    if os.stat(path).st_nlink > 1:
        rewrite_file(path, data)
    else:
        replace_file(path, data)
