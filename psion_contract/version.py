"""The version of the package, readable without importing anything else."""

from __future__ import annotations

VERSION = "1.0.0"
