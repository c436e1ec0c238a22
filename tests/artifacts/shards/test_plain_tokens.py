"""Raw tokens and NumPy's arrays, written here byte by byte."""

from __future__ import annotations

import os
import struct
import tracemalloc
from array import array
from pathlib import Path
from typing import Any

import pytest
from support.platforms import needs_links

from psion_contract.artifacts.shards import Counts, Shard, count, shards
from psion_contract.artifacts.shards.counted import of_lengths
from psion_contract.exceptions import ArgumentError, ArtifactError


def npy(descr: str, shape: str, data: bytes, version: bytes = b"\x01\x00") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + data


def test_raw_tokens_are_cut_into_sequences(tmp_path: Path) -> None:
    (tmp_path / "b.u16").write_bytes(bytes(2 * 10))
    (tmp_path / "a.u32").write_bytes(bytes(4 * 8))
    (tmp_path / "c.txt").write_bytes(b"no tokens")
    assert [each._replace(state=None) for each in shards(str(tmp_path), sequence_tokens=4)] == [
        Shard(str(tmp_path / "a.u32"), Counts(2, 8, 4, 4), "raw", {"dtype": "uint32"}),
        Shard(str(tmp_path / "b.u16"), Counts(3, 10, 2, 4), "raw", {"dtype": "uint16"}),
    ]


def test_the_type_of_a_bin_file_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "train.bin"
    path.write_bytes(bytes(12))
    with pytest.raises(ArgumentError, match=r"dtype is missing: .*train\.bin may be uint16 or uint32"):
        count(str(path), "raw", sequence_tokens=4)
    assert count(str(path), "raw", sequence_tokens=4, dtype="uint16") == Counts(2, 6, 2, 4)
    assert count(str(path), "raw", sequence_tokens=4, dtype="uint32") == Counts(1, 3, 3, 3)


def test_an_ending_and_a_type_do_not_contradict_each_other(tmp_path: Path) -> None:
    for name in ("a.bin", "b.u32"):
        (tmp_path / name).write_bytes(bytes(12))
    with pytest.raises(ArgumentError, match=r"dtype is uint16, but the name of .*b\.u32 says uint32"):
        shards(str(tmp_path), "raw", sequence_tokens=4, dtype="uint16")
    found = shards(str(tmp_path), "raw", sequence_tokens=4, dtype="uint32")
    assert [each.counts.tokens for each in found] == [3, 3]


@needs_links
def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.u16").write_bytes(bytes(2))
    (tmp_path / "data" / "linked").symlink_to("../elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "loop").symlink_to("../data", target_is_directory=True)
    assert [each.path for each in shards(str(tmp_path / "data"), sequence_tokens=4)] == [
        str(tmp_path / "data" / "linked" / "a.u16")
    ]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.u16").write_bytes(bytes(2))
    (tmp_path / "locked").mkdir()
    real = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ArtifactError, match="locked: Permission denied"):
        shards(str(tmp_path), sequence_tokens=4)


def test_a_folder_with_several_formats_is_not_read_in_part(tmp_path: Path) -> None:
    (tmp_path / "a.u16").write_bytes(bytes(2))
    (tmp_path / "b.npy").write_bytes(bytes(2))
    with pytest.raises(ArtifactError, match="holds tokens of several formats: olmo-core, raw; expected one"):
        shards(str(tmp_path), sequence_tokens=4)
    assert count(str(tmp_path), "raw", sequence_tokens=4) == Counts(1, 1, 1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "sequence_tokens is missing"),
        ({"sequence_tokens": 0}, "sequence_tokens is 0; expected an integer from 1"),
        ({"sequence_tokens": True}, "sequence_tokens is True; expected an integer from 1"),
        ({"sequence_tokens": 4, "dtype": "float32"}, "dtype is 'float32'; expected one of uint8, uint16"),
        (
            {"sequence_tokens": 4, "length": 4},
            "unknown option 'length' of the format raw; it has sequence_tokens, dtype",
        ),
    ],
)
def test_bad_options_are_named(tmp_path: Path, options: dict[str, object], message: str) -> None:
    (tmp_path / "a.u16").write_bytes(bytes(8))
    with pytest.raises(ArgumentError, match=message):
        shards(str(tmp_path), "raw", **options)


