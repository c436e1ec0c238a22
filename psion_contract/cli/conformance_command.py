"""``psion-contract conformance``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from psion_contract.cli.options import OUTPUT, Seconds, completing, format_option
from psion_contract.cli.terminal import emit
from psion_contract.conformance.scope import LEVELS
from psion_contract.reading.escaping import did_you_mean, printable, quoted

if TYPE_CHECKING:
    from psion_contract.conformance.pack import Case, Vector
    from psion_contract.conformance.runner import CaseResult

_DAY = 86400


def _ids() -> list[str]:
    from psion_contract.conformance.pack import load_cases, load_vectors

    cases: list[Case | Vector] = [*load_cases(), *load_vectors()]
    return [each.id for each in cases]


def _rules() -> Iterable[str]:
    from psion_contract.catalog import RULES

    return RULES


def _digests() -> Iterable[str]:
    from psion_contract.conformance.pack import load_vectors

    return dict.fromkeys(vector.digest for vector in load_vectors())


@click.command("conformance")
@click.option("--command", "program", metavar="CMD", help="Run the pack against this implementation.")
@click.option(
    "--timeout",
    type=Seconds(0, _DAY, min_open=True),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="Time limit of CMD for each answer, at most one day.",
)
@click.option(
    "--case",
    "ids",
    multiple=True,
    metavar="ID",
    shell_complete=completing(_ids),
    help="Run only these cases or vectors.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="RULE",
    shell_complete=completing(_rules),
    help="Run only cases about these rules.",
)
@click.option(
    "--digest",
    "digests",
    multiple=True,
    metavar="DIGEST",
    shell_complete=completing(_digests),
    help="Run only vectors of these digests.",
)
@click.option(
    "--level", type=click.Choice(LEVELS), help="Compare only what an implementation of this level does."
)
@click.option(
    "--only",
    multiple=True,
    metavar="RULE",
    shell_complete=completing(_rules),
    help="Compare only findings of these rules.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@format_option
@click.option(
    "--extract",
    nargs=2,
    type=(str, OUTPUT),
    metavar="CASE DIR",
    shell_complete=completing(_ids),
    help="Write the documents of a case to files instead of running it.",
)
@click.option("--serve", is_flag=True, help="Act as CMD: answer requests on standard input.")
def command(serve: bool, extract: tuple[str, str] | None, **options: Any) -> int:
    """Run the conformance pack against this or another implementation.

    CMD is started once, without a shell, and reads one JSON request per line; the documentation describes the
    protocol. ID, RULE and DIGEST may contain * and ?, and each option may be repeated. --case, --rule and --digest
    select what to run: everything that any of them names. --level and --only select which findings are compared.
    Exit codes: 0 all passed, 1 some failed or none passed, 2 could not run, 70 internal error.
    """
    _refuse_ignored_options()
    if serve:
        return _serve()
    if extract:
        return _extract(*extract)
    return _run(**options)


def _refuse_ignored_options() -> None:
    """Refuse options that would have no effect."""
    context = click.get_current_context()
    used = [
        parameter.opts[0]
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    for alone in ("--serve", "--extract"):
        if alone in used and len(used) > 1:
            others = ", ".join(option for option in used if option != alone)
            raise click.UsageError(f"{alone} cannot be combined with {others}")
    if "--timeout" in used and "--command" not in used:
        raise click.UsageError("--timeout requires --command")
    if "--level" in used and "--only" in used:
        raise click.UsageError("--level cannot be combined with --only")


def _serve() -> int:
    from psion_contract.conformance.serving import serve

    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None:
            raise click.ClickException(f"standard {name} is closed")
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"cannot read requests or write answers: {error.strerror}") from error
    return 0


def _extract(name: str, folder: str) -> int:
    from pathlib import Path

    from psion_contract.conformance.extracting import extract
    from psion_contract.conformance.pack import load_cases

    cases = {case.id: case for case in load_cases()}
    if name not in cases:
        raise click.ClickException(f"unknown case {quoted(name)}{did_you_mean(name, cases)}")
    case = cases[name]
    try:
        check = extract(case, Path(folder))
    except OSError as error:
        raise click.ClickException(f"{printable(str(error.filename))}: {error.strerror}") from error
    lines = [case.description, f"Expected: {case.verdict}"]
    for rule, document, pointer in sorted(case.findings):
        lines.append(f"  {rule} in {document} at {printable(pointer) or 'the root'}")
    lines.append(
        f"Explain with: {check}" if check else "The case has no documents, so nothing can be checked."
    )
    emit("\n".join(lines) + "\n")
    return 0


def _run(
    program: str | None,
    timeout: float,
    ids: tuple[str, ...],
    rules: tuple[str, ...],
    digests: tuple[str, ...],
    level: str | None,
    only: tuple[str, ...],
    fail_fast: bool,
    form: str,
) -> int:
    from contextlib import ExitStack

    from psion_contract.conformance import scope, summary
    from psion_contract.conformance.command import Command, NotStartedError
    from psion_contract.conformance.pack import load_cases, load_vectors
    from psion_contract.conformance.runner import run
    from psion_contract.conformance.serving import ask

    try:
        compared = scope.of_rules(only) if only else scope.of_level(level or "all")
        items = scope.selected(
            load_cases(), load_vectors(), ids=ids, rules=rules, digests=digests, scope=compared
        )
    except scope.UnknownNameError as error:
        raise click.ClickException(str(error)) from error
    compared_rules = None if compared.everything else compared.rules
    with ExitStack() as stack:
        if program is None:
            running = run(items, ask, rules=compared_rules, require_related=True)
        else:
            try:
                started = stack.enter_context(Command(_words(program), timeout))
            except NotStartedError as error:
                raise click.ClickException(f"cannot start the command: {error}") from error
            running = run(items, started.ask, started.finish, rules=compared_rules)
        results = []
        for result in _with_progress(running, len(items)):
            # Answers may be large, and only the JSON output contains them.
            results.append(result if form == "json" else result._replace(found=None))
            if fail_fast and result.result == "failed":
                break
    not_run = len(items) - len(results)
    emit(summary.as_json(results, not_run) if form == "json" else summary.as_text(results, compared, not_run))
    outcomes = {result.result for result in results}
    return 0 if "passed" in outcomes and "failed" not in outcomes else 1


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
