"""Programs in the role of other implementations, with the right answers to a few cases and vectors."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import dedent

from psion_contract.conformance.pack import Case, Vector, load_cases, load_vectors
from psion_contract.conformance.runner import expected_of, request_of

CASES = [case for case in load_cases() if case.id.startswith("weight-total-mismatch.") and not case.inputs]
VECTORS = [vector for vector in load_vectors() if vector.digest == "D7"][:2]
ITEMS: list[Case | Vector] = [*CASES[:3], *VECTORS]
IDS = [item.id for item in ITEMS]

PRELUDE = """
import json, os, sys, time

RIGHT = json.load(open(sys.argv[1], encoding="utf-8"))

def right(request):
    asked = {key: value for key, value in request.items() if key != "id"}
    return {"id": request["id"], **RIGHT[json.dumps(asked, sort_keys=True)]}

def say(answer):
    print(answer if isinstance(answer, str) else json.dumps(answer), flush=True)

REQUESTS = (json.loads(line) for line in sys.stdin)
"""


def script(folder: Path, program: str) -> list[str]:
    """The command that runs a program with the right answers."""
    answers = {json.dumps(request_of(item), sort_keys=True): expected_of(item) for item in ITEMS}
    (folder / "answers.json").write_text(json.dumps(answers))
    (folder / "program.py").write_text(PRELUDE + dedent(program))
    python = [sys.executable, "-S"]  # without the packages of the environment, it starts in half the time
    return [*python, str(folder / "program.py"), str(folder / "answers.json")]
