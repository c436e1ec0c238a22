"""What trainers have read, by data file, from the state that they write. One module for each format."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

from psion_contract.exceptions import ArgumentError, ArtifactError

__all__ = ["FORMATS", "Consumed", "consumed"]

_MODULES = {
    "megatron": "megatron_index",
    "olmo-core": "olmo_core_state",
    "nanotron": "nanotron_checkpoint",
}

FORMATS: tuple[str, ...] = tuple(_MODULES)
"""The names of the formats."""


class Consumed(NamedTuple):
    """What was read of some data, repetitions counted each time.

    Attributes:
        path: a data file, or a folder that stands for all data files below it, as the trainer names it.
        sequences: number of sequences.
        tokens: number of tokens in them.
    """

    path: str
    sequences: int
    tokens: int


def consumed(format: str, paths: Sequence[str], **options: Any) -> list[Consumed]:  # noqa: A002
    """What was read of each data file or folder, in the order of the trainer; what was not read is not in it.

    Args:
        format: one of `FORMATS`.
        paths: what the trainer has written; see the `read` of the format's module.
        options: what these files do not say; see there.

    Raises:
        ArgumentError: unknown format or option, or an option that the format needs is missing.
        ArtifactError: a file is missing, cut off, of an unknown version, or contradicts another one.
    """
    if format not in _MODULES:
        raise ArgumentError(f"unknown format {format!r}; expected one of {', '.join(FORMATS)}")
    module: Any = import_module(f"psion_contract.artifacts.consumption.{_MODULES[format]}")
    known = module.read.__kwdefaults__ or {}
    for option in options:
        if option not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise ArgumentError(f"unknown option {option!r} of the format {format}; {has}")
    if not paths:
        raise ArgumentError("paths: there are none; expected at least one")
    try:
        found: list[Consumed] = module.read(list(paths), **options)
        return [each for each in found if each.sequences]
    except OSError as error:
        raise ArtifactError(error.filename or paths[0], error.strerror or str(error)) from error
