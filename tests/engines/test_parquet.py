"""Parquet files of documents, and findings in Parquet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support.canonical_sets import documents
from support.command_line import COULD_NOT_RUN, FINDINGS, RunCommand
from support.planted_defects import archive, line
from support.platforms import needs_pipes, needs_process_files

from psion_contract import Checker, Limits, UnreadableError
from psion_contract.reading.files import gather

pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
pq = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")

from psion_contract.findings_table import COLUMNS, finding_of  # noqa: E402
from psion_contract.streaming.engines.pieces import RowGroup, WholeFile, pieces  # noqa: E402

pytestmark = pytest.mark.slow


def write(path: Path, texts: list[Any], kind: Any = None, **columns: list[Any]) -> Path:
    table = pa.table({"text": pa.array(texts, kind or pa.binary()), **columns})
    pq.write_table(table, path, row_group_size=50)
    return path


@pytest.mark.parametrize("kind", ["string", "large_string", "binary", "large_binary", "dictionary"])
def test_each_row_is_a_document(here: Path, kind: str) -> None:
    kinds = {"dictionary": pa.dictionary(pa.int32(), pa.string())}
    texts = [line(each).decode() for each in documents().values()]
    if "binary" in kind:
        texts = [each.encode() for each in texts]  # type: ignore[misc]
    write(here / "A.Parquet", texts, kinds.get(kind) or getattr(pa, kind)())
    sources = list(gather(["A.Parquet"]))
    assert [each.name for each in sources] == [f"A.Parquet:{row}" for row in range(1, len(texts) + 1)]
    assert {each.group for each in sources} == {"A.Parquet"}
    assert Checker().check(sources).ok


def test_rows_can_have_names(here: Path) -> None:
    write(here / "a.parquet", [b"{}", b"{}", b"{}"], name=["one", None, ""], other=[1, 2, 3])
    assert [each.name for each in gather(["a.parquet"])] == ["one", "a.parquet:2", "a.parquet:3"]


def test_names_may_be_numbers_or_no_unicode(here: Path) -> None:
    write(here / "a.parquet", [b"{}", b"{}"], name=[0, 1])
    assert [each.name for each in gather(["a.parquet"])] == ["0", "1"]
    write(here / "a.parquet", [b"{}"], name=pa.array([b"\xff"]).view(pa.string()))
    assert [each.name for each in gather(["a.parquet"])] == ["\udcff"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([("text", "{}"), ("text", "{}")], '2 columns "text"; expected one'),
        ([("text", "{}"), ("name", "a"), ("name", "b")], '2 columns "name"; expected one'),
        (
            [("text", "{}"), ("name", datetime(2026, 1, 1))],
            'the column "name" has values of type timestamp[us]; expected text',
        ),
    ],
    ids=["texts", "names", "times"],
)
def test_rows_that_cannot_be_told_apart_are_a_finding(
    here: Path, columns: list[tuple[str, Any]], message: str
) -> None:
    values = [pa.array([value]) for _, value in columns]
    (here / "tree").mkdir()
    pq.write_table(pa.Table.from_arrays(values, [name for name, _ in columns]), here / "tree/a.parquet")
    for path in ("tree/a.parquet", "tree"):
        assert [each.fault and each.fault.message for each in gather([path])] == [message]


def test_the_findings_are_those_of_json_lines(psion: RunCommand, here: Path) -> None:
    sources = archive(300)
    write(here / "a.parquet", [each.data for each in sources])
    (here / "a.jsonl").write_bytes(b"".join(each.data + b"\n" for each in sources))
    lines = [json.loads(each) for each in psion("check", "a.jsonl", "--format", "jsonl").out.splitlines()]
    for jobs in ([], ["--jobs", 1], ["--jobs", 2]):
        shown = psion("check", "a.parquet", "--format", "jsonl", *jobs)
        assert shown.code == FINDINGS
        rows = [json.loads(each) for each in shown.out.splitlines()]
        assert [each["finding"]["message"].replace(".jsonl", ".parquet") for each in lines[:-1]] == [
            each["finding"]["message"] for each in rows[:-1]
        ]


def test_what_cannot_be_read_is_a_finding(psion: RunCommand, here: Path) -> None:
    write(here / "sound.parquet", [line(each) for each in documents().values()])
    (here / "damaged.parquet").write_bytes((here / "sound.parquet").read_bytes()[:-9])
    (here / "empty.parquet").write_bytes(b"")
    (here / "names.parquet").write_bytes(
        (here / "sound.parquet").read_bytes().replace(b"text", b"te\xff\xff")
    )
    pq.write_table(pa.table({"a": [1], "b": ["{}"]}), here / "other.parquet")
    write(here / "numbers.parquet", [1], pa.int64())
    write(here / "no-rows.parquet", [])
    write(here / "null.parquet", [None])
    expected = {
        "sound": [],
        "damaged": ["invalid-json", "cannot be read as Parquet: "],
        "empty": ["invalid-json", "cannot be read as Parquet: "],
        "names": ["invalid-json", "cannot be read as Parquet: 'utf-8' codec can't decode"],
        "other": ["invalid-json", 'no column "text"; the columns are "a", "b"'],
        "numbers": ["invalid-json", 'the column "text" has values of type int64; expected text'],
        "no-rows": ["unknown-kind", "no contract document"],
        "null": ["unknown-kind", "no contract document"],
    }
    for name, wanted in expected.items():
        report = json.loads(psion("check", f"{name}.parquet", "--format", "json").out)
        shown = [each["rule"] for each in report["findings"]]
        assert shown == wanted[:1], name
        assert all(text in report["findings"][0]["message"] for text in wanted[1:]), report["findings"]
    assert [each.fault and each.fault.message for each in gather(["sound.parquet"], Limits(max_lines=8))][
        -2:
    ] == [
        None,
        "more than 8 rows, the limit",
    ]


def test_row_groups_are_read_as_the_file_is(here: Path) -> None:
    rows = pa.table({"text": pa.array([b"1", b"2", b"3"])})
    with pq.ParquetWriter(here / "a.parquet", rows.schema) as writer:
        for table in (rows[:0], rows[:2], rows[:0], rows[2:]):
            writer.write_table(table)
    found = list(pieces(["a.parquet"], Limits()))
    assert [each.number for each in found if isinstance(each, RowGroup)] == [1, 3]
    sources = [source for each in found if isinstance(each, RowGroup) for source in each.sources(Limits())]
    assert sources == list(gather(["a.parquet"]))


@needs_pipes
def test_a_named_pipe_is_not_waited_for_by_a_cluster(here: Path) -> None:
    os.mkfifo("a.parquet")
    (found,) = pieces(["a.parquet"], Limits())
    assert isinstance(found, WholeFile)
    with pytest.raises(UnreadableError, match="not a regular file"):
        list(found.sources(Limits()))


def test_below_a_directory_files_without_texts_are_listed(psion: RunCommand, here: Path) -> None:
    folder = here / "tree"
    folder.mkdir()
    write(folder / "a.parquet", [line(each) for each in documents().values()])
    pq.write_table(pa.table({"a": [1]}), folder / "b.parquet")
    report = json.loads(psion("check", "tree", "--format", "json").out)
    assert report["verdict"] == "consistent"
    assert [(each["name"], each["reason"]) for each in report["left_alone"]] == [
        (os.path.join("tree", "b.parquet"), "other-kind")
    ]


def test_a_pipe_is_refused(psion: RunCommand, here: Path) -> None:
    data = write(here / "a.parquet", [b"{}"]).read_bytes()
    out = subprocess.run(
        [sys.executable, "-m", "psion_contract", "check", "-", "--stdin-name", "a.parquet"],
        check=False,
        input=data,
        capture_output=True,
    )
    assert out.returncode == COULD_NOT_RUN
    assert b"a.parquet: Parquet cannot be read from a pipe; name the file" in out.stderr


_MEASURED = """
import sys
from psion_contract.streaming import check_files
import pyarrow.parquet

