"""Digests of files and folders: literal values, each file read once, and errors."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from support.file_digests import folder_digest
from support.platforms import needs_links, needs_pipes

from psion_contract import check_with_files, new_corpus
from psion_contract.artifacts.folders import folder_files
from psion_contract.artifacts.hashing import FileDigest, digest_of, hash_files, hashed
from psion_contract.exceptions import ArgumentError, ArtifactError

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digests_of_files(tmp_path: Path) -> None:
    large = bytes(range(256)) * 4097  # more than one block, and not a multiple of one
    for name, data in (("empty", b""), ("abc", b"abc"), ("large", large)):
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in ("abc", "large", "empty", "abc")]
    read: list[int] = []
    found = hash_files(paths, jobs=2, progress=read.append)
    assert list(found) == paths[:3]
    assert [each._replace(state=None) for each in found.values()] == [
        FileDigest(ABC, 3),
        FileDigest(f"sha256:{hashlib.sha256(large).hexdigest()}", len(large)),
        FileDigest(EMPTY, 0),
    ]
    assert sum(read) == 3 + len(large)
    assert digest_of(b"abc") == ABC
    assert hash_files([]) == {}


def test_the_largest_file_is_read_first(tmp_path: Path) -> None:
    for name, size in (("small", 1), ("large", 9), ("middle", 5)):
        (tmp_path / name).write_bytes(b"x" * size)
    paths = [str(tmp_path / name) for name in ("small", "large", "middle")]
    assert [os.path.basename(path) for path, _ in hashed(paths, jobs=1)] == ["large", "middle", "small"]


def test_a_file_that_changes_while_it_is_read_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "written"
    path.write_bytes(b"x" * 1_000_000)
    for change in (lambda: os.utime(path, ns=(1, 1)), lambda: os.truncate(path, 999_999)):
        with pytest.raises(ArtifactError) as caught:
            hash_files([str(path)], progress=lambda _, change=change: change())
        assert (
            str(caught.value) == f"{path}: changed while it was read; expected a file that nothing writes to"
        )


def test_files_that_cannot_be_hashed(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(ArtifactError) as caught:
        hash_files([missing])
    assert str(caught.value) == f"{missing}: cannot be read: No such file or directory"
    with pytest.raises(ArtifactError, match=r": is a folder; expected a file$"):
        hash_files([str(tmp_path)])
    with pytest.raises(
        ArtifactError, match=r"^a\\x00b: is not a path; expected a path without null characters$"
    ):
        hash_files(["a\0b"])
    (tmp_path / "good").write_bytes(b"abc")
    outcomes = dict(hashed([missing, str(tmp_path / "good")]))
    assert outcomes[str(tmp_path / "good")][:2] == FileDigest(ABC, 3)[:2]
    assert isinstance(outcomes[missing], ArtifactError)


@needs_pipes
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="is a pipe, socket or device; expected a file"):
        hash_files([str(tmp_path / "pipe")])
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArtifactError, match="holds a pipe, socket or device: pipe"):
        folder_digest(tmp_path)


def test_errors_can_be_pickled() -> None:
    error = ArtifactError("a\nb", "is wrong", "something right")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.path, copy.problem, copy.expected) == ("a\nb", "is wrong", "something right")
    assert str(copy) == str(error) == "a\\nb: is wrong; expected something right"


FOLDER = {
    ".git/z": "4\n",
    ".gitignore": "0\n",
    ".hidden": "6\n",
    "Z": "8\n",
    "a/.git/q": "5\n",
    "a/b/y": "3\n",
    "a/b.txt": "9\n",
    "a/x": "2\n",
    "a.txt": "1\n",
    "ü": "7\n",
}


def test_the_digest_of_a_folder_is_that_of_model_signing(tmp_path: Path) -> None:
    for name, text in FOLDER.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    assert [os.path.relpath(path, tmp_path).replace(os.sep, "/") for path in folder_files(str(tmp_path))] == [
        name for name in FOLDER if not name.startswith(".git")
    ]
    # model-signing 1.1.1 states this digest for the same files.
    expected = "sha256:b997a6090539874bfa4a166d227942abee525dc04b503ecbfc0ceb419d028413"
    assert folder_digest(tmp_path) == expected
    (tmp_path / "a" / "x").write_bytes(b"another\n")
    assert folder_digest(tmp_path) != expected


@needs_links
def test_folders_without_a_digest(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is a folder without files; expected at least one file"):
        folder_digest(tmp_path)
    with pytest.raises(ArtifactError, match="cannot be read: No such file or directory"):
        folder_digest(tmp_path / "missing")
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(ArtifactError, match="holds a link: link; expected files and folders only"):
        folder_digest(tmp_path)


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "2", True])
def test_jobs_are_counted_from_1(tmp_path: Path, jobs: Any) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match=f"jobs: expected an integer from 1, found {jobs!r}"):
        hash_files([str(tmp_path / "file")], jobs)
    with pytest.raises(ArgumentError, match="jobs: expected an integer from 1"):
        check_with_files({}, tmp_path, jobs=jobs)
    with pytest.raises(ArgumentError, match="jobs: expected an integer from 1"):
        new_corpus([], {}, jobs=jobs)
