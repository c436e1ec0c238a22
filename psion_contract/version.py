"""The version of the package, where nothing needs to be imported to read it."""

from __future__ import annotations

VERSION = "1.0.0"
