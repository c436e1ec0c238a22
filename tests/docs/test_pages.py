"""The documentation is complete and true: tables, entries, examples, commands and links."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from psion_contract import Limits
from psion_contract.cli import application
from psion_contract.documents import digests, kinds, schemas
from psion_contract.reading.json_reader import DEEPEST
from psion_contract.resources import data_bytes
from psion_contract.catalog import RULES
from psion_contract.rules.layout import implied
from tools.docs import rule_tables as rulesdoc

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")])
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are for a Unix shell")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """What stands in the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def example(text: str, name: str) -> str:
    """The first fenced block after the comment that names an example."""
    found = re.search(rf"<!-- {name} -->\n.*?^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


# Tables that are made from the code.


def test_the_tables_are_what_the_code_makes() -> None:
    assert rulesdoc.outdated(str(DOCS)) == [], "run python -m psion_contract.render.rulesdoc"


def test_every_table_that_can_be_made_stands_in_a_page() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    assert [name for name in rulesdoc.tables() if f"<!-- table: {name} -->" not in text] == []


def test_no_page_has_a_table_that_is_never_made() -> None:
    named = {path.name for path in PAGES if "<!-- table: " in path.read_text(encoding="utf-8")}
    assert named <= set(rulesdoc.FILES)


def test_a_table_that_was_edited_by_hand_is_made_anew() -> None:
    text = page("docs/rules.md")
    edited = text.replace(
        "[`invalid-json`](#invalid-json) | error", "[`invalid-json`](#invalid-json) | warning"
    )
    assert edited != text
    assert rulesdoc.filled(edited, rulesdoc.tables()) == text


def test_a_page_that_asks_for_a_table_that_there_is_not_is_refused() -> None:
    with pytest.raises(KeyError, match="rules of thumb"):
        rulesdoc.filled("<!-- table: rules of thumb -->\n<!-- end of table -->\n", rulesdoc.tables())


def test_a_section_of_rules_without_a_table_gets_one() -> None:
    text = page("docs/rules.md")
    begin, end = text.index("## References\n"), text.index("## Config against")
    made = rulesdoc.with_sections(text[:begin] + text[end:])
    assert "## References\n\n<!-- table: rules References -->\n" in made
    assert rulesdoc.with_sections(text) == text


# Entries of rules.


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_an_entry_of_its_own_in_its_section(name: str) -> None:
    section = page("docs/rules.md").partition(f"\n## {RULES[name].section}\n")[2].partition("\n## ")[0]
    entry = rulesdoc.entries(section).get(name, "")
    assert re.search(r"\b[Aa]t\b", entry), f"docs/rules.md, {RULES[name].section}: where does {name} stand?"


def test_there_is_no_entry_for_a_rule_that_is_not() -> None:
    assert set(rulesdoc.entries(page("docs/rules.md"))) - set(RULES) == set()


def test_every_origin_stricter_is_explained() -> None:
    stricter = {name for name, rule in RULES.items() if rule.origin == "stricter"}
    assert stricter <= set(re.findall(r"rules\.md#([a-z-]+)", page("docs/stricter.md")))


# Documents.


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.role)
def test_a_kind_is_listed_with_its_identity(kind: kinds.Kind) -> None:
    (row,) = re.findall(rf"^\| {kind.role} \|.*$", page("docs/documents.md"), re.MULTILINE)
    assert f"`{kind.version}`" in row
    assert re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1]) == [".".join(path) for path in kind.identity]


def test_the_limits_are_those_of_the_reader() -> None:
    section = page("docs/documents.md").partition("\n## Limits\n")[2]
    for name, value in Limits()._asdict().items():
        row = next(line for line in section.splitlines() if f"`Limits.{name}`" in line)
        assert f"| {value}" in row
        assert f"`--{name.replace('_', '-')}`" in row
    assert f"at most {DEEPEST}" in section


def test_the_tensor_layout_is_the_one_that_the_rule_asks_for() -> None:
    section = page("docs/documents.md").partition("\n### Tensor layout\n")[2].partition("\n## ")[0]
    names = re.findall(r"^\| `([^`]+)` \| (.*) \|$", section, re.MULTILINE)
    words = {"hidden": "hidden_size", "inner": "intermediate_size", "keys": "kv_head_count head_dim"}
    documented = [
        (
            name.replace("layers.L", "layers.0"),
            [words.get(each, each.strip("`")) for each in dims.split(", ")],
        )
        for name, dims in names
    ]
    wanted = [
        (name, [" ".join(each.rpartition("/")[2] for each in members) for members in dims])
        for name, dims in implied("N", 1)
    ]
    assert documented == wanted


