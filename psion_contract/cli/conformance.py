"""``psion-contract conformance``."""

from __future__ import annotations

from typing import Any

import click

from psion_contract.cli.common import emit


@click.command("conformance")
@click.option(
    "--command", "other", metavar="CMD", help="Run this implementation instead of psion-contract's own."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Time that CMD has for each case.",
)
@click.option("--case", "ids", multiple=True, metavar="ID", help="Run only this case or vector.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Run only the cases of this rule.")
@click.option(
    "--digest", "digests", multiple=True, metavar="DIGEST", help="Run only the vectors of this digest."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--serve", is_flag=True, help="Be such a CMD: answer requests on standard input.")
@click.option("--check", is_flag=True, help="Compare the files of the pack with their sources.")
@click.option("--write", is_flag=True, help="Write the files of the pack anew from their sources.")
def command(serve: bool, check: bool, write: bool, **options: Any) -> int:
    """Run the conformance cases against this or another implementation.

    CMD is started once, without a shell, and is sent one JSON request a line; docs/conformance.md describes
    the protocol. Exit codes: 0 all passed, 1 some failed, 2 could not run.
    """
    if serve + check + write > 1:
        raise click.UsageError("--serve, --check and --write exclude each other")
    if serve:
        return _serve()
    if check or write:
        return _build(write)
    return _run(**options)


def _serve() -> int:
    import sys

    from psion_contract.conformance.answer import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0


def _build(write: bool) -> int:
    from psion_contract.conformance import build

    paths = build.write() if write else build.differences()
    word = "wrote" if write else "differs:"
    emit("".join(f"{word} {path}\n" for path in paths) or "every file is as it should be\n")
    return 1 if paths and not write else 0


def _run(
    other: str | None,
    timeout: float,
    ids: tuple[str, ...],
    rules: tuple[str, ...],
    digests: tuple[str, ...],
    form: str,
) -> int:
    import shlex

    from psion_contract.conformance import report
    from psion_contract.conformance.answer import ask
    from psion_contract.conformance.pack import load_cases, load_vectors
    from psion_contract.conformance.process import Command, NotStartedError
    from psion_contract.conformance.runner import run
    from psion_contract.rules import RULES

    order = list(RULES)
    cases, vectors = sorted(load_cases(), key=lambda case: order.index(case.rule)), load_vectors()
    _must_know("case or vector", ids, {each.id for each in cases} | {each.id for each in vectors})
    _must_know("rule", rules, {each.rule for each in cases})
    _must_know("digest", digests, {each.digest for each in vectors})
    if ids or rules or digests:
        cases = [each for each in cases if each.id in ids or each.rule in rules]
        vectors = [each for each in vectors if each.id in ids or each.digest in digests]
    if other is None:
        outcomes = list(run([*cases, *vectors], ask))
    else:
        try:
            arguments = shlex.split(other)
            if not arguments:
                raise ValueError("it is empty")
            with Command(arguments, timeout) as started:
                outcomes = list(run([*cases, *vectors], started.ask))
        except (NotStartedError, ValueError) as error:
            raise click.ClickException(f"cannot start the command: {error}") from error
    emit(report.as_json(outcomes) if form == "json" else report.as_text(outcomes))
    return 0 if all(each.passed for each in outcomes) else 1


def _must_know(what: str, names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise click.ClickException(f"there is no {what} {name!r}{hint}")
