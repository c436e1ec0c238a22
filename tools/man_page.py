"""Generates the manual page from the commands, as ``--help`` shows them, and from tables of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from textwrap import wrap

import click

from psion_contract.cli import application
from psion_contract.version import VERSION
from tools import repository

PATH = "docs/psion-contract.1"

_PROGRAM = "psion-contract"
_REFERENCE = "docs/reference/command-line.md"
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def files() -> dict[str, str]:
    """The text of the page in roff's man macros, by its path.

    Raises:
        BrokenFileError: the reference of the command line has no table of exit codes or of environment variables.
    """
    return {PATH: "\n".join(_lines()) + "\n"}


def commands(
    command: click.Command = application, parent: click.Context | None = None
) -> Iterator[tuple[click.Context, click.Command]]:
    """Every command that is not a group of others, with a context for its name, in the order of ``--help``."""
    name = _PROGRAM if parent is None else command.name
    context = click.Context(command, parent, name, **command.context_settings)
    if not isinstance(command, click.Group):
        yield context, command
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, context)


def _lines() -> Iterator[str]:
    context = click.Context(application, info_name=_PROGRAM, **application.context_settings)
    purpose = _paragraphs(application)[0].rstrip(".")
    yield f'.TH {_PROGRAM.upper()} 1 "" "{_PROGRAM} {VERSION}" "User Commands"'
    yield ".SH NAME"
    yield f"{escaped(_PROGRAM)} \\- {escaped(purpose[0].lower() + purpose[1:])}"
    yield ".SH SYNOPSIS"
    yield f".B {escaped(_PROGRAM)}"
    yield escaped("COMMAND [OPTIONS] [ARGUMENTS]")
    yield ".SH DESCRIPTION"
    yield from _prose(f"{purpose}. Each command explains itself with `--help`.")
    yield ".SH OPTIONS"
    yield from _options(application.get_params(context), context)
    yield ".SH COMMANDS"
    for sub_context, command in commands():
        usage = " ".join(command.collect_usage_pieces(sub_context))
        yield f'.SS "{escaped(f"{sub_context.command_path} {usage}")}"'
        for number, paragraph in enumerate(_paragraphs(command)):
            yield from [".PP"] if number else []
            yield from _prose(paragraph)
        yield from _options(command.params, sub_context)
    yield ".SH EXIT STATUS"
    yield from _definitions(_table("Exit codes"))
    yield ".SH ENVIRONMENT"
    yield from _definitions(_table("Environment"))
    yield ".SH FILES"
    yield from _definitions(
        [("psion-contract.toml, pyproject.toml", "The configuration, here or in a folder above.")]
    )


def _paragraphs(command: click.Command) -> list[str]:
    """The help of a command."""
    return [" ".join(each.split()) for each in cleandoc(command.help or "").split("\n\n")]


def _options(parameters: Iterable[click.Parameter], context: click.Context) -> Iterator[str]:
    records = (each.get_help_record(context) for each in parameters if isinstance(each, click.Option))
    yield from _definitions(each for each in records if each is not None)


def _definitions(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in pairs:
        yield ".TP"
        yield f'.B "{escaped(term)}"'
        yield from _prose(text)


def _table(heading: str) -> list[tuple[str, str]]:
    """The rows of the table with two columns under a heading of the reference."""
    _, _, section = (repository.text(_REFERENCE) or "").partition(f"\n## {heading}\n")
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section.partition("\n## ")[0], re.MULTILINE)
    if len(rows) < 3:
        raise repository.BrokenFileError(f"{_REFERENCE}: no table under the heading {heading!r}")
    return [(term.strip("`"), text) for term, text in rows[2:]]


def _prose(text: str) -> Iterator[str]:
    """Lines of text with code in bold, and links as their words."""
    marked = _CODE.sub(r"\\fB\1\\fR", escaped(_LINK.sub(r"\1", text)))
    for line in wrap(marked, 79, break_long_words=False, break_on_hyphens=False):
        yield f"\\&{line}" if line.startswith((".", "'")) else line  # no request of roff


def escaped(text: str) -> str:
    """Text that roff shows as it is, unless a line begins with it."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in text)
