"""Completes commands in shells, by click's protocol of environment variables."""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from psion_contract.cli.terminal import emit
from psion_contract.reading.escaping import quoted

_EXPECTED = "bash_source, zsh_source or fish_source"


class _Bash(BashComplete):
    """Bash splits words at ``=``: it passes ``--format=j`` as ``--format``, ``=``, ``j``."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


# Zsh and Fish complete whole words, but the completion of ``--format=j`` is ``json``. The scripts of click would replace
# the word by it, or ignore it; these keep what is before the last ``=``, unless it is part of the completion.


class _Zsh(ZshComplete):
    """Completes words with ``=`` too, paths after it among them."""

    source_template = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local kind value help
    local -a values
    (( $+commands[%(prog_name)s] )) || return 1
    for kind value help in "${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s)}"; do
        [[ $value == *=* ]] || compset -P '*='
        case $kind in
            file) _path_files -f ;;
            dir) _path_files -/ ;;
            plain)
                if [[ $help == _ ]]; then
                    values+=("${value//:/\\:}")
                else
                    values+=("$value:$help")
                fi ;;
        esac
    done
    (( $#values )) && _describe -V completion values
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class _Fish(FishComplete):
    """Completes words with ``=`` too, and shows the whole help of a completion, in which there may be commas."""

    source_template = """\
function %(complete_func)s
    set -l word (commandline -t)
    for line in (COMP_WORDS=(commandline -cp) COMP_CWORD=$word %(complete_var)s=fish_complete %(prog_name)s)
        set -l item (string split -m 1 , -- $line)
        set -l before (string match -r '^.*=' -- $word)
        string match -q '*=*' -- (string split -f 1 \\t -- $item[2]); and set before
        switch $item[1]
            case file
                for path in (__fish_complete_path $item[2])
                    echo "$before$path"
                end
            case dir
                for path in (__fish_complete_directories $item[2])
                    echo "$before$path"
                end
            case plain
                echo "$before$item[2]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


for _shell in (_Bash, _Zsh, _Fish):
    add_completion_class(_shell)


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