def peak():
    # Not that of getrusage, which is at least what the tests took before they started this process.
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])

before = peak()
*_, report = check_files([sys.argv[1]], jobs=1)
print(report.verdict, peak() - before)
"""


@needs_process_files
@pytest.mark.parametrize(("spaces", "rows"), [(20_000, 4000), (2_000_000, 50)], ids=["rows", "long rows"])
def test_memory_is_bounded(here: Path, spaces: int, rows: int) -> None:
    tree = documents()
    texts = [line(tree["receipt"]).decode() + " " * spaces] * rows
    texts += [line(each).decode() for each in tree.values()]
    pq.write_table(pa.table({"text": texts}), here / "a.parquet", row_group_size=len(texts))
    out = subprocess.run(
        [sys.executable, "-c", _MEASURED, "a.parquet"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert out[0] == "consistent"
    assert int(out[1]) < (60 << 10 if spaces < 1_000_000 else 130 << 10)  # KiB, of 100 MB in one row group


def test_findings_are_rows(psion: RunCommand, here: Path) -> None:
    (here / "a.jsonl").write_bytes(b"".join(each.data + b"\n" for each in archive(300)))
    shown = psion("check", "a.jsonl", "--format", "json", "--format", "parquet=f.parquet")
    report = json.loads(shown.out)
    table = pq.read_table(here / "f.parquet")
    assert table.schema.equals(COLUMNS)
    assert table.schema.metadata == {
        b"psion_contract.verdict": b"inconsistent",
        b"psion_contract.outcome": b"inconsistent",
        b"psion_contract.errors": str(report["errors"]).encode(),
        b"psion_contract.warnings": str(report["warnings"]).encode(),
    }
    rows = table.to_pylist()
    assert [finding_of(each).to_dict() for each in rows] == report["findings"]
    for row, wanted in zip(rows, report["findings"], strict=True):
        assert {name for name, value in row.items() if value is None} == {
            name for name, value in wanted.items() if value is None
        }
        assert row["expected"] is None or json.loads(row["expected"]) == wanted["expected"]


def test_findings_can_be_piped(here: Path) -> None:
    (here / "a.json").write_bytes(line(documents("receipt")["receipt"]))
    out = subprocess.run(
        [sys.executable, "-m", "psion_contract", "check", "a.json", "--format", "parquet"],
        capture_output=True,
        check=False,
    )
    assert out.returncode == FINDINGS
    assert pq.read_table(pa.BufferReader(out.stdout))["rule"].to_pylist() == ["unresolved-reference"]
