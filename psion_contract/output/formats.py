"""The formats of a report. Each has a row here and a module with a function ``render``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from psion_contract.checker import Examination

if TYPE_CHECKING:
    from psion_contract.output.text import Style


class Format(NamedTuple):
    """One format.

    Attributes:
        module: the module of this package that renders it; it is imported only when it is needed.
        description: what it is for.
        ending: of the names of its files.
    """

    module: str
    description: str
    ending: str


FORMATS: dict[str, Format] = {
    "text": Format("text", "for people, in a terminal or a log", ".txt"),
    "json": Format("json_report", "for programs: psion.check_report.v1", ".json"),
    "jsonl": Format("jsonl_report", "for programs: one finding a line, then a summary", ".jsonl"),
    "sarif": Format("sarif", "SARIF 2.1.0, for code scanning and editors", ".sarif"),
    "github": Format("github", "annotations of GitHub Actions", ".txt"),
    "gitlab": Format("gitlab", "GitLab's code quality report", ".json"),
    "junit": Format("junit", "JUnit's XML, one test case for each document", ".xml"),
    "markdown": Format("markdown", "for job summaries and comments", ".md"),
    "html": Format("html_report", "a page by itself, with charts", ".html"),
}
"""All formats by name."""


def renderer(name: str) -> Callable[[Examination, Style, int | None], str]:
    """A function that renders an examination in the format called `name`.

    It takes the examination, and for text how to mark it up and the width of the terminal.

    Raises:
        KeyError: there is no such format.
        MissingExtraError: the format needs a package that is not installed.
    """
    module: Any = import_module(f"psion_contract.output.{FORMATS[name].module}")
    if name == "text":
        return lambda examination, style, width: module.render(examination.report, style, width)
    if name == "html":
        return lambda examination, style, width: module.render_examination(examination)
    return lambda examination, style, width: module.render(examination.report)
