"""The profiles of hypothesis, and the command line as a fixture."""

from __future__ import annotations

import gc
import io
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.command_line import CommandResult, RunCommand

settings.register_profile(
    "default",
    max_examples=15,  # a quick look; .ci/run takes the profile "thorough"
    deadline=None,  # no test depends on the speed of the machine
    derandomize=True,  # every run finds the same
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=100)
settings.register_profile("search", settings.get_profile("default"), derandomize=False, max_examples=20_000)
settings.load_profile(
    "default"
)  # `pytest --hypothesis-profile=search` searches longer, differently each time


def pytest_collection_finish() -> None:
    """Keep the garbage collector from visiting thousands of collected tests, which costs 5 % of the CPU time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def psion(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> RunCommand:
    """Runs ``psion-contract`` with arguments, inside this process."""
    from psion_contract.__main__ import main
    from psion_contract.interruption import SIGNALS

    def run(*arguments: object, stdin: bytes = b"") -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["psion-contract", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        with pytest.raises(SystemExit) as leaving:
            main()
        gc.enable()
        for number in SIGNALS:
            signal.signal(number, handlers[number])
        captured = capfdbinary.readouterr()
        result = CommandResult(int(leaving.value.code or 0), captured.out.decode(), captured.err.decode())
        assert "Traceback" not in result.err
        return result

    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
