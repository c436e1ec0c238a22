"""``psion-contract baseline``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import click

from psion_contract.atomic_file import write_file
from psion_contract.cli.check_settings import check_options, examine, settings_of
from psion_contract.cli.options import SETTINGS
from psion_contract.cli.terminal import emit
from psion_contract.configuration import baseline
from psion_contract.configuration.baseline import Key
from psion_contract.findings import UNLISTED_RULE
from psion_contract.reading.escaping import counted, printable

DEFAULT = "psion-contract-baseline.json"
"""The file of a baseline, unless an option or the configuration names another."""

_MAX_LISTED = 20


@click.command("baseline")
@check_options
@click.option(
    "--baseline",
    type=SETTINGS,
    metavar="FILE",
    help=f"The file of the baseline.  [default: that of the configuration, or {DEFAULT}]",
)
@click.option("--update", is_flag=True, help="Write the current findings to the file.")
@click.pass_context
def command(context: click.Context, /, update: bool, **options: Any) -> int:
    """Record the current findings, so that `check --baseline` fails only on new ones.

    Without --update, the current findings are compared with the file: exit code 0 if they are the same, 1 if not.
    """
    settings = settings_of(context)
    settings.require_paths()
    path = settings["baseline"] or DEFAULT
    known = frozenset[Key]() if update and not os.path.exists(path) else baseline.load(path)
    examination = examine(settings, with_baseline=False)
    assert examination is not None
    folder = os.path.dirname(path) or os.curdir
    present = baseline.keys_of(examination.report.findings, folder)
    new, gone = present - known, known - present
    if update:
        try:
            write_file(path, baseline.text_of(present).encode())
        except OSError as error:
            raise click.ClickException(f"{printable(path)}: {error.strerror}") from error
        lines = [
            f"wrote {counted(len(present), 'finding')} to {printable(path)}: {len(new)} new, {len(gone)} gone"
        ]
        if any(each.rule == UNLISTED_RULE for each in examination.report.findings):
            lines.append(
                f"There are more findings than are listed, and so than a baseline can have: see {UNLISTED_RULE}."
            )
        emit("\n".join(lines) + "\n")
        return 0
    lines = [
        *_listed("new", new),
        *_listed("gone", gone),
        f"{counted(len(present & known), 'finding')} of the baseline, {len(new)} new, {len(gone)} gone",
    ]
    emit("\n".join(lines) + "\n")
    return 1 if new or gone else 0


def _listed(title: str, keys: Iterable[Key]) -> list[str]:
    rows = [
        f"{title}: {printable(key.document)}#{printable(key.pointer)}: {key.rule}" for key in sorted(keys)
    ]
    more = [f"{title}: and {len(rows) - _MAX_LISTED} more"] if len(rows) > _MAX_LISTED else []
    return rows[:_MAX_LISTED] + more