# Digests.


class Worked(NamedTuple):
    """A worked example of docs/digests.md.

    Attributes:
        digest: its id.
        path: of the document below fixtures/.
        pointer: where the document stores the digest; None where it does not.
        length: of the whole preimage in bytes, where it is shown shortened.
        shown: the preimage, with a line of one ellipsis for each part left out.
        value: the digest.
    """

    digest: str
    path: str
    pointer: str | None
    length: str | None
    shown: str
    value: str

    @property
    def preimage(self) -> str:
        """The preimage, made of the document."""
        document = json.loads(data_bytes("fixtures", self.path))
        kind = kinds.recognise(document)
        assert kind is not None
        found = digests.digests_of(kind, document)
        (preimage,) = (
            each.preimage for each in found if (each.id, each.pointer) == (self.digest, self.pointer)
        )
        return preimage


def worked() -> Iterator[Worked]:
    pattern = (
        r"<!-- example: (?P<digest>\w+) (?P<path>psion/\S+)(?: (?P<pointer>/\S+))? -->\n"
        r"\n.*?(?: \((?P<length>\d+) bytes, shortened here\))?:\n\n"
        r"```text\n(?P<shown>.*?)\n```\n\nSHA-256: `(?P<value>\w+)`"
    )
    for found in re.finditer(pattern, page("docs/digests.md"), re.DOTALL):
        yield Worked(**found.groupdict())


WORKED = list(worked())


def test_every_digest_has_a_worked_example() -> None:
    assert {each.digest for each in WORKED} == {*(f"D{number}" for number in range(1, 10)), "content"}
    assert page("docs/digests.md").count("<!-- example: ") == len(WORKED) + 1


@pytest.mark.parametrize("each", WORKED, ids=lambda each: f"{each.digest} {Path(each.path).stem}")
def test_a_worked_example_is_that_of_the_canonical_document(each: Worked) -> None:
    preimage = each.preimage
    assert each.value == digests.sha256(preimage)
    if each.length is None:
        assert each.shown == preimage
    else:
        parts = [re.escape(part.strip("\n")) for part in each.shown.split("…")]
        assert len(parts) > 1
        assert re.fullmatch(".+".join(parts), preimage, re.DOTALL)
        assert int(each.length) == len(preimage.encode())


def test_the_example_of_a_layout_is_right() -> None:
    text = page("docs/digests.md").partition("<!-- example: D6 of this -->")[2].partition("\n### ")[0]
    (layout,), (preimage,) = blocks(text, "json"), blocks(text, "text")
    assert digests.tensor_layout_preimage(json.loads(layout)) == preimage.removesuffix("\n")
    assert f"SHA-256: `{digests.sha256(preimage.removesuffix(chr(10)))}`" in text


def test_the_names_of_enum_values_are_all_there_and_right() -> None:
    section = page("docs/digests.md").partition("\n### Names of enum values\n")[2].partition("\n### ")[0]
    names = dict(re.findall(r"`([^`]+)` \| `([^`]+)`", section))
    assert names == {word: digests.enum_name(word) for word in names}
    shared = schemas.schema(schemas.COMMON)["$defs"]
    tensor = schemas.schema(kinds.DESCRIPTOR.version)["$defs"]["tensor"]["properties"]
    used = [shared[name]["enum"] for name in ("split_kind", "iteration_mode", "shard_ordering")]
    assert set(names) == {word for words in [*used, tensor["quantization"]["enum"]] for word in words}


