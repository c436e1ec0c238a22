"""The formats of a report. Each has a row here and a module with a function ``render``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from psion_contract.checker import Examination
from psion_contract.reading.escaping import did_you_mean, quoted

if TYPE_CHECKING:
    from psion_contract.output.text import Style


FORMATS = {
    "text": "text",
    "json": "json_report",
    "jsonl": "jsonl_report",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "markdown": "markdown",
    "html": "html_report",
    "parquet": "parquet_report",
}
"""By name, the module of this package that renders a format, which is imported only when it is needed."""


def format_problem(target: str) -> str | None:
    """Why ``NAME`` or ``NAME=FILE`` is no format; None if it is one."""
    name, separator, path = target.partition("=")
    if name not in FORMATS:
        hint = did_you_mean(name, FORMATS) or f"; expected one of {', '.join(FORMATS)}"
        return f"unknown format {quoted(name)}{hint}"
    return f"{name}= names no file" if separator and not path else None


def renderer(name: str) -> Callable[[Examination, Style, int | None], str | bytes]:
    """A function that renders an examination in the format called `name`.

    It takes the examination, and for text how to mark it up and the width of the terminal. Parquet is bytes.

    Raises:
        KeyError: there is no such format.
        MissingExtraError: the format needs a package that is not installed.
    """
    module: Any = import_module(f"psion_contract.output.{FORMATS[name]}")
    if name == "text":
        return lambda examination, style, width: module.render(examination.report, style, width)
    if name == "html":
        return lambda examination, style, width: module.render_examination(examination)
    return lambda examination, style, width: module.render(examination.report)
