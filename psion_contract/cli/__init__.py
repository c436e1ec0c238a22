"""The command line: click commands that turn arguments into calls and results into exit codes.

Each command has its own module, which is imported only when the command runs: a start does not import what other
commands need.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from psion_contract.version import VERSION

_PROGRAM = "psion-contract"
_COMPLETION = "_PSION_CONTRACT_COMPLETE"
"""The environment variable by which shells ask for completions, as click names it."""

_COMMANDS = {
    "check": "Check documents against each other.",
    "digest": "Print the digests of documents, stored and computed.",
    "new": "Create a config or a receipt.",
    "seal": "Recompute the digests of a receipt.",
    "program": "Manage the stage program of a run.",
    "explain": "Explain a rule.",
    "schema": "List, show, bundle and export the schemas.",
    "conformance": "Run the conformance pack against this or another implementation.",
}


class _Commands(click.Group):
    """Imports a command from the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"psion_contract.cli.{cmd_name}_command").command
        assert isinstance(command, click.Command)
        return command

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
    if instruction := os.environ.get(_COMPLETION):
        from click.shell_completion import shell_complete

        return shell_complete(application, {}, _PROGRAM, _COMPLETION, instruction)
    try:
        with application.make_context(_PROGRAM, sys.argv[1:]) as context:
            result = application.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    return result if isinstance(result, int) else 0
