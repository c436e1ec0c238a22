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


def _names() -> list[str]:
    from psion_contract.documents.schemas import names
    from psion_contract.schema_files.lookup import SHORT_NAMES

    return [*SHORT_NAMES, *names()]


@click.group("schema")
def command() -> None:
    """List, show and copy the schemas.

    NAME is the name of a schema, such as psion.sampling_policy.v1, or a short one: config, receipt,
    descriptor, corpus, policy, program, report, rules.
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


@command.command("copy", short_help="Copy the schemas to a folder.")
@click.argument("folder", type=OUTPUT)
@click.option("--for-editors", is_flag=True, help="Move descriptions to where editors look for them.")
def copy(folder: str, for_editors: bool) -> int:
    """Copy all schemas to FOLDER, which is created if it does not exist."""
    from psion_contract.documents.schemas import file_name, names
    from psion_contract.schema_files import for_editors as editors
    from psion_contract.schema_files.lookup import text

    make = editors.text if for_editors else text
    return _write({file_name(name): make(name) for name in names()}, folder)


def _or_refuse(run: Callable[[], T]) -> T:
    """The result of `run`; a `SchemaError` becomes an error of the command line."""
    from psion_contract.exceptions import SchemaError

    try:
        return run()
    except SchemaError as error:
        raise click.ClickException(str(error)) from error


def _write(texts: Mapping[str, str], folder: str) -> int:
    """Write files to a folder."""
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