# Examples that can be run.


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which `psion-contract` and `.venv/bin/psion-contract` are this package."""
    for name, words in {"psion-contract": "-m psion_contract", "python3": ""}.items():
        script = tmp_path / ".venv" / "bin" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        script.chmod(0o755)
    shutil.copytree(ROOT / "fixtures" / "psion", tmp_path / "fixtures" / "psion")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], capture_output=True, encoding="utf-8", check=False
    )


@needs_bash
def test_the_broken_receipt_of_the_readme_is_told_just_so(shell: Path) -> None:
    result = run(example(page("README.md"), "example: break"))
    printed = example(page("README.md"), "example: printed")
    assert result.returncode == 1
    assert [line.rstrip() for line in result.stdout.splitlines()] == printed.splitlines()


@needs_bash
def test_the_finding_shown_for_programs_is_the_one_in_the_report(shell: Path) -> None:
    command = example(page("README.md"), "example: break").rstrip("\n") + " --format json"
    report = json.loads(run(command).stdout)
    shown = json.loads(example(page("docs/how-to.md"), "example: finding"))
    assert shown in report["findings"]
    assert list(shown) == list(report["findings"][0])


@needs_bash
@pytest.mark.parametrize(
    "command", blocks(page("docs/how-to.md"), "sh"), ids=lambda text: text.split("\n")[0]
)
def test_a_command_of_the_how_tos_runs(command: str, shell: Path) -> None:
    result = run(command)
    assert (result.returncode, result.stderr) == (0, "")


@needs_bash
def test_pins_are_content_digests(shell: Path) -> None:
    run(next(command for command in blocks(page("docs/how-to.md"), "sh") if "pins.txt" in command))
    pins = [line.split(" ", 1) for line in (shell / "pins.txt").read_text().splitlines()]
    assert len(pins) == len(list((shell / "fixtures" / "psion" / "pretrain").iterdir()))
    for pin, name in pins:
        assert pin == digests.content_digest(json.loads((shell / name).read_bytes()))


@pytest.mark.parametrize("name", ["README.md", "docs/how-to.md"])
def test_the_python_of_a_page_runs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    codes = blocks(page(name), "python")
    assert codes
    for code in codes:
        exec(compile(code, name, "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    assert "consistent" in printed
    assert "inconsistent" not in printed


@pytest.mark.parametrize("goal", ["check --canonical", "pytest"])
def test_the_readme_has_one_line_from_nothing_to_the_goal(goal: str) -> None:
    (line,) = [
        block
        for block in blocks(page("README.md"), "sh")
        if "venv" in block and goal in block and "&&" in block
    ]
    assert line.count("\n") == 1
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_test_command_is_marked() -> None:
    assert "pytest" in example(page("README.md"), "test command")


# Commands, links, names.


def commands() -> dict[str, click.Command]:
    """The commands that there are, by name."""
    context = click.Context(application)
    names = [name for name in application.list_commands(context) if find_spec(f"psion_contract.cli.{name}")]
    found = {name: application.get_command(context, name) for name in names}
    return {name: command for name, command in found.items() if command is not None}


MENTION = re.compile(r"psion-contract ([a-z]+)((?: [^`\n|]*)?)")


def mentions(text: str) -> Iterator[tuple[str, str]]:
    """Each command mentioned in code, with the words after it."""
    code = "\n".join([*re.findall(r"`(psion-contract [^`\n]+)`", text), *blocks(text, "sh")])
    yield from MENTION.findall(code)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_mentioned_exists_with_its_options(path: Path) -> None:
    there, listed = commands(), application.list_commands(click.Context(application))
    for name, rest in mentions(path.read_text(encoding="utf-8")):
        assert name in listed, f"{path.name} mentions psion-contract {name}"
        command = there.get(name)
        if command is None:
            continue
        words = rest.split()
        if isinstance(command, click.Group) and words and not words[0].startswith("-"):
            command = command.get_command(click.Context(command), words[0])
            assert command is not None, f"{path.name} mentions psion-contract {name} {words[0]}"
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert options <= known | {"--help"}, f"{path.name}: psion-contract {name}{rest}"


def test_the_readme_lists_every_command_and_no_other() -> None:
    rows = re.findall(r"^\| (`psion-contract .*?) \|", page("README.md"), re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`psion-contract ([a-z]+)", row)]
    assert sorted(set(listed)) == sorted(commands())


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as forges make them."""
    titles = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} links to {target}"
        assert there == ROOT or ROOT in there.parents, f"{path.name} links out of the project: {target}"
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{path.name} links to {target}"


MACHINE_PATH = re.compile(
    r"(?<![\w.*:/}-])(?:/(?:home|root|tmp|usr|opt|var|work|mnt|srv|Users)/|[A-Z]:\\)|file://"
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_path_of_a_machine_is_given(path: Path) -> None:
    assert MACHINE_PATH.search(path.read_text(encoding="utf-8")) is None


def test_the_changelog_says_what_changed_in_schemas_rules_and_fixtures() -> None:
    for release in page("CHANGELOG.md").split("\n## ")[1:]:
        assert {"Schemas", "Rules", "Fixtures"} <= set(re.findall(r"^### (.+)$", release, re.MULTILINE))
