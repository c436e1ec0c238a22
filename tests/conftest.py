"""What all tests share: how properties are searched, and the command line without a process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    max_examples=200,
    deadline=None,  # no test depends on how fast the machine is
    derandomize=True,  # a run finds what the run before it found
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("search", settings.get_profile("default"), derandomize=False, max_examples=20_000)
settings.load_profile("default")  # `pytest --hypothesis-profile=search` looks for what nobody has seen yet


class Outcome(NamedTuple):
    """What a command line gave.

    Attributes:
        code: the exit code.
        out: standard output.
        err: standard error.
    """

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def psion(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """Runs ``psion-contract`` with arguments, inside this process."""
    from psion_contract.__main__ import main

    def run(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["psion-contract", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as leaving:
            main()
        captured = capfdbinary.readouterr()
        outcome = Outcome(int(leaving.value.code or 0), captured.out.decode(), captured.err.decode())
        assert "Traceback" not in outcome.err
        return outcome

    return run
