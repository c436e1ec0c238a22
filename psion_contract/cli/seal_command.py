"""``psion-contract seal``."""

from __future__ import annotations

import sys
from typing import Any

import click

from psion_contract.atomic_file import replace_file
from psion_contract.cli.document_files import one_source
from psion_contract.cli.options import PATH, inputs_option, limit_options, limits
from psion_contract.cli.terminal import complain_of, emit, style_of
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, gather


@click.command("seal")
@click.argument("path", type=PATH, metavar="FILE")
@inputs_option("Where the receipt's config, model descriptor, corpus and sampling policy are.")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if sealing would.")
@limit_options
def command(path: str, inputs: tuple[str, ...], only_check: bool, **options: Any) -> int:
    """Recompute the digests of a receipt, and nothing else.

    FILE holds a receipt at its root. Its digests D3, D4 and D5 are replaced in the file; every other byte
    stays, and a diff shows the changes. Each digest must be there as a string, of any value. A receipt that
    breaks any other rule is not changed; --inputs gives the documents that these rules need.

    Exit codes: 0 sealed; 1 refused, with the findings on standard error, or with --check: not sealed yet; 2
    could not run.
    """
    from psion_contract.build.sealing import seal
    from psion_contract.exceptions import NotSealableError
    from psion_contract.output import text_diff

    bounds = limits(options)
    if path == STDIN:
        raise click.UsageError("seal changes a file; it cannot change standard input")
    source = one_source(path, bounds)
    try:
        sealing = seal(source, gather(list(inputs), bounds), limits=bounds)
    except (UnreadableError, NotSealableError) as error:
        raise click.ClickException(str(error)) from error
    if sealing.refused:
        remarks = ["not sealed: rules other than those about digests are broken; nothing was changed"]
        if any(finding.rule == "unresolved-reference" for finding in sealing.report.findings):
            remarks.append("give the documents that the receipt refers to with --inputs")
        complain_of(sealing.report, *remarks)
        return 1
    if sealing.report.findings:  # warnings only
        complain_of(sealing.report)
    if not sealing.changes:
        emit(f"{printable(path)}: already sealed\n")
        return 0
    if not only_check:
        try:
            replace_file(path, sealing.data)
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from error
    emit(text_diff.render(path, source.data.decode(), sealing.data.decode(), style_of(sys.stdout)))
    return 1 if only_check else 0
