"""``psion-contract conformance``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from psion_contract.cli.options import format_option
from psion_contract.cli.terminal import emit
from psion_contract.reading.escaping import did_you_mean, quoted

if TYPE_CHECKING:
    from psion_contract.conformance.runner import CaseResult

_DAY = 86400


class _Seconds(click.FloatRange):
    """A range without NaN, which click's range check accepts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


@click.command("conformance")
@click.option("--command", "program", metavar="CMD", help="Run the pack against this implementation.")
@click.option(
    "--timeout",
    type=_Seconds(0, _DAY, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of CMD for each answer, at most one day.",
)
@click.option("--case", "ids", multiple=True, metavar="ID", help="Run only this case or vector.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Run only the cases of this rule.")
@click.option(
    "--digest", "digests", multiple=True, metavar="DIGEST", help="Run only the vectors of this digest."
)
@format_option
@click.option("--serve", is_flag=True, help="Act as a CMD: answer requests on standard input.")
def command(serve: bool, **options: Any) -> int:
    """Run the conformance pack against this or another implementation.

    CMD is started once, without a shell, and reads one JSON request per line; the documentation describes the
    protocol. --case, --rule and --digest can be combined; the run includes everything that one of them names.
    Exit codes: 0 all passed, 1 some failed, 2 could not run, 70 internal error.
    """
    _refuse_ignored_options()
    if serve:
        return _serve()
    return _run(**options)


def _refuse_ignored_options() -> None:
    """Refuse options that would have no effect."""
    context = click.get_current_context()
    used = [
        parameter.opts[0]
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    if "--serve" in used and len(used) > 1:
        others = ", ".join(option for option in used if option != "--serve")
        raise click.UsageError(f"--serve cannot be combined with {others}")
    if "--timeout" in used and "--command" not in used:
        raise click.UsageError("--timeout requires --command")


def _serve() -> int:
    from psion_contract.conformance.answering import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0


def _run(
    program: str | None,
    timeout: float,
    ids: tuple[str, ...],
    rules: tuple[str, ...],
    digests: tuple[str, ...],
    form: str,
) -> int:
    from contextlib import ExitStack

    from psion_contract.catalog import RULES
    from psion_contract.conformance import summary
    from psion_contract.conformance.answering import ask
    from psion_contract.conformance.command import Command, NotStartedError
    from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
    from psion_contract.conformance.runner import run

    order = list(RULES)
    cases, vectors = sorted(load_cases(), key=lambda case: order.index(case.rule)), load_vectors()
    _refuse_unknown("case or vector", ids, {case.id for case in cases} | {vector.id for vector in vectors})
    _refuse_unknown("rule", rules, {case.rule for case in cases})
    _refuse_unknown("digest", digests, {vector.digest for vector in vectors})
    if ids or rules or digests:
        cases = [case for case in cases if case.id in ids or case.rule in rules]
        vectors = [vector for vector in vectors if vector.id in ids or vector.digest in digests]
    items: list[Case | Vector] = [*cases, *vectors]
    with ExitStack() as stack:
        if program is None:
            running = run(items, ask, require_related=True)
        else:
            try:
                started = stack.enter_context(Command(_words(program), timeout))
            except NotStartedError as error:
                raise click.ClickException(f"cannot start the command: {error}") from error
            running = run(items, started.ask, started.finish)
        # Answers may be large, and only the JSON output contains them.
        results = [
            result if form == "json" else result._replace(found=None)
            for result in _with_progress(running, len(items))
        ]
    emit(summary.as_json(results) if form == "json" else summary.as_text(results))
    return 0 if all(result.passed for result in results) else 1


def _words(command: str) -> list[str]:
    """The words of a command line, split as in a POSIX shell."""
    import shlex

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise click.ClickException(f"cannot start the command: {error}") from error
    if not words:
        raise click.ClickException("cannot start the command: it is empty")
    return words


def _with_progress(results: Iterable[CaseResult], count: int) -> Iterator[CaseResult]:
    """The results, with a progress bar on standard error if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from results
        return
    with click.progressbar(results, length=count, show_pos=True, file=sys.stderr) as progress:
        yield from progress


def _refuse_unknown(what: str, names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise click.ClickException(f"unknown {what} {quoted(name)}{did_you_mean(name, known)}")
