"""Files are judged on a cluster of each engine, on this machine, as one process judges them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.canonical_sets import documents
from support.command_line import FINDINGS, RunCommand
from support.planted_defects import EXPECTED, archive, line

from psion_contract.streaming import slices

pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")

from psion_contract.reading.json_reader import DEFAULT_LIMITS  # noqa: E402
from psion_contract.streaming.engines import ENGINES  # noqa: E402
from psion_contract.streaming.engines.pieces import pieces  # noqa: E402

pytestmark = pytest.mark.slow

_CHECKED = """
import os, sys
from psion_contract import Checker, Limits, PsionContractError
from psion_contract.streaming import StreamCheck
from psion_contract.streaming.engines import archive_on
from psion_contract.streaming.rereading import Files

def main():
    paths = ["a.jsonl", "tree"]
    limits = Limits()
    wanted = list(StreamCheck(Checker(), Files(paths, limits)))
    with archive_on(sys.argv[1], None, 2, limits, paths) as archive:
        found = list(StreamCheck(Checker(), archive))
        print(found == wanted, len(found), {each.rule for each in found[:-1]} >= set(sys.argv[2:]))
        os.utime("tree/b.jsonl.gz", (1, 1))
        try:
            list(StreamCheck(Checker(), archive))
        except PsionContractError as error:
            print(error)

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def files(here: Path) -> Path:
    """A large file, which is read in slices, and a folder with files of other kinds."""
    sources = archive(2400)
    lines = [each.data + b"\n" for each in sources]
    (here / "a.jsonl").write_bytes(b"".join(lines[:2000]))
    tree = here / "tree"
    tree.mkdir()
    import gzip

    (tree / "b.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[2000:-100])))
    texts = [each.data for each in sources[-100:]]
    table = pa.table({"text": pa.array(texts, pa.binary())})
    pq.write_table(table, tree / "c.parquet", row_group_size=40)
    (tree / "d.json").write_bytes(line(documents("descriptor")["descriptor"]))
    (tree / "e.json").write_bytes(b'{"other": "kind"}')
    (tree / "f.jsonc").write_bytes(b"{}")
    (tree / "g.json.gz").write_bytes(gzip.compress(b"{" * 1000)[:-9])
    return here


def test_large_files_are_read_in_slices(files: Path) -> None:
    found = list(pieces(["a.jsonl", "tree"], DEFAULT_LIMITS))
    kinds = [type(each).__name__ for each in found]
    last = ["WholeFile", "RowGroup", "RowGroup", "RowGroup", "WholeFile", "WholeFile", "list", "WholeFile"]
    assert kinds[-8:] == last
    assert kinds[:-8] == ["Slice"] * -(-(files / "a.jsonl").stat().st_size // slices._SIZE)


@pytest.mark.parametrize("engine", ENGINES)
def test_files_are_judged_as_by_one_process(files: Path, engine: str) -> None:
    (files / "checked.py").write_text(_CHECKED, "utf-8")
    done = subprocess.run(
        [sys.executable, "checked.py", engine, *EXPECTED],
        timeout=900,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    same, error = done.stdout.splitlines()
    assert same.split()[0] == same.split()[2] == "True"
    assert int(same.split()[1]) > len(EXPECTED)
    assert error.endswith("tree/b.jsonl.gz: changed while it was read; check it again")


def engine_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "psion_contract", "check", *arguments],
        timeout=600,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_gives_the_same_report(psion: RunCommand, files: Path) -> None:
    options = ["--canonical", "--format", "jsonl"]
    wanted = psion("check", "a.jsonl", *options, "--jobs", 1)
    done = engine_command("a.jsonl", *options, "--engine", "dask", "--jobs", "1")
    assert (done.returncode, done.stdout) == (FINDINGS, wanted.out)


def test_the_command_uses_the_cluster_at_an_address(psion: RunCommand, files: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    options = ["--canonical", "--format", "jsonl"]
    tree = str(files / "tree")
    wanted = psion("check", tree, *options, "--jobs", 1)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None
    ) as cluster:
        done = engine_command(tree, *options, "--engine", "dask", "--address", cluster.scheduler_address)
    assert (done.returncode, done.stdout) == (FINDINGS, wanted.out), done.stderr


def test_a_cluster_that_cannot_be_reached_is_an_error(here: Path) -> None:
    (here / "a.json").write_bytes(b"{}")
    done = engine_command("a.json", "--engine", "dask", "--address", "nowhere")
    assert done.returncode == 2
    assert (
        "Error: a.json: is a relative path; the machines of a cluster find files by absolute ones"
        in done.stderr
    )
    done = engine_command(str(here / "a.json"), "--engine", "dask", "--address", "nowhere")
    assert done.returncode == 2
    assert "Error: dask: missing port number in address 'nowhere'" in done.stderr
    assert "Traceback" not in done.stderr
