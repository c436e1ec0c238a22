"""The files that ship with the package: schemas and fixtures.

In a checkout (also with an editable install, or in an unpacked sdist) they are at the top of the repository;
in a wheel, in ``psion_contract/_data``. Paths are plain strings: importing pathlib would cost four
milliseconds of every start.
"""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_INSTALLED = os.path.join(_PACKAGE, "_data")


def data_path(*parts: str) -> str:
    """The path of a shipped file or folder, such as ``data_path("schemas")``."""
    root = _INSTALLED if os.path.isdir(_INSTALLED) else os.path.dirname(_PACKAGE)
    return os.path.join(root, *parts)


def data_bytes(*parts: str) -> bytes:
    """The bytes of a shipped file."""
    with open(data_path(*parts), "rb") as file:
        return file.read()
