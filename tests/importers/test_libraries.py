"""The libraries themselves write samples again, and read them: ours must read the same.

`PSION_CONTRACT_IMPORTERS` names the Python interpreters that have the libraries of the files `requirements*.txt`, separated as
in `PATH`. `.ci/run` makes one with those that do not need torch.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from psion_contract.artifacts.consumption import consumed
from psion_contract.artifacts.shards import shards

HERE = Path(__file__).parent
LIBRARIES = {
    "datatrove": "datatrove",
    "datasets": "datasets",
    "megatron": "megatron-core",
    "litdata": "litdata",
    "mds": "mosaicml-streaming",
    "olmo-core": "ai2-olmo-core",
    "megatron-index": "megatron-core",
    "olmo-core-loader": "ai2-olmo-core",
}
"""By folder of samples: the distribution that writes it."""

pytestmark = pytest.mark.slow


def interpreter(distribution: str) -> str:
    """The first interpreter that has a distribution, in the version of the requirements."""
    wanted = next(
        line.strip().rpartition("==")[2]
        for file in sorted(HERE.glob("requirements*.txt"))
        for line in file.read_text().splitlines()
        if line.partition("[")[0].partition("==")[0] == distribution
    )
    for python in filter(None, os.environ.get("PSION_CONTRACT_IMPORTERS", "").split(os.pathsep)):
        question = f"import importlib.metadata as m; print(m.version({distribution!r}))"
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == wanted:
            return python
    pytest.skip(f"no interpreter in PSION_CONTRACT_IMPORTERS has {distribution} {wanted}")


@pytest.mark.parametrize("samples", LIBRARIES)
def test_counts_are_those_of_the_library_today(samples: str, tmp_path: Path) -> None:
    python = interpreter(LIBRARIES[samples])
    folder = tmp_path / samples
    run = [python, str(HERE / "write_samples.py"), samples, str(folder)]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=300, env=environment())
    assert done.returncode == 0, done.stderr[-2000:]
    written = json.loads((folder / "expected.json").read_text())
    committed = json.loads((HERE / "samples" / samples / "expected.json").read_text())
    assert written["written_by"] == committed["written_by"]
    for case in written["cases"]:
        assert ours(samples, folder, case) == case.get("shards", case.get("rows")), case


def ours(samples: str, folder: Path, case: dict[str, Any]) -> dict[str, list[int]]:
    options = case["options"]
    if "shards" in case:
        found = shards(str(folder / case["path"]), samples, **options)
        return {Path(each.path).relative_to(folder).as_posix(): list(each.counts) for each in found}
    read = consumed(samples.rpartition("-")[0], [str(folder / each) for each in case["paths"]], **options)
    return {
        os.path.relpath(each.path, folder) if os.path.isabs(each.path) else each.path: [
            each.sequences,
            each.tokens,
        ]
        for each in read
    }


def environment() -> dict[str, str]:
    """Ours without what belongs to this interpreter, and without a network."""
    mine = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    return {**{name: value for name, value in os.environ.items() if name not in mine}, "HF_HUB_OFFLINE": "1"}


def test_every_sample_names_its_library() -> None:
    assert sorted(each.name for each in (HERE / "samples").iterdir()) == sorted(LIBRARIES)
