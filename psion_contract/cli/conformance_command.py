"""``psion-contract conformance``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from psion_contract.cli.terminal import emit

if TYPE_CHECKING:
    from psion_contract.conformance.runner import Outcome

_DAY = 86400
_ALONE = ("--serve", "--check", "--write")
"""Options that run no cases, and so go with no other."""


class _Seconds(click.FloatRange):
    """A range whose limits hold for NaN too, which is neither less nor more than they."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


@click.command("conformance")
@click.option(
    "--command", "other", metavar="CMD", help="Run this implementation instead of psion-contract's own."
)
@click.option(
    "--timeout",
    type=_Seconds(0, _DAY, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Time that CMD has for each case; at most a day.",
)
@click.option("--case", "ids", multiple=True, metavar="ID", help="Run only this case or vector.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Run only the cases of this rule.")
@click.option(
    "--digest", "digests", multiple=True, metavar="DIGEST", help="Run only the vectors of this digest."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--serve", is_flag=True, help="Be such a CMD: answer requests on standard input.")
def command(serve: bool, **options: Any) -> int:
    """Run the conformance cases against this or another implementation.

    CMD is started once, without a shell, and is sent one JSON request a line; docs/conformance.md describes
    the protocol. Where --case, --rule and --digest are given, whatever one of them names is run. Exit codes:
    0 all passed, 1 some failed, 2 could not run, 70 a fault of psion-contract itself.
    """
    _must_mean_something()
    if serve:
        return _serve()
    return _run(**options)


def _must_mean_something() -> None:
    """Refuse options that would be passed over."""
    context = click.get_current_context()
    given = [
        each.opts[0]
        for each in context.command.params
        if context.get_parameter_source(each.name or "") is ParameterSource.COMMANDLINE
    ]
    for option in _ALONE:
        if option in given and len(given) > 1:
            others = ", ".join(each for each in given if each != option)
            raise click.UsageError(f"{option} goes with no other option, but there is {others}")
    if "--timeout" in given and "--command" not in given:
        raise click.UsageError("--timeout means nothing without --command")


def _serve() -> int:
    from psion_contract.conformance.answering import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0


def _run(
    other: str | None,
    timeout: float,
    ids: tuple[str, ...],
    rules: tuple[str, ...],
    digests: tuple[str, ...],
    form: str,
) -> int:
    from contextlib import ExitStack

    from psion_contract.catalog import RULES
    from psion_contract.conformance import summary as report
    from psion_contract.conformance.answering import ask
    from psion_contract.conformance.command import Command, NotStartedError
    from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
    from psion_contract.conformance.runner import run

    order = list(RULES)
    cases, vectors = sorted(load_cases(), key=lambda case: order.index(case.rule)), load_vectors()
    _must_know("case or vector", ids, {each.id for each in cases} | {each.id for each in vectors})
    _must_know("rule", rules, {each.rule for each in cases})
    _must_know("digest", digests, {each.digest for each in vectors})
    if ids or rules or digests:
        cases = [each for each in cases if each.id in ids or each.rule in rules]
        vectors = [each for each in vectors if each.id in ids or each.digest in digests]
    items: list[Case | Vector] = [*cases, *vectors]
    with ExitStack() as stack:
        if other is None:
            running = run(items, ask)
        else:
            try:
                started = stack.enter_context(Command(_words(other), timeout))
            except NotStartedError as error:
                raise click.ClickException(f"cannot start the command: {error}") from error
            running = run(items, started.ask, started.finish)
        # Answers may be large. Only the JSON report repeats them.
        outcomes = [
            each if form == "json" else each._replace(found=None) for each in _counted(running, len(items))
        ]
    emit(report.as_json(outcomes) if form == "json" else report.as_text(outcomes))
    return 0 if all(each.passed for each in outcomes) else 1


def _words(command: str) -> list[str]:
    """The words of a command line, as a POSIX shell splits it."""
    import shlex

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise click.ClickException(f"cannot start the command: {error}") from error
    if not words:
        raise click.ClickException("cannot start the command: it is empty")
    return words


def _counted(outcomes: Iterator[Outcome], count: int) -> Iterator[Outcome]:
    """The outcomes; a terminal on standard error shows meanwhile how many there are already."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from outcomes
        return
    try:
        print(f"0 of {count}", end="", file=sys.stderr, flush=True)
        for number, outcome in enumerate(outcomes, 1):
            print(f"\r{number} of {count}", end="", file=sys.stderr, flush=True)
            yield outcome
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _must_know(what: str, names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise click.ClickException(f"there is no {what} {name!r}{hint}")
