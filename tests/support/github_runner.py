"""What the runner of GitHub Actions does with the output of a step, as its documentation and its behaviour have it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Command(NamedTuple):
    """A workflow command that the runner carries out.

    Attributes:
        name: such as ``error``.
        properties: such as the file and the line.
        message: the text after the properties.
    """

    name: str
    properties: dict[str, str]
    message: str


def commands(output: str) -> list[Command]:
    """The commands in the output of a step, also those of the older syntax, which may begin anywhere in a line."""
    found = []
    for line in re.split(r"\r\n|\r|\n", output):
        trimmed = line.lstrip()
        if trimmed.startswith("::"):
            head, separator, message = trimmed[2:].partition("::")
            if separator:
                name, _, properties = head.partition(" ")
                found.append(Command(name, _properties(properties, ","), _unescaped(message)))
                continue
        older = re.search(r"##\[([a-zA-Z-]+)( [^\]]*)?\](.*)", line)
        if older:
            found.append(Command(older.group(1), {}, older.group(3)))
    return found


def _properties(text: str, separator: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in text.split(separator) if each.strip())
    return {name.strip(): _unescaped(value, True) for name, _, value in pairs}


def _unescaped(text: str, is_property: bool = False) -> str:
    if is_property:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
