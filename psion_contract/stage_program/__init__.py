"""The stage program of a run: a machine that leads from one recorded state to the next, kept in a file.

``changes`` builds states, ``refusal`` holds them to the rules, ``machine`` does one after the other,
``statefile`` is the file that ``kept`` keeps the state in.
"""

from __future__ import annotations

from psion_contract.stage_program.clock import Clock
from psion_contract.stage_program.kept import StageProgram
from psion_contract.stage_program.refusal import StageRefusalError
from psion_contract.stage_program.statefile import (
    DEFAULT_WAIT,
    StateChangedError,
    StateFileError,
    StateLockedError,
)

__all__ = [
    "DEFAULT_WAIT",
    "Clock",
    "StageProgram",
    "StageRefusalError",
    "StateChangedError",
    "StateFileError",
    "StateLockedError",
]
