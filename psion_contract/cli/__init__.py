"""The command line: click commands that turn arguments into calls and results into exit codes.

Each command has its own module, which is imported only when the command runs: a start does not import what other
commands need.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from types import ModuleType

import click
from click.exceptions import Exit, NoArgsIsHelpError

from psion_contract.cli.terminal import emit_error
from psion_contract.exceptions import ConfigurationError, ContractWarning
from psion_contract.reading.escaping import did_you_mean, printable, quoted
from psion_contract.version import VERSION

_PROGRAM = "psion-contract"
_COMPLETION = "_PSION_CONTRACT_COMPLETE"
"""The environment variable by which shells ask for completions, as click names it."""

_COMMANDS = {
    "check": "Check documents against each other.",
    "report": "Check documents and write a page about them.",
    "baseline": "Record the current findings, so that only new ones count.",
    "digest": "Print the digests of documents, stored and computed.",
    "new": "Create a descriptor, corpus, policy, config or receipt.",
    "import": "Import what trainers have already counted.",
    "seal": "Recompute the digests of a receipt.",
    "program": "Manage the stage program of a run.",
    "replay": "Compare the order of a run with a replay of it.",
    "explain": "Explain a rule.",
    "schema": "List, show and copy the schemas.",
    "conformance": "Run the conformance pack against this or another implementation.",
}


_WITHOUT_VALIDATOR = ("replay", "explain", "schema")
"""Commands that validate nothing."""


def _import_validator() -> None:
    """Import jsonschema-rs without what it imports only to parse the date of its build.

    That is ``email.utils``, and with it sockets, calendars and random numbers: a tenth of the time of a short run. A process of
    this command has one thread here, so no other one sees the module that takes its place meanwhile.
    """
    if "email.utils" in sys.modules or "jsonschema_rs" in sys.modules:
        return
    substitute = ModuleType("email.utils")
    substitute.parsedate_to_datetime = lambda text: None  # type: ignore[attr-defined]
    sys.modules["email.utils"] = substitute
    try:
        import_module("jsonschema_rs")
    finally:
        del sys.modules["email.utils"]


class _Commands(click.Group):
    """Imports a command from the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name not in _WITHOUT_VALIDATOR:
            _import_validator()
        command = import_module(f"psion_contract.cli.{cmd_name}_command").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"unknown command {quoted(args[0])}{did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name=_PROGRAM)
def application() -> None:
    """Check pretrain-stage records against the Psion contract.

    Exit codes: 0 consistent, 1 findings, 2 could not run, 70 internal error.
    """


def run() -> int:
    """Run the command line with the arguments of the process; returns the exit code."""
    try:
        if os.environ.get(_COMPLETION):
            from psion_contract.cli.completion import answer

            answer(application, _PROGRAM, _COMPLETION)
            return 0
        with warnings.catch_warnings(), application.make_context(_PROGRAM, sys.argv[1:]) as context:
            warnings.simplefilter("ignore", ContractWarning)  # the commands show warnings themselves
            return int(application.invoke(context))
    except Exit:  # help or the version was printed
        if sys.stdout is not None:
            return 0
        error = click.ClickException("standard output is closed")
    except click.ClickException as raised:
        error = raised
    except ConfigurationError as raised:
        error = click.ClickException(str(raised))
    emit_error(_shown(error))
    return 2


def _shown(error: click.ClickException) -> str:
    """An error as text. Words of the user in it can start neither a terminal sequence nor a line."""
    message = error.format_message()
    if isinstance(error, NoArgsIsHelpError):
        return f"{message}\n"
    if not isinstance(error, click.UsageError):  # several lines are meant, and names in them are escaped
        message = "\n".join(map(printable, message.split("\n")))
    elif not isinstance(error, click.MissingParameter):  # which has several lines, and no words of the user
        message = printable(message)
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n\n" if context else ""
    return f"{usage}Error: {message}\n"
