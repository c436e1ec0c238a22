"""The settings of a check: a file with paths, options and suppressions, and the baseline."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psion_contract.configuration.settings import Configuration

OWN_FILE = "psion-contract.toml"
PROJECT_FILE = "pyproject.toml"


def find(folder: str) -> Configuration | None:
    """The configuration of a folder: the nearest file there or above, up to the root of the repository.

    Args:
        folder: where to begin.

    Raises:
        ConfigurationError: the file cannot be read, or what it says cannot be used.
    """
    start = os.path.abspath(folder)
    for above in _folders(start):
        for name in (OWN_FILE, PROJECT_FILE):
            path = os.path.join(above, name)
            # A link of our own to nothing is refused, not passed over with the settings that it should have had.
            if os.path.isfile(path) or (name == OWN_FILE and os.path.lexists(path)):
                shown = os.path.relpath(path, start) if above != start else name
                from psion_contract.configuration.settings import load_if_any  # most folders have none

                found = load_if_any(shown)
                if found is not None:
                    return found
        if os.path.exists(os.path.join(above, ".git")):
            return None
    return None


def _folders(folder: str) -> Iterator[str]:
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above
