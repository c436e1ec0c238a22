"""``psion-contract explain``."""

from __future__ import annotations

from textwrap import fill

import click

from psion_contract.catalog import RULES
from psion_contract.cli.options import emit


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[RULE...]")
def command(names: tuple[str, ...]) -> int:
    """Explain rules; without a RULE, list all of them."""
    unknown = [name for name in names if name not in RULES]
    if unknown:
        from difflib import get_close_matches

        close = get_close_matches(unknown[0], RULES, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise click.ClickException(f"there is no rule {unknown[0]!r}{hint}")
    if not names:
        width = max(map(len, RULES))
        emit(
            "".join(f"{rule.name:<{width}}  {rule.severity:<7}  {rule.sentence}\n" for rule in RULES.values())
        )
        return 0
    emit("\n".join(_explained(name) for name in names))
    return 0


def _explained(name: str) -> str:
    rule = RULES[name]
    lines = [f"{rule.name} ({rule.severity})", _filled(rule.sentence), _filled(rule.remedy)]
    lines.append(f"docs/rules.md, {rule.section}; against the Rust implementation: {rule.origin}")
    return "\n  ".join(line.replace("\n", "\n  ") for line in lines) + "\n"


def _filled(text: str) -> str:
    return fill(text, 96, break_on_hyphens=False)
