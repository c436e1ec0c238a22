"""Reads the configuration: ``psion-contract.toml``, or the table ``tool.psion-contract`` of ``pyproject.toml``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from psion_contract.catalog import RULES
from psion_contract.configuration import PROJECT_FILE
from psion_contract.exceptions import ConfigurationError
from psion_contract.findings import Place, place_in
from psion_contract.reading.escaping import did_you_mean, printable, quoted
from psion_contract.reading.files import STDIN
from psion_contract.reading.pointers import parts
from psion_contract.reading.urls import is_remote

_TABLE = "psion-contract"

SCHEMA = "psion.check_configuration.v1"

MAX_SIZE = 1024 * 1024
"""Maximum size of a configuration file, in bytes."""

_MAX_LISTED = 20


class SuppressionEntry(NamedTuple):
    """A suppression as the configuration has it.

    Attributes:
        rule: name of the rule.
        document: path of the documents, relative to the folder of the configuration, with wildcards.
        pointer: of the place, or of one above it; empty for the whole document.
        reason: why the findings are accepted; empty if there is none.
        owner: who answers for it.
        expires: last day on which it applies, as ``YYYY-MM-DD``.
        number: its position in the list.
        place: where it begins in the file; None if that is not known.
    """

    rule: str
    document: str
    pointer: str
    reason: str
    owner: str | None
    expires: str | None
    number: int
    place: Place | None


class Configuration(NamedTuple):
    """What a configuration file says.

    Attributes:
        path: of the file.
        pointer: pointer of the settings in the file.
        values: the settings by their names, without the suppressions; paths are as the file has them.
        suppressions: the suppressions, in their order.
    """

    path: str
    pointer: str
    values: Mapping[str, Any]
    suppressions: tuple[SuppressionEntry, ...]

    @property
    def folder(self) -> str:
        """The folder to which its paths are relative."""
        return os.path.dirname(self.path) or os.curdir

    def resolve(self, path: str) -> str:
        """A path of the configuration, relative to the current directory; standard input and a URL stay as they are."""
        return (
            path
            if path == STDIN or is_remote(path) or os.path.isabs(path)
            else os.path.relpath(os.path.join(self.folder, path))
        )


def load(path: str) -> Configuration:
    """The configuration in a file.

    Raises:
        ConfigurationError: the file cannot be read, or what it says cannot be used.
    """
    found = load_if_any(path, required=True)
    assert found is not None
    return found


def load_if_any(path: str, required: bool = False) -> Configuration | None:
    """The configuration in a file; None if it is a ``pyproject.toml`` without the table, unless it is `required`."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise ConfigurationError(f"{printable(path)}: {error.strerror}") from error
    is_project = os.path.basename(path) == PROJECT_FILE
    if is_project and not required and _TABLE.encode() not in data:
        return None
    if len(data) > MAX_SIZE:
        raise ConfigurationError(f"{printable(path)}: larger than {MAX_SIZE} bytes, the limit")
    value: Any = _parsed(path, data)
    pointer = ""
    if is_project:
        pointer = f"/tool/{_TABLE}"
        tool = value.get("tool")
        value = tool.get(_TABLE) if isinstance(tool, dict) else None
        if value is None:
            if required:
                raise ConfigurationError(f"{printable(path)}: has no table [tool.{_TABLE}]")
            return None
    plain = _plain(value)
    _validate(path, plain)
    entries = plain.pop("suppressions", [])
    found = _suppression_places(_decoded(data))
    places = found if len(found) == len(entries) else [None] * len(entries)
    suppressions = tuple(
        _entry(each, index, place) for index, (each, place) in enumerate(zip(entries, places, strict=True))
    )
    return Configuration(path, pointer, plain, suppressions)


def _parsed(path: str, data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(_decoded(data))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{printable(path)}: not TOML: {printable(str(error))}") from error


def _decoded(data: bytes) -> str:
    """The text, without the byte order mark that some editors write."""
    return data.decode("utf-8-sig")


def _plain(value: Any) -> Any:
    """A value with dates as text, and everything else that JSON does not have as its representation."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, (str, bool, int)):
        return value
    from datetime import date

    return value.isoformat() if type(value) is date else repr(value)


def _validate(path: str, value: Any) -> None:
    """Refuse what the schema does not allow, rules and dates that do not exist."""
    from psion_contract.documents import schemas

    problems: list[str] = []
    if not schemas.is_valid(SCHEMA, value):
        from psion_contract.documents.explanation import violations

        problems = [
            f"{_name_of(each.pointer)}{each.message}" for each in violations(SCHEMA, value, _MAX_LISTED)
        ]
    else:
        problems = [f"{_name_of(each)}contains a null character" for each in _null_characters(value, "")]
        for index, entry in enumerate(value.get("suppressions", ())):
            if entry["rule"] not in RULES:
                hint = did_you_mean(entry["rule"], RULES)
                problems.append(f"suppressions[{index}].rule: unknown rule {quoted(entry['rule'])}{hint}")
            if "expires" in entry and not _is_date(entry["expires"]):
                problems.append(f"suppressions[{index}].expires: {quoted(entry['expires'])} is no date")
    if problems:
        raise ConfigurationError("\n".join(f"{printable(path)}: {each}" for each in problems[:_MAX_LISTED]))


def _null_characters(value: Any, pointer: str) -> Iterator[str]:
    """Pointers of text with null characters, which no path can have."""
    if isinstance(value, str) and "\0" in value:
        yield pointer
    elif isinstance(value, (dict, list)):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _null_characters(item, f"{pointer}/{name}")


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _name_of(pointer: str) -> str:
    """The name of a setting, as TOML would write it."""
    name = "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts(pointer)).lstrip(".")
    return f"{printable(name)}: " if name else ""


def _entry(value: Mapping[str, Any], index: int, place: Place | None) -> SuppressionEntry:
    return SuppressionEntry(
        value["rule"],
        value["document"],
        value.get("pointer", ""),
        value.get("reason", "").strip(),
        value.get("owner"),
        value.get("expires"),
        index,
        place,
    )


_HEADER = (
    r"^[ \t]*\[\[[ \t]*(?:tool[ \t]*\.[ \t]*[\"']?psion-contract[\"']?[ \t]*\.[ \t]*)?suppressions[ \t]*\]\]"
)


def _suppression_places(text: str) -> list[Place | None]:
    """Where tables of suppressions begin."""
    return [
        place_in(text, found.start(), (text.count("\n", 0, found.start()) + 1, 1))
        for found in re.finditer(_HEADER, text, re.MULTILINE)
    ]
