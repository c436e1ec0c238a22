"""Compressed files are read as what they hold, and never as less than that."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from psion_contract import check_documents
from psion_contract.exceptions import UnreadableError
from psion_contract.reading.files import gather
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source

LINES = b'{"a":1}\n\n{"b":2}\n' + b'{"c":3}\n' * 1000


def zstandard(data: bytes) -> bytes:
    zstd: Any = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    packed: bytes = zstd.compress(data)
    return packed


def as_plain(name: str) -> list[Source]:
    Path("plain").mkdir()
    Path("plain", name).write_bytes(LINES)
    found = list(gather([f"plain/{name}"]))
    return [
        each._replace(name=each.name.removeprefix("plain/"), group=each.group.removeprefix("plain/"))
        for each in found
    ]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard])
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.ndjson.zst", "A.JSONL.GZ", "a.jsonl", "a.json.gz", "a"])
def test_a_compressed_file_is_read_as_what_it_holds(here: Path, name: str, pack: Any) -> None:
    wanted = as_plain(name)
    (here / name).write_bytes(pack(LINES))
    assert list(gather([name])) == wanted
    assert len(wanted) == (1002 if "jsonl" in name.lower() or "ndjson" in name else 1)


def test_several_members_are_one_file(here: Path) -> None:
    (here / "a.jsonl.gz").write_bytes(gzip.compress(b"1\n") + gzip.compress(b"2\n"))
    assert [each.data for each in gather(["a.jsonl.gz"])] == [b"1", b"2"]


def test_a_directory_has_compressed_files_too(here: Path) -> None:
    for name in ("a.json.gz", "b.jsonl.GZ"):
        (here / name).write_bytes(gzip.compress(b"1"))
    (here / "c.gz").write_bytes(gzip.compress(b"1"))
    assert [(each.name, each.data, each.named) for each in gather(["."])] == [
        ("./a.json.gz", b"1", False),
        ("./b.jsonl.GZ:1", b"1", False),
    ]


def test_standard_input_may_be_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"1\n2\n"))))
    assert [each.name for each in gather(["-"], stdin_name="in.jsonl")] == ["in.jsonl:1", "in.jsonl:2"]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("pack", [gzip.compress, zstandard])
@pytest.mark.parametrize("ending", [".jsonl.gz", ".json.gz"])
def test_what_is_cut_off_is_a_finding(here: Path, ending: str, pack: Any, named: bool) -> None:
    data = pack(bytes(range(48, 122)) * 99 + b"\n1\n")
    (here / f"a{ending}").write_bytes(data[:-9])
    report = check_documents([Path(f"a{ending}" if named else ".")])
    last = report.findings[-1]
    assert (last.rule, last.document.removeprefix("./")) == ("invalid-json", f"a{ending}")
    assert "it ends in the middle" in last.message


def test_what_comes_before_the_damage_is_read(here: Path) -> None:
    packed = bytearray(gzip.compress(LINES * 20, 1))
    packed[-8] ^= 1  # the checksum
    (here / "a.jsonl.gz").write_bytes(packed)
    *read, last = gather(["a.jsonl.gz"])
    assert len(read) == 20_040
    assert last.fault is not None
    assert last.named
    assert "is damaged: CRC check failed" in last.fault.message


def test_zstandard_may_begin_with_a_frame_of_other_data(here: Path) -> None:
    for name in ("a.jsonl.zst", "a.jsonl"):
        (here / name).write_bytes(b"\x50\x2a\x4d\x18\x04\0\0\0size" + zstandard(b"1\n") + zstandard(b"2\n"))
        assert [each.data for each in gather([name])] == [b"1", b"2"]


def test_what_follows_the_compressed_data_is_a_finding(here: Path) -> None:
    (here / "a.jsonl.gz").write_bytes(gzip.compress(b"1\n") + b'{"not": "compressed"}')
    before, last = gather(["a.jsonl.gz"])
    assert before.data == b"1"
    assert last.fault is not None
    assert "after 2 bytes that could be read, is damaged" in last.fault.message


def test_a_small_file_that_holds_a_large_one_is_bounded_by_the_limits(here: Path) -> None:
    (here / "a.jsonl.gz").write_bytes(gzip.compress(b"0" * (1 << 22) + b"\n1\n"))
    (here / "a.json.gz").write_bytes(gzip.compress(b"0" * (1 << 22)))
    limits = Limits(max_bytes=1000)
    first, second = gather(["a.jsonl.gz"], limits)
    assert len(first.data) == 1002
    assert second.data == b"1"
    assert [len(each.data) for each in gather(["a.json.gz"], limits)] == [1001]


def test_what_cannot_be_decompressed_here_is_refused_with_the_remedy(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("backports", "backports.zstd", "compression", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    (here / "a.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd rest")
    with pytest.raises(UnreadableError, match=r"^a\.jsonl\.zst: .*pip install 'psion-contract\[zstd\]'"):
        list(gather(["a.jsonl.zst"]))
