"""Our counts of files that the real libraries have written, and what becomes of these files when they are damaged.

The samples and the libraries' own reading of them are written by `write_samples.py`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from psion_contract.artifacts.shards import Counts, count, recognised, shards, token_files
from psion_contract.exceptions import ArtifactError

SAMPLES = Path(__file__).parent / "samples"
CASES = [
    pytest.param(library.name, each, id=f"{library.name}-{each['path']}")
    for library in sorted(SAMPLES.iterdir())
    for each in json.loads((library / "expected.json").read_text())["cases"]
    if "shards" in each
]


def read(folder: Path, library: str, case: dict[str, Any]) -> dict[str, Counts]:
    found = shards(str(folder / case["path"]), library, **case["options"])
    return {Path(each.path).relative_to(folder).as_posix(): each.counts for each in found}


@pytest.mark.parametrize(("library", "case"), CASES)
def test_counts_are_those_of_the_library(library: str, case: dict[str, Any]) -> None:
    expected = {path: Counts(*counts) for path, counts in case["shards"].items()}
    assert read(SAMPLES / library, library, case) == expected


@pytest.mark.parametrize(("library", "case"), CASES)
def test_a_data_file_alone_has_the_same_counts(library: str, case: dict[str, Any]) -> None:
    for path, counts in case["shards"].items():
        assert count(str(SAMPLES / library / path), library, **case["options"]) == Counts(*counts)


@pytest.mark.parametrize("piece", [8, 24])
@pytest.mark.parametrize(("library", "case"), CASES)
def test_counts_do_not_depend_on_the_size_of_what_is_read_at_once(
    library: str, case: dict[str, Any], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_files, "_PIECE", piece)
    test_counts_are_those_of_the_library(library, case)


@pytest.mark.parametrize(("library", "case"), CASES)
def test_the_format_is_recognised(library: str, case: dict[str, Any]) -> None:
    for path in case["shards"]:
        assert recognised(str(SAMPLES / library / path)) == library
        assert recognised(str((SAMPLES / library / path).parent)) == library


@pytest.mark.parametrize(("library", "case"), CASES)
def test_a_file_that_is_cut_off_is_refused(library: str, case: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / library
    shutil.copytree(SAMPLES / library, folder)
    for file in files_of(folder, case):
        whole = file.read_bytes()
        for size in sorted({0, 1, *range(0, len(whole), max(1, len(whole) // 13)), len(whole) - 1}):
            file.write_bytes(whole[:size])
            try:
                read(folder, library, case)
            except ArtifactError as error:
                assert error.expected or error.problem.startswith(UNEXPECTED)
                continue
            assert cut_is_unseen(file, whole[size:]), f"{file.name} of {size} bytes, of {len(whole)}"
        file.write_bytes(whole)


UNEXPECTED = ("No such file", "Is a directory", "the Zstandard data", "the gzip data")
"""Problems that need no word on what was expected."""


def cut_is_unseen(file: Path, cut: bytes) -> bool:
    """Whether nothing of a file is missed: the end of Arrow's stream, the words after the numbers, blanks after JSON."""
    return (
        (file.suffix == ".arrow" and b"\xff\xff\xff\xff\0\0\0\0".endswith(cut))
        or (file.suffix == ".metadata" and b"\n" not in cut.lstrip(b"\n"))
        or (file.name == "dataset_info.json" and "built" not in file.parts)
        or "olmo-core" in file.parts  # whole tokens say nothing of how many there were, nor whole lines
        or not cut.strip()
    )


@pytest.mark.parametrize("places", [4, pytest.param(13, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("library", "case"), CASES)
def test_damage_gives_a_clean_error_or_counts(
    library: str, case: dict[str, Any], places: int, tmp_path: Path
) -> None:
    folder = tmp_path / library
    shutil.copytree(SAMPLES / library, folder)
    for file in files_of(folder, case):
        whole = bytearray(file.read_bytes())
        for place in range(0, len(whole), max(1, len(whole) // places)):
            for value in {0, 0xFF, whole[place] ^ 1} - {whole[place]}:
                file.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
                try:
                    read(folder, library, case)
                except (ArtifactError, ValueError) as error:  # an ArgumentError is a ValueError
                    assert type(error).__module__ == "psion_contract.exceptions", repr(error)
        file.write_bytes(whole)


def files_of(folder: Path, case: dict[str, Any]) -> list[Path]:
    """The files that belong to a case."""
    beside = [folder / case["path"], *(folder / each for each in case["shards"])]
    found = {file for file in beside if file.is_file()}
    if (folder / case["path"]).is_dir():
        found |= {file for file in (folder / case["path"]).rglob("*") if file.is_file()}
    return sorted(found)
