"""``psion-contract explain``."""

from __future__ import annotations

from textwrap import fill

import click

from psion_contract.catalog import RULES
from psion_contract.cli.options import completing
from psion_contract.cli.terminal import emit
from psion_contract.reading.escaping import did_you_mean, quoted


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[RULE...]", shell_complete=completing(lambda: RULES))
def command(names: tuple[str, ...]) -> int:
    """Explain rules; without a RULE, list all of them."""
    for name in names:
        if name not in RULES:
            raise click.ClickException(f"unknown rule {quoted(name)}{did_you_mean(name, RULES)}")
    if names:
        emit("\n".join(_explained(name) for name in names))
        return 0
    width = max(map(len, RULES))
    emit("".join(f"{rule.name:<{width}}  {rule.severity:<7}  {rule.sentence}\n" for rule in RULES.values()))
    return 0


def _explained(name: str) -> str:
    rule = RULES[name]
    lines = [
        f"{rule.name} ({rule.severity})",
        _filled(rule.sentence),
        _filled(rule.remedy),
        f"Section: {rule.section}. Compared with the Rust implementation: {rule.origin}.",
    ]
    return "\n  ".join(line.replace("\n", "\n  ") for line in lines) + "\n"


def _filled(text: str) -> str:
    return fill(text, 96, break_on_hyphens=False)
