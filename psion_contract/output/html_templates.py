"""The templates of the page: how values are written in them, escaped whatever they hold."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from psion_contract.exceptions import MissingExtraError
from psion_contract.output.program_view import utc_time
from psion_contract.output.text import location
from psion_contract.reading.escaping import counted, excerpt, printable

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
    from markupsafe import Markup, escape
except ImportError as error:
    raise MissingExtraError(
        "the format html needs jinja2, which is not installed: pip install 'psion-contract[report]'"
    ) from error

MAX_OPENED = 4
"""How many receipts there may be, with findings or without, for their charts to be shown at first."""

MAX_ROWS = 2000
"""How many rows a list of documents, files or rules has."""

MAX_STAGES = 20
"""How many stages, and how many digests, of a program or receipt are shown."""

_MAX_TEXT = 2000
"""How many characters of a text are shown."""

_FULL_BPS = 10_000

_SEPARATORS = re.compile(r"([_/-]+)(?=.)")

_BINDS = {
    "D1": "every value of the model's tokenizer binding",
    "D2": "every value of the model descriptor",
    "D3": "every value of the replay receipt",
    "D4": "the promoted checkpoint's family, stream and object; the base's stream and object; label and model",
    "D5": "ids, model, corpus and policy by name, D3, D4, backends and devices, the summary, and of every row its split, "
    "family, shares and loss",
    "D6": "every tensor: name, type, shape, quantisation",
    "D7": "the completion of a stage: its counts and its time",
    "D8": "the promotion of a checkpoint: its family, stream and object",
    "D9": "the transition to a stage: its checkpoint and its time",
    "content": "every value of the document",
}
"""What each digest binds (docs/explanation/what-digests-bind)."""


def template(name: str) -> Template:
    """The template in a file of the folder ``templates``."""
    return _environment().get_template(name)


def _hundredths(bps: int | None) -> str:
    """A share in basis points as a number of percents, for a cell of a table."""
    return "\N{EN DASH}" if bps is None else f"{bps // 100}.{bps % 100:02}"


def _percent(bps: int | None) -> Markup | None:
    """A share in basis points as a percentage."""
    return None if bps is None else Markup(f"{_hundredths(bps)}&nbsp;%")


def _milli(number: int | None) -> str | None:
    """Thousandths as a decimal number."""
    if number is None:
        return None
    sign = "\N{MINUS SIGN}" if number < 0 else ""
    return f"{sign}{abs(number) // 1000}.{abs(number) % 1000:03}"


def _length(value: int | None, full: int = _FULL_BPS) -> str:
    """The length of a bar: at most the whole width."""
    return f"{100 * min(value or 0, full) / full:.6g}%"


def _shortened(text: str | None, limit: int = _MAX_TEXT) -> str | None:
    """A long text without its middle."""
    if text is None or len(text) <= limit:
        return text
    return f"{text[: limit - limit // 3]} … {text[-(limit // 3) :]}"


def _breakable(text: str | None) -> Markup | None:
    """A name or a path that lines may break after its separators."""
    return None if text is None else Markup(_SEPARATORS.sub(r"\1<wbr>", str(escape(printable(text)))))


def _shown(value: Any) -> Any:
    """What an expression of a template puts on the page: every text is escaped, and what is unknown says so."""
    if value is None:
        return Markup('<span class="unknown">unknown</span>')
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(os.path.join(os.path.dirname(__file__), "templates"), encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., Any]] = {
        "hundredths": _hundredths,
        "percent": _percent,
        "milli": _milli,
        "length_of": _length,
        "number": lambda value: None if value is None else f"{value:,}",
        "utc": lambda value: None if value is None else utc_time(value),
        "shortened": _shortened,
        "breakable": _breakable,
        "json": lambda value: excerpt(value, 200),
        "location": location,
        "counted": counted,
        "binds": lambda digest: _BINDS.get(digest, ""),
    }
    environment.filters |= filters
    environment.globals |= {"MAX_OPENED": MAX_OPENED, "MAX_ROWS": MAX_ROWS, "MAX_STAGES": MAX_STAGES}
    return environment
