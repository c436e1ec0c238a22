"""``psion-contract schema``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from json import dumps
from typing import TypeVar

import click

from psion_contract.cli.options import OUTPUT, completing, format_option
from psion_contract.cli.terminal import emit
from psion_contract.reading.escaping import printable

T = TypeVar("T")

_LANGUAGES = ("rust", "go", "python")
_SHORT_NAMES = ("config", "receipt", "descriptor", "corpus", "policy", "program", "report")


def _names() -> list[str]:
    from psion_contract.documents.schemas import names
    from psion_contract.schema_files.lookup import SHORT_NAMES

    return [*SHORT_NAMES, *names()]


@click.group("schema")
def command() -> None:
    """List, show, bundle and export the schemas.

    NAME is the name of a schema, such as psion.sampling_policy.v1, or a short one: config, receipt,
    descriptor, corpus, policy, program, report, rules, common.
    """


@command.command("list")
@format_option
def list_schemas(form: str) -> int:
    """List the schemas, with their hashes."""
    from psion_contract.schema_files.lookup import entries

    if form == "json":
        listed = [each._asdict() for each in entries()]
        emit(dumps(listed, ensure_ascii=False, indent=2) + "\n")
    else:
        emit("".join(f"{each.name}\n  {each.title}\n  {each.sha256}  {each.file}\n" for each in entries()))
    return 0


@command.command("show")
@click.argument("name", shell_complete=completing(_names))
def show(name: str) -> int:
    """Print the file of a schema."""
    from psion_contract.schema_files.lookup import named, text

    emit(_or_refuse(lambda: text(named(name))))
    return 0


@command.command("bundle", short_help="Print self-contained schemas.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completing(_names))
@click.option("--all", "all_schemas", is_flag=True, help="All schemas except rules and common.")
@click.option("--for-editors", is_flag=True, help="Move descriptions to where editors look for them.")
@click.option(
    "-o", "--output", type=OUTPUT, metavar="DIR", help="Write files to DIR instead of standard output."
)
def bundle_schemas(names: tuple[str, ...], all_schemas: bool, for_editors: bool, output: str | None) -> int:
    """Print self-contained schemas, with everything that they refer to in their $defs."""
    from psion_contract.documents.schemas import file_name
    from psion_contract.schema_files import bundle as bundling
    from psion_contract.schema_files.lookup import load, named

    if all_schemas and names:
        raise click.UsageError("use either names or --all, not both")
    if not all_schemas and not names:
        raise click.UsageError("name at least one schema, or use --all")
    selected = _or_refuse(lambda: [named(name) for name in names or _SHORT_NAMES])

    def bundled(name: str) -> str:
        bundle = bundling.bundle(load(name))
        return bundling.text(bundling.for_editors(bundle) if for_editors else bundle)

    texts = _or_refuse(lambda: {file_name(name): bundled(name) for name in selected})
    if output is None and len(texts) > 1:
        raise click.UsageError("cannot print several schemas; use -o DIR")
    return _write(texts, output)


@command.command("export")
@click.option("--language", type=click.Choice(_LANGUAGES), required=True, help="The language.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(_SHORT_NAMES),
    multiple=True,
    help="Export only this kind of document; can be repeated.",
)
@click.option(
    "-o", "--output", type=OUTPUT, metavar="DIR", help="Write a file to DIR instead of standard output."
)
def export_types(language: str, kinds: tuple[str, ...], output: str | None) -> int:
    """Print the types of documents in another programming language."""
    from psion_contract.schema_files.export import export, file_name
    from psion_contract.schema_files.lookup import named

    text = export(language, [named(kind) for kind in kinds or _SHORT_NAMES])
    return _write({file_name(language): text}, output)


def _or_refuse(run: Callable[[], T]) -> T:
    """The result of `run`; a `SchemaError` becomes an error of the command line."""
    from psion_contract.exceptions import SchemaError

    try:
        return run()
    except SchemaError as error:
        raise click.ClickException(str(error)) from error


def _write(texts: Mapping[str, str], folder: str | None) -> int:
    """Write files to a folder, or the only file to standard output."""
    if folder is None:
        emit("".join(texts.values()))
        return 0
    try:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError as error:
        raise click.ClickException(f"{printable(folder)} is not a folder") from error
    except OSError as error:
        raise click.ClickException(f"{printable(folder)}: {error.strerror}") from error
    for name, text in texts.items():
        path = os.path.join(folder, name)
        emit(text, path)
        emit(f"wrote {printable(path)}\n")
    return 0
