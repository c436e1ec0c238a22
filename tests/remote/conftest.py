"""These tests need fsspec, which the environment of the other tests has not: see .ci/run."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def needs_fsspec() -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed; .ci/run makes an environment that has it")
