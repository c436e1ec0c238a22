"""Completes commands in shells, by click's protocol of environment variables."""

from __future__ import annotations

import os

import click
from click.shell_completion import BashComplete, ShellComplete, add_completion_class, get_completion_class

from psion_contract.cli.terminal import emit
from psion_contract.reading.escaping import quoted

_EXPECTED = "bash_source, zsh_source or fish_source"


class _Bash(BashComplete):
    """Bash splits words at ``=``: it passes ``--format=j`` as ``--format``, ``=``, ``j``."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


add_completion_class(_Bash)


def answer(application: click.Command, program: str, variable: str) -> None:
    """Print the script that makes a shell complete commands, or the completions that this script asks for.

    Args:
        application: the commands.
        program: name of the program in the shell.
        variable: the environment variable with the request, such as ``bash_source`` or ``bash_complete``.

    Raises:
        click.ClickException: there is no such request, or the variables with the words are missing or wrong.
    """
    request = os.environ[variable]
    shell, _, action = request.partition("_")
    completion = get_completion_class(shell)
    if completion is None or action not in ("source", "complete"):
        raise click.ClickException(f"{variable} is {quoted(request)}; expected {_EXPECTED}")
    completer: ShellComplete = completion(application, {}, program, variable)
    if action == "source":
        emit(completer.source())
        return
    try:
        completer.get_completion_args()
    except (KeyError, ValueError, IndexError) as error:
        raise click.ClickException(
            f"{variable}={request} requires COMP_WORDS and COMP_CWORD, which the script of the shell sets"
        ) from error
    emit(completer.complete() + "\n")