def test_raw_tokens_that_end_within_a_token_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.u32"
    path.write_bytes(bytes(10))
    with pytest.raises(
        ArtifactError, match=r"a\.u32: has 10 bytes; expected a multiple of 4, the bytes of a uint32"
    ):
        count(str(path), sequence_tokens=4)


def test_a_row_of_an_array_is_a_sequence(tmp_path: Path) -> None:
    path = tmp_path / "tokens.npy"
    path.write_bytes(npy("<u2", "(3, 5)", bytes(30)))
    (found,) = shards(str(path))
    assert found._replace(state=None) == Shard(
        str(path), Counts(3, 15, 5, 5), "npy", {"dtype": "uint16", "shape": (3, 5), "offset": 128}
    )
    assert count(str(path), sequence_tokens=4) == Counts(4, 15, 3, 4)


def test_an_array_of_one_dimension_needs_the_length_of_its_sequences(tmp_path: Path) -> None:
    path = tmp_path / "tokens.npy"
    path.write_bytes(npy("<i8", "(7,)", bytes(56)))
    assert count(str(path), sequence_tokens=7) == Counts(1, 7, 7, 7)
    with pytest.raises(ArgumentError, match=r"sequence_tokens is missing: .* has one dimension"):
        count(str(path))


def test_an_empty_array_has_no_sequences(tmp_path: Path) -> None:
    path = tmp_path / "tokens.npy"
    path.write_bytes(npy("|u1", "(0, 5)", b""))
    assert count(str(path)) == Counts(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy("<u2", "(3, 5)", bytes(29)), r"has 157 bytes; expected 158, for the shape \(3, 5\) of uint16"),
        (npy("<u2", "(3, 5)", bytes(31)), "has 159 bytes; expected 158"),
        (npy("<f4", "(3, 5)", bytes(60)), "holds '<f4'; expected little-endian integers"),
        (npy(">u2", "(3, 5)", bytes(30)), "holds '>u2'; expected little-endian integers"),
        (npy("|O", "(3, 5)", bytes(30)), r"holds '\|O'; expected little-endian integers"),
        (
            npy("<u2", "(3, 5)", bytes(30)).replace(b" '<u2'", b"b'<u2'"),
            "has a header that is not understood",
        ),
        (npy("<u2", "(3, 5, 1)", bytes(30)), r"has the shape \(3, 5, 1\); expected one or two dimensions"),
        (npy("<u2", "(-3, 5)", bytes(30)), r"has the shape \(-3, 5\)"),
        (npy("<u2", "__import__('os')", b""), "has a header that is not understood"),
        (
            npy("<u2", "(3,)", bytes(6), b"\x04\x00"),
            r"is version 4\.0 of the format; expected 1\.0, 2\.0 or 3\.0",
        ),
        (b"\x93NUMPY\x01", "is cut off in the header: 1 bytes are left; expected 2 bytes"),
        (b"\x93NUMPY\x01\x00\xff\x00{}", "is cut off in the header: 2 bytes are left; expected 255 bytes"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f", "has a header of 2147483647 bytes; expected at most 65536"),
    ],
)
def test_a_broken_array_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "tokens.npy"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=message):
        count(str(path), "npy")


def test_what_is_no_file_of_tokens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="missing: No such file or directory"):
        shards(str(tmp_path / "missing"))
    (tmp_path / "notes.txt").write_text("no tokens")
    with pytest.raises(ArtifactError, match="the format of the tokens is not recognised; expected one of"):
        shards(str(tmp_path))
    with pytest.raises(ArgumentError, match="unknown format 'parquet'; expected one of"):
        shards(str(tmp_path), "parquet")
    (tmp_path / "a.u16").write_bytes(bytes(2))
    (tmp_path / "b.u16").write_bytes(bytes(2))
    with pytest.raises(ArtifactError, match="has 2 shards; expected one data file"):
        count(str(tmp_path), sequence_tokens=1)


def test_lengths_are_counted_in_place() -> None:
    lengths = array("Q", [0, *range(300, 20_300)])
    tracemalloc.start()
    try:
        assert of_lengths(lengths) == Counts(20_000, sum(lengths), 300, 20_299)
        assert tracemalloc.get_traced_memory()[1] < 1 << 16
    finally:
        tracemalloc.stop()
    assert of_lengths(each for each in (0, 3, 2)) == Counts(2, 5, 2, 3)
    assert of_lengths([0, 0]) == Counts(0, 0, 0, 0)
