"""YAML as JSON values, with the position of each value. The only module that imports PyYAML.

Scalars are those of YAML's JSON schema: ``yes``, ``2026-11-26`` and ``1.0`` are strings, so that no version turns into
something else. Tags and repeated keys are errors.
"""

from __future__ import annotations

import re
from typing import Any

from psion_contract.exceptions import MissingExtraError
from psion_contract.findings import Position
from psion_contract.reading.escaping import excerpt
from psion_contract.reading.json_text import MAX_NAMES
from psion_contract.reading.pointers import child

_TAGS = frozenset(
    f"tag:yaml.org,2002:{each}"
    for each in ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
)
"""What PyYAML takes texts for; only these, so that nothing is constructed from a text."""

_STRING = "tag:yaml.org,2002:str"
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,99})")


class YamlError(ValueError):
    """A text that is not YAML, or YAML that has no JSON form.

    Attributes:
        position: line and column, from 1.
    """

    def __init__(self, message: str, position: Position) -> None:
        self.position = position
        super().__init__(message)


def parse(text: str, max_members: int) -> tuple[Any, dict[str, Position]]:
    """The value of a text with one YAML document, and line and column of each value by its pointer.

    Args:
        text: the text.
        max_members: maximum number of values, those that aliases repeat included.

    Raises:
        MissingExtraError: PyYAML is not installed.
        YamlError: the text cannot be used.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingExtraError(
            "to read YAML, pip install 'psion-contract[yaml]', or use TOML or JSON"
        ) from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        reading = _Reading(max_members)
        return (None if node is None else reading.value(node, "")), reading.positions
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"not YAML: the character U+{ord(text[error.position]):04X}", (line, 1)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, (error.context, error.problem)))
        raise YamlError(f"not YAML: {message}", _position(mark) if mark else (1, 1)) from None
    except RecursionError:
        raise YamlError("nested too deeply", (1, 1)) from None


def _position(mark: Any) -> Position:
    return mark.line + 1, mark.column + 1


class _Reading:
    """Turns nodes of PyYAML into JSON values."""

    def __init__(self, max_members: int) -> None:
        self.positions: dict[str, Position] = {}
        self._count, self._max_members = 0, max_members

    def value(self, node: Any, pointer: str) -> Any:
        """The value of a node at a pointer."""
        self.positions[pointer] = position = _position(node.start_mark)
        self._count += 1
        if self._count > self._max_members:
            message = f"more than {self._max_members} values, the limit; aliases count each time"
            raise YamlError(message, position)
        if len(pointer) > MAX_NAMES:
            message = f"the names on the way to a value have more than {MAX_NAMES} characters, the limit"
            raise YamlError(message, position)
        if node.tag not in _TAGS:
            raise YamlError(f"the tag {excerpt(node.tag)} has no meaning here", position)
        if node.id == "sequence":
            return [self.value(item, child(pointer, index)) for index, item in enumerate(node.value)]
        if node.id == "scalar":
            return _scalar(node)
        members: dict[str, Any] = {}
        for key, item in node.value:
            if key.id != "scalar":
                raise YamlError("a key is a list or a mapping; expected a word", _position(key.start_mark))
            if key.value in members:
                raise YamlError(f"duplicate key {excerpt(key.value)}", _position(key.start_mark))
            members[key.value] = self.value(item, child(pointer, key.value))
        return members


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.style is not None or node.tag == _STRING:  # quoted, a block, or plain text
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return int(text) if _INTEGER.fullmatch(text) else text
