"""The recipes of the how-to guide give the findings of one process, each on a cluster of its engine on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from support.canonical_sets import documents
from support.planted_defects import EXPECTED, archive, line

from psion_contract import Report
from psion_contract.streaming import check_files

pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs/how-to/check-on-a-cluster.md"
RECEIPTS = 3000


@cache
def recipes() -> dict[str, str]:
    """The code of each recipe by its name."""
    return dict(
        re.findall(r"<!-- recipe: (\w+) -->\n\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, whose rows are not in order, and inputs."""
    folder = tmp_path_factory.mktemp("recipes")
    sources = archive(RECEIPTS)
    names = [f"run {number % 7}/receipt {number}" for number in range(len(sources))]
    columns = {"text": [each.data for each in sources], "name": names, "position": range(len(sources))}
    table = pa.table({**columns, "text": pa.array(columns["text"], pa.binary())})
    pq.write_table(table, folder / "archive.parquet", row_group_size=500)
    (folder / "inputs").mkdir()
    (folder / "inputs" / "descriptor.json").write_bytes(line(documents("descriptor")["descriptor"]))
    return folder


@pytest.fixture(scope="module")
def wanted(folder: Path) -> list[str]:
    """What one process finds."""
    shown = []
    for found in check_files([folder / "archive.parquet"], [folder / "inputs"], jobs=1):
        if isinstance(found, Report):
            shown.append(found.verdict)
        else:
            shown.append(f"{found.rule} {found.document} {found.pointer}")
    assert {each.split()[0] for each in shown} > EXPECTED
    return shown


def run(folder: Path, code: str) -> list[str]:
    environment = os.environ | {
        "PYSPARK_PYTHON": sys.executable,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    (folder / "recipe.py").write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "recipe.py"],
        cwd=folder,
        env=environment,
        timeout=900,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_engine_has_a_recipe() -> None:
    assert list(recipes()) == ["ray", "dask", "spark", "duckdb", "polars", "dashboard"]


@pytest.mark.parametrize("engine", ["duckdb", "polars", "dask", "ray", "spark"])
def test_a_recipe_gives_the_findings_of_one_process(folder: Path, wanted: list[str], engine: str) -> None:
    shown = run(folder, recipes()[engine])
    assert shown == wanted


def test_findings_can_be_counted(folder: Path, wanted: list[str]) -> None:
    shown = run(folder, recipes()["dashboard"])
    counts = dict(re.findall(r"│ ([a-z-]+) +│ +(\d+) │", "\n".join(shown)))
    expected = Counter(each.split(" ")[0] for each in wanted[:-1])
    assert {rule: int(count) for rule, count in counts.items() if rule != "rule"} == expected


def test_the_example_of_the_reference(folder: Path) -> None:
    page = (PAGE.parents[1] / "reference/arrow.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert run(folder, code) == ["a invalid-json", "inconsistent"]
