"""What `check` says of clusters and Parquet that cannot be used here. tests/engines uses them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from support.canonical_sets import documents
from support.command_line import COULD_NOT_RUN, FINDINGS, RunCommand, write_files

from psion_contract.cli import check_command
from psion_contract.streaming.engines import ENGINES


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any of the extras."""
    for name in ("pyarrow", "ray", "dask", "distributed", "pyspark"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in list(sys.modules):
        if name.startswith("pyarrow.") or name in (
            "psion_contract.findings_table",
            "psion_contract.output.parquet_report",
            "psion_contract.streaming.arrow",
            "psion_contract.streaming.arrow_columns",
        ):
            monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("engine", ["ray", "dask", "spark"])
def test_an_engine_that_is_not_installed(psion: RunCommand, here: Path, engine: str) -> None:
    paths = write_files(here, documents())
    result = psion("check", *paths, "--engine", engine)
    assert result.code == COULD_NOT_RUN
    assert (
        f"Error: the engine {engine} is not installed: pip install 'psion-contract[{engine}]'" in result.err
    )


def test_every_engine_can_be_named() -> None:
    (option,) = [each for each in check_command.command.params if each.name == "engine"]
    assert list(option.type.choices) == list(ENGINES)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--address", "x"], "--address requires --engine"),
        (["--engine", "ray", "--address", "x", "--jobs", "2"], "--address and --jobs exclude each other"),
        (
            ["--engine", "ray", "--format", "html"],
            "--format html needs all documents at once, so --engine cannot",
        ),
        (
            ["--engine", "ray", "--changed", "--inputs", "."],
            "--changed needs all documents at once, so --engine",
        ),
        (["--engine", "flink"], "'flink' is not one of 'ray', 'dask', 'spark'"),
    ],
)
def test_options_that_exclude_each_other(
    psion: RunCommand, here: Path, options: list[str], message: str
) -> None:
    paths = write_files(here, documents("descriptor"))
    result = psion("check", *paths, *options)
    assert result.code == COULD_NOT_RUN
    assert message in " ".join(result.err.split())


@pytest.mark.usefixtures("bare")
def test_parquet_that_cannot_be_read_here(psion: RunCommand, here: Path) -> None:
    (here / "a.parquet").write_bytes(b"PAR1")
    result = psion("check", "a.parquet")
    assert result.code == COULD_NOT_RUN
    assert result.err == (
        "Error: a.parquet: a Parquet file; to read that, pip install 'psion-contract[arrow]'\n"
    )
    write_files(here, documents("receipt"))
    report = json.loads(psion("check", ".", "--format", "json").out)
    assert [(each["name"], each["reason"]) for each in report["left_alone"]] == [
        ("./a.parquet", "other-ending")
    ]


@pytest.mark.usefixtures("bare")
def test_a_report_in_parquet_that_cannot_be_written_here(psion: RunCommand, here: Path) -> None:
    paths = write_files(here, documents("receipt"))
    (here / "f.parquet").write_bytes(b"old")
    result = psion("check", *paths, "--format", "parquet=f.parquet")
    assert result.code == COULD_NOT_RUN
    assert (
        "the format parquet needs pyarrow, which is not installed: pip install 'psion-contract[arrow]'"
        in (result.err)
    )
    assert not (here / "f.parquet").exists()
    assert psion("check", *paths).code == FINDINGS
