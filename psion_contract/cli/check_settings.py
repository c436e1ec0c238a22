"""What a check is asked to do: the options of the command line, then the configuration, then the defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from psion_contract.checker import Checker, Examination
from psion_contract.cli.options import FILE, PATH, SETTINGS, F, exclude_option, inputs_option, limit_options
from psion_contract.cli.terminal import emit_error
from psion_contract.configuration import find
from psion_contract.exceptions import ConfigurationError, UnreadableError
from psion_contract.findings import Report
from psion_contract.output import text
from psion_contract.output.formats import format_problem
from psion_contract.reading.escaping import excerpt, printable
from psion_contract.reading.files import STDIN, gather
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import shown
from psion_contract.resources import data_path

if TYPE_CHECKING:
    from psion_contract.configuration.settings import Configuration
    from psion_contract.configuration.suppressions import Suppressing

_PARAMETERS = {
    "paths": "paths",
    "inputs": "inputs",
    "exclude": "excludes",
    "strict": "strict",
    "fail-on-ignored": "fail_on_ignored",
    "formats": "formats",
    "baseline": "baseline",
    "jobs": "jobs",
    "max-bytes": "max_bytes",
    "max-depth": "max_depth",
    "max-members": "max_members",
    "max-lines": "max_lines",
}
"""The settings of a configuration, and the parameters of the command that replace them."""


Setting = tuple[Any, str]
"""A value with its origin, which is ``command line``, ``default`` or the path of a configuration."""


class Settings:
    """What a check is asked to do.

    Attributes:
        values: the settings by their names in a configuration.
        configuration: None if there is none.
        canonical: whether to check the canonical documents too.
        changed: whether the paths are changed files.
        stdin_name: name of standard input.
        files: where the files are that documents are about.
    """

    def __init__(
        self,
        values: dict[str, Setting],
        configuration: Configuration | None,
        canonical: bool,
        changed: bool,
        stdin_name: str,
        files: Sequence[str] = (),
    ) -> None:
        self.values = values
        self.configuration = configuration
        self.canonical = canonical
        self.changed = changed
        self.stdin_name = stdin_name
        self.files = files

    def __getitem__(self, name: str) -> Any:
        """The value of a setting."""
        return self.values[name][0]

    def require_paths(self) -> None:
        """Refuse settings that name nothing to check.

        Raises:
            click.UsageError: they name nothing.
        """
        if not self["paths"] and not self.canonical and not self.changed:
            raise click.UsageError("name at least one PATH to check, or --canonical")

    @property
    def read_paths(self) -> list[str]:
        """The paths that the command reads."""
        settings = [self["baseline"], self.configuration and self.configuration.path]
        return [*self["paths"], *self["inputs"], *self.folders, *filter(None, settings)]

    @property
    def folders(self) -> list[str]:
        """The folders, or single files, of files that documents are about."""
        if not self.files:
            return []
        from psion_contract.artifacts.references import split

        return [split(each)[1] for each in self.files]

    @property
    def limits(self) -> Limits:
        """The limits of the reader."""
        return Limits(**{name: self[name.replace("_", "-")] for name in Limits._fields})


def check_options(command: F) -> F:
    """Options of every command that checks documents; `settings_of` turns them into settings."""
    options: list[Callable[[F], F]] = [
        click.argument("paths", nargs=-1, type=PATH, metavar="PATH..."),
        inputs_option("Documents that the PATHs may refer to; judged only if they are referred to."),
        click.option(
            "--canonical", is_flag=True, help="Check the canonical documents that ship with the package."
        ),
        click.option("--strict/--no-strict", default=False, help="Treat warnings as errors in the verdict."),
        click.option(
            "--files",
            multiple=True,
            type=FILE,
            metavar="[PREFIX=]DIR",
            help="Compare shards, checkpoints and tokenizers with the files below DIR, which may be a URL, or with those of "
            "references that begin with PREFIX; can be repeated.",
        ),
        exclude_option,
        click.option(
            "--config",
            type=SETTINGS,
            metavar="FILE",
            help="Read settings from FILE instead of psion-contract.toml or pyproject.toml, here or in a folder above.",
        ),
        click.option("--no-config", is_flag=True, help="Ignore configuration files."),
        click.option(
            "--stdin-name",
            default="<stdin>",
            metavar="NAME",
            help="Name of standard input in the report; a name that ends in .jsonl means JSON Lines.",
        ),
        limit_options,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def settings_of(context: click.Context) -> Settings:
    """The settings from the parameters of a command and the configuration.

    Raises:
        ConfigurationError: the configuration cannot be used.
        click.UsageError: parameters contradict each other.
    """
    options = context.params
    if options["config"] and options["no_config"]:
        raise click.UsageError("--config and --no-config exclude each other")
    configuration = None
    if options["config"]:
        from psion_contract.configuration.settings import load

        configuration = load(options["config"])
    elif not options["no_config"]:
        configuration = find(os.curdir)
    canonical, changed = options["canonical"], options.get("changed", False)
    values: dict[str, Setting] = {}
    for name, parameter in _PARAMETERS.items():
        given = context.get_parameter_source(parameter) is ParameterSource.COMMANDLINE
        if (name == "paths" and (options["paths"] or canonical or changed)) or (
            name == "formats" and options.get("outputs")
        ):
            given = True
        if given:
            values[name] = (options[parameter], "command line")
        elif configuration is not None and name in configuration.values:
            values[name] = (_resolved(configuration, name), configuration.path)
        else:
            values[name] = (options.get(parameter), "default")
    if [*(values["paths"][0] or ()), *(values["inputs"][0] or ())].count(STDIN) > 1:
        raise click.UsageError("standard input (-) can be named only once")
    formats, origin = values["formats"]
    values["formats"] = (formats or ("text",), origin)
    return Settings(values, configuration, canonical, changed, options["stdin_name"], options["files"])


def _resolved(configuration: Configuration, name: str) -> Any:
    """A setting of a configuration, with its paths relative to the current directory."""
    value = configuration.values[name]
    if name in ("paths", "inputs"):
        return tuple(map(configuration.resolve, value))
    if name == "baseline":
        return configuration.resolve(value)
    if name == "formats":
        return tuple(_format_resolved(configuration, *each) for each in enumerate(value))
    return tuple(value) if isinstance(value, list) else value


def _format_resolved(configuration: Configuration, number: int, value: str) -> str:
    name, separator, path = value.partition("=")
    if problem := format_problem(value):
        raise ConfigurationError(f"{printable(configuration.path)}: formats[{number}]: {problem}")
    return f"{name}={configuration.resolve(path)}" if separator and path != "-" else value


def show(chosen: Settings) -> str:
    """Every setting with its value and its origin."""
    rows = [(name, _shown(value), origin) for name, (value, origin) in chosen.values.items()]
    configuration = chosen.configuration
    if configuration is not None and configuration.suppressions:
        rows.append(("suppressions", str(len(configuration.suppressions)), configuration.path))
    width = max(len(value) for _, value, _ in rows)
    lines = [f"{name:<16} {value:<{width}}  {printable(origin)}" for name, value, origin in rows]
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, (tuple, list)):
        return ", ".join(printable(shown(each)) for each in value) or "none"
    return printable(value) if isinstance(value, str) else excerpt(value)


def examine(chosen: Settings, with_baseline: bool = True) -> Examination | None:
    """Check what the settings say, and suppress what they say.

    Args:
        chosen: the settings.
        with_baseline: whether the baseline counts.

    Returns:
        The examination; None if only changed files were to be checked, and none has a document.

    Raises:
        ConfigurationError: the baseline cannot be used.
        click.ClickException: a path cannot be read, or there is no document.
    """
    suppressing = suppressing_of(chosen, with_baseline)
    bounds, excludes, roots = chosen.limits, chosen["exclude"], None
    judged: Iterable[Source]
    available: Iterable[Source]
    try:
        if chosen.files:
            from psion_contract.cli import file_progress

            roots = file_progress.roots_of(chosen.files)
        if chosen.changed:
            from psion_contract.cli.changed_files import sources

            judged, available = sources(chosen["paths"], chosen["inputs"], bounds, excludes)
        else:
            judged = _documents(chosen, bounds, excludes)
            available = gather(chosen["inputs"], bounds, chosen.stdin_name, excludes)
        looked: set[str] = set()
        checker = Checker(available, limits=bounds, strict=chosen["strict"])
        examination = checker.examine(judged if suppressing is None else _noted(judged, looked))
        if roots is not None:
            examination = file_progress.compared(examination, roots)
    except UnreadableError as error:
        raise click.ClickException(str(error)) from error
    report = examination.report
    if not report.findings and not any(document.judged for document in report.documents):
        if chosen.changed:
            emit_error("no changed file has a contract document\n")
            return None
        raise nothing_to_check(report)
    return (
        examination
        if suppressing is None
        else examination._replace(report=suppressing.applied(report, looked))
    )


def _noted(sources: Iterable[Source], names: set[str]) -> Iterator[Source]:
    """The same sources; the names of their files, without those that are excluded, are added to `names`."""
    for source in sources:
        if source.ignored != "excluded":
            names.add(source.group or source.name)
        yield source


def nothing_to_check(report: Report) -> click.ClickException:
    """The error where there is no document; it lists what was ignored."""
    ignored = text.ignored(report.left_alone, report.unlisted.left_alone)
    return click.ClickException("\n".join(["nothing to check: no contract document found", *ignored]))


def suppressing_of(chosen: Settings, with_baseline: bool = True) -> Suppressing | None:
    """What the settings suppress; None if that is nothing.

    Args:
        chosen: the settings.
        with_baseline: whether the baseline counts.

    Raises:
        ConfigurationError: the baseline cannot be used.
    """
    configuration = chosen.configuration
    if configuration is not None and not configuration.suppressions:
        configuration = None
    path = chosen["baseline"] if with_baseline else None
    if configuration is None and not path:
        return None
    from datetime import date

    from psion_contract.configuration import baseline
    from psion_contract.configuration.suppressions import Suppressing

    return Suppressing(configuration, date.today(), (baseline.load(path), path) if path else None)


def _documents(chosen: Settings, bounds: Limits, excludes: Sequence[str]) -> Iterator[Source]:
    yield from gather(chosen["paths"], bounds, chosen.stdin_name, excludes)
    if chosen.canonical:
        yield from gather([data_path("fixtures", "psion")], bounds)
