"""``psion-contract seal``."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.atomic_file import replace_file
from psion_contract.cli.document_files import complain, one_source
from psion_contract.cli.options import color_wanted, emit, limit_options, limits
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.escaping import printable
from psion_contract.reading.files import STDIN, gather


@click.command("seal")
@click.argument("path", metavar="FILE")
@click.option(
    "--inputs",
    multiple=True,
    metavar="PATH",
    help="Where the receipt's config, model descriptor, corpus and sampling policy are.",
)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if sealing would.")
@limit_options
def command(path: str, inputs: tuple[str, ...], only_check: bool, **options: Any) -> int:
    """Recompute the digests of a receipt, and nothing else.

    FILE holds a receipt at its root. Its digests D3, D4 and D5 are written anew in place, every other byte
    stays, and a diff shows what changed. What stood there before does not matter, so long as each digest is
    there as a string. Nothing is changed where any other rule finds an error, which takes the receipt's
    --inputs to tell.

    Exit codes: 0 sealed, 1 refused with the findings on standard error or, with --check, not sealed yet, 2
    could not run.
    """
    from psion_contract.build.sealing import seal
    from psion_contract.exceptions import NotSealableError
    from psion_contract.output import text_diff as diff
    from psion_contract.output.text import Paint

    bounds = limits(options)
    if path == STDIN:
        raise click.UsageError("seal changes a file in place; it cannot change standard input")
    source = one_source(path, bounds)
    try:
        sealing = seal(source, gather(list(inputs), bounds), limits=bounds)
    except (UnreadableError, NotSealableError) as error:
        raise click.ClickException(str(error)) from error
    if sealing.refused:
        remarks = ["not sealed: other rules than those of the digests are broken; nothing was changed"]
        if any(finding.rule == "unresolved-reference" for finding in sealing.report.findings):
            remarks.append("name what the receipt refers to with --inputs: all else is checked first")
        complain(sealing.report, *remarks)
        return 1
    if sealing.report.findings:  # warnings, which do not keep it from being sealed
        complain(sealing.report)
    if not sealing.changes:
        emit(f"{printable(path)}: sealed already\n")
        return 0
    if not only_check:
        try:
            replace_file(path, sealing.data)
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from error
    emit(diff.render(path, source.data.decode(), sealing.data.decode(), Paint(color_wanted())))
    return 1 if only_check else 0
