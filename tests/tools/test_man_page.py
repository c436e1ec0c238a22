"""The manual page has every command and option, and is roff without mistakes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import click
import pytest

from psion_contract.cli import application
from tools import man_page, repository

PAGE = man_page.files()[man_page.PATH]


def plain(text: str) -> str:
    """Roff as the text that it shows."""
    text = re.sub(r"\\f[BIR]|\\&", "", text).replace("\\-", "-").replace("\\(dq", '"').replace("\\e", "\\")
    return re.sub(r"\\\[u([0-9A-F]{4,6})\]", lambda found: chr(int(found[1], 16)), text)


def section(path: str) -> str:
    """What the page says about a command."""
    found = re.search(rf'^\.SS "{re.escape(path)} .*?(?=^\.S[SH] |\Z)', plain(PAGE), re.MULTILINE | re.DOTALL)
    assert found, path
    return found[0]


def every_command(command: click.Command, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Each command that is not a group, by the words that a user types."""
    if not isinstance(command, click.Group):
        yield " ".join(names), command
        return
    for name in command.list_commands(click.Context(command)):
        found = command.get_command(click.Context(command), name)
        assert found is not None
        yield from every_command(found, *names, name)


COMMANDS = dict(every_command(application, "psion-contract"))


def test_every_command_is_there_once_and_in_the_order_of_help() -> None:
    headings = re.findall(r'^\.SS "(psion-contract [a-z ]*[a-z])', plain(PAGE), re.MULTILINE)
    assert headings == list(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_is_there_with_what_help_says_about_it(path: str) -> None:
    text = " ".join(section(path).split())
    options = [each for each in COMMANDS[path].params if isinstance(each, click.Option)]
    for option in options:
        assert option.help
        names = f'.TP .B "{", ".join(option.opts)}'
        assert names in text
        explained = text.partition(names)[2].partition(".TP")[0]
        assert " ".join(option.help.replace("`", "").split()) in explained
    assert text.count(".TP") == len(options)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_paragraph_of_help_is_there(path: str) -> None:
    text = " ".join(section(path).replace(".PP", "").split())
    assert " ".join((COMMANDS[path].help or "").replace("`", "").split()) in text


def test_exit_codes_and_variables_are_those_of_the_reference() -> None:
    page = plain(PAGE)
    for code in ("0", "1", "2", "70", "130"):
        assert f'.TP\n.B "{code}"\n' in page.partition(".SH EXIT STATUS")[2].partition(".SH")[0]
    for variable in ("NO_COLOR", "PSION_CONTRACT_TRACEBACK", "_PSION_CONTRACT_COMPLETE"):
        assert f'.TP\n.B "{variable}"\n' in page.partition(".SH ENVIRONMENT")[2].partition(".SH")[0]
    assert "](" not in page and "`" not in page


def test_a_reference_without_its_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "text", lambda path: "## Exit codes\n\nNone.\n")
    with pytest.raises(repository.BrokenFileError, match="no table under the heading 'Exit codes'"):
        man_page.files()


@pytest.mark.parametrize("text", [".PP and 'quotes'", "'\\fB", 'a "b" -c \\e', "naïve …", "\U0001f40b"])
def test_text_is_shown_as_it_is(text: str) -> None:
    assert plain(man_page.escaped(text)) == text
    assert man_page.escaped(text).isascii()


def test_no_line_of_text_is_a_request() -> None:
    requests = {line.split()[0] for line in PAGE.splitlines() if line.startswith((".", "'"))}
    assert requests == {".TH", ".SH", ".SS", ".PP", ".TP", ".B"}


@pytest.mark.parametrize(
    "command",
    [
        ("groff", "-man", "-Tutf8", "-ww"),
        ("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8"),
        ("mandoc", "-man", "-Tlint", "-Werror"),
    ],
    ids=lambda command: command[0],
)
def test_readers_of_manual_pages_have_nothing_to_complain_about(command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        [*command, repository.ROOT / man_page.PATH], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
