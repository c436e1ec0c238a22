"""Where the schemas and fixtures that ship with the package are found.

In a checkout (and so in an editable install and an unpacked sdist) they stand at the top of the
repository; in a wheel, in ``psion_contract/_data``. Paths are plain strings: importing pathlib would
cost four milliseconds of every start.
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
